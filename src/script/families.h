/* The command tables of this folder; each ends with a NULL name. */
#ifndef SKEIN_SCRIPT_FAMILIES_H
#define SKEIN_SCRIPT_FAMILIES_H

#include "command/command.h"

extern const struct command eval_commands[];
extern const struct command fcall_commands[];
extern const struct command function_commands[];
extern const struct command script_commands[];

#endif
