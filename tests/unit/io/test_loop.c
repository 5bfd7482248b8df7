/* The loop: hooks once per turn, tasks, messages of other threads, timers. */
#include "unit/io/io_fixture.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct calls {
    struct loop *loop;
    int before, after, tasks, fired;
    int order_errors;
    struct loop_task task;
};

static void count_before(void *ctx)
{
    ((struct calls *)ctx)->before++;
}

static void count_after(void *ctx)
{
    struct calls *calls = ctx;
    calls->after++;
    if (calls->after > calls->before) calls->order_errors++;
}

static void the_hooks_run_once_around_each_sleep(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {0};
    loop_set_before_sleep(fixture->loop, count_before, &calls);
    loop_set_after_sleep(fixture->loop, count_after, &calls);
    for (int turn = 1; turn <= 5; turn++) {
        loop_turn(fixture->loop, false);
        assert_int_equal(calls.before, turn);
        assert_int_equal(calls.after, turn);
    }
    assert_int_equal(calls.order_errors, 0);
}

static void run_again(void *ctx)
{
    struct calls *calls = ctx;
    if (++calls->tasks < 3) loop_add_task(calls->loop, &calls->task);
}

static void a_task_that_adds_itself_runs_once_per_turn_without_sleep(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {.loop = fixture->loop};
    calls.task = (struct loop_task){.fn = run_again, .ctx = &calls};
    loop_add_task(fixture->loop, &calls.task);
    loop_add_task(fixture->loop, &calls.task);
    for (int turn = 1; turn <= 3; turn++) {
        loop_turn(fixture->loop, true);
        assert_int_equal(calls.tasks, turn);
    }
    loop_turn(fixture->loop, false);
    assert_int_equal(calls.tasks, 3);
}

static void a_cancelled_task_does_not_run(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {.loop = fixture->loop};
    calls.task = (struct loop_task){.fn = run_again, .ctx = &calls};
    loop_add_task(fixture->loop, &calls.task);
    loop_cancel_task(&calls.task);
    loop_turn(fixture->loop, false);
    assert_int_equal(calls.tasks, 0);
}

enum { SENDERS = 4, MESSAGES = 2000 };

struct inbox {
    int next[SENDERS];
    int received, wrong;
    pthread_t thread;
};

struct letter {
    struct inbox *inbox;
    int sender, number;
};

struct sender {
    struct loop *loop;
    struct inbox *inbox;
    int index;
};

static void on_letter(void *ctx)
{
    struct letter *letter = ctx;
    struct inbox *inbox = letter->inbox;
    if (inbox->next[letter->sender]++ != letter->number) inbox->wrong++;
    if (!pthread_equal(pthread_self(), inbox->thread)) inbox->wrong++;
    inbox->received++;
    mem_free(letter);
}

static void *send_letters(void *ctx)
{
    struct sender *sender = ctx;
    for (int i = 0; i < MESSAGES; i++) {
        struct letter *letter = mem_new(struct letter);
        *letter = (struct letter){sender->inbox, sender->index, i};
        loop_post(sender->loop, on_letter, letter);
    }
    return NULL;
}

static void messages_of_each_thread_arrive_in_order_on_the_loop_thread(void **state)
{
    struct io_fixture *fixture = *state;
    struct inbox inbox = {.thread = pthread_self()};
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){fixture->loop, &inbox, i};
        pthread_create(&threads[i], NULL, send_letters, &senders[i]);
    }
    io_wait_until(fixture, inbox.received == SENDERS * MESSAGES);
    assert_int_equal(inbox.wrong, 0);
    for (int i = 0; i < SENDERS; i++) pthread_join(threads[i], NULL);
}

static void count_fired(void *ctx)
{
    ((struct calls *)ctx)->fired++;
}

static void stop_loop(void *ctx)
{
    loop_stop(ctx);
}

static void a_timer_fires_not_early_and_not_after_it_was_stopped(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {0}, stopped = {0};
    struct timer timer = {0}, other = {0};
    int64_t start_us = clock_mono_us();
    timer_start(fixture->loop, &timer, 20, 0, count_fired, &calls);
    timer_start(fixture->loop, &other, 10, 0, count_fired, &stopped);
    timer_stop(&other);
    timer_stop(&other);
    io_wait_until(fixture, calls.fired == 1);
    assert_true(clock_mono_us() - start_us >= 20000);
    assert_false(timer_is_running(&timer));
    assert_int_equal(stopped.fired, 0);
}

static void waiting_for_a_timer_is_sleep(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {0}, fired = {0};
    struct timer timer = {0};
    timer_stop(&fixture->heartbeat);
    loop_set_before_sleep(fixture->loop, count_before, &calls);
    timer_start(fixture->loop, &timer, 40, 0, count_fired, &fired);
    io_wait_until(fixture, fired.fired == 1);
    assert_true(calls.before <= 3);
}

static void a_repeating_timer_goes_on_until_it_is_stopped(void **state)
{
    struct io_fixture *fixture = *state;
    struct calls calls = {0};
    struct timer timer = {0};
    timer_start(fixture->loop, &timer, 0, 2, count_fired, &calls);
    io_wait_until(fixture, calls.fired >= 4);
    timer_stop(&timer);
    int fired = calls.fired;
    struct timer stop = {0};
    timer_start(fixture->loop, &stop, 10, 0, stop_loop, fixture->loop);
    loop_run(fixture->loop);
    assert_int_equal(calls.fired, fired);
}

