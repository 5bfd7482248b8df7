/* The inside of a loop, for the other files of this folder only: it shows libuv.
 *
 * Whatever libuv calls back must begin with loop_woke, which keeps the clock and after_sleep right.
 */
#ifndef SKEIN_IO_UV_LOOP_H
#define SKEIN_IO_UV_LOOP_H

#include "io/loop.h"
#include "io/timer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

struct loop_hook {
    void (*fn)(void *ctx);
    void *ctx;
};

/* Of lookup.c: the lookups that are going on, and one for the loop itself. */
struct loop_lookups {
    atomic_int count;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t before;
    uv_check_t after;
    uv_idle_t no_sleep; /* active while tasks wait */
    uv_timer_t alarm;   /* for the earliest of `timers` */
    uv_async_t bell;    /* rung when the mailbox was empty */
    struct loop_hook before_sleep, after_sleep;
    int64_t now_us;
    int64_t alarm_us;           /* when the alarm goes off; 0: not set */
    int64_t pause_us;           /* the least this turn sleeps */
    bool is_asleep, is_hurried; /* is_hurried: this turn must not sleep */
    int depth;                  /* turns inside turns */
    struct list tasks;
    struct timer **timers; /* a heap, the earliest first */
    size_t timer_count, timer_capacity;
    struct loop_lookups *lookups; /* NULL before the first one */

    pthread_mutex_t mailbox_lock; /* guards the one list that threads share */
    struct list mailbox;
};

void loop_woke_slow(struct loop *loop);
static inline void loop_woke(struct loop *loop)
{
    if (loop->is_asleep) loop_woke_slow(loop);
}

/* In timer.c: calls what is due; tells when the next one is (0: none). */
void timer_run_due(struct loop *loop);
int64_t timer_next_due_us(const struct loop *loop);
void timer_forget_all(struct loop *loop);

/* Makes the calls that other threads have posted. */
void loop_deliver(struct loop *loop);
/* Takes a message that was posted and not delivered yet back; on the loop's thread. */
void loop_withdraw_message(struct loop *loop, struct loop_message *message);

/* In lookup.c: the loop ends, its lookups may go on. */
void loop_leave_lookups(struct loop *loop);

#endif
