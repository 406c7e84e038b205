/* smtp: a small SMTP client for one mail, with a deadline on everything.
 *
 * Owns the socket. Fails with TK_LATER and a line for people. */
#include "milter/ctl/smtp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/ctl/reach.h"

/* A reply line is 512 octets (RFC 5321 section 4.5.3.1.5); servers write longer and more of them, but not
 * this much. */
#define REPLY_MAX 65536

struct tk_smtp {
    int fd;
    gint64 deadline;
    GString *buffer; /* what was read and not used */
};

static enum tk_status wait_for(const struct tk_smtp *smtp, short events, GString *why)
{
    for (;;) {
        gint64 left = smtp->deadline - g_get_monotonic_time();
        struct pollfd fd = {.fd = smtp->fd, .events = events};
        if (left <= 0)
            return tk_status_fail(TK_LATER, why, "the mail server did not answer in time");
        int n = poll(&fd, 1, (int)(left / 1000) + 1);
        if (n > 0)
            return TK_OK;
        if (n < 0 && errno != EINTR)
            return tk_status_fail(TK_LATER, why, "%s", g_strerror(errno));
    }
}

static enum tk_status send_all(const struct tk_smtp *smtp, const char *bytes, gsize len, GString *why)
{
    while (len > 0) {
        ssize_t sent = send(smtp->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            len -= (gsize)sent;
            continue;
        }
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return tk_status_fail(TK_LATER, why, "the mail server closed the connection: %s",
                                  g_strerror(errno));
        enum tk_status status = wait_for(smtp, POLLOUT, why);
        if (status != TK_OK)
            return status;
    }
    return TK_OK;
}

/* Takes the next line of the server into LINE, without its end. */
static enum tk_status read_line(struct tk_smtp *smtp, GString *line, GString *why)
{
    const char *end;
    while ((end = memchr(smtp->buffer->str, '\n', smtp->buffer->len)) == NULL) {
        char block[4096];
        enum tk_status status = wait_for(smtp, POLLIN, why);
        if (status != TK_OK)
            return status;
        ssize_t got = recv(smtp->fd, block, sizeof block, MSG_DONTWAIT);
        if (got == 0 || smtp->buffer->len > REPLY_MAX)
            return tk_status_fail(TK_LATER, why, "the mail server closed the connection");
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return tk_status_fail(TK_LATER, why, "the mail server closed the connection: %s",
                                  g_strerror(errno));
        g_string_append_len(smtp->buffer, block, MAX(got, 0));
    }
    gsize len = (gsize)(end - smtp->buffer->str);
    g_string_truncate(line, 0);
    g_string_append_len(line, smtp->buffer->str, (gssize)len);
    g_string_erase(smtp->buffer, 0, (gssize)len + 1);
    g_strchomp(line->str);
    line->len = strlen(line->str);
    return TK_OK;
}

static enum tk_status read_reply(struct tk_smtp *smtp, guint *code_r, GString *text, GString *why)
{
    g_autoptr(GString) line = g_string_new(NULL);
    gsize total = 0;
    g_string_truncate(text, 0);
    for (;;) {
        enum tk_status status = read_line(smtp, line, why);
        if (status != TK_OK)
            return status;
        total += line->len;
        if (line->len < 3 || strspn(line->str, "0123456789") != 3 || total > REPLY_MAX)
            return tk_status_fail(TK_LATER, why, "this is no mail server: \"%.60s\"", line->str);
        if (line->len > 4)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", line->str + 4);
        if (line->len == 3 || line->str[3] != '-')
            break;
    }
    *code_r = (guint)g_ascii_strtoull(line->str, NULL, 10);
    return TK_OK;
}

enum tk_status tk_smtp_command(struct tk_smtp *smtp, const char *line, guint *code_r, GString *text,
                               GString *why)
{
    g_autofree char *bytes = g_strconcat(line, "\r\n", NULL);
    enum tk_status status = send_all(smtp, bytes, strlen(bytes), why);
    return status == TK_OK ? read_reply(smtp, code_r, text, why) : status;
}

enum tk_status tk_smtp_content(struct tk_smtp *smtp, const char *content, guint *code_r, GString *text,
                               GString *why)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (line[1] == NULL && **line == '\0')
            break; /* behind the last line end */
        g_string_append_printf(bytes, "%s%s\r\n", **line == '.' ? "." : "", *line);
    }
    g_string_append(bytes, ".\r\n");
    enum tk_status status = send_all(smtp, bytes->str, bytes->len, why);
    return status == TK_OK ? read_reply(smtp, code_r, text, why) : status;
}

enum tk_status tk_smtp_open(const char *host, guint port, const char *name, gint64 deadline,
                            struct tk_smtp **smtp_r, GString *why)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *hello = g_strconcat("EHLO ", name, NULL);
    guint code = 0;
    int fd;
    enum tk_status status = tk_reach_tcp(host, port, deadline, &fd, why);
    if (status != TK_OK)
        return status;
    struct tk_smtp *smtp = g_new0(struct tk_smtp, 1);
    smtp->deadline = deadline;
    smtp->buffer = g_string_new(NULL);
    smtp->fd = fd;
    status = read_reply(smtp, &code, text, why);
    if (status == TK_OK && code == 220)
        status = tk_smtp_command(smtp, hello, &code, text, why);
    if (status == TK_OK && code != 250)
        status = tk_status_fail(TK_LATER, why, "the mail server said %u %s", code, text->str);
    if (status == TK_OK)
        *smtp_r = smtp;
    else
        tk_smtp_close(&smtp);
    return status;
}

void tk_smtp_close(struct tk_smtp **smtp)
{
    struct tk_smtp *s = *smtp;
    if (s == NULL)
        return;
    *smtp = NULL;
    if (send(s->fd, "QUIT\r\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        errno = 0; /* nobody waits for the answer */
    close(s->fd);
    g_string_free(s->buffer, TRUE);
    g_free(s);
}
