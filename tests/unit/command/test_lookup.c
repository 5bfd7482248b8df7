/* Proves: what each way of looking a key up counts, touches, announces and deletes; who deletes
 * keys whose time is over, and who only hides them; what access words mean. */
#include "unit/command/expect.h"

#include "command/families.h"
#include "command/lookup.h"

#include <setjmp.h>

#include <cmocka.h>

struct world {
    struct harness h;
    struct effects effects;
    struct call call;
};

static int start(void **state)
{
    static struct world world;
    static const struct command get = {.name = "get"};
    struct harness *h = &world.h;
    harness_init(h, string_commands, list_commands, expire_commands, NULL);
    harness_run(h, "SET k v");
    harness_run(h, "RPUSH l a");
    harness_run(h, "SET short v PX 100");
    buf_clear(&h->events);
    h->host.stats = (struct lookup_stats){0};
    effects_reset(&world.effects, true);
    world.call = (struct call){.command = &get,
                               .session = &h->session,
                               .reply = &h->session.reply,
                               .host = &h->host,
                               .ks = &h->store.dbs[0],
                               .effects = &world.effects};
    *state = &world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    effects_deinit(&world->effects);
    harness_deinit(&world->h);
    return 0;
}

static void pass(struct world *world, int64_t ms)
{
    world->h.host.now_ms += ms;
}

static void only_reads_are_counted_and_announce_misses(void **state)
{
    struct world *world = *state;
    const struct lookup_stats *stats = &world->h.host.stats;
    assert_non_null(lookup(&world->call, STR("k"), LOOKUP_WRITE));
    assert_non_null(lookup(&world->call, STR("k"), LOOKUP_PEEK));
    assert_null(lookup(&world->call, STR("none"), LOOKUP_WRITE));
    assert_null(lookup(&world->call, STR("none"), LOOKUP_PEEK));
    assert_int_equal(stats->hits + stats->misses, 0);
    EXPECT_EVENTS(&world->h, "");
    assert_non_null(lookup(&world->call, STR("k"), LOOKUP_READ));
    assert_null(lookup(&world->call, STR("none"), LOOKUP_READ));
    assert_int_equal(stats->hits, 1);
    assert_int_equal(stats->misses, 1);
    EXPECT_EVENTS(&world->h, "keymiss none;");
}

static void all_but_a_peek_make_a_key_young(void **state)
{
    struct world *world = *state;
    const struct host *host = &world->h.host;
    lookup(&world->call, STR("k"), LOOKUP_WRITE);
    pass(world, 60000);
    const struct entry *entry = lookup(&world->call, STR("k"), LOOKUP_PEEK);
    assert_int_equal(access_idle_s(host, entry_access(entry)), 60);
    entry = lookup(&world->call, STR("k"), LOOKUP_WRITE);
    assert_int_equal(access_idle_s(host, entry_access(entry)), 0);
    pass(world, 5000);
    entry = lookup(&world->call, STR("k"), LOOKUP_READ);
    assert_int_equal(access_idle_s(host, entry_access(entry)), 0);
}

static void a_client_that_does_not_touch_leaves_the_age(void **state)
{
    static const struct command touch = {.name = "touch"};
    struct world *world = *state;
    const struct host *host = &world->h.host;
    lookup(&world->call, STR("k"), LOOKUP_WRITE);
    world->h.session.flags |= SESSION_NO_TOUCH;
    pass(world, 7000);
    const struct entry *entry = lookup(&world->call, STR("k"), LOOKUP_READ);
    assert_int_equal(access_idle_s(host, entry_access(entry)), 7);
    world->call.command = &touch;
    entry = lookup(&world->call, STR("k"), LOOKUP_READ);
    assert_int_equal(access_idle_s(host, entry_access(entry)), 0);
}

static void a_key_past_its_time_is_deleted_and_recorded(void **state)
{
    struct world *world = *state;
    pass(world, 99);
    assert_non_null(lookup(&world->call, STR("short"), LOOKUP_READ));
    pass(world, 1);
    assert_null(lookup(&world->call, STR("short"), LOOKUP_WRITE));
    assert_null(keyspace_find(world->call.ks, STR("short")));
    EXPECT_EVENTS(&world->h, "expired short;");
    assert_int_equal(world->h.host.stats.expired, 1);
    assert_int_equal(world->call.changes, 0);
    assert_int_equal(world->effects.before_count, 1);
    assert_string_equal(buf_c(&world->effects.before), "*2\r\n$3\r\nDEL\r\n$5\r\nshort\r\n");
}

