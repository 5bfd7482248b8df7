#include "io/loop.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/uv_loop.h"

#include <poll.h>
#include <sys/prctl.h>

void loop_woke_slow(struct loop *loop)
{
    loop->is_asleep = false;
    loop->now_us = clock_mono_us();
    if (loop->after_sleep.fn) loop->after_sleep.fn(loop->after_sleep.ctx);
}

static void on_alarm(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    loop_woke(loop);
    loop->alarm_us = 0;
    /* An inner turn serves sockets only: what else is due belongs to the turn that waits for it. */
    if (loop->depth == 1) timer_run_due(loop);
}

static void set_alarm(struct loop *loop)
{
    int64_t due_us = timer_next_due_us(loop);
    if (due_us == loop->alarm_us) return;
    loop->alarm_us = due_us;
    if (due_us == 0) {
        uv_timer_stop(&loop->alarm);
        return;
    }
    uv_update_time(&loop->uv);
    int64_t wait_us = due_us - clock_mono_us();
    uint64_t wait_ms = wait_us <= 0 ? 0 : (uint64_t)(wait_us + 999) / 1000;
    uv_timer_start(&loop->alarm, on_alarm, wait_ms, 0);
}

/* A signal ends it early. */
static void pause_if_idle(struct loop *loop)
{
    struct timespec left = {0, loop->pause_us * 1000};
    loop->pause_us = 0;
    if (left.tv_nsec == 0 || loop->is_hurried || uv_backend_timeout(&loop->uv) == 0) return;
    struct pollfd ready = {.fd = uv_backend_fd(&loop->uv), .events = POLLIN};
    if (poll(&ready, 1, 0) == 0) nanosleep(&left, NULL);
}

static void on_before_sleep(uv_prepare_t *handle)
{
    struct loop *loop = handle->data;
    if (loop->before_sleep.fn) loop->before_sleep.fn(loop->before_sleep.ctx);
    set_alarm(loop);
    pause_if_idle(loop);
    loop->is_asleep = true;
}

static void on_after_events(uv_check_t *handle)
{
    loop_woke(handle->data);
}

static void on_tasks(uv_idle_t *handle)
{
    struct loop *loop = handle->data;
    loop_woke(loop);
    struct list due;
    list_init(&due);
    list_join(&due, &loop->tasks);
    uv_idle_stop(&loop->no_sleep);
    while (!list_is_empty(&due)) {
        struct loop_task *task = LIST_ENTRY(due.next, struct loop_task, link);
        list_remove(&task->link);
        task->is_waiting = false;
        task->fn(task->ctx);
    }
}

void loop_add_task(struct loop *loop, struct loop_task *task)
{
    if (task->is_waiting) return;
    task->is_waiting = true;
    list_append(&loop->tasks, &task->link);
    uv_idle_start(&loop->no_sleep, on_tasks);
}

void loop_cancel_task(struct loop_task *task)
{
    if (!task->is_waiting) return;
    task->is_waiting = false;
    list_remove(&task->link);
}

static void on_bell(uv_async_t *handle)
{
    struct loop *loop = handle->data;
    loop_woke(loop);
    if (loop->depth == 1) loop_deliver(loop);
}

void loop_deliver(struct loop *loop)
{
    struct list due;
    list_init(&due);
    pthread_mutex_lock(&loop->mailbox_lock);
    list_join(&due, &loop->mailbox);
    pthread_mutex_unlock(&loop->mailbox_lock);
    while (!list_is_empty(&due)) {
        struct loop_message *message = LIST_ENTRY(due.next, struct loop_message, link);
        list_remove(&message->link);
        message->fn(message->ctx);
    }
}

void loop_post_message(struct loop *loop, struct loop_message *message)
{
    pthread_mutex_lock(&loop->mailbox_lock);
    bool was_empty = list_is_empty(&loop->mailbox);
    list_append(&loop->mailbox, &message->link);
    pthread_mutex_unlock(&loop->mailbox_lock);
    if (was_empty) uv_async_send(&loop->bell);
}

