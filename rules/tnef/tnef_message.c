/* tnef_message: choice among the sources of each value. */
#include "rules/tnef/tnef_message.h"

#include <string.h>

guint tk_tnef_message_codepage(const struct tk_tnef_numbers *numbers)
{
    if (numbers->codepage > 0)
        return (guint)numbers->codepage;
    return numbers->oem > 0 ? (guint)numbers->oem : 0;
}

/* The first of the slots that has text, LAST being the end of the list. */
static char *first_of(struct tk_tnef_values *values, guint codepage, const enum tk_tnef_slot *slots,
                      gsize count)
{
    char *text = NULL;
    for (gsize i = 0; i < count && text == NULL; i++)
        text = tk_tnef_values_take(values, slots[i], codepage);
    return text;
}

/* attMessageClass has older words for the common classes, [MS-OXTNEF] 2.1.3.3.1. */
static char *modern_class(char *old)
{
    static const struct {
        const char *old, *modern;
    } classes[] = {
        {"IPM.Microsoft Mail.Note", "IPM.Note"},
        {"IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN"},
        {"IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR"},
        {"IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request"},
        {"IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled"},
        {"IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos"},
        {"IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg"},
        {"IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent"},
    };
    for (gsize i = 0; old != NULL && i < G_N_ELEMENTS(classes); i++)
        if (g_ascii_strcasecmp(old, classes[i].old) == 0) {
            g_free(old);
            return g_strdup(classes[i].modern);
        }
    return old;
}

static enum tk_tnef_importance importance_of(const struct tk_tnef_numbers *numbers)
{
    if (numbers->importance >= 0 && numbers->importance <= 2)
        return (enum tk_tnef_importance)numbers->importance;
    if (numbers->priority >= 1 && numbers->priority <= 3)
        return (enum tk_tnef_importance)(3 - numbers->priority);
    return TK_TNEF_NO_IMPORTANCE;
}

static bool has_ink(const char *text)
{
    return text[strspn(text, " \t\n")] != '\0';
}

guint tk_tnef_message_build(struct tk_tnef_values *values, const struct tk_tnef_numbers *numbers,
                            struct tk_rtf *rtf, struct tk_tnef_message *to)
{
    static const enum tk_tnef_slot subject[] = {TK_SLOT_SUBJECT, TK_SLOT_SUBJECT_ATTRIBUTE,
                                                TK_SLOT_SUBJECT_NORMALIZED, TK_SLOT_TOPIC};
    static const enum tk_tnef_slot message_class[] = {TK_SLOT_CLASS, TK_SLOT_CLASS_ATTRIBUTE};
    static const enum tk_tnef_slot text[] = {TK_SLOT_BODY, TK_SLOT_BODY_ATTRIBUTE};
    guint codepage = tk_tnef_message_codepage(numbers), flag = 0;
    to->subject = first_of(values, codepage, subject, G_N_ELEMENTS(subject));
    to->sender = tk_tnef_values_take(values, TK_SLOT_SENDER, codepage);
    to->message_class = modern_class(first_of(values, codepage, message_class, G_N_ELEMENTS(message_class)));
    to->text = first_of(values, codepage, text, G_N_ELEMENTS(text));
    to->html =
        tk_tnef_values_take(values, TK_SLOT_HTML, numbers->internet > 0 ? (guint)numbers->internet : 0);
    to->importance = importance_of(numbers);
    if (rtf == NULL)
        return 0;
    const GString *output;
    bool cut;
    enum tk_rtf_kind kind = tk_rtf_finish(rtf, &output, &cut);
    const char **target = kind == TK_RTF_HTML ? &to->html : &to->text;
    if (kind != TK_RTF_NONE && *target == NULL && has_ink(output->str)) {
        *target = g_strndup(output->str, output->len);
        flag = cut ? TK_TNEF_BODY_CUT : 0;
    }
    return flag;
}

static void drop(const char **text)
{
    g_free((gpointer)(guintptr)*text);
    *text = NULL;
}

void tk_tnef_message_clear(struct tk_tnef_message *message)
{
    drop(&message->subject);
    drop(&message->sender);
    drop(&message->text);
    drop(&message->html);
    drop(&message->message_class);
}
