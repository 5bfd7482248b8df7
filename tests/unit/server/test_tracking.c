/* Proves: whoever read a key hears once that it changed, after the reply to its own request;
 * broadcast, opt-in, opt-out, redirection and the bound of the table behave as in Redis 7.0; the
 * subscription commands answer like it. */
#include "unit/server/world.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#define INVALID_A ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"

static int set_up(void **state)
{
    struct world *world = malloc(sizeof(*world));
    world_init(world);
    world->h.session.reply.version = 3;
    for (int i = 0; i < WORLD_PEERS; i++) world->peers[i].session.reply.version = 3;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    world_deinit(world);
    assert_int_equal(world->tracking.item_count, 0);
    free(world);
    return 0;
}

static void assert_reply(struct world *world, const char *request, const char *reply)
{
    const char *got = world_run(world, request);
    if (strcmp(got, reply) != 0) fail_msg("%s\n  gave %s  not  %s", request, got, reply);
}

static void assert_ok(struct world *world, const char *request)
{
    assert_reply(world, request, "+OK\r\n");
}

/* Another client reads a key. */
static void read_key(struct world *world, struct peer *peer, const char *key)
{
    struct str argv[] = {STR("GET"), str_from_c(key)};
    struct request_view request = {.argv = argv, .argc = 2};
    execute(&world->h.executor, &peer->session, &request, ORIGIN_CLIENT);
    assert_string_equal(world_read(peer), "+OK\r\n");
}

static void track(struct world *world, struct peer *peer, uint64_t flags)
{
    struct tracking_options options = {.flags = flags};
    tracking_begin(&world->tracking, &peer->session, &options);
}

static void a_reader_hears_once_of_a_change(void **state)
{
    struct world *world = *state;
    track(world, &world->peers[0], 0);
    read_key(world, &world->peers[0], "a");
    read_key(world, &world->peers[1], "a");
    assert_ok(world, "SET b 1");
    assert_string_equal(world_read(&world->peers[0]), "");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(&world->peers[0]), INVALID_A);
    assert_string_equal(world_read(&world->peers[1]), "");
    assert_ok(world, "SET a 2");
    assert_string_equal(world_read(&world->peers[0]), "");
    read_key(world, &world->peers[0], "a");
    tracking_leave(&world->tracking, &world->peers[0].session);
    assert_ok(world, "SET a 3");
    assert_string_equal(world_read(&world->peers[0]), "");
}

static void own_changes_are_told_behind_the_reply_or_not_at_all(void **state)
{
    struct world *world = *state;
    assert_ok(world, "CLIENT TRACKING ON");
    assert_ok(world, "GET a");
    assert_reply(world, "SET a 1", "+OK\r\n" INVALID_A);
    assert_ok(world, "CLIENT TRACKING ON NOLOOP");
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_ok(world, "CLIENT TRACKING OFF");
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
}

static void a_flush_tells_everybody_who_tracks(void **state)
{
    struct world *world = *state;
    track(world, &world->peers[0], 0);
    track(world, &world->peers[1], SESSION_TRACKING_BCAST);
    read_key(world, &world->peers[0], "a");
    assert_ok(world, "CLIENT TRACKING ON");
    assert_reply(world, "FLUSHALL", "+OK\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n");
    assert_string_equal(world_read(&world->peers[0]), ">2\r\n$10\r\ninvalidate\r\n_\r\n");
    assert_string_equal(world_read(&world->peers[1]), ">2\r\n$10\r\ninvalidate\r\n_\r\n");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(&world->peers[0]), "");
}

static void opting_in_and_out_is_for_one_command(void **state)
{
    struct world *world = *state;
    assert_ok(world, "CLIENT TRACKING ON OPTIN");
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_ok(world, "CLIENT CACHING YES");
    assert_reply(world, "CLIENT TRACKINGINFO",
                 "%3\r\n$5\r\nflags\r\n~3\r\n$2\r\non\r\n$5\r\noptin\r\n$11\r\ncaching-yes\r\n"
                 "$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n*0\r\n");
    assert_ok(world, "MGET a b");
    assert_ok(world, "GET c");
    assert_ok(world, "SET c 1");
    assert_reply(world, "SET a 1", "+OK\r\n" INVALID_A);
    assert_ok(world, "CLIENT TRACKING OFF");
    assert_ok(world, "CLIENT TRACKING ON OPTOUT");
    assert_ok(world, "CLIENT CACHING NO");
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_ok(world, "GET a");
    assert_reply(world, "SET a 1", "+OK\r\n" INVALID_A);
}

