/* Pauses: which requests wait, how long, and what several reasons make together. */
#include "server/pause.h"

#include "command/command.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void nothing_waits_without_a_pause(void **state)
{
    (void)state;
    struct pause pause = {0};
    assert_int_equal(pause_mode_at(&pause, 0), PAUSE_NOTHING);
    assert_false(pause_holds(&pause, 0, CMD_WRITE));
}

static void a_pause_of_writes_holds_writes_and_what_may_replicate(void **state)
{
    (void)state;
    struct pause pause = {0};
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_WRITES, 1000, 500);
    assert_true(pause_holds(&pause, 1499, CMD_WRITE | CMD_DENYOOM));
    assert_true(pause_holds(&pause, 1499, CMD_MAY_REPLICATE));
    assert_false(pause_holds(&pause, 1499, CMD_READONLY));
    assert_false(pause_holds(&pause, 1500, CMD_WRITE));
}

static void a_full_pause_holds_everything(void **state)
{
    (void)state;
    struct pause pause = {0};
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_ALL, 1000, 500);
    assert_true(pause_holds(&pause, 1499, CMD_READONLY));
    assert_true(pause_holds(&pause, 1499, 0));
    assert_false(pause_holds(&pause, 1500, 0));
}

static void a_pause_begun_again_is_neither_eased_nor_shortened(void **state)
{
    (void)state;
    struct pause pause = {0};
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_ALL, 1000, 500);
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_WRITES, 1100, 10);
    assert_int_equal(pause_mode_at(&pause, 1499), PAUSE_ALL);
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_WRITES, 1100, 900);
    assert_int_equal(pause_mode_at(&pause, 1999), PAUSE_ALL);
    assert_int_equal(pause_until_ms(&pause), 2000);
}

static void a_pause_that_is_over_does_not_make_the_next_one_stricter(void **state)
{
    (void)state;
    struct pause pause = {0};
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_ALL, 1000, 500);
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_WRITES, 1500, 100);
    assert_int_equal(pause_mode_at(&pause, 1550), PAUSE_WRITES);
}

static void each_reason_ends_for_itself(void **state)
{
    (void)state;
    struct pause pause = {0};
    pause_begin(&pause, PAUSE_BY_COMMAND, PAUSE_ALL, 1000, 500);
    pause_begin(&pause, PAUSE_FOR_SHUTDOWN, PAUSE_WRITES, 1000, 2000);
    assert_int_equal(pause_mode_at(&pause, 1400), PAUSE_ALL);
    assert_int_equal(pause_mode_at(&pause, 1600), PAUSE_WRITES);
    pause_end(&pause, PAUSE_BY_COMMAND);
    assert_int_equal(pause_mode_at(&pause, 1400), PAUSE_WRITES);
    pause_end(&pause, PAUSE_FOR_SHUTDOWN);
    assert_int_equal(pause_mode_at(&pause, 1400), PAUSE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_without_a_pause),
        cmocka_unit_test(a_pause_of_writes_holds_writes_and_what_may_replicate),
        cmocka_unit_test(a_full_pause_holds_everything),
        cmocka_unit_test(a_pause_begun_again_is_neither_eased_nor_shortened),
        cmocka_unit_test(a_pause_that_is_over_does_not_make_the_next_one_stricter),
        cmocka_unit_test(each_reason_ends_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