void loop_withdraw_message(struct loop *loop, struct loop_message *message)
{
    pthread_mutex_lock(&loop->mailbox_lock);
    list_remove(&message->link);
    pthread_mutex_unlock(&loop->mailbox_lock);
}

struct posted_call {
    struct loop_message message;
    void (*fn)(void *ctx);
    void *ctx;
};

static void make_posted_call(void *ctx)
{
    struct posted_call call = *(struct posted_call *)ctx;
    mem_free(ctx);
    call.fn(call.ctx);
}

void loop_post(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct posted_call *call = mem_new(struct posted_call);
    *call = (struct posted_call){
        .message = {.fn = make_posted_call, .ctx = call}, .fn = fn, .ctx = ctx};
    loop_post_message(loop, &call->message);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_new(struct loop);
    list_init(&loop->tasks);
    list_init(&loop->mailbox);
    ASSERT(pthread_mutex_init(&loop->mailbox_lock, NULL) == 0);
    ASSERT(uv_loop_init(&loop->uv) == 0);
    uv_prepare_init(&loop->uv, &loop->before);
    uv_check_init(&loop->uv, &loop->after);
    uv_idle_init(&loop->uv, &loop->no_sleep);
    uv_timer_init(&loop->uv, &loop->alarm);
    ASSERT(uv_async_init(&loop->uv, &loop->bell, on_bell) == 0);
    loop->before.data = loop->after.data = loop->no_sleep.data = loop->alarm.data =
        loop->bell.data = loop;
    uv_prepare_start(&loop->before, on_before_sleep);
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns; the 50 us that are usual double a pause */
    uv_check_start(&loop->after, on_after_events);
    loop->now_us = clock_mono_us();
    return loop;
}

static void drop_mailbox(struct loop *loop)
{
    LIST_FOREACH(at, after, &loop->mailbox)
    {
        struct loop_message *message = LIST_ENTRY(at, struct loop_message, link);
        if (message->fn == make_posted_call) mem_free(message->ctx);
    }
}

static void forbid_open_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    ASSERT(uv_is_closing(handle));
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) return;
    ASSERT(loop->depth == 0);
    uv_close((uv_handle_t *)&loop->before, NULL);
    uv_close((uv_handle_t *)&loop->after, NULL);
    uv_close((uv_handle_t *)&loop->no_sleep, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_close((uv_handle_t *)&loop->bell, NULL);
    uv_walk(&loop->uv, forbid_open_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    ASSERT(uv_loop_close(&loop->uv) == 0);
    timer_forget_all(loop);
    drop_mailbox(loop);
    loop_leave_lookups(loop);
    pthread_mutex_destroy(&loop->mailbox_lock);
    mem_free(loop->timers);
    mem_free(loop);
}

void loop_run(struct loop *loop)
{
    ASSERT(loop->depth == 0);
    loop->depth++;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    loop->depth--;
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static bool has_mail(struct loop *loop)
{
    pthread_mutex_lock(&loop->mailbox_lock);
    bool has = !list_is_empty(&loop->mailbox);
    pthread_mutex_unlock(&loop->mailbox_lock);
    return has;
}

void loop_turn(struct loop *loop, bool may_sleep)
{
    bool is_inner = loop->depth > 0, was_hurried = loop->is_hurried;
    loop->depth++;
    loop->is_hurried = is_inner || !may_sleep;
    uv_run(&loop->uv, loop->is_hurried ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    loop->is_hurried = was_hurried;
    loop->depth--;
    if (is_inner && has_mail(loop)) uv_async_send(&loop->bell);
}

void loop_set_before_sleep(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    loop->before_sleep = (struct loop_hook){fn, ctx};
}

void loop_pause(struct loop *loop, int64_t us)
{
    ASSERT(us >= 0 && us < 1000000);
    loop->pause_us = us;
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
