/* Proves: publications reach exactly the subscribers of the channel, of matching patterns and of
 * shard channels, in each session's protocol version; what a session is told about its own request
 * waits for that request's reply; sessions leave nothing behind. */
#include "server/pubsub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/notify.h"

struct peer {
    struct session session;
    struct chain out;
    int flushes;
};

struct world {
    struct delivery delivery;
    struct pubsub pubsub;
    struct peer a, b;
};

static void count_flush(void *context, struct session *to)
{
    struct world *world = context;
    struct peer *peer = to == &world->a.session ? &world->a : &world->b;
    peer->flushes++;
}

static void init_peer(struct peer *peer, uint64_t id, int version)
{
    peer->session = (struct session){.id = id};
    peer->session.reply = (struct reply){.out = &peer->out, .version = version};
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    world->delivery = (struct delivery){.context = world, .deliver = count_flush};
    pubsub_init(&world->pubsub, &world->delivery, (struct hash_seed){1, 2});
    init_peer(&world->a, 1, 2);
    init_peer(&world->b, 2, 3);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    struct peer *peers[] = {&world->a, &world->b};
    for (int i = 0; i < 2; i++) {
        pubsub_leave(&world->pubsub, &peers[i]->session);
        assert_false(session_is(&peers[i]->session, SESSION_PUBSUB));
        chain_deinit(&peers[i]->out);
    }
    for (enum pubsub_kind kind = 0; kind < PUBSUB_KINDS; kind++) {
        assert_int_equal(pubsub_topic_count(&world->pubsub, kind), 0);
    }
    pubsub_deinit(&world->pubsub);
    delivery_deinit(&world->delivery);
    free(world);
    return 0;
}

static void assert_got(struct peer *peer, const char *expected)
{
    size_t len = peer->out.len;
    char *got = calloc(1, len + 1);
    chain_copy(&peer->out, got);
    chain_consume(&peer->out, len);
    assert_string_equal(got, expected);
    free(got);
}

static size_t publish(struct world *world, const char *channel, const char *payload, bool shard)
{
    return pubsub_publish(&world->pubsub, &(struct pubsub_message){.channel = str_from_c(channel),
                                                                   .payload = str_from_c(payload),
                                                                   .shard = shard});
}

static bool join(struct world *world, struct peer *peer, enum pubsub_kind kind, const char *name)
{
    return pubsub_subscribe(&world->pubsub, &peer->session, kind, str_from_c(name));
}

static bool leave(struct world *world, struct peer *peer, enum pubsub_kind kind, const char *name)
{
    return pubsub_unsubscribe(&world->pubsub, &peer->session, kind, str_from_c(name));
}

