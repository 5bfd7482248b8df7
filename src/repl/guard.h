/* The lineage guard (repl-guard-empty-master): whether a replica that came back by itself may give
 * up its data for that of its master.
 *
 * A master without persistence that was restarted by a supervisor is empty and of a new history. A
 * replica that obeyed it would wipe the last copy. So the replica refuses, goes on serving what it
 * has, and waits for an order: REPLICAOF, given again, is one. It asks when the new data has been
 * loaded beside the old and before they are exchanged, so "empty" is a fact and not a guess. */
#ifndef SKEIN_REPL_GUARD_H
#define SKEIN_REPL_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum guard_verdict {
    GUARD_OFF,             /* the directive says no */
    GUARD_ORDERED,         /* REPLICAOF asked for this, and no synchronisation has followed yet */
    GUARD_NOTHING_TO_LOSE, /* we have no keys */
    GUARD_MASTER_HAS_DATA,
    GUARD_SAME_HISTORY, /* the master emptied itself in a history we followed: FLUSHALL */
    GUARD_REFUSED,
    GUARD_VERDICTS
};

struct guard_case {
    bool enabled;
    bool ordered;
    bool same_history; /* the master's id is ours or an ancestor of ours */
    uint64_t own_keys, masters_keys;
};

enum guard_verdict guard_decide(const struct guard_case *facts);
const char *guard_verdict_name(enum guard_verdict verdict);

#endif
