#include "sim/loop.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/clock.h"
#include "sim/check.h"
#include "sim/node.h"

static void turn(void *ctx);

void sim_loop_wake(struct sim_loop *loop)
{
    event_hasten(&loop->turn, sim->now_us + sim_between(1, 30), turn, loop);
}

void loop_woke_slow(struct loop *loop)
{
    loop->is_asleep = false;
    loop->now_us = clock_mono_us();
    if (loop->after_sleep.fn) loop->after_sleep.fn(loop->after_sleep.ctx);
}

static void run_tasks(struct loop *loop)
{
    struct list due;
    list_init(&due);
    list_join(&due, &loop->tasks);
    while (!list_is_empty(&due)) {
        struct loop_task *task = LIST_ENTRY(due.next, struct loop_task, link);
        list_remove(&task->link);
        task->is_waiting = false;
        task->fn(task->ctx);
    }
}

static void set_next_turn(struct sim_loop *loop)
{
    int64_t due_us = timer_next_due_us(&loop->loop);
    if (!list_is_empty(&loop->loop.tasks) || !list_is_empty(&loop->loop.mailbox) ||
        net_has_ready(loop))
        sim_loop_wake(loop);
    if (due_us) event_hasten(&loop->turn, due_us, turn, loop);
}

static void turn(void *ctx)
{
    struct sim_loop *loop = ctx;
    struct node *node = loop->node;
    if (loop->is_stopped) {
        node_end(node);
        return;
    }
    sim->running = node;
    loop->loop.depth++;
    loop_woke(&loop->loop);
    timer_run_due(&loop->loop);
    run_tasks(&loop->loop);
    loop_deliver(&loop->loop);
    net_accept_pending(node);
    net_deliver_ready(loop);
    if (loop->loop.before_sleep.fn) loop->loop.before_sleep.fn(loop->loop.before_sleep.ctx);
    loop->loop.is_asleep = true;
    loop->loop.depth--;
    net_bury(loop);
    sim->running = NULL;
    if (node->is_doomed) {
        node_crash(node, true);
        return;
    }
    check_turn(node);
    if (loop->is_stopped)
        node_end(node);
    else
        set_next_turn(loop);
}

/* --- io/loop.h --- */

struct loop *loop_new(void)
{
    struct sim_loop *loop = mem_new(struct sim_loop);
    list_init(&loop->loop.tasks);
    list_init(&loop->loop.mailbox);
    list_init(&loop->conns);
    loop->loop.now_us = clock_mono_us();
    loop->node = sim->running;
    loop->node->loop = loop;
    return &loop->loop;
}

void loop_free(struct loop *given)
{
    struct sim_loop *loop = sim_loop_of(given);
    if (loop == NULL) return;
    net_bury(loop);
    ASSERT(loop->loop.depth == 0 && list_is_empty(&loop->conns));
    event_cancel(&loop->turn);
    timer_forget_all(given);
    loop->node->loop = NULL;
    mem_free(given->timers);
    mem_free(loop);
}

/* The world turns the loops, so this only says that it may. */
void loop_run(struct loop *loop)
{
    sim_loop_wake(sim_loop_of(loop));
}

void loop_stop(struct loop *loop)
{
    sim_loop_of(loop)->is_stopped = true;
}

/* Code that works for long serves others meanwhile; in the world nothing takes long. */
void loop_turn(struct loop *loop, bool may_sleep)
{
    (void)loop;
    (void)may_sleep;
}

void loop_add_task(struct loop *loop, struct loop_task *task)
{
    if (task->is_waiting) return;
    task->is_waiting = true;
    list_append(&loop->tasks, &task->link);
    sim_loop_wake(sim_loop_of(loop));
}

void loop_cancel_task(struct loop_task *task)
{
    if (!task->is_waiting) return;
    task->is_waiting = false;
    list_remove(&task->link);
}

void loop_deliver(struct loop *loop)
{
    struct list due;
    list_init(&due);
    list_join(&due, &loop->mailbox);
    while (!list_is_empty(&due)) {
        struct loop_message *message = LIST_ENTRY(due.next, struct loop_message, link);
        list_remove(&message->link);
        message->fn(message->ctx);
    }
}

void loop_post_message(struct loop *loop, struct loop_message *message)
{
    list_append(&loop->mailbox, &message->link);
    sim_loop_wake(sim_loop_of(loop));
}

void loop_set_before_sleep(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    loop->before_sleep = (struct loop_hook){fn, ctx};
}

/* In the world nobody gains by waiting: waking costs nothing. */
void loop_pause(struct loop *loop, int64_t us)
{
    (void)loop;
    (void)us;
}

void loop_set_after_sleep(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    loop->after_sleep = (struct loop_hook){fn, ctx};
}

int64_t loop_now_us(struct loop *loop)
{
    return loop->now_us;
}

int64_t loop_refresh_now_us(struct loop *loop)
{
    return loop->now_us = clock_mono_us();
}