static void replicas_and_paused_servers_only_hide_it(void **state)
{
    struct world *world = *state;
    bool *reasons[] = {&world->h.settings.is_replica, &world->h.settings.keeps_expired};
    pass(world, 200);
    for (int i = 0; i < 2; i++) {
        *reasons[i] = true;
        assert_null(lookup(&world->call, STR("short"), LOOKUP_READ));
        assert_non_null(keyspace_find(world->call.ks, STR("short")));
        *reasons[i] = false;
    }
    assert_int_equal(world->effects.before_count, 0);
}

/* They speak of what was there when it was done. */
static void a_master_and_a_file_see_it(void **state)
{
    struct world *world = *state;
    pass(world, 200);
    world->h.session.flags |= SESSION_MASTER;
    assert_non_null(lookup(&world->call, STR("short"), LOOKUP_WRITE));
    world->h.session.flags &= ~(uint64_t)SESSION_MASTER;
    world->h.executor.state = GATE_LOADING;
    assert_non_null(lookup(&world->call, STR("short"), LOOKUP_WRITE));
    world->h.executor.state = 0;
    assert_null(lookup(&world->call, STR("short"), LOOKUP_WRITE));
}

static void another_type_is_answered(void **state)
{
    struct world *world = *state;
    bool failed;
    uint64_t errors = world->h.session.reply.errors;
    assert_non_null(lookup_type(&world->call, STR("l"), LOOKUP_READ, TYPE_LIST, &failed));
    assert_false(failed);
    assert_null(lookup_type(&world->call, STR("none"), LOOKUP_READ, TYPE_LIST, &failed));
    assert_false(failed);
    assert_int_equal(world->h.session.reply.errors, errors);
    assert_null(lookup_type(&world->call, STR("k"), LOOKUP_READ, TYPE_LIST, &failed));
    assert_true(failed);
    assert_int_equal(world->h.session.reply.errors, errors + 1);
}

static void other_databases_are_other_keys(void **state)
{
    struct world *world = *state;
    struct keyspace *other = &world->h.store.dbs[1];
    assert_null(lookup_in(&world->call, other, STR("k"), LOOKUP_WRITE));
    keyspace_put_string(other, STR("k"), STR("w"), world->h.host.now_ms);
    assert_null(lookup_in(&world->call, other, STR("k"), LOOKUP_WRITE));
    assert_string_equal(buf_c(&world->effects.before),
                        "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
                        "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n");
    assert_true(lookup_delete(&world->call, STR("k")));
    assert_false(lookup_delete(&world->call, STR("k")));
}

static void counters_rise_with_use_and_fall_with_time(void **state)
{
    struct world *world = *state;
    struct host *host = &world->h.host;
    world->h.settings.lfu = true;
    uint32_t access = access_now(host), before = access_lfu_counter(host, access);
    for (int i = 0; i < 10000; i++) access = access_after_touch(host, access);
    uint32_t after = access_lfu_counter(host, access);
    assert_true(after > before + 5 && after < 255);
    pass(world, 3 * 60000);
    assert_int_equal(access_lfu_counter(host, access), after - 3);
    pass(world, 1000 * 60000LL);
    assert_int_equal(access_lfu_counter(host, access), 0);
    world->h.settings.lfu_decay_time = 0;
    assert_int_equal(access_lfu_counter(host, access), after);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(only_reads_are_counted_and_announce_misses),
        TEST(all_but_a_peek_make_a_key_young),
        TEST(a_client_that_does_not_touch_leaves_the_age),
        TEST(a_key_past_its_time_is_deleted_and_recorded),
        TEST(replicas_and_paused_servers_only_hide_it),
        TEST(a_master_and_a_file_see_it),
        TEST(another_type_is_answered),
        TEST(other_databases_are_other_keys),
        TEST(counters_rise_with_use_and_fall_with_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
