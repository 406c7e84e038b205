/* delivery: the note that a machine's mail about what we sent leaves at its ticket. */
#include "rules/plan/delivery.h"

#include "rules/base/text.h"

/* One line of at most 300 bytes, so that nothing in the mail can look like more than it is. */
static char *quoted(const char *text)
{
    g_autofree char *line = tk_text_one_line(text);
    return tk_text_cut(line, 300);
}

/* "Delivery to bob@far.example failed: 5.1.1", as far as the report says. */
static void say_delivery(GString *line, const struct tk_bounce *bounce, const char *what)
{
    g_string_append(line, "Delivery");
    if (bounce->recipient != NULL) {
        g_autofree char *recipient = quoted(bounce->recipient);
        g_string_append_printf(line, " to %s", recipient);
    }
    g_string_append_printf(line, " %s", what);
    if (bounce->status != NULL) {
        g_autofree char *status = quoted(bounce->status);
        g_string_append_printf(line, ": %s", status);
    }
}

static void say_mail(GString *line, const struct tk_message *message, const char *what)
{
    g_autofree char *subject = quoted(message->subject);
    g_string_append(line, what);
    if (message->from != NULL && message->from->address != NULL) {
        g_autofree char *from = quoted(message->from->address);
        g_string_append_printf(line, " of %s", from);
    }
    g_string_append_printf(line, ": %s", subject);
}

static void say_what(GString *line, const struct tk_message *message,
                     const struct tk_classification *classification, enum tk_reason reason)
{
    const struct tk_bounce *bounce = &classification->bounce;
    switch (reason) {
    case TK_REASON_BOUNCE: say_delivery(line, bounce, "failed"); break;
    case TK_REASON_DELIVERY_DELAYED: say_delivery(line, bounce, "is delayed"); break;
    case TK_REASON_DELIVERY_SUCCESS: say_delivery(line, bounce, "succeeded"); break;
    case TK_REASON_MDN: say_mail(line, message, "Receipt"); break;
    case TK_REASON_FEEDBACK: say_mail(line, message, "Complaint"); break;
    case TK_REASON_CHALLENGE: say_mail(line, message, "Question whether a person has written"); break;
    default: say_mail(line, message, "Automatic reply"); break;
    }
}

struct tk_plan *tk_delivery_plan(const struct tk_message *message,
                                 const struct tk_classification *classification, enum tk_reason reason)
{
    g_autoptr(GString) body = g_string_new(NULL);
    say_what(body, message, classification, reason);
    g_autofree char *words = tk_text_cut(message->reply, TK_DELIVERY_WORDS_MAX);
    if (*words != '\0')
        g_string_append_printf(body, "\n\n%s", words);
    struct tk_plan *plan = g_new0(struct tk_plan, 1);
    plan->subject = g_strdup("");
    plan->description = g_strdup("");
    plan->requester = g_strdup("");
    plan->requester_name = g_strdup("");
    plan->fields = g_ptr_array_new();
    plan->participants = g_ptr_array_new();
    plan->attachments = g_ptr_array_new();
    plan->notices = g_ptr_array_new();
    plan->body = g_strdup(body->str);
    plan->body_full = g_strdup(message->text);
    return plan;
}
