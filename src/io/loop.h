/* The event loop of one thread: the data thread sleeps here and everything that happens is called
 * from here.
 *
 * One turn is: timers and tasks that are due, before_sleep, the sleep, after_sleep, the events of
 * sockets, messages of other threads and signals. All functions belong to the loop's thread except
 * loop_post and loop_post_message. Things that live on a loop (conns, timers, listeners, pools) are
 * closed before loop_free. */
#ifndef SKEIN_IO_LOOP_H
#define SKEIN_IO_LOOP_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Returns after loop_stop. */
void loop_run(struct loop *loop);
/* Ends loop_run at the end of the current turn. */
void loop_stop(struct loop *loop);
/* One turn; without `may_sleep` it only takes what is ready. A callback of a conn may call it (to
 * serve others while a script runs for long); such a turn neither sleeps nor frees what the callers
 * above still use. */
void loop_turn(struct loop *loop, bool may_sleep);

/* Called once per turn right before sleeping: the place to flush what the turn produced. */
void loop_set_before_sleep(struct loop *loop, void (*fn)(void *ctx), void *ctx);
/* From before_sleep: unless something is ready, this sleep lasts at least this long, whatever
 * happens meanwhile, so that more can be found at its end. Timers can be late by that. */
void loop_pause(struct loop *loop, int64_t us);
/* Called once per turn right after waking, before the first event is delivered. */
void loop_set_after_sleep(struct loop *loop, void (*fn)(void *ctx), void *ctx);

/* Monotonic microseconds, read from the clock once per waking and then kept. */
int64_t loop_now_us(struct loop *loop);
/* Reads the clock again, for code that knows it has worked for long. */
int64_t loop_refresh_now_us(struct loop *loop);

/* A call to be made on the loop's thread; embedded in its owner and owned by the loop until it was
 * made. */
struct loop_message {
    struct list link;
    void (*fn)(void *ctx);
    void *ctx;
};
/* From any thread. Messages of one thread are delivered in the order they were posted. */
void loop_post(struct loop *loop, void (*fn)(void *ctx), void *ctx);
/* The same without allocation; the message must not be in a loop already. */
void loop_post_message(struct loop *loop, struct loop_message *message);

/* A call that the loop's own thread puts off to the next turn, which then does not sleep. Starts
 * zeroed; adding a task that waits already does nothing; cancelling one that does not wait does
 * nothing. */
struct loop_task {
    struct list link;
    void (*fn)(void *ctx);
    void *ctx;
    bool is_waiting;
};
void loop_add_task(struct loop *loop, struct loop_task *task);
void loop_cancel_task(struct loop_task *task);

#endif