struct alarm_clock {
    struct timer timer;
    struct wake_log *log;
};

struct wake_log {
    int64_t last_us;
    int count, wrong;
};

static void on_alarm_clock(void *ctx)
{
    struct alarm_clock *clock = ctx;
    if (clock->timer.due_us < clock->log->last_us) clock->log->wrong++;
    clock->log->last_us = clock->timer.due_us;
    clock->log->count++;
}

static void many_timers_fire_in_the_order_of_their_times(void **state)
{
    enum { CLOCKS = 500 };
    struct io_fixture *fixture = *state;
    struct wake_log log = {0};
    struct alarm_clock *clocks = mem_calloc(CLOCKS * sizeof(*clocks));
    int expected = CLOCKS;
    for (int i = 0; i < CLOCKS; i++) {
        clocks[i].log = &log;
        timer_start(fixture->loop, &clocks[i].timer, (i * 7919) % 40, 0, on_alarm_clock,
                    &clocks[i]);
    }
    for (int i = 0; i < CLOCKS; i += 3, expected--) timer_stop(&clocks[i].timer);
    io_wait_until(fixture, log.count == expected);
    assert_int_equal(log.wrong, 0);
    mem_free(clocks);
}

struct inner {
    struct io_fixture *fixture;
    struct calls other;
    struct timer due_inside;
    int seen_inside;
    bool ran;
};

static void turn_inside(void *ctx)
{
    struct inner *inner = ctx;
    timer_start(inner->fixture->loop, &inner->due_inside, 0, 0, count_fired, &inner->other);
    loop_post(inner->fixture->loop, count_fired, &inner->other);
    int64_t end_us = clock_mono_us() + 5000;
    while (clock_mono_us() < end_us) loop_turn(inner->fixture->loop, true);
    inner->seen_inside = inner->other.fired;
    inner->ran = true;
}

static void an_inner_turn_leaves_timers_and_messages_to_the_outer_one(void **state)
{
    struct io_fixture *fixture = *state;
    struct inner inner = {.fixture = fixture};
    loop_post(fixture->loop, turn_inside, &inner);
    io_wait_until(fixture, inner.ran && inner.other.fired == 2);
    assert_int_equal(inner.seen_inside, 0);
}

struct pauser {
    struct loop *loop;
    int64_t us;
};

static void ask_for_pause(void *ctx)
{
    struct pauser *pauser = ctx;
    loop_pause(pauser->loop, pauser->us);
    pauser->us = 0;
}

static void a_pause_keeps_a_turn_asleep_although_something_comes(void **state)
{
    enum { PAUSE_US = 30000 };
    struct io_fixture *fixture = *state;
    struct calls calls = {0};
    struct timer timer = {0};
    timer_stop(&fixture->heartbeat);
    loop_turn(fixture->loop, false);
    struct pauser pauser = {fixture->loop, PAUSE_US};
    loop_set_before_sleep(fixture->loop, ask_for_pause, &pauser);
    timer_start(fixture->loop, &timer, 1, 0, count_fired, &calls);
    int64_t start_us = clock_mono_us();
    io_wait_until(fixture, calls.fired == 1);
    assert_true(clock_mono_us() - start_us >= PAUSE_US);
}

/* Each of them would take most of a second. */
static void there_is_no_pause_when_something_is_ready_or_the_turn_must_not_sleep(void **state)
{
    enum { TURNS = 100, PAUSE_US = 900000 };
    struct io_fixture *fixture = *state;
    struct calls calls = {0};
    struct pauser pauser = {.loop = fixture->loop};
    loop_set_before_sleep(fixture->loop, ask_for_pause, &pauser);
    int64_t start_us = clock_mono_us();
    for (int i = 0; i < TURNS; i++) {
        pauser.us = PAUSE_US;
        loop_post(fixture->loop, count_fired, &calls);
        loop_turn(fixture->loop, true);
        pauser.us = PAUSE_US;
        loop_turn(fixture->loop, false);
    }
    assert_true(clock_mono_us() - start_us < (int64_t)TURNS * PAUSE_US / 2);
    assert_true(calls.fired >= TURNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_hooks_run_once_around_each_sleep, io_setup,
                                        io_teardown),
        cmocka_unit_test_setup_teardown(a_task_that_adds_itself_runs_once_per_turn_without_sleep,
                                        io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_task_does_not_run, io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(messages_of_each_thread_arrive_in_order_on_the_loop_thread,
                                        io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(a_timer_fires_not_early_and_not_after_it_was_stopped,
                                        io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(waiting_for_a_timer_is_sleep, io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(a_repeating_timer_goes_on_until_it_is_stopped, io_setup,
                                        io_teardown),
        cmocka_unit_test_setup_teardown(many_timers_fire_in_the_order_of_their_times, io_setup,
                                        io_teardown),
        cmocka_unit_test_setup_teardown(a_pause_keeps_a_turn_asleep_although_something_comes,
                                        io_setup, io_teardown),
        cmocka_unit_test_setup_teardown(
            there_is_no_pause_when_something_is_ready_or_the_turn_must_not_sleep, io_setup,
            io_teardown),
        cmocka_unit_test_setup_teardown(an_inner_turn_leaves_timers_and_messages_to_the_outer_one,
                                        io_setup, io_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
