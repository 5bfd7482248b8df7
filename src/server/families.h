/* The command tables of this folder; each ends with a NULL name. And the list of all tables there
 * are. */
#ifndef SKEIN_SERVER_FAMILIES_H
#define SKEIN_SERVER_FAMILIES_H

#include "command/command.h"

extern const struct command acl_commands[];
extern const struct command client_commands[];
extern const struct command config_commands[];
extern const struct command connection_commands[];
extern const struct command debug_commands[];
extern const struct command failover_commands[];
extern const struct command info_commands[];
extern const struct command latency_commands[];
extern const struct command lolwut_commands[];
extern const struct command memory_commands[];
extern const struct command migrate_commands[];
extern const struct command module_commands[];
extern const struct command monitor_commands[];
extern const struct command persistence_commands[];
extern const struct command pubsub_commands[];
extern const struct command replication_commands[];
extern const struct command shutdown_commands[];
extern const struct command slowlog_commands[];
extern const struct command status_commands[];
extern const struct command wait_commands[];

/* Everything a client can ask for; ends with NULL. */
extern const struct command *const all_families[];

#endif
