/* What commands on whole keys share. */
#ifndef SKEIN_COMMAND_GENERIC_H
#define SKEIN_COMMAND_GENERIC_H

#include "command/call.h"

/* Looks a key up as a read that counts and announces misses but leaves the access time: TTL, TYPE,
 * EXISTS. */
struct entry *generic_find(struct call *call, struct str key);
/* A key came into being whole (renamed, copied, moved, restored) and is in `ks` now: announces the
 * event "new" and wakes clients that block on it. */
void generic_added(struct call *call, struct keyspace *ks, struct str key);
/* May a key that should end at `at_ms` be gone at once? A replica waits for its master's DEL, and a
 * data set that is being loaded is loaded as it was. */
bool generic_is_past(const struct call *call, int64_t at_ms);
/* The database an argument names; NULL after its error was answered. */
struct keyspace *generic_database_arg(struct call *call, int at);
/* "string", "list", ... */
const char *generic_type_name(enum value_type type);

/* "embstr", "listpack", ...: the encoding as users know it. */
const char *generic_encoding_name(const struct entry *entry);

#endif
