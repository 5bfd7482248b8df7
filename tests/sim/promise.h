/* What WAIT and WAITAOF have promised to clients, held against the servers.
 *
 *     received  as many replicas as WAIT counted have been at the place of the write
 *     disks     a machine whose disk WAITAOF counted comes back with the write, whatever it crashed
 *               from, unless it has taken other data or given up its append-only file since
 *
 * A base without a snapshot does not say whose data it has, so who loses power right behind such a
 * rewrite may come back with the write and without its history.
 *
 * A replica that was started again counts anew: it may have acknowledged before and after. */
#ifndef SKEIN_SIM_PROMISE_H
#define SKEIN_SIM_PROMISE_H

#include "base/offset.h"
#include "repl/lineage.h"
#include "sim/world.h"

struct promises;

/* A write: where it ends, and in whose history; and what it was, a number of a key of its own that
 * only grows. */
struct promised {
    struct repl_id id;
    int64_t offset;
    size_t key;
    int64_t value;
};

enum { PROMISE_KEY_MAX = 32 };
void promise_key(size_t number, char out[PROMISE_KEY_MAX]);

struct promises *promises_new(void);
void promises_free(struct promises *promises);
/* After a turn, and when it crashes: where the node has been, and whether its promises hold. */
void promises_look(const struct node *node);
/* Its server is gone: what the next one loads is held against the promises. */
void promises_ended(const struct node *node);
/* The master has told a client that so many replicas have the write; false: they never had. */
bool promises_received(const struct node *master, const struct promised *write, int64_t replicas);
/* The node has the write on its disk. */
void promises_disk(const struct node *node, const struct promised *write);

#endif
