#include "repl/backoff.h"

int64_t backoff_next(struct backoff *backoff, uint64_t chance)
{
    if (backoff->failures == 0) {
        backoff->failures = 1;
        return 0;
    }
    int64_t wait = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < backoff->failures && wait < BACKOFF_MAX_MS; i++) wait *= 2;
    if (wait > BACKOFF_MAX_MS)
        wait = BACKOFF_MAX_MS;
    else
        backoff->failures++;
    return wait / 2 + (int64_t)(chance % (uint64_t)(wait / 2 + 1));
}

void backoff_broke(struct backoff *backoff, int64_t up_ms)
{
    if (up_ms >= BACKOFF_STABLE_MS) backoff_reset(backoff);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}