static void a_message_reaches_subscribers_in_their_protocol(void **state)
{
    struct world *world = *state;
    assert_true(join(world, &world->a, PUBSUB_CHANNEL, "news"));
    assert_true(join(world, &world->b, PUBSUB_CHANNEL, "news"));
    assert_false(join(world, &world->b, PUBSUB_CHANNEL, "news"));
    assert_int_equal(publish(world, "news", "hi", false), 2);
    assert_int_equal(publish(world, "other", "hi", false), 0);
    assert_got(&world->a, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    assert_got(&world->b, ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    assert_int_equal(world->a.flushes, 0);
    delivery_settle(&world->delivery);
    assert_int_equal(world->a.flushes, 1);
    assert_true(leave(world, &world->a, PUBSUB_CHANNEL, "news"));
    assert_false(leave(world, &world->a, PUBSUB_CHANNEL, "news"));
    assert_false(session_is(&world->a.session, SESSION_PUBSUB));
    assert_int_equal(publish(world, "news", "", false), 1);
    assert_got(&world->a, "");
    assert_got(&world->b, ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$0\r\n\r\n");
}

static void patterns_and_shard_channels_are_apart_from_channels(void **state)
{
    struct world *world = *state;
    join(world, &world->a, PUBSUB_PATTERN, "n*");
    join(world, &world->a, PUBSUB_CHANNEL, "news");
    join(world, &world->b, PUBSUB_SHARD, "news");
    assert_int_equal(publish(world, "news", "x", false), 2);
    assert_got(&world->a, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n"
                          "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\nx\r\n");
    assert_got(&world->b, "");
    assert_int_equal(publish(world, "news", "x", true), 1);
    assert_got(&world->a, "");
    assert_got(&world->b, ">3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}

static void a_message_to_the_running_session_waits_for_its_reply(void **state)
{
    struct world *world = *state;
    join(world, &world->b, PUBSUB_CHANNEL, "c");
    world->b.session.reply.discards = true;
    delivery_begin(&world->delivery, &world->b.session);
    publish(world, "c", "late", false);
    assert_got(&world->b, "");
    struct pubsub_message now = {.channel = STR("c"), .payload = STR("now"), .at_once = true};
    pubsub_publish(&world->pubsub, &now);
    assert_got(&world->b, ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\nnow\r\n");
    delivery_end(&world->delivery);
    assert_got(&world->b, ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\nlate\r\n");
    delivery_begin(&world->delivery, &world->b.session);
    publish(world, "c", "lost", false);
    delivery_forget(&world->delivery, &world->b.session);
    delivery_end(&world->delivery);
    assert_got(&world->b, "");
}

/* What the server does to a subscriber that does not read. */
static void end_session(void *context, struct session *to)
{
    struct world *world = context;
    to->flags |= SESSION_CLOSE_ASAP;
    pubsub_leave(&world->pubsub, to);
    delivery_forget(&world->delivery, to);
}

static void subscribers_may_be_ended_for_what_they_are_sent(void **state)
{
    struct world *world = *state;
    static const char *const patterns[] = {"*", "c*", "*c", "?", "c", "[c]", "c?"};
    world->delivery.deliver = end_session;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        join(world, &world->a, PUBSUB_PATTERN, patterns[i]);
        join(world, &world->b, PUBSUB_PATTERN, patterns[i]);
    }
    join(world, &world->a, PUBSUB_CHANNEL, "c");
    delivery_begin(&world->delivery, &world->b.session);
    assert_int_equal(publish(world, "c", "x", false), 1 + 2 * 6);
    assert_true(session_is(&world->a.session, SESSION_PUBSUB));
    delivery_forget(&world->delivery, &world->b.session);
    delivery_end(&world->delivery);
    assert_false(session_is(&world->a.session, SESSION_PUBSUB));
    assert_int_equal(pubsub_listener_count(&world->pubsub, PUBSUB_PATTERN, STR("*")), 1);
    world->b.session.flags |= SESSION_CLOSE_ASAP;
    publish(world, "c", "x", false);
    assert_got(&world->b, "");
}

static void leaving_in_any_order_keeps_the_others(void **state)
{
    struct world *world = *state;
    struct peer peers[5] = {0};
    for (int i = 0; i < 5; i++) {
        init_peer(&peers[i], (uint64_t)i + 10, 2);
        join(world, &peers[i], PUBSUB_CHANNEL, "c");
        join(world, &peers[i], PUBSUB_PATTERN, "*");
    }
    pubsub_leave(&world->pubsub, &peers[1].session);
    leave(world, &peers[4], PUBSUB_CHANNEL, "c");
    assert_int_equal(pubsub_listener_count(&world->pubsub, PUBSUB_CHANNEL, STR("c")), 3);
    world->delivery.deliver = NULL;
    assert_int_equal(publish(world, "c", "x", false), 3 + 4);
    for (int i = 0; i < 5; i++) {
        pubsub_leave(&world->pubsub, &peers[i].session);
        delivery_forget(&world->delivery, &peers[i].session);
        chain_deinit(&peers[i].out);
    }
}

static void a_subscribed_resp2_session_may_only_manage_its_subscriptions(void **state)
{
    struct world *world = *state;
    const struct command ping = {.name = "ping"}, get = {.name = "get"}, reset = {.name = "reset"};
    const struct command slowlog = {.name = "slowlog"};
    assert_false(pubsub_refuses(&world->a.session, &get, NULL));
    join(world, &world->a, PUBSUB_SHARD, "c");
    join(world, &world->b, PUBSUB_SHARD, "c");
    assert_true(pubsub_refuses(&world->a.session, &get, NULL));
    assert_false(pubsub_refuses(&world->a.session, &ping, NULL));
    assert_false(pubsub_refuses(&world->a.session, &reset, NULL));
    assert_true(pubsub_refuses(&world->a.session, &reset, &slowlog));
    assert_false(pubsub_refuses(&world->b.session, &get, NULL));
}

static void only_wanted_events_are_told(void **state)
{
    struct world *world = *state;
    join(world, &world->a, PUBSUB_PATTERN, "__key*");
    struct notification set = {.what = EVENT_STRING, .event = "set", .db = 3, .key = STR("k")};
    notify(&world->pubsub, EVENT_KEYSPACE | EVENT_LIST, &set);
    notify(&world->pubsub, EVENT_STRING, &set);
    assert_got(&world->a, "");
    notify(&world->pubsub, EVENT_KEYSPACE | EVENT_KEYEVENT | EVENT_STRING, &set);
    assert_got(&world->a,
               "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@3__:k\r\n$3\r\nset\r\n"
               "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$18\r\n__keyevent@3__:set\r\n$1\r\nk\r\n");
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_message_reaches_subscribers_in_their_protocol),
        WORLD_TEST(patterns_and_shard_channels_are_apart_from_channels),
        WORLD_TEST(a_message_to_the_running_session_waits_for_its_reply),
        WORLD_TEST(subscribers_may_be_ended_for_what_they_are_sent),
        WORLD_TEST(leaving_in_any_order_keeps_the_others),
        WORLD_TEST(a_subscribed_resp2_session_may_only_manage_its_subscriptions),
        WORLD_TEST(only_wanted_events_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
