/* How long to wait before the next attempt to reach a master.
 *
 * A link that worked for a while and broke is tried again at once; every failure after that doubles
 * the wait up to a limit, and chance spreads replicas that lost the same master. */
#ifndef SKEIN_REPL_BACKOFF_H
#define SKEIN_REPL_BACKOFF_H

#include <stdint.h>

struct backoff {
    unsigned failures;
};

enum { BACKOFF_FIRST_MS = 500, BACKOFF_MAX_MS = 4000, BACKOFF_STABLE_MS = 2000 };

/* The wait before the next attempt; `chance` is random. */
int64_t backoff_next(struct backoff *backoff, uint64_t chance);
/* A link that was up for `up_ms` broke. */
void backoff_broke(struct backoff *backoff, int64_t up_ms);
/* Somebody gave an order: the first attempt is made at once. */
void backoff_reset(struct backoff *backoff);

#endif
