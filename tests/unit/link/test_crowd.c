/* Proves: a crowd is many clients that ask often, and the pause it allows is a quarter of the time
 * between two requests of one client. */
#include "link/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CLIENTS_MAX = 256, LONG_US = 100000 };

struct load {
    struct crowd crowd;
    int64_t now_us, read_us[CLIENTS_MAX];
};

/* Clients take turns to ask, one every `gap_us`, for two stretches. */
static int64_t pause_of(struct load *load, int clients, int64_t gap_us)
{
    int64_t end_us = load->now_us + 2 * CROWD_STRETCH_US + gap_us;
    for (int at = 0; load->now_us < end_us; at = (at + 1) % clients) {
        load->now_us += gap_us;
        crowd_read(&load->crowd, load->read_us[at]);
        load->read_us[at] = load->now_us;
        crowd_pause_us(&load->crowd, load->now_us, LONG_US);
    }
    return crowd_pause_us(&load->crowd, load->now_us, LONG_US);
}

static void who_asks_often_among_many_waits_for_a_quarter_of_its_time(void **state)
{
    (void)state;
    struct load load = {.now_us = 1000000};
    /* 50 clients, a request every 8 us: each comes every 400 us. */
    assert_in_range(pause_of(&load, 50, 8), 95, 105);
    /* 20 of them: every 160 us. */
    assert_in_range(pause_of(&load, 20, 8), 38, 42);
    assert_int_equal(crowd_pause_us(&load.crowd, load.now_us, 30), 30);
    assert_int_equal(crowd_pause_us(&load.crowd, load.now_us, 0), 0);
}

static void few_clients_and_rare_requests_are_no_crowd(void **state)
{
    (void)state;
    struct load load = {.now_us = 1000000};
    assert_int_equal(pause_of(&load, 1, 5), 0);
    assert_int_equal(pause_of(&load, CROWD_CLIENTS - 1, 5), 0);
    assert_in_range(pause_of(&load, CROWD_CLIENTS, 5), 19, 21);
    assert_int_equal(pause_of(&load, 200, 40), 0);
    assert_in_range(pause_of(&load, 200, 30), 200, 260);
}

static void a_crowd_that_went_leaves_no_pause(void **state)
{
    (void)state;
    struct load load = {.now_us = 1000000};
    assert_true(pause_of(&load, 50, 8) > 0);
    load.now_us += CROWD_STRETCH_US;
    assert_int_equal(crowd_pause_us(&load.crowd, load.now_us, LONG_US), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_often_among_many_waits_for_a_quarter_of_its_time),
        cmocka_unit_test(few_clients_and_rare_requests_are_no_crowd),
        cmocka_unit_test(a_crowd_that_went_leaves_no_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
