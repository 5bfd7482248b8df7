/* Keys that expire and were written here while we are a replica (replica-read-only no).
 *
 * Of all other keys the master says when they go; of these it knows nothing, so we delete them when
 * their time has come. Nothing of it reaches our stream: replicas of ours have none of these keys.
 * A name stays as long as its key has an expiry, whoever wrote it last. */
#ifndef SKEIN_SERVER_LOCAL_EXPIRY_H
#define SKEIN_SERVER_LOCAL_EXPIRY_H

#include "base/map.h"
#include "command/call.h"

struct local_expiry {
    struct map keys; /* of the key's name with its database before it */
    size_t position; /* where the next round goes on */
};

void local_expiry_init(struct local_expiry *expiry, struct hash_seed seed);
void local_expiry_clear(struct local_expiry *expiry);
/* The key was written by a client of ours. */
void local_expiry_note(struct local_expiry *expiry, struct keyspace *ks, struct str key);
/* Deletes what is due among some hundreds of keys; true when all have been looked at. */
bool local_expiry_step(struct local_expiry *expiry, struct call *call);

#endif
