/* Whether many clients ask at once, and how long it pays to let their requests gather.
 *
 * A thread that is faster than those who ask it sleeps between any two requests, and to wake up
 * costs more than a request. With many clients it may as well sleep a little longer and find the
 * requests of several. A crowd counts who was read in stretches of about a millisecond; the pause
 * it allows is a quarter of the time that passes between two requests of one client, so who waits
 * for a reply before asking again hardly notices, and zero unless many ask, and often.
 *
 * Pure: times are those of the loop. A zeroed struct has seen nobody. */
#ifndef SKEIN_LINK_CROWD_H
#define SKEIN_LINK_CROWD_H

#include <stdint.h>

enum {
    CROWD_STRETCH_US = 1000,
    CROWD_CLIENTS = 16,      /* fewer are no crowd */
    CROWD_READS_PER_MS = 32, /* nor are those who ask more rarely */
    CROWD_PAUSE_MIN_US = 20, /* a shorter pause does not pay for its timer */
};

struct crowd {
    int64_t since_us; /* when the stretch began that is being counted */
    int64_t clients, reads;
    int64_t pause_us; /* what the stretch before it allows */
};

/* A client was read; `last_us` is when it was read before that. */
static inline void crowd_read(struct crowd *crowd, int64_t last_us)
{
    crowd->reads++;
    crowd->clients += last_us <= crowd->since_us;
}

/* How long the loop may pause before it sleeps, at most `max_us`. */
int64_t crowd_pause_us(struct crowd *crowd, int64_t now_us, int64_t max_us);

#endif
