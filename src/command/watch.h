/* WATCH: which sessions want to know that a key changed before their EXEC.
 *
 * One registry per store. A change marks the sessions that watch the key SESSION_DIRTY_CAS and
 * forgets what they watch. A key that was expired already when WATCH saw it does not count as
 * changed when it is then deleted. */
#ifndef SKEIN_COMMAND_WATCH_H
#define SKEIN_COMMAND_WATCH_H

#include "base/map.h"
#include "command/session.h"
#include "store/keyspace.h"

struct host;

struct watch_registry {
    struct map keys; /* database number and key -> struct watched_by */
    const struct host *host;
};

/* `host` must have its store; the registry's own map is seeded with `seed`. */
void watch_init(struct watch_registry *registry, const struct host *host, struct hash_seed seed);
/* All sessions must have been cleared. */
void watch_deinit(struct watch_registry *registry);

void watch_add(struct watch_registry *registry, struct session *session, const struct keyspace *ks,
               struct str key);
/* UNWATCH, and the end of a session. */
void watch_clear(struct session *session);
/* True when a watched key has expired since it was watched. */
bool watch_has_expired(const struct session *session);

/* The key was created, changed or deleted: call_changed tells it. */
void watch_changed(struct watch_registry *registry, const struct keyspace *ks, struct str key);
/* Before a database is emptied (`by` NULL) or gets the contents of `by` instead. */
void watch_replaced(struct watch_registry *registry, const struct keyspace *ks,
                    const struct keyspace *by);

#endif
