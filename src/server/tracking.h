/* Client-side caching: tells clients which keys they may no longer keep in their own caches.
 *
 * A client in the default mode is remembered with every key it read, once; the next change of the
 * key tells it and forgets it. The table of such keys is bounded: the oldest ones are given up,
 * which counts as a change. A broadcast client is remembered nowhere; it hears of every changed key
 * under its prefixes, gathered until tracking_broadcast.
 *
 *     session --(read)--> keys: key -> ids of sessions     default mode
 *     session --(prefix)-> prefixes: prefix -> sessions    broadcast mode (tracking_broadcast.c)
 *
 * Messages go to the session itself (RESP3), or to the one it redirects to: as a push (RESP3), or
 * as a publication on
 * __redis__:invalidate if that one is subscribed to anything (RESP2). */
#ifndef SKEIN_SERVER_TRACKING_H
#define SKEIN_SERVER_TRACKING_H

#include "command/call.h"
#include "server/delivery.h"

struct tracking {
    struct map keys;           /* key -> struct tracked_key */
    struct list by_age;        /* struct tracked_key, oldest first */
    size_t item_count;         /* pairs of key and session */
    struct map clients;        /* id -> struct session: all that track */
    struct map prefixes;       /* prefix -> struct broadcast */
    size_t max_keys;           /* tracking-table-max-keys; 0: no bound */
    struct delivery *delivery; /* borrowed */
};

enum { TRACKING_DEFAULT_MAX_KEYS = 1000000 };

void tracking_init(struct tracking *tracking, struct delivery *delivery, struct hash_seed seed);
/* All sessions must have left. */
void tracking_deinit(struct tracking *tracking);

struct tracking_options {
    uint64_t flags;             /* SESSION_TRACKING_BCAST, _OPTIN, _OPTOUT, _NOLOOP */
    uint64_t redirect;          /* id of another session; 0: none */
    const struct str *prefixes; /* of broadcast mode; none means all keys */
    size_t prefix_count;
};
/* Begins, or changes the options. They must fit together (the command checks that). */
void tracking_begin(struct tracking *tracking, struct session *session,
                    const struct tracking_options *options);
/* CLIENT TRACKING OFF, RESET and the end of a session. */
void tracking_leave(struct tracking *tracking, struct session *session);

/* Any command ran, at any depth: remembers what a read command read, and ends the effect of CLIENT
 * CACHING. */
void tracking_ran(struct tracking *tracking, const struct call *call);
/* A key was created, changed or deleted. */
void tracking_changed(struct tracking *tracking, struct str key);
/* A database was emptied: no cached key is good any more. */
void tracking_flushed(struct tracking *tracking);
/* Sends what was gathered for broadcast clients; to be called before the loop sleeps. */
void tracking_broadcast(struct tracking *tracking);
/* A lower max_keys takes effect. */
void tracking_limit(struct tracking *tracking, size_t max_keys);

/* Tells one session. `keys` is a RESP2 array of bulk strings, empty bytes for "all keys". */
void tracking_send(struct tracking *tracking, struct session *session, struct str keys);

/* Handlers of CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO, for the CLIENT table. */
void tracking_command(struct call *call);
void tracking_caching_command(struct call *call);
void tracking_getredir_command(struct call *call);
void tracking_info_command(struct call *call);

#endif
