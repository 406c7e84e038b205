/* texts: reading the files of texts. */
#include "milter/base/texts.h"

#include "milter/base/files.h"
#include "milter/base/keys.h"
#include "rules/conf/conf_problem.h"
#include "rules/conf/mail_text.h"

struct place {
    const char *option;
    enum tk_mail_kind kind;
    const char *file;
    char **text;
};

static enum tk_status load(struct tk_channel *channel, const struct place *place, GPtrArray *problems)
{
    struct tk_conf_findings findings = {.problems = problems};
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *text = NULL;
    enum tk_status status = tk_files_read_text(place->file, why, &text);
    if (status == TK_OK)
        status = tk_mail_text_check(place->kind, text, why);
    if (status == TK_OK) {
        *place->text = g_steal_pointer(&text);
        return TK_OK;
    }
    tk_conf_problem_add(&findings, channel->file, channel->line, TRUE, "%s = \"%s\": %s", place->option,
                        place->file, why->str);
    return status == TK_LATER ? TK_LATER : TK_CONFIG;
}

enum tk_status tk_texts_load(struct tk_conf *conf, GPtrArray *problems)
{
    enum tk_status worst = TK_OK;
    for (guint i = 0; i < conf->channels->len; i++) {
        struct tk_channel *channel = conf->channels->pdata[i];
        const struct place places[] = {
            {"channel.confirmation.template_file", TK_MAIL_CONFIRMATION, channel->confirmation_file,
             &channel->confirmation_text},
            {"channel.note_mail.template_file", TK_MAIL_NOTE, channel->note_file, &channel->note_text},
            {"channel.status_mail.template_file", TK_MAIL_STATUS, channel->status_file,
             &channel->status_text},
        };
        for (gsize k = 0; k < G_N_ELEMENTS(places); k++) {
            enum tk_status status = places[k].file != NULL ? load(channel, &places[k], problems) : TK_OK;
            if (status != TK_OK && worst != TK_CONFIG)
                worst = status;
        }
    }
    return worst;
}

enum tk_status tk_texts_read_files(const char *path, GPtrArray *problems, struct tk_conf **conf_r)
{
    struct tk_conf *conf = NULL;
    enum tk_status status = tk_keys_read_files(path, problems, &conf), texts = TK_OK;
    if (conf != NULL) {
        texts = tk_texts_load(conf, problems);
        *conf_r = conf;
    }
    return status == TK_OK ? texts : status;
}
