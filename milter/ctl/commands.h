/* commands: the commands of ticketctl, one file each. */
#ifndef TK_MILTER_CTL_COMMANDS_H
#define TK_MILTER_CTL_COMMANDS_H

#include "milter/ctl/ctl.h"

extern const struct tk_ctl_command tk_channels_command;
extern const struct tk_ctl_command tk_check_command;
extern const struct tk_ctl_command tk_disable_command;
extern const struct tk_ctl_command tk_init_command;
extern const struct tk_ctl_command tk_inspect_command;
extern const struct tk_ctl_command tk_intake_command;
extern const struct tk_ctl_command tk_key_command;
extern const struct tk_ctl_command tk_migrate_command;
extern const struct tk_ctl_command tk_new_command;
extern const struct tk_ctl_command tk_note_command;
extern const struct tk_ctl_command tk_outbox_command;
extern const struct tk_ctl_command tk_preview_command;
extern const struct tk_ctl_command tk_publish_command;
extern const struct tk_ctl_command tk_purge_command;
extern const struct tk_ctl_command tk_reader_command;
extern const struct tk_ctl_command tk_show_command;
extern const struct tk_ctl_command tk_status_command;
extern const struct tk_ctl_command tk_tenant_command;
extern const struct tk_ctl_command tk_test_command;
extern const struct tk_ctl_command tk_tickets_command;
extern const struct tk_ctl_command tk_verify_command;

#endif
