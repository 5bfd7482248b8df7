/* The command tables of the families; each ends with a NULL name. */
#ifndef SKEIN_COMMAND_FAMILIES_H
#define SKEIN_COMMAND_FAMILIES_H

#include "command/command.h"

extern const struct command bitmap_commands[];
extern const struct command command_commands[];
extern const struct command database_commands[];
extern const struct command dump_commands[];
extern const struct command expire_commands[];
extern const struct command generic_commands[];
extern const struct command geo_commands[];
extern const struct command hash_commands[];
extern const struct command hll_commands[];
extern const struct command list_commands[];
extern const struct command multi_commands[];
extern const struct command object_commands[];
extern const struct command scan_commands[];
extern const struct command set_commands[];
extern const struct command sort_commands[];
extern const struct command stream_commands[];
extern const struct command string_commands[];
extern const struct command zset_commands[];

#endif
