/* The answer of a container's HELP sub-command. */
#ifndef SKEIN_COMMAND_HELP_H
#define SKEIN_COMMAND_HELP_H

#include "command/call.h"

/* `lines` ends with NULL; the title and HELP itself are added. Explanations are indented by four
 * spaces. */
void help_reply(struct call *call, const char *const *lines);

#endif
