/* Which arguments of a request are keys, and what the command will do to them.
 *
 * One extraction serves COMMAND GETKEYS, ACL checks, the prefetch of pipelines, WATCH-less tracking
 * and replication filters. */
#ifndef SKEIN_COMMAND_KEYS_H
#define SKEIN_COMMAND_KEYS_H

#include "command/command.h"

struct key_ref {
    int at;         /* index in argv */
    uint32_t flags; /* enum key_flag */
};

/* Zeroed is empty; the first few references need no allocation. */
struct key_refs {
    struct key_ref *list;
    int count, capacity;
    struct key_ref inline_list[16];
};

/* Finds the keys of a request whose arity is right. False when the arguments make no sense (counts
 * out of range, ...). argv[0] is the command's (or container's) name. References to channels
 * (KEY_NOT_KEY) are included. */
bool command_find_keys(const struct command *command, const struct str *argv, int argc,
                       struct key_refs *refs);
void key_refs_add(struct key_refs *refs, int at, uint32_t flags);
void key_refs_deinit(struct key_refs *refs);
/* The first key's index for commands whose key is always at one place, else 0. The cheap form
 * prefetch needs. */
int command_first_key(const struct command *command);

#endif
