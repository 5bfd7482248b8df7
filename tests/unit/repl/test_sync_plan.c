/* Proves: who may share a snapshot and when one begins; that a cap on bytes holds over time; what a
 * stream may say. */
#include "base/prng.h"
#include "repl/stream_rules.h"
#include "repl/sync_plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_save_is_shared_while_every_byte_can_still_be_had(void **state)
{
    (void)state;
    static const struct {
        struct sync_save save;
        struct sync_request request;
        enum join_verdict verdict;
    } cases[] = {
        {{500, true}, {0, false, 0}, JOIN_YES},
        {{400, true}, {0, true, 0}, JOIN_YES},
        {{399, true}, {0, false, 0}, JOIN_STREAM_IS_GONE},
        {{901, true}, {0, false, 0}, JOIN_STREAM_IS_GONE},
        {{500, false}, {0, false, 0}, JOIN_STREAM_IS_GONE},
        {{500, true}, {0, true, 1}, JOIN_OTHER_CONTENT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum join_verdict verdict =
            sync_can_join(&cases[i].save, &cases[i].request, (struct journal_range){400, 900});
        if (verdict != cases[i].verdict) fail_msg("%zu: %s", i, join_verdict_name(verdict));
    }
}

static void a_snapshot_to_sockets_waits_for_company_and_one_to_a_file_does_not(void **state)
{
    (void)state;
    struct sync_settings settings = {
        .to_socket = true, .delay_ms = 5000, .max_replicas = 3, .running_max = 1};
    struct sync_request waiting[] = {{2000, true, 0}, {1000, true, 0}, {3000, true, 0}};
    assert_int_equal(sync_begin_at(&settings, waiting, 0, 0), INT64_MAX);
    assert_int_equal(sync_begin_at(&settings, waiting, 1, 0), 7000);
    assert_int_equal(sync_begin_at(&settings, waiting, 2, 0), 6000);
    assert_int_equal(sync_begin_at(&settings, waiting, 3, 0), INT64_MIN);
    assert_int_equal(sync_begin_at(&settings, waiting, 3, 1), INT64_MAX);
    settings.max_replicas = 0;
    assert_int_equal(sync_begin_at(&settings, waiting, 3, 0), 6000);
    settings.delay_ms = 0;
    assert_int_equal(sync_begin_at(&settings, waiting, 3, 0), 1010);
    settings.to_socket = false;
    assert_int_equal(sync_begin_at(&settings, waiting, 1, 0), INT64_MIN);
}

static void the_oldest_request_decides_the_way_and_the_content(void **state)
{
    (void)state;
    struct sync_settings settings = {.to_socket = true, .running_max = 1};
    struct sync_request waiting[] = {{2000, true, 0}, {1000, false, 0}};
    assert_int_equal(sync_choose_way(&settings, waiting, 2), SYNC_TO_FILE);
    assert_int_equal(sync_choose_way(&settings, waiting, 1), SYNC_TO_SOCKET);
    assert_true(sync_takes_part(SYNC_TO_FILE, &waiting[1], &waiting[0]));
    assert_false(sync_takes_part(SYNC_TO_SOCKET, &waiting[0], &waiting[1]));
    waiting[0].filter = 1;
    assert_false(sync_takes_part(SYNC_TO_FILE, &waiting[1], &waiting[0]));
}

static void a_cap_on_bytes_holds_over_any_time(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 8);
    for (int round = 0; round < 50; round++) {
        int64_t rate = 1 + (int64_t)prng_below(&prng, 50000000), now = 1000, sent = 0;
        struct rate_cap cap = {.bytes_per_s = rate, .at_ms = now};
        while (now < 61000) {
            int64_t allowed = rate_allows(&cap, now, 64 * 1024);
            assert_in_range(allowed, 0, 64 * 1024);
            rate_spent(&cap, allowed);
            sent += allowed;
            assert_true(sent <= rate * (now - 1000) / 1000 + rate / 10 + 1);
            int64_t wait = rate_wait_ms(&cap);
            now += wait > 0 ? wait : (int64_t)prng_below(&prng, 3);
        }
        if (rate > 1000000 && rate < 20000000) assert_true(sent > rate * 60 / 100 * 80);
    }
}

static void without_a_cap_everything_may_go_at_once(void **state)
{
    (void)state;
    struct rate_cap cap = {0};
    assert_int_equal(rate_allows(&cap, 5, INT64_MAX), INT64_MAX);
    rate_spent(&cap, INT64_MAX);
    assert_int_equal(rate_wait_ms(&cap), 0);
    struct rate_cap fast = {.bytes_per_s = INT64_MAX};
    assert_int_equal(rate_allows(&fast, INT64_MAX, 4096), 4096);
}

static void a_stream_says_what_masters_say_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_write;
        enum stream_verdict verdict;
    } cases[] = {
        {"SET", true, STREAM_DATA},
        {"flushall", true, STREAM_DATA},
        {"swapdb", true, STREAM_DATA},
        {"function", false, STREAM_DATA},
        {"SELECT", false, STREAM_FRAME},
        {"Multi", false, STREAM_FRAME},
        {"exec", false, STREAM_FRAME},
        {"ping", false, STREAM_LIFE},
        {"publish", false, STREAM_MESSAGE},
        {"replconf", false, STREAM_CONTROL},
        {"eval", false, STREAM_SCRIPT},
        {"evalsha", false, STREAM_SCRIPT},
        {"get", false, STREAM_FORBIDDEN},
        {"config", false, STREAM_FORBIDDEN},
        {"acl", false, STREAM_FORBIDDEN},
        {"debug", false, STREAM_FORBIDDEN},
        {"module", false, STREAM_FORBIDDEN},
        {"shutdown", false, STREAM_FORBIDDEN},
        {"replicaof", false, STREAM_FORBIDDEN},
        {"migrate", true, STREAM_FORBIDDEN},
        {"blpop", true, STREAM_FORBIDDEN},
        {"discard", false, STREAM_FORBIDDEN},
        {"auth", false, STREAM_FORBIDDEN},
        {"hello", false, STREAM_FORBIDDEN},
        {"psync", false, STREAM_FORBIDDEN},
        {"subscribe", false, STREAM_FORBIDDEN},
        {"", true, STREAM_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum stream_verdict verdict = stream_judge(str_from_c(cases[i].name), cases[i].is_write);
        if (verdict != cases[i].verdict) fail_msg("%s: %d", cases[i].name, verdict);
    }
}

static void what_is_left_is_told_by_the_pace_so_far(void **state)
{
    (void)state;
    assert_int_equal(sync_left_s(25, 100, 10000), 30);
    assert_int_equal(sync_left_s(100, 100, 10000), 0);
    assert_int_equal(sync_left_s(0, 100, 10000), -1);
    assert_int_equal(sync_left_s(50, 0, 10000), -1);
    assert_int_equal(sync_left_s(50, 100, 0), -1);
    assert_int_equal(sync_left_s(1, UINT64_MAX, INT64_MAX), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_told_by_the_pace_so_far),
        cmocka_unit_test(a_save_is_shared_while_every_byte_can_still_be_had),
        cmocka_unit_test(a_snapshot_to_sockets_waits_for_company_and_one_to_a_file_does_not),
        cmocka_unit_test(the_oldest_request_decides_the_way_and_the_content),
        cmocka_unit_test(a_cap_on_bytes_holds_over_any_time),
        cmocka_unit_test(without_a_cap_everything_may_go_at_once),
        cmocka_unit_test(a_stream_says_what_masters_say_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
