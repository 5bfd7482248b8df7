/* Timers of a loop, embedded in their owners.
 *
 * A zeroed struct is a stopped timer, so starting and stopping never allocate per timer and a
 * stopped one can simply be freed with its owner. Any number may run; starting and stopping cost
 * O(log n). A timer never fires early; one that repeats skips the beats it has missed. The callback
 * may start, stop or free its own timer. */
#ifndef SKEIN_IO_TIMER_H
#define SKEIN_IO_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

struct timer {
    struct loop *loop;
    void (*fn)(void *ctx);
    void *ctx;
    int64_t due_us;
    int64_t repeat_us; /* 0: fires once */
    size_t slot;       /* place in the loop's heap plus one; 0: stopped */
};

/* Fires after `first_ms`, then every `repeat_ms` unless that is 0. Restarts a timer that runs. */
void timer_start(struct loop *loop, struct timer *timer, int64_t first_ms, int64_t repeat_ms,
                 void (*fn)(void *ctx), void *ctx);
void timer_stop(struct timer *timer);
/* Sets a new distance for a repeating timer, counted from now. */
void timer_set_repeat(struct timer *timer, int64_t repeat_ms);
static inline bool timer_is_running(const struct timer *timer)
{
    return timer->slot != 0;
}

#endif
