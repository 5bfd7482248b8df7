/* Deletes expired keys that nobody asks for, in small steps, one database after the other.
 *
 * The caller has the clock: it makes steps until its time is used up or a whole round found nothing
 * more. What a step deleted is in call->effects, for the database call->ks, to be recorded before
 * the next step. */
#ifndef SKEIN_COMMAND_EXPIRE_CYCLE_H
#define SKEIN_COMMAND_EXPIRE_CYCLE_H

#include "command/call.h"

/* Zeroed at first. */
struct expire_cycle {
    int db;          /* the next step's */
    uint64_t rounds; /* how often all databases were gone through */
};

/* What active-expire-effort (1 to 10) allows at `hz` ticks a second. */
struct expire_effort {
    size_t pages;    /* of one step */
    int64_t tick_us; /* how long the steps of one tick may take */
};
struct expire_effort expire_effort(int effort, int hz);

/* Goes on over at most `pages` pages of one database and returns how many keys it deleted. Does
 * nothing on a replica and while active expiry is off. */
size_t expire_cycle_step(struct expire_cycle *cycle, struct call *call, size_t pages);

#endif