static void broadcast_gathers_changes_under_a_prefix(void **state)
{
    struct world *world = *state;
    assert_ok(world, "CLIENT TRACKING ON BCAST PREFIX k: PREFIX a");
    delivery_begin(&world->delivery, &world->h.session);
    tracking_changed(&world->tracking, STR("k:2"));
    tracking_changed(&world->tracking, STR("k:1"));
    tracking_changed(&world->tracking, STR("k:2"));
    tracking_changed(&world->tracking, STR("x"));
    delivery_end(&world->delivery);
    assert_reply(world, "PING",
                 "+OK\r\n>2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\nk:1\r\n$3\r\nk:2\r\n");
    assert_ok(world, "PING");
    track(world, &world->peers[0], SESSION_TRACKING_BCAST);
    assert_ok(world, "CLIENT TRACKING ON BCAST PREFIX z NOLOOP");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(&world->peers[0]), INVALID_A);
    tracking_changed(&world->tracking, STR("a2"));
    assert_reply(world, "SET a1 1", "+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$2\r\na2\r\n");
    assert_reply(world, "CLIENT TRACKINGINFO",
                 "%3\r\n$5\r\nflags\r\n~3\r\n$2\r\non\r\n$5\r\nbcast\r\n$6\r\nnoloop\r\n"
                 "$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n*3\r\n$1\r\na\r\n$2\r\nk:\r\n"
                 "$1\r\nz\r\n");
}

static void messages_follow_a_redirection(void **state)
{
    struct world *world = *state;
    struct peer *other = &world->peers[0];
    world->h.session.reply.version = 2;
    assert_ok(world, "CLIENT TRACKING ON REDIRECT 10");
    assert_reply(world, "CLIENT GETREDIR", ":10\r\n");
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(other), INVALID_A);
    other->session.reply.version = 2;
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(other), "");
    pubsub_subscribe(&world->pubsub, &other->session, PUBSUB_CHANNEL, STR("any"));
    assert_ok(world, "GET a");
    assert_ok(world, "SET a 1");
    assert_string_equal(world_read(other), "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"
                                           "*1\r\n$1\r\na\r\n");
    assert_ok(world, "FLUSHALL");
    assert_string_equal(world_read(other),
                        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n");
    world->h.session.reply.version = 3;
    other->ended = true;
    assert_ok(world, "GET a");
    assert_reply(world, "SET a 1", "+OK\r\n>2\r\n$21\r\ntracking-redir-broken\r\n:10\r\n");
    assert_reply(world, "CLIENT TRACKINGINFO",
                 "%3\r\n$5\r\nflags\r\n~2\r\n$2\r\non\r\n$15\r\nbroken_redirect\r\n"
                 "$8\r\nredirect\r\n:10\r\n$8\r\nprefixes\r\n*0\r\n");
}

static void the_oldest_keys_are_given_up_when_the_table_is_full(void **state)
{
    struct world *world = *state;
    tracking_limit(&world->tracking, 2);
    assert_ok(world, "CLIENT TRACKING ON NOLOOP");
    assert_ok(world, "GET a");
    assert_ok(world, "GET b");
    assert_reply(world, "GET c", "+OK\r\n" INVALID_A);
    assert_int_equal(world->tracking.keys.len, 2);
    assert_int_equal(world->tracking.item_count, 2);
}

