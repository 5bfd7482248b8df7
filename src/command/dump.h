/* How values are read from RDB bytes under the server's settings. */
#ifndef SKEIN_COMMAND_DUMP_H
#define SKEIN_COMMAND_DUMP_H

#include "command/call.h"
#include "snapshot/rdb_codec.h"

struct rdb_limits dump_limits(const struct command_settings *settings);

#endif
