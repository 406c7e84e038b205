/* sender: SMTP by libcurl.
 *
 * libcurl tells an error of its own for many answers of the server, so the talk is listened to: which command
 * was the last, and what was answered. Secrets go by there too and are not looked at. */
#include "milter/notify/sender.h"

#include <curl/curl.h>
#include <string.h>

#include "milter/base/files.h"
#include "rules/base/text.h"

/* Reply lines that are kept of one answer, in bytes. */
#define REPLY_MAX         600
#define CONNECT_MSECS_MAX 30000L

struct tk_sender {
    CURL *curl;
    gboolean about_mail; /* MAIL FROM was sent: what comes is about this mail */
    gboolean over;       /* QUIT was sent: nothing of interest comes any more */
    GString *reply;      /* to the last command */
    const char *bytes;
    gsize size, sent;
};

struct tk_sender *tk_sender_new(void)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return NULL;
    struct tk_sender *sender = g_new0(struct tk_sender, 1);
    sender->curl = curl;
    sender->reply = g_string_new(NULL);
    return sender;
}

void tk_sender_free(struct tk_sender **sender)
{
    struct tk_sender *s = *sender;
    if (s == NULL)
        return;
    *sender = NULL;
    curl_easy_cleanup(s->curl);
    g_string_free(s->reply, TRUE);
    g_free(s);
}

static int listen_in(CURL *curl, curl_infotype type, char *data, size_t size, void *context)
{
    (void)curl;
    struct tk_sender *sender = context;
    if (sender->over)
        return 0;
    switch (type) {
    case CURLINFO_HEADER_OUT:
        sender->over = size >= 4 && g_ascii_strncasecmp(data, "QUIT", 4) == 0;
        if (sender->over)
            break;
        if (size >= 5 && g_ascii_strncasecmp(data, "MAIL ", 5) == 0)
            sender->about_mail = TRUE;
        g_string_truncate(sender->reply, 0);
        break;
    case CURLINFO_DATA_OUT: g_string_truncate(sender->reply, 0); break;
    case CURLINFO_HEADER_IN:
        if (sender->reply->len < REPLY_MAX)
            g_string_append_len(sender->reply, data, (gssize)MIN(size, REPLY_MAX));
        break;
    case CURLINFO_TEXT:
    case CURLINFO_DATA_IN:
    case CURLINFO_SSL_DATA_IN:
    case CURLINFO_SSL_DATA_OUT:
    case CURLINFO_END: break;
    }
    return 0;
}

static size_t give_bytes(char *buffer, size_t size, size_t count, void *context)
{
    struct tk_sender *sender = context;
    gsize part = MIN(size * count, sender->size - sender->sent);
    memcpy(buffer, sender->bytes + sender->sent, part);
    sender->sent += part;
    return part;
}

/* The first line of the secret's file. */
static enum tk_status read_secret(const char *file, GString *why, char **secret_r)
{
    enum tk_status status = tk_files_read_text(file, why, secret_r);
    if (status != TK_OK) {
        g_autofree char *text = g_strdup(why->str);
        return tk_status_fail(TK_CONFIG, why, "%s: %s", file, text);
    }
    (*secret_r)[strcspn(*secret_r, "\r\n")] = '\0';
    if (**secret_r == '\0')
        return tk_status_fail(TK_CONFIG, why, "%s: its first line is empty", file);
    return TK_OK;
}

static enum tk_status set_login(CURL *curl, const struct tk_conf *conf, GString *why)
{
    static const char *const ways[] = {NULL, "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=XOAUTH2"};
    g_autofree char *secret = NULL;
    if (conf->smtp_auth == TK_SMTP_AUTH_NONE)
        return TK_OK;
    enum tk_status status = read_secret(conf->smtp_secret_file, why, &secret);
    if (status != TK_OK)
        return status;
    curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, ways[conf->smtp_auth]);
    curl_easy_setopt(curl, CURLOPT_USERNAME, conf->smtp_user);
    curl_easy_setopt(
        curl, conf->smtp_auth == TK_SMTP_AUTH_XOAUTH2 ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, secret);
    explicit_bzero(secret, strlen(secret));
    return TK_OK;
}

static void set_server(CURL *curl, const struct tk_conf *conf)
{
    g_autofree char *url = g_strdup_printf("%s/%s", conf->smtp_url, conf->instance); /* the name of EHLO */
    long timeout = conf->smtp_timeout_msecs;
    curl_easy_setopt(curl, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
    /* Of one answer, also to the QUIT of a connection that is given up: no other limit holds for that. */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, MAX(timeout / 1000, 1L));
#else
    curl_easy_setopt(curl, CURLOPT_FTP_RESPONSE_TIMEOUT, MAX(timeout / 1000, 1L));
#endif
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(conf->smtp_tls == TK_SMTP_TLS_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (conf->smtp_ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, conf->smtp_ca_file);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, MIN(timeout, CONNECT_MSECS_MAX));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
}

static void set_mail(struct tk_sender *sender, const struct tk_composed *mail, struct curl_slist *recipients)
{
    CURL *curl = sender->curl;
    sender->bytes = g_bytes_get_data(mail->bytes, &sender->size);
    sender->sent = 0;
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail->mail_from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, sender);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)sender->size);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, listen_in);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, sender);
}

/* Whether the last answer is a "never" to this mail; those about a login are for us to mend. */
static gboolean is_refusal(const struct tk_sender *sender)
{
    static const char *const logins[] = {"530", "534", "535", "538", NULL};
    g_autofree char *code = g_strndup(sender->reply->str, 3);
    return sender->about_mail && code[0] == '5' && strlen(code) == 3 && !g_strv_contains(logins, code);
}

static enum tk_status judge(const struct tk_sender *sender, CURLcode code, const char *error, GString *reply)
{
    g_autofree char *valid = tk_text_valid(sender->reply->str, sender->reply->len, NULL);
    g_autofree char *words = tk_text_one_line(valid);
    if (code == CURLE_OK || *words != '\0')
        g_string_assign(reply, words);
    else
        g_string_assign(reply, *error != '\0' ? error : curl_easy_strerror(code));
    if (code == CURLE_OK)
        return TK_OK;
    if (is_refusal(sender))
        return TK_REFUSED;
    if (*words != '\0' && *words != '4' && *words != '5')
        g_string_append_printf(reply, " (%s)", *error != '\0' ? error : curl_easy_strerror(code));
    return sender->about_mail ? TK_LATER : TK_CONFIG;
}

enum tk_status tk_sender_send(struct tk_sender *sender, const struct tk_conf *conf,
                              const struct tk_composed *mail, GString *reply)
{
    char error[CURL_ERROR_SIZE] = "";
    /* What would be another command, or another recipient. */
    if (strpbrk(mail->mail_from, "\r\n<> ") != NULL || strpbrk(mail->recipient, "\r\n<>") != NULL)
        return tk_status_fail(TK_REFUSED, reply, "the address cannot stand in an SMTP command");
    curl_easy_reset(sender->curl); /* keeps the connection */
    sender->about_mail = sender->over = FALSE;
    g_string_truncate(sender->reply, 0);
    set_server(sender->curl, conf);
    enum tk_status status = set_login(sender->curl, conf, reply);
    if (status != TK_OK)
        return status;
    struct curl_slist *recipients = curl_slist_append(NULL, mail->recipient);
    set_mail(sender, mail, recipients);
    curl_easy_setopt(sender->curl, CURLOPT_ERRORBUFFER, error);
    CURLcode code = curl_easy_perform(sender->curl);
    curl_easy_setopt(sender->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(recipients);
    return judge(sender, code, error, reply);
}
