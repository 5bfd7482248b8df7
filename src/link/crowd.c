#include "link/crowd.h"

#include <sys/param.h>

/* A quarter of the time between two requests of a client. */
static int64_t pause_after(const struct crowd *crowd, int64_t elapsed_us)
{
    if (crowd->clients < CROWD_CLIENTS) return 0;
    if (crowd->reads * 1000 < elapsed_us * CROWD_READS_PER_MS) return 0;
    int64_t pause_us = elapsed_us * crowd->clients / crowd->reads / 4;
    return pause_us < CROWD_PAUSE_MIN_US ? 0 : pause_us;
}

int64_t crowd_pause_us(struct crowd *crowd, int64_t now_us, int64_t max_us)
{
    int64_t elapsed_us = now_us - crowd->since_us;
    if (elapsed_us >= CROWD_STRETCH_US) {
        *crowd = (struct crowd){.since_us = now_us, .pause_us = pause_after(crowd, elapsed_us)};
    }
    return MIN(crowd->pause_us, max_us);
}
