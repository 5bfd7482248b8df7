#include "repl/backoff.h"

int64_t backoff_next(struct backoff *backoff, int64_t max_ms, uint64_t chance)
{
    if (backoff->failures == 0) {
        backoff->failures = 1;
        return 0;
    }
    int64_t wait = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < backoff->failures && wait < max_ms; i++) wait *= 2;
    if (wait > max_ms)
        wait = max_ms;
    else
        backoff->failures++;
    return wait / 2 + (int64_t)(chance % (uint64_t)(wait / 2 + 1));
}

bool backoff_broke(struct backoff *backoff, int64_t up_ms)
{
    bool was_stable = up_ms >= BACKOFF_STABLE_MS;
    if (was_stable) backoff_reset(backoff);
    return was_stable;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}
