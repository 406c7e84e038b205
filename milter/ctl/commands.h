/* commands: the commands of ticketctl, one file each. */
#ifndef TK_MILTER_CTL_COMMANDS_H
#define TK_MILTER_CTL_COMMANDS_H

#include "milter/ctl/ctl.h"

extern const struct tk_ctl_command tk_inspect_command;

#endif
