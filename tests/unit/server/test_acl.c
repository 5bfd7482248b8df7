/* Proves: rules give the permissions they say and are described as Redis 7.0 does; a wrong rule
 * changes nothing; requests are judged by command, keys, channels and selectors; authentication,
 * the log and what a change does to sessions. */
#include "unit/server/world.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/acl_describe.h"

static int set_up(void **state)
{
    struct world *world = malloc(sizeof(*world));
    world_init(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    world_deinit(*state);
    free(*state);
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

/* Sets a fresh user and compares its description, or the error. */
static void assert_rules(struct world *world, const char *rules, const char *expected)
{
    struct buf text = {0};
    world_run(world, "ACL DELUSER u");
    buf_printf(&text, "ACL SETUSER u %s", rules);
    const char *reply = world_run(world, buf_c(&text));
    buf_clear(&text);
    if (reply[0] == '-')
        buf_append_c(&text, reply);
    else
        acl_describe_user(acl_users_find(&world->acl.users, STR("u")), &world->acl.rules, &text);
    if (strcmp(buf_c(&text), expected) != 0) {
        fail_msg("%s\n  gave %s\n  not  %s", rules, buf_c(&text), expected);
    }
    buf_deinit(&text);
}

static void rules_are_described_as_redis_does(void **state)
{
    static const char *const cases[][2] = {
        {"", "off resetchannels -@all"},
        {"on nopass", "on nopass resetchannels -@all"},
        {"ON NoPass ALLKEYS allchannels +@ALL", "on nopass ~* &* +@all"},
        {"+@all -get", "off resetchannels +@all -get"},
        {"+@all -get +@all", "off resetchannels +@all"},
        {"+get -get", "off resetchannels -@all"},
        {"+GET +@Read", "off resetchannels -@all +@read"},
        {"+@string -mget", "off resetchannels -@all +@string -mget"},
        {"+config -config|get", "off resetchannels -@all +config -config|get"},
        {"+client|list", "off resetchannels -@all +client|list"},
        {"+config|get +config", "off resetchannels -@all +config"},
        {"+client|list -client", "off resetchannels -@all"},
        {"+select|0 +select|1", "off resetchannels -@all +select|0 +select|1"},
        {"+select|0 +select|0", "off resetchannels -@all +select|0"},
        {"+select|0 -select", "off resetchannels -@all"},
        {"+select +select|0", "off resetchannels -@all +select"},
        {"+@all -@dangerous +config",
         "off resetchannels +@all -@dangerous +config|get +config|set"},
        {"~a %R~b %W~c %RW~d %wR~e ~a", "off ~a %R~b %W~c ~d ~e resetchannels -@all"},
        {"%R~a %W~a", "off ~a resetchannels -@all"},
        {"~a allkeys", "off ~* resetchannels -@all"},
        {"allkeys resetkeys ~b", "off ~b resetchannels -@all"},
        {"~", "off ~ resetchannels -@all"},
        {"&a &b* &a", "off resetchannels &a &b* -@all"},
        {"&a allchannels", "off &* -@all"},
        {"(~a +get)", "off resetchannels -@all (~a resetchannels -@all +get)"},
        {"( ~a +get )", "off resetchannels -@all (~a resetchannels -@all +get)"},
        {"(~a +get) clearselectors", "off resetchannels -@all"},
        {"(~a)(~b)", "off resetchannels -@all (~a)(~b resetchannels -@all)"},
        {"()", "off resetchannels -@all (resetchannels -@all)"},
        {"on ~a +get (~b) reset", "off sanitize-payload resetchannels -@all"},
        {"sanitize-payload skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all"},
        {"on nopass >a <a nopass", "on nopass resetchannels -@all"},
        {"nopass >pw >pw",
         "off #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 resetchannels "
         "-@all"},
        {"#30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 <pw",
         "off resetchannels -@all"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_rules(*state, cases[i][0], cases[i][1]);
    }
}

static void a_wrong_rule_says_why_and_changes_nothing(void **state)
{
    struct world *world = *state;
    static const char *const cases[][2] = {
        {"foo", "Error in ACL SETUSER modifier 'foo': Syntax error"},
        {"+nope", "Error in ACL SETUSER modifier '+nope': Unknown command or category name in ACL"},
        {"-@nope",
         "Error in ACL SETUSER modifier '-@nope': Unknown command or category name in ACL"},
        {"-select|0",
         "Error in ACL SETUSER modifier '-select|0': Unknown command or category name in ACL"},
        {"+config|nope",
         "Error in ACL SETUSER modifier '+config|nope': Unknown command or category name in ACL"},
        {"+config|get|x", "Error in ACL SETUSER modifier '+config|get|x': Allowing first-arg of a "
                          "subcommand is not supported"},
        {"+select|", "Error in ACL SETUSER modifier '+select|': Syntax error"},
        {"%~a", "Error in ACL SETUSER modifier '%~a': Syntax error"},
        {"%RR~a", "Error in ACL SETUSER modifier '%RR~a': Syntax error"},
        {"%", "Error in ACL SETUSER modifier '%': Syntax error"},
        {"\"~a b\"", "Error in ACL SETUSER modifier '~a b': Syntax error"},
        {"<x", "Error in ACL SETUSER modifier '<x': The password you are trying to remove from the "
               "user does not exist"},
        {"#ab", "Error in ACL SETUSER modifier '#ab': The password hash must be exactly 64 "
                "characters and contain only lowercase hexadecimal characters"},
        {"(~a", "Unmatched parenthesis in acl selector starting at '(~a'."},
        {")", "Error in ACL SETUSER modifier ')': Syntax error"},
        {"(on)", "Error in ACL SETUSER modifier '(on)': Syntax error"},
        {"((~a))", "Error in ACL SETUSER modifier '((~a))': Syntax error"},
        {"allkeys ~a", "Error in ACL SETUSER modifier '~a': Adding a pattern after the * pattern "
                       "(or the 'allkeys' flag) is not valid and does not have any effect. Try "
                       "'resetkeys' to start with an empty list of patterns"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf text = {0};
        buf_printf(&text, "-ERR %s\r\n", cases[i][1]);
        assert_rules(world, cases[i][0], buf_c(&text));
        assert_null(acl_users_find(&world->acl.users, STR("u")));
        buf_deinit(&text);
    }
    assert_ok(world, "ACL SETUSER u on ~a");
    world_run(world, "ACL SETUSER u off +get foo");
    assert_reply(world, "ACL LIST",
                 "*2\r\n$34\r\nuser default on nopass ~* &* +@all\r\n"
                 "$32\r\nuser u on ~a resetchannels -@all\r\n");
}

/* Quoted words and parentheses at a word's end would otherwise not survive the way through a file.
 */
static void a_description_reads_back_as_the_same_user(void **state)
{
    struct world *world = *state;
    static const char *const cases[] = {
        "on >a >b ~x* %R~y &c -@all +@read -get +select|0 +client|list (~z +@all -@admin)",
        "nopass allkeys allchannels +@all -@dangerous +config|get (%W~q &* +set) (~r)",
        "\"(~\\\"a\\\\\\\"b\\\" +get)\"",
        "\"(~a) +get)\"",
        "~'x\" +@write -@keyspace",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf request = {0}, once = {0}, again = {0};
        struct acl_user *copy = acl_user_new(&world->acl.rules, STR("copy"));
        buf_printf(&request, "ACL SETUSER u reset %s", cases[i]);
        world_run(world, buf_c(&request));
        const struct acl_user *user = acl_users_find(&world->acl.users, STR("u"));
        if (user == NULL) fail_msg("refused: %s", cases[i]);
        acl_describe_user(user, &world->acl.rules, &once);
        struct str rest = buf_str(&once), word, list[64], unmatched;
        struct acl_grouped grouped;
        size_t count = 0;
        while (str_split(&rest, ' ', &word)) list[count++] = word;
        assert_true(acl_group(list, count, &grouped, &unmatched));
        for (size_t j = 0; j < grouped.count; j++) {
            assert_int_equal(acl_user_apply(copy, &world->acl.rules, buf_str(&grouped.list[j])), 0);
        }
        acl_describe_user(copy, &world->acl.rules, &again);
        assert_string_equal(buf_c(&once), buf_c(&again));
        acl_grouped_deinit(&grouped);
        acl_user_free(copy);
        buf_deinit(&request);
        buf_deinit(&once);
        buf_deinit(&again);
    }
}

static void assert_dryrun(struct world *world, const char *request, const char *denied)
{
    struct buf text = {0};
    if (denied) {
        struct buf sentence = {0};
        buf_printf(&sentence, "This user has no permissions to %s", denied);
        buf_printf(&text, "$%zu\r\n%s\r\n", sentence.len, buf_c(&sentence));
        buf_deinit(&sentence);
    } else {
        buf_append_c(&text, "+OK\r\n");
    }
    assert_reply(world, request, buf_c(&text));
    buf_deinit(&text);
}

static void requests_are_judged_by_command_keys_and_channels(void **state)
{
    struct world *world = *state;
    assert_ok(world, "ACL SETUSER u ~a* %R~r* %W~w* +get +mget +set +getdel +select|0 &c* &exact "
                     "+subscribe +psubscribe +publish +ssubscribe +sunsubscribe");
    assert_dryrun(world, "ACL DRYRUN u GET a1", NULL);
    assert_dryrun(world, "ACL DRYRUN u SUNSUBSCRIBE", NULL);
    assert_dryrun(world, "ACL DRYRUN u GET r1", NULL);
    assert_dryrun(world, "ACL DRYRUN u GET w1", "access the 'w1' key");
    assert_dryrun(world, "ACL DRYRUN u SET w1 x", NULL);
    assert_dryrun(world, "ACL DRYRUN u SET r1 x", "access the 'r1' key");
    assert_dryrun(world, "ACL DRYRUN u GETDEL a1", NULL);
    assert_dryrun(world, "ACL DRYRUN u GETDEL r1", "access the 'r1' key");
    assert_dryrun(world, "ACL DRYRUN u GETDEL w1", "access the 'w1' key");
    assert_dryrun(world, "ACL DRYRUN u MGET a1 b1 c1", "access the 'b1' key");
    assert_dryrun(world, "ACL DRYRUN u DEL a1", "run the 'del' command");
    assert_dryrun(world, "ACL DRYRUN u CLIENT LIST", "run the 'client|list' command");
    assert_dryrun(world, "ACL DRYRUN u SELECT 0", NULL);
    assert_dryrun(world, "ACL DRYRUN u SELECT 1", "run the 'select' command");
    assert_dryrun(world, "ACL DRYRUN u AUTH x", NULL);
    assert_dryrun(world, "ACL DRYRUN u SUBSCRIBE c1 d1", "access the 'd1' channel");
    assert_dryrun(world, "ACL DRYRUN u SSUBSCRIBE exact", NULL);
    assert_dryrun(world, "ACL DRYRUN u PSUBSCRIBE c*", NULL);
    assert_dryrun(world, "ACL DRYRUN u PSUBSCRIBE c1*", "access the 'c1*' channel");
    assert_dryrun(world, "ACL DRYRUN u PUBLISH e x", "access the 'e' channel");
    assert_reply(world, "ACL DRYRUN u GET", "-ERR wrong number of arguments for 'get' command\r\n");
    assert_reply(world, "ACL DRYRUN u NOPE", "-ERR Command 'NOPE' not found\r\n");
    assert_reply(world, "ACL DRYRUN u CLIENT NOPE", "-ERR Command 'CLIENT' not found\r\n");
    assert_reply(world, "ACL DRYRUN x GET a", "-ERR User 'x' not found\r\n");
}

static void patterns_of_sort_need_the_right_to_read_all_keys(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *rules;
        bool may;
    } cases[] = {
        {"allkeys +@all", true},  {"~a* +@all", false},           {"%R~* ~a +@all", true},
        {"%W~* ~a +@all", false}, {"~a +@all (%R~* +get)", true}, {"~a +@all (%R~* +set)", false},
    };
    struct str argv[] = {STR("get"), STR("a")};
    struct call call = {
        .command = registry_get(&world->h.registry, STR("get"))->command,
        .argv = argv,
        .argc = 2,
        .session = &world->h.session,
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf request = {0};
        world->h.session.user = world->acl.default_user;
        buf_printf(&request, "ACL SETUSER u reset %s", cases[i].rules);
        assert_ok(world, buf_c(&request));
        world->h.session.user = acl_users_find(&world->acl.users, STR("u"));
        assert_int_equal(acl_allows_all_keys(&world->acl, &call), cases[i].may);
        buf_deinit(&request);
    }
}

static void one_selector_must_allow_all_of_a_request(void **state)
{
    struct world *world = *state;
    assert_ok(world, "ACL SETUSER u ~a +get (~b +set) (~c +@all)");
    assert_dryrun(world, "ACL DRYRUN u GET a", NULL);
    assert_dryrun(world, "ACL DRYRUN u SET b x", NULL);
    assert_dryrun(world, "ACL DRYRUN u SET a x", "access the 'a' key");
    assert_dryrun(world, "ACL DRYRUN u GET c", NULL);
    assert_dryrun(world, "ACL DRYRUN u MGET c a", "access the 'a' key");
}

static void a_refused_request_gets_its_error_and_a_log_entry(void **state)
{
    struct world *world = *state;
    struct session *session = &world->h.session;
    world_run(world, "ACL SETUSER u on ~a +get +ping +subscribe");
    session->user = acl_users_find(&world->acl.users, STR("u"));
    assert_ok(world, "GET a");
    assert_reply(world, "DEL a",
                 "-NOPERM this user has no permissions to run the 'del' command\r\n");
    assert_reply(world, "CLIENT LIST",
                 "-NOPERM this user has no permissions to run the 'client|list' command\r\n");
    assert_reply(world, "GET b",
                 "-NOPERM this user has no permissions to access one of the keys "
                 "used as arguments\r\n");
    assert_reply(world, "SUBSCRIBE b",
                 "-NOPERM this user has no permissions to access one of the "
                 "channels used as arguments\r\n");
    session->flags |= SESSION_MULTI | SESSION_DENY_BLOCKING;
    struct str argv[] = {STR("GET"), STR("b")};
    struct request_view request = {.argv = argv, .argc = 2};
    execute(&world->h.executor, session, &request, ORIGIN_EXEC);
    session->flags &= ~(uint64_t)(SESSION_MULTI | SESSION_DENY_BLOCKING);
    session->user = world->acl.default_user;
    assert_reply(world, "PING",
                 "-NOPERM ACLs rules changed between the moment the transaction was "
                 "accumulated and the EXEC call. This command is no longer allowed "
                 "for the following reason: no permission to touch the specified "
                 "keys\r\n+OK\r\n");
    assert_int_equal(world->acl.log.len, 5);
    assert_int_equal(world->acl.log.denied[ACL_LOG_KEY], 2);
    world->h.host.now_ms += 1500;
    assert_reply(world, "ACL LOG 1",
                 "*1\r\n*20\r\n$5\r\ncount\r\n:1\r\n$6\r\nreason\r\n$3\r\nkey\r\n$7\r\ncontext\r\n"
                 "$5\r\nmulti\r\n$6\r\nobject\r\n$1\r\nb\r\n$8\r\nusername\r\n$1\r\nu\r\n"
                 "$11\r\nage-seconds\r\n$3\r\n1.5\r\n$11\r\nclient-info\r\n$4\r\nid=1\r\n"
                 "$8\r\nentry-id\r\n:4\r\n$17\r\ntimestamp-created\r\n:1700000000\r\n"
                 "$22\r\ntimestamp-last-updated\r\n:1700000000\r\n");
    assert_ok(world, "ACL LOG RESET");
    assert_reply(world, "ACL LOG", "*0\r\n");
}

static void equal_refusals_within_a_minute_are_one_entry(void **state)
{
    (void)state;
    struct acl_log log;
    acl_log_init(&log, 3);
    struct acl_denial denial = {.object = STR("get"), .user = STR("u"), .now_ms = 1000};
    acl_log_add(&log, &denial);
    denial.now_ms = 61000;
    acl_log_add(&log, &denial);
    assert_int_equal(log.len, 1);
    denial.now_ms = 121001;
    acl_log_add(&log, &denial);
    assert_int_equal(log.len, 2);
    denial.context = ACL_LOG_LUA;
    acl_log_add(&log, &denial);
    denial.object = STR("set");
    acl_log_add(&log, &denial);
    assert_int_equal(log.len, 3);
    assert_int_equal(log.denied[ACL_LOG_COMMAND], 5);
    acl_log_limit(&log, 1);
    assert_int_equal(log.len, 1);
    acl_log_limit(&log, 0);
    acl_log_add(&log, &denial);
    assert_int_equal(log.len, 0);
    acl_log_clear(&log);
}

static void only_the_right_password_of_an_enabled_user_opens(void **state)
{
    struct world *world = *state;
    struct acl *acl = &world->acl;
    world_run(world, "ACL SETUSER u >one >two");
    assert_null(acl_authenticate(acl, STR("u"), STR("one")));
    world_run(world, "ACL SETUSER u on");
    assert_non_null(acl_authenticate(acl, STR("u"), STR("one")));
    assert_non_null(acl_authenticate(acl, STR("u"), STR("two")));
    assert_null(acl_authenticate(acl, STR("u"), STR("onetwo")));
    assert_null(acl_authenticate(acl, STR("u"), STR("")));
    assert_null(acl_authenticate(acl, STR("U"), STR("one")));
    assert_null(acl_authenticate(acl, STR("nobody"), STR("")));
    world_run(world, "ACL SETUSER free on nopass");
    assert_non_null(acl_authenticate(acl, STR("free"), STR("anything")));
}

static void requirepass_is_the_only_password_of_the_default_user(void **state)
{
    struct world *world = *state;
    struct acl *acl = &world->acl;
    struct session stranger = {0};
    acl_begin_session(acl, &stranger);
    assert_true(stranger.authenticated);
    acl_set_default_password(acl, STR("first"));
    acl_set_default_password(acl, STR("second"));
    acl_begin_session(acl, &stranger);
    assert_false(stranger.authenticated);
    assert_null(acl_authenticate(acl, STR("default"), STR("first")));
    assert_non_null(acl_authenticate(acl, STR("default"), STR("second")));
    acl_set_default_password(acl, STR(""));
    acl_begin_session(acl, &stranger);
    assert_true(stranger.authenticated);
}

static void sessions_of_a_deleted_user_end(void **state)
{
    struct world *world = *state;
    world_run(world, "ACL SETUSER u on nopass +@all");
    world->peers[0].session.user = acl_users_find(&world->acl.users, STR("u"));
    assert_reply(world, "ACL DELUSER u nobody", ":1\r\n");
    assert_true(world->peers[0].ended);
    assert_false(world->peers[1].ended);
    assert_ptr_equal(world->peers[0].session.user, world->acl.default_user);
    assert_false(world->peers[0].session.authenticated);
    world_run(world, "ACL SETUSER u on nopass +@all");
    world->h.session.user = acl_users_find(&world->acl.users, STR("u"));
    assert_reply(world, "ACL DELUSER u", ":1\r\n");
    assert_true(session_is(&world->h.session, SESSION_CLOSE_AFTER_REPLY));
    world->h.session.authenticated = true;
    assert_reply(world, "ACL DELUSER default", "-ERR The 'default' user cannot be removed\r\n");
}

/* As in 7.0.15: who has given no password depends on the default user as it is now. */
static void sessions_that_were_refused_follow_the_default_user(void **state)
{
    struct world *world = *state;
    struct session *stranger = &world->peers[0].session, *known = &world->peers[1].session;
    stranger->authenticated = false;
    known->authenticated = true;
    world_run(world, "ACL SETUSER default >secret");
    assert_false(stranger->authenticated);
    world_run(world, "ACL SETUSER default nopass");
    assert_true(stranger->authenticated);
    world_run(world, "ACL SETUSER default resetpass >secret");
    assert_false(stranger->authenticated);
    assert_true(known->authenticated);
    acl_set_default_password(&world->acl, STR(""));
    assert_true(stranger->authenticated);
    world_run(world, "ACL SETUSER default off");
    assert_false(stranger->authenticated);
    assert_true(known->authenticated);
    world_run(world, "ACL SETUSER default on");
    assert_true(stranger->authenticated);
}

static void losing_a_channel_ends_the_sessions_that_listen_to_it(void **state)
{
    struct world *world = *state;
    world_run(world, "ACL SETUSER u on nopass +@all &a &b*");
    struct acl_user *user = acl_users_find(&world->acl.users, STR("u"));
    for (int i = 0; i < WORLD_PEERS; i++) world->peers[i].session.user = user;
    pubsub_subscribe(&world->pubsub, &world->peers[0].session, PUBSUB_CHANNEL, STR("a"));
    pubsub_subscribe(&world->pubsub, &world->peers[1].session, PUBSUB_PATTERN, STR("b*"));
    assert_ok(world, "ACL SETUSER u &c -get");
    assert_false(world->peers[0].ended || world->peers[1].ended);
    assert_ok(world, "ACL SETUSER u resetchannels &a &b** (&x)");
    assert_false(world->peers[0].ended);
    assert_true(world->peers[1].ended);
    assert_ok(world, "ACL SETUSER u allchannels");
    assert_false(world->peers[0].ended);
}

static void replies_have_the_shapes_of_redis(void **state)
{
    struct world *world = *state;
    world_run(world, "ACL SETUSER u nopass ~a (+get)");
    assert_reply(
        world, "ACL GETUSER u",
        "*12\r\n$5\r\nflags\r\n*2\r\n$3\r\noff\r\n$6\r\nnopass\r\n$9\r\npasswords\r\n*0\r\n"
        "$8\r\ncommands\r\n$5\r\n-@all\r\n$4\r\nkeys\r\n$2\r\n~a\r\n$8\r\nchannels\r\n"
        "$0\r\n\r\n$9\r\nselectors\r\n*1\r\n*6\r\n$8\r\ncommands\r\n$10\r\n-@all +get\r\n"
        "$4\r\nkeys\r\n$0\r\n\r\n$8\r\nchannels\r\n$0\r\n\r\n");
    assert_reply(world, "ACL GETUSER nobody", "$-1\r\n");
    assert_reply(world, "ACL USERS", "*2\r\n$7\r\ndefault\r\n$1\r\nu\r\n");
    assert_reply(world, "ACL WHOAMI", "$7\r\ndefault\r\n");
    assert_reply(world, "ACL CAT string",
                 "*4\r\n$3\r\nget\r\n$4\r\nmget\r\n$3\r\nset\r\n$6\r\ngetdel\r\n");
    assert_reply(world, "ACL CAT nope", "-ERR Unknown category 'nope'\r\n");
    assert_int_equal(strlen(world_run(world, "ACL GENPASS")), 5 + 64 + 2);
    assert_int_equal(strlen(world_run(world, "ACL GENPASS 5")), 4 + 2 + 2);
    assert_reply(world, "ACL GENPASS 4097",
                 "-ERR ACL GENPASS argument must be the number of bits for the output password, a "
                 "positive number up to 4096\r\n");
    assert_reply(world, "ACL SETUSER \"a b\"",
                 "-ERR Usernames can't contain spaces or null characters\r\n");
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(rules_are_described_as_redis_does),
        WORLD_TEST(a_wrong_rule_says_why_and_changes_nothing),
        WORLD_TEST(a_description_reads_back_as_the_same_user),
        WORLD_TEST(requests_are_judged_by_command_keys_and_channels),
        WORLD_TEST(patterns_of_sort_need_the_right_to_read_all_keys),
        WORLD_TEST(one_selector_must_allow_all_of_a_request),
        WORLD_TEST(a_refused_request_gets_its_error_and_a_log_entry),
        WORLD_TEST(equal_refusals_within_a_minute_are_one_entry),
        WORLD_TEST(only_the_right_password_of_an_enabled_user_opens),
        WORLD_TEST(requirepass_is_the_only_password_of_the_default_user),
        WORLD_TEST(sessions_of_a_deleted_user_end),
        WORLD_TEST(sessions_that_were_refused_follow_the_default_user),
        WORLD_TEST(losing_a_channel_ends_the_sessions_that_listen_to_it),
        WORLD_TEST(replies_have_the_shapes_of_redis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
