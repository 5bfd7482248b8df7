/* Proves: a master hands over only to a replica that has everything, or when it is forced to after
 * its time; every way out leaves it writing or following, never paused; against random events. */
#include "base/prng.h"
#include "repl/failover.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct failover_candidate replicas[] = {
    {STR_INIT("10.0.0.1"), 6379, true, 90},
    {STR_INIT("10.0.0.2"), 6379, true, 100},
    {STR_INIT("10.0.0.3"), 6379, false, 100},
};

static enum failover_refusal begin(struct failover *failover, struct failover_order order)
{
    return failover_begin(failover, &order, replicas, 3, 1000);
}

static void orders_that_cannot_be_followed_are_refused(void **state)
{
    (void)state;
    struct failover failover = {0};
    struct failover_order order = {0};
    assert_int_equal(failover_begin(&failover, &order, NULL, 0, 0), FAILOVER_NO_REPLICAS);
    assert_int_equal(begin(&failover, (struct failover_order){STR("10.0.0.9"), 6379, false, 0}),
                     FAILOVER_UNKNOWN_TARGET);
    assert_int_equal(begin(&failover, (struct failover_order){STR("10.0.0.1"), 6380, false, 0}),
                     FAILOVER_UNKNOWN_TARGET);
    assert_int_equal(begin(&failover, (struct failover_order){STR("10.0.0.3"), 6379, false, 0}),
                     FAILOVER_TARGET_OFFLINE);
    assert_int_equal(begin(&failover, (struct failover_order){.force = true, .timeout_ms = 5}),
                     FAILOVER_FORCE_NEEDS_TARGET);
    assert_int_equal(begin(&failover, (struct failover_order){STR("10.0.0.1"), 6379, true, 0}),
                     FAILOVER_FORCE_NEEDS_TARGET);
    static char longer[FAILOVER_HOST_MAX + 1];
    memset(longer, 'a', sizeof(longer));
    struct failover_order far = {str_of(longer, sizeof(longer)), 1, false, 0};
    assert_int_equal(begin(&failover, far), FAILOVER_UNKNOWN_TARGET);
    assert_int_equal(failover.state, FAILOVER_NONE);
    assert_int_equal(begin(&failover, order), FAILOVER_ACCEPTED);
    assert_int_equal(begin(&failover, order), FAILOVER_RUNS_ALREADY);
    assert_string_equal(failover_state_name(failover.state), "waiting-for-sync");
}

static void the_first_replica_with_everything_takes_over(void **state)
{
    (void)state;
    struct failover failover = {0};
    begin(&failover, (struct failover_order){0});
    assert_int_equal(failover_on_ack(&failover, &replicas[0], 100), FAILOVER_DO_NOTHING);
    assert_int_equal(failover_on_ack(&failover, &replicas[2], 100), FAILOVER_DO_NOTHING);
    assert_int_equal(failover_on_ack(&failover, &replicas[1], 100), FAILOVER_FOLLOW_TARGET);
    assert_string_equal(failover.target.host, "10.0.0.2");
    assert_string_equal(failover_state_name(failover.state), "failover-in-progress");
    assert_int_equal(failover_on_answer(&failover, true), FAILOVER_RESUME_WRITES);
    assert_int_equal(failover.state, FAILOVER_NONE);
}

static void a_named_target_is_waited_for(void **state)
{
    (void)state;
    struct failover failover = {0};
    begin(&failover, (struct failover_order){STR("10.0.0.1"), 6379, false, 500});
    assert_int_equal(failover_on_ack(&failover, &replicas[1], 100), FAILOVER_DO_NOTHING);
    assert_int_equal(failover_on_tick(&failover, 1499), FAILOVER_DO_NOTHING);
    assert_int_equal(failover_on_tick(&failover, 1500), FAILOVER_RESUME_WRITES);
    assert_int_equal(failover.state, FAILOVER_NONE);
}

static void force_hands_over_when_the_time_is_over(void **state)
{
    (void)state;
    struct failover failover = {0};
    begin(&failover, (struct failover_order){STR("10.0.0.1"), 6379, true, 500});
    assert_int_equal(failover_on_tick(&failover, 1500), FAILOVER_FOLLOW_TARGET);
    assert_int_equal(failover_on_tick(&failover, 99999), FAILOVER_DO_NOTHING);
    assert_int_equal(failover_on_answer(&failover, false), FAILOVER_RESUME_AS_MASTER);
}

static void every_way_out_ends_the_pause(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 77);
    struct failover failover = {0};
    bool paused = false, following = false;
    int64_t now = 0;
    size_t ends = 0;
    for (int i = 0; i < 50000; i++) {
        enum failover_action action = FAILOVER_DO_NOTHING;
        now += (int64_t)prng_below(&prng, 100);
        struct failover_order order = {.timeout_ms = (int64_t)prng_below(&prng, 300)};
        switch (prng_below(&prng, 6)) {
        case 0:
            if (prng_below(&prng, 2))
                order = (struct failover_order){STR("10.0.0.1"), 6379, true, 50};
            if (failover_begin(&failover, &order, replicas, 3, now) == FAILOVER_ACCEPTED)
                action = FAILOVER_PAUSE_WRITES;
            break;
        case 1:
            action = failover_on_ack(&failover, &replicas[prng_below(&prng, 3)],
                                     90 + (int64_t)prng_below(&prng, 2) * 10);
            break;
        case 2:
            action = failover_on_answer(&failover, prng_below(&prng, 2) == 0);
            break;
        case 3:
            if (prng_below(&prng, 4) == 0) action = failover_abort(&failover);
            break;
        default:
            action = failover_on_tick(&failover, now);
        }
        switch (action) {
        case FAILOVER_DO_NOTHING:
            break;
        case FAILOVER_PAUSE_WRITES:
            assert_false(paused), paused = true;
            break;
        case FAILOVER_FOLLOW_TARGET:
            assert_true(paused && !following), following = true;
            break;
        case FAILOVER_RESUME_AS_MASTER:
            assert_true(paused && following); /* fallthrough */
        case FAILOVER_RESUME_WRITES:
            assert_true(paused), paused = following = false, ends++;
        }
        assert_int_equal(paused, failover.state != FAILOVER_NONE);
        assert_int_equal(following, failover.state == FAILOVER_HANDING_OVER);
    }
    assert_true(ends > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_that_cannot_be_followed_are_refused),
        cmocka_unit_test(the_first_replica_with_everything_takes_over),
        cmocka_unit_test(a_named_target_is_waited_for),
        cmocka_unit_test(force_hands_over_when_the_time_is_over),
        cmocka_unit_test(every_way_out_ends_the_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
