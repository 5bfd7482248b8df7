/* How long to wait before the next attempt to reach a master.
 *
 * A link that worked for a while and broke is tried again at once; every failure after that doubles
 * the wait up to a limit, and chance spreads replicas that lost the same master. The limit is low
 * for a master that is only away: an attempt costs it nothing, and once it is back nobody wants to
 * wait. One that was there and could not be followed may have been asked for a snapshot in vain. */
#ifndef SKEIN_REPL_BACKOFF_H
#define SKEIN_REPL_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    unsigned failures;
};

enum { BACKOFF_FIRST_MS = 500, BACKOFF_STABLE_MS = 2000 };
enum { BACKOFF_AWAY_MAX_MS = 1500, BACKOFF_FAILED_MAX_MS = 4000 };

/* The wait before the next attempt, one of the limits at most; `chance` is random. */
int64_t backoff_next(struct backoff *backoff, int64_t max_ms, uint64_t chance);
/* A link that was up for `up_ms` broke; true when that was long enough to try again at once. */
bool backoff_broke(struct backoff *backoff, int64_t up_ms);
/* Somebody gave an order: the first attempt is made at once. */
void backoff_reset(struct backoff *backoff);

#endif
