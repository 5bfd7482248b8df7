/* Proves: eviction obeys its policy, records and announces each key in its database, and stops when
 * nothing may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command/evict.h"
#include "command/families.h"
#include "expect.h"

static struct harness h;
static struct evictor evictor;
static struct effects effects;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    evictor_deinit(&evictor);
    evictor = (struct evictor){0};
    effects_deinit(&effects);
    harness_deinit(&h);
    return 0;
}

/* Evicts one key; its database is in *db. */
static bool evict(enum eviction_policy policy, int *db)
{
    struct call call = {.host = &h.host, .effects = &effects};
    effects_reset(&effects, true);
    buf_clear(&h.events);
    bool evicted = evict_one(&evictor, &call, policy, 5);
    if (evicted) *db = call.ks->id;
    return evicted;
}

static void a_key_goes_with_effect_and_event_in_its_database(void **state)
{
    (void)state;
    int db = -1;
    EXPECT(&h, "SELECT 3", OK);
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "WATCH a", ERR("unknown command 'WATCH', with args beginning with: 'a' "));
    watch_add(&h.watches, &h.session, &h.store.dbs[3], STR("a"));
    assert_true(evict(EVICT_ALLKEYS_LRU, &db));
    assert_int_equal(db, 3);
    EXPECT_EVENTS(&h, "evicted a;");
    assert_true(str_eq(buf_str(&effects.before), STR("*2\r\n$3\r\nDEL\r\n$1\r\na\r\n")));
    assert_true(session_is(&h.session, SESSION_DIRTY_CAS));
    assert_false(evict(EVICT_ALLKEYS_LRU, &db));
}

static void deletions_by_the_server_are_recorded_like_those_of_requests(void **state)
{
    (void)state;
    struct call call = {.host = &h.host, .effects = &effects};
    EXPECT(&h, "SET a 1", OK);
    buf_clear(&h.effects);
    effects_reset(&effects, true);
    assert_true(evict_one(&evictor, &call, EVICT_ALLKEYS_RANDOM, 5));
    executor_record(&h.executor, &call);
    EXPECT_EFFECTS(&h, "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n");
    buf_clear(&h.effects);
    effects_reset(&effects, true);
    executor_record(&h.executor, &call);
    EXPECT_EFFECTS(&h, "");
}

static void policies_for_expiring_keys_leave_the_others(void **state)
{
    (void)state;
    static const enum eviction_policy policies[] = {EVICT_VOLATILE_LRU, EVICT_VOLATILE_LFU,
                                                    EVICT_VOLATILE_RANDOM, EVICT_VOLATILE_TTL};
    int db;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        EXPECT(&h, "MSET a 1 b 2", OK);
        EXPECT(&h, "SET c 3 PX 1000", OK);
        EXPECT(&h, "SET d 3 PX 1000", OK);
        assert_true(evict(policies[i], &db));
        assert_true(evict(policies[i], &db));
        assert_false(evict(policies[i], &db));
        EXPECT(&h, "EXISTS a b c d", NUM(2));
    }
}

static void policies_for_all_keys_go_on_until_nothing_is_left(void **state)
{
    (void)state;
    static const enum eviction_policy policies[] = {EVICT_ALLKEYS_LRU, EVICT_ALLKEYS_LFU,
                                                    EVICT_ALLKEYS_RANDOM};
    char request[64];
    int db;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        for (int key = 0; key < 100; key++) {
            snprintf(request, sizeof(request), "SET k%d v", key);
            EXPECT(&h, request, OK);
        }
        for (int key = 0; key < 100; key++) assert_true(evict(policies[i], &db));
        assert_false(evict(policies[i], &db));
        EXPECT(&h, "DBSIZE", NUM(0));
    }
}

static void without_a_policy_nothing_goes(void **state)
{
    (void)state;
    int db;
    EXPECT(&h, "SET a 1", OK);
    assert_false(evict(EVICT_NOTHING, &db));
    EXPECT(&h, "DBSIZE", NUM(1));
}

static void the_key_not_used_for_longest_goes_first(void **state)
{
    (void)state;
    EXPECT(&h, "MSET a 1 b 2 c 3", OK);
    h.host.now_ms += 100000;
    EXPECT(&h, "GET a", "$1\r\n1\r\n");
    h.host.now_ms += 100000;
    EXPECT(&h, "GET c", "$1\r\n3\r\n");
    for (int i = 0; i < 2; i++) {
        struct call call = {.host = &h.host, .effects = &effects};
        effects_reset(&effects, true);
        assert_true(evict_one(&evictor, &call, EVICT_ALLKEYS_LRU, 64));
    }
    EXPECT(&h, "EXISTS c", NUM(1));
    EXPECT(&h, "EXISTS a b", NUM(0));
}

static void another_policy_does_not_use_the_candidates_of_the_last(void **state)
{
    (void)state;
    EXPECT(&h, "SET old 1", OK);
    h.host.now_ms += 100000;
    h.store.new_access = access_now(&h.host);
    EXPECT(&h, "SET soon 1 PX 1000", OK);
    EXPECT(&h, "SET later 1 PX 2000", OK);
    for (int i = 0; i < 2; i++) {
        struct call call = {.host = &h.host, .effects = &effects};
        effects_reset(&effects, true);
        assert_true(evict_one(&evictor, &call, i ? EVICT_ALLKEYS_LRU : EVICT_VOLATILE_TTL, 64));
    }
    EXPECT(&h, "EXISTS old soon", NUM(0));
    EXPECT(&h, "EXISTS later", NUM(1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_goes_with_effect_and_event_in_its_database),
        TEST(deletions_by_the_server_are_recorded_like_those_of_requests),
        TEST(policies_for_expiring_keys_leave_the_others),
        TEST(policies_for_all_keys_go_on_until_nothing_is_left),
        TEST(without_a_policy_nothing_goes),
        TEST(another_policy_does_not_use_the_candidates_of_the_last),
        TEST(the_key_not_used_for_longest_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
