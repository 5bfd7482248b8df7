/* Attempts to authenticate: who must wait, how long, and who is forgiven. */
#include "server/login_guard.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>

static const struct hash_seed seed = {1, 2};

static void fail_times(struct login_guard *guard, struct str address, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++) login_guard_failed(guard, address, now_ms);
}

static void a_few_mistakes_cost_nothing(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    fail_times(&guard, STR("a"), LOGIN_FREE_FAILURES - 1, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000), 0);
    login_guard_deinit(&guard);
}

static void the_delay_doubles_up_to_its_maximum(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    fail_times(&guard, STR("a"), LOGIN_FREE_FAILURES, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000), LOGIN_FIRST_DELAY_MS);
    fail_times(&guard, STR("a"), 1, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000), 2 * LOGIN_FIRST_DELAY_MS);
    fail_times(&guard, STR("a"), 1000, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000), LOGIN_DELAY_MAX_MS);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000 + LOGIN_DELAY_MAX_MS), 0);
    login_guard_deinit(&guard);
}

static void other_addresses_are_not_delayed(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    fail_times(&guard, STR("a"), 100, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("b"), 1000), 0);
    login_guard_deinit(&guard);
}

static void a_right_password_forgives(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    fail_times(&guard, STR("a"), 100, 1000);
    login_guard_succeeded(&guard, STR("a"));
    fail_times(&guard, STR("a"), 1, 1000);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000), 0);
    login_guard_deinit(&guard);
}

static void time_forgives(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    fail_times(&guard, STR("a"), 100, 1000);
    fail_times(&guard, STR("a"), 1, 1000 + LOGIN_FORGIVEN_AFTER_MS + 1);
    assert_int_equal(login_guard_delay_ms(&guard, STR("a"), 1000 + LOGIN_FORGIVEN_AFTER_MS + 1), 0);
    login_guard_deinit(&guard);
}

static void a_flood_of_addresses_is_not_remembered_for_ever(void **state)
{
    (void)state;
    struct login_guard guard;
    login_guard_init(&guard, seed);
    for (int i = 0; i < 3 * LOGIN_ADDRESSES_MAX; i++) {
        char address[32];
        snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
        login_guard_failed(&guard, str_from_c(address), i);
    }
    assert_int_equal(guard.by_address.len, LOGIN_ADDRESSES_MAX);
    login_guard_deinit(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_mistakes_cost_nothing),
        cmocka_unit_test(the_delay_doubles_up_to_its_maximum),
        cmocka_unit_test(other_addresses_are_not_delayed),
        cmocka_unit_test(a_right_password_forgives),
        cmocka_unit_test(time_forgives),
        cmocka_unit_test(a_flood_of_addresses_is_not_remembered_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
