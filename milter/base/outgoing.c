/* outgoing: a row of the outbox as what a mail is composed of. */
#include "milter/base/outgoing.h"

enum tk_status tk_outgoing_input(const struct tk_outbox_mail *mail, const struct tk_conf *conf,
                                 const struct tk_installation *installation, const struct tk_channel *channel,
                                 struct tk_compose_input *input, GString *why)
{
    *input = (struct tk_compose_input){.conf = conf,
                                       .installation = installation,
                                       .channel = channel,
                                       .ticket_id = mail->ticket_id,
                                       .outbox_id = mail->outbox_id,
                                       .number = mail->number,
                                       .recipient = mail->recipient,
                                       .message_id = mail->message_id,
                                       .subject = mail->subject,
                                       .author = mail->author,
                                       .note = mail->body,
                                       .status = mail->status,
                                       .request_id = mail->request_id,
                                       .reply_id = mail->reply_id,
                                       .before_author = mail->before_author,
                                       .before_text = mail->before_body,
                                       .before_date = mail->before_at};
    if (!tk_mail_kind_parse(mail->kind, &input->kind))
        return tk_status_fail(TK_REFUSED, why, "no mail is of the kind \"%s\"", mail->kind);
    return TK_OK;
}
