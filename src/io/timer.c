#include "io/timer.h"

#include "base/mem.h"
#include "io/clock.h"
#include "io/uv_loop.h"

/* The heap is kept in loop->timers; each timer knows its place, so stopping one needs no search. */

static void place(struct loop *loop, size_t index, struct timer *timer)
{
    loop->timers[index] = timer;
    timer->slot = index + 1;
}

static void sift_up(struct loop *loop, size_t index, struct timer *timer)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (loop->timers[parent]->due_us <= timer->due_us) break;
        place(loop, index, loop->timers[parent]);
        index = parent;
    }
    place(loop, index, timer);
}

static void sift_down(struct loop *loop, size_t index, struct timer *timer)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= loop->timer_count) break;
        if (child + 1 < loop->timer_count &&
            loop->timers[child + 1]->due_us < loop->timers[child]->due_us)
            child++;
        if (timer->due_us <= loop->timers[child]->due_us) break;
        place(loop, index, loop->timers[child]);
        index = child;
    }
    place(loop, index, timer);
}

static void add(struct loop *loop, struct timer *timer)
{
    if (loop->timer_count == loop->timer_capacity) {
        loop->timer_capacity = loop->timer_capacity ? 2 * loop->timer_capacity : 16;
        loop->timers = mem_realloc(loop->timers, loop->timer_capacity * sizeof(*loop->timers));
    }
    sift_up(loop, loop->timer_count++, timer);
}

void timer_stop(struct timer *timer)
{
    if (timer->slot == 0) return;
    struct loop *loop = timer->loop;
    size_t index = timer->slot - 1;
    timer->slot = 0;
    struct timer *last = loop->timers[--loop->timer_count];
    if (last == timer) return;
    if (index > 0 && last->due_us < loop->timers[(index - 1) / 2]->due_us)
        sift_up(loop, index, last);
    else
        sift_down(loop, index, last);
}

/* Always later than now, so that a timer started by a timer waits for the next turn. */
static int64_t after_ms(int64_t now_us, int64_t ms)
{
    int64_t due_us;
    if (ms <= 0) return now_us + 1;
    if (__builtin_mul_overflow(ms, 1000, &due_us) ||
        __builtin_add_overflow(due_us, now_us, &due_us))
        return INT64_MAX;
    return due_us;
}

void timer_start(struct loop *loop, struct timer *timer, int64_t first_ms, int64_t repeat_ms,
                 void (*fn)(void *ctx), void *ctx)
{
    timer_stop(timer);
    *timer = (struct timer){.loop = loop,
                            .fn = fn,
                            .ctx = ctx,
                            .due_us = after_ms(clock_mono_us(), first_ms),
                            .repeat_us = repeat_ms > 0 ? after_ms(0, repeat_ms) : 0};
    add(loop, timer);
}

void timer_set_repeat(struct timer *timer, int64_t repeat_ms)
{
    if (timer->slot == 0) return;
    timer_start(timer->loop, timer, repeat_ms, repeat_ms, timer->fn, timer->ctx);
}

void timer_run_due(struct loop *loop)
{
    int64_t now_us = loop_refresh_now_us(loop);
    while (loop->timer_count > 0 && loop->timers[0]->due_us <= now_us) {
        struct timer *timer = loop->timers[0];
        timer_stop(timer);
        if (timer->repeat_us > 0) {
            timer->due_us += timer->repeat_us;
            if (timer->due_us <= now_us) timer->due_us = now_us + timer->repeat_us;
            add(loop, timer);
        }
        timer->fn(timer->ctx);
    }
}

int64_t timer_next_due_us(const struct loop *loop)
{
    return loop->timer_count > 0 ? loop->timers[0]->due_us : 0;
}

void timer_forget_all(struct loop *loop)
{
    for (size_t i = 0; i < loop->timer_count; i++) loop->timers[i]->slot = 0;
    loop->timer_count = 0;
}
