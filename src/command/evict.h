/* Deletes keys by maxmemory-policy, with effects and events, one at a time: how many must go is the
 * caller's question. */
#ifndef SKEIN_COMMAND_EVICT_H
#define SKEIN_COMMAND_EVICT_H

#include "command/call.h"
#include "store/eviction.h"

/* Zeroed at first; kept from one eviction to the next. */
struct evictor {
    struct eviction_pool pool;
    int next_db;                 /* of the random policies */
    enum eviction_policy policy; /* the pool's; another one empties it */
};

void evictor_deinit(struct evictor *evictor);
/* Deletes one key and sets call->ks to its database, for which call->effects hold a DEL. False when
 * the policy lets nothing be deleted. */
bool evict_one(struct evictor *evictor, struct call *call, enum eviction_policy policy,
               int samples);

#endif