static void options_that_do_not_fit_are_refused(void **state)
{
    struct world *world = *state;
    static const char *const cases[][2] = {
        {"FOO", "syntax error"},
        {"ON REDIRECT", "syntax error"},
        {"ON REDIRECT x", "value is not an integer or out of range"},
        {"ON REDIRECT 99", "The client ID you want redirect to does not exist"},
        {"ON REDIRECT 10 REDIRECT 11", "A client can only redirect to a single other client"},
        {"ON PREFIX a", "PREFIX option requires BCAST mode to be enabled"},
        {"ON OPTIN OPTOUT", "You can't specify both OPTIN mode and OPTOUT mode"},
        {"ON BCAST OPTIN", "OPTIN and OPTOUT are not compatible with BCAST"},
        {"ON BCAST PREFIX a PREFIX ab", "Prefix 'a' overlaps with another provided prefix 'ab'. "
                                        "Prefixes for a single client must not overlap."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf request = {0}, reply = {0};
        buf_printf(&request, "CLIENT TRACKING %s", cases[i][0]);
        buf_printf(&reply, "-ERR %s\r\n", cases[i][1]);
        assert_reply(world, buf_c(&request), buf_c(&reply));
        buf_deinit(&request);
        buf_deinit(&reply);
    }
    assert_false(session_is(&world->h.session, SESSION_TRACKING));
    assert_reply(world, "CLIENT GETREDIR", ":-1\r\n");
    assert_reply(world, "CLIENT CACHING YES",
                 "-ERR CLIENT CACHING can be called only when the client is in tracking mode with "
                 "OPTIN or OPTOUT mode enabled\r\n");
    assert_ok(world, "CLIENT TRACKING ON OPTIN");
    assert_reply(
        world, "CLIENT CACHING NO",
        "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.\r\n");
    assert_reply(world, "CLIENT TRACKING ON BCAST",
                 "-ERR You can't switch BCAST mode on/off before disabling tracking for this "
                 "client, and then re-enabling it with a different mode.\r\n");
    assert_reply(world, "CLIENT TRACKING ON OPTOUT",
                 "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this "
                 "client, and then re-enabling it with a different mode.\r\n");
}

static void subscribing_and_publishing_answer_as_redis_does(void **state)
{
    struct world *world = *state;
    assert_reply(world, "SUBSCRIBE a b a",
                 ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2"
                 "\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:2\r\n");
    assert_reply(world, "PSUBSCRIBE p*", ">3\r\n$10\r\npsubscribe\r\n$2\r\np*\r\n:3\r\n");
    assert_reply(world, "SSUBSCRIBE s", ">3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n");
    assert_reply(world, "PUBLISH a hi", ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n:1\r\n");
    assert_string_equal(buf_c(&world->h.effects), "*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$2\r\nhi\r\n");
    assert_reply(world, "SPUBLISH a hi", ":0\r\n");
    assert_reply(world, "PUBSUB NUMSUB a x", "*4\r\n$1\r\na\r\n:1\r\n$1\r\nx\r\n:0\r\n");
    assert_reply(world, "PUBSUB CHANNELS b*", "*1\r\n$1\r\nb\r\n");
    assert_reply(world, "PUBSUB NUMPAT", ":1\r\n");
    assert_reply(world, "PUBSUB SHARDNUMSUB s", "*2\r\n$1\r\ns\r\n:1\r\n");
    assert_reply(world, "PUBSUB SHARDCHANNELS", "*1\r\n$1\r\ns\r\n");
    assert_reply(world, "UNSUBSCRIBE b", ">3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:2\r\n");
    world->h.session.reply.discards = true;
    assert_reply(world, "UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n");
    world->h.session.reply.discards = false;
    assert_reply(world, "UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n_\r\n:1\r\n");
    assert_reply(world, "PUNSUBSCRIBE q p*",
                 ">3\r\n$12\r\npunsubscribe\r\n$1\r\nq\r\n:1\r\n"
                 ">3\r\n$12\r\npunsubscribe\r\n$2\r\np*\r\n:0\r\n");
    assert_reply(world, "SUNSUBSCRIBE", ">3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n");
    assert_false(session_is(&world->h.session, SESSION_PUBSUB));
    world->h.session.flags |= SESSION_DENY_BLOCKING;
    assert_reply(world, "SUBSCRIBE a",
                 "-ERR SUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n");
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_reader_hears_once_of_a_change),
        WORLD_TEST(own_changes_are_told_behind_the_reply_or_not_at_all),
        WORLD_TEST(a_flush_tells_everybody_who_tracks),
        WORLD_TEST(opting_in_and_out_is_for_one_command),
        WORLD_TEST(broadcast_gathers_changes_under_a_prefix),
        WORLD_TEST(messages_follow_a_redirection),
        WORLD_TEST(the_oldest_keys_are_given_up_when_the_table_is_full),
        WORLD_TEST(options_that_do_not_fit_are_refused),
        WORLD_TEST(subscribing_and_publishing_answer_as_redis_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
