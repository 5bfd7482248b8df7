/* Proves: what the set commands answer, announce and record; a set changes its form as that of
 * Redis 7.2 does, goes with its last member, and travels through DUMP and RESTORE; what chance
 * removes is recorded by name. */
#include "unit/command/steps.h"

#include "base/crc64.h"
#include "command/families.h"

#include <stdio.h>

#define WRONG  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define INTSET "$6\r\nintset\r\n"
#define PACKED "$8\r\nlistpack\r\n"
#define TABLE  "$9\r\nhashtable\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, set_commands, string_commands, generic_commands, object_commands,
                 dump_commands, expire_commands, NULL);
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void adding_and_removing(void **state)
{
    STEPS_RUN(*state, {"SADD s a b a", ":2\r\n", "new s;sadd s;", "SADD s a b a;"},
              {"SADD s a b", ":0\r\n", "", ""}, {"SADD s b c", ":1\r\n", "sadd s;", "SADD s b c;"},
              {"SCARD s", ":3\r\n", "", ""}, {"SCARD nosuch", ":0\r\n", "keymiss nosuch;", ""},
              {"SISMEMBER s a", ":1\r\n", "", ""}, {"SISMEMBER nosuch a", ":0\r\n", NULL, ""},
              {"SMISMEMBER s a x c", "*3\r\n:1\r\n:0\r\n:1\r\n", "", ""},
              {"SMISMEMBER nosuch a x", "*2\r\n:0\r\n:0\r\n", NULL, ""},
              {"SMEMBERS s", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "", ""},
              {"SREM s x y", ":0\r\n", "", ""}, {"SREM s x a", ":1\r\n", "srem s;", "SREM s x a;"},
              {"SREM s b c c", ":2\r\n", "srem s;del s;", "SREM s b c c;"},
              {"EXISTS s", ":0\r\n", NULL, ""}, {"SMEMBERS s", "*0\r\n", NULL, ""});
}

static void other_types_are_refused(void **state)
{
    static const char *const requests[] = {
        "SADD k a",         "SREM k a",         "SISMEMBER k a",
        "SMISMEMBER k a",   "SCARD k",          "SMEMBERS k",
        "SPOP k",           "SPOP k 2",         "SRANDMEMBER k",
        "SRANDMEMBER k 2",  "SMOVE k s a",      "SMOVE s k a",
        "SINTER k s",       "SINTER s k",       "SINTERSTORE d s k",
        "SINTERCARD 2 s k", "SUNION s k",       "SUNIONSTORE d s k",
        "SDIFF s k",        "SDIFFSTORE d s k", "SSCAN k 0"};
    STEPS_RUN(*state, {"SET k x", "+OK\r\n", NULL, NULL}, {"SADD s a", ":1\r\n", NULL, NULL});
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        STEPS_RUN(*state, {requests[i], WRONG, "", ""});
    }
    STEPS_RUN(*state, {"SINTER nosuch k", WRONG, NULL, ""}, {"SMOVE nosuch k a", ":0\r\n", "", ""});
}

static void add_many(struct harness *h, const char *format, int from, int to)
{
    char request[64];
    for (int i = from; i < to; i++) {
        snprintf(request, sizeof(request), format, i);
        harness_run(h, request);
    }
}

static void the_form_follows_the_members(void **state)
{
    struct harness *h = *state;
    h->settings.set_max_intset_entries = 20;
    h->settings.set_max_listpack_entries = 10;
    h->settings.set_max_listpack_value = 8;
    STEPS_RUN(h, {"SADD i 1 2 3", ":3\r\n", NULL, NULL}, {"OBJECT ENCODING i", INTSET, NULL, NULL},
              {"SADD i x", ":1\r\n", NULL, NULL}, {"OBJECT ENCODING i", PACKED, NULL, NULL},
              {"SADD i 123456789", ":1\r\n", NULL, NULL}, {"OBJECT ENCODING i", TABLE, NULL, NULL},
              {"SADD wide 123456789", ":1\r\n", NULL, NULL}, {"SADD wide x", ":1\r\n", NULL, NULL},
              {"OBJECT ENCODING wide", TABLE, NULL, NULL},
              {"SADD many 1 2 3 4 5 6 7 8 9 10 x", ":11\r\n", NULL, NULL},
              {"OBJECT ENCODING many", TABLE, NULL, NULL},
              {"SADD text a b c d e f g h i j k", ":11\r\n", NULL, NULL},
              {"OBJECT ENCODING text", TABLE, NULL, NULL},
              {"SADD long 012345678", ":1\r\n", NULL, NULL},
              {"OBJECT ENCODING long", TABLE, NULL, NULL});
    add_many(h, "SADD numbers %d", 0, 20);
    STEPS_RUN(h, {"OBJECT ENCODING numbers", INTSET, NULL, NULL},
              {"SADD numbers 7 20", ":1\r\n", NULL, NULL},
              {"OBJECT ENCODING numbers", TABLE, NULL, NULL},
              {"SISMEMBER numbers 13", ":1\r\n", NULL, NULL});
    add_many(h, "SADD words w%d", 0, 10);
    STEPS_RUN(
        h, {"OBJECT ENCODING words", PACKED, NULL, NULL}, {"SADD words w10", ":1\r\n", NULL, NULL},
        {"OBJECT ENCODING words", TABLE, NULL, NULL}, {"SISMEMBER words w3", ":1\r\n", NULL, NULL},
        {"SUNIONSTORE all numbers i", ":23\r\n", NULL, NULL},
        {"OBJECT ENCODING all", TABLE, NULL, NULL},
        {"SINTERSTORE few numbers i", ":3\r\n", NULL, NULL},
        {"OBJECT ENCODING few", INTSET, NULL, NULL});
}

static void moving(void **state)
{
    STEPS_RUN(*state, {"SADD a x y", ":2\r\n", NULL, NULL}, {"SADD b y", ":1\r\n", NULL, NULL},
              {"SMOVE a b nosuch", ":0\r\n", "", ""}, {"SMOVE nosuch b x", ":0\r\n", "", ""},
              {"SMOVE a a x", ":1\r\n", "", ""}, {"SMOVE a a z", ":0\r\n", "", ""},
              {"SMOVE a b y", ":1\r\n", "srem a;", "SMOVE a b y;"},
              {"SMOVE a c x", ":1\r\n", "srem a;del a;new c;sadd c;", "SMOVE a c x;"},
              {"SMEMBERS c", "*1\r\n$1\r\nx\r\n", "", ""});
}

static void algebra(void **state)
{
    STEPS_RUN(
        *state, {"SADD a 1 2 3 4", ":4\r\n", NULL, NULL}, {"SADD b 3 4 5 x", ":4\r\n", NULL, NULL},
        {"SADD c 4 x", ":2\r\n", NULL, NULL}, {"SINTER a b c", "*1\r\n$1\r\n4\r\n", "", ""},
        {"SINTER a nosuch", "*0\r\n", "keymiss nosuch;", ""},
        {"SDIFF a b c", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n", "", ""},
        {"SDIFF nosuch a", "*0\r\n", NULL, ""}, {"SDIFF a a", "*0\r\n", "", ""},
        {"SUNION a a c", "*5\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\nx\r\n", "", ""},
        {"SINTERCARD 2 a b", ":2\r\n", "", ""}, {"SINTERCARD 2 a b LIMIT 1", ":1\r\n", "", ""},
        {"SINTERCARD 2 a b LIMIT 0", ":2\r\n", "", ""},
        {"SINTERCARD 0 a", "-ERR numkeys should be greater than 0\r\n", "", ""},
        {"SINTERCARD x a", "-ERR numkeys should be greater than 0\r\n", "", ""},
        {"SINTERCARD 9223372036854775807 a",
         "-ERR Number of keys can't be greater than number of args\r\n", "", ""},
        {"SINTERCARD 1 a LIMIT", "-ERR syntax error\r\n", "", ""},
        {"SINTERCARD 1 a LIMIT -1", "-ERR LIMIT can't be negative\r\n", "", ""});
}

static void storing(void **state)
{
    STEPS_RUN(
        *state, {"SADD a 1 2 3", ":3\r\n", NULL, NULL}, {"SADD b 2 3 4", ":3\r\n", NULL, NULL},
        {"SINTERSTORE d a b", ":2\r\n", "new d;sinterstore d;", "SINTERSTORE d a b;"},
        {"SUNIONSTORE d a b", ":4\r\n", "sunionstore d;", "SUNIONSTORE d a b;"},
        {"EXPIRE d 100", ":1\r\n", NULL, NULL},
        {"SDIFFSTORE d a b", ":1\r\n", "sdiffstore d;", "SDIFFSTORE d a b;"},
        {"TTL d", ":-1\r\n", NULL, NULL}, {"SMEMBERS d", "*1\r\n$1\r\n1\r\n", NULL, NULL},
        {"SDIFFSTORE a a b", ":1\r\n", "sdiffstore a;", "SDIFFSTORE a a b;"},
        {"SMEMBERS a", "*1\r\n$1\r\n1\r\n", NULL, NULL},
        {"SINTERSTORE a a b", ":0\r\n", "del a;", "SINTERSTORE a a b;"},
        {"SINTERSTORE a a b", ":0\r\n", "keymiss a;", ""}, {"SET text x", "+OK\r\n", NULL, NULL},
        {"SUNIONSTORE text b", ":3\r\n", "sunionstore text;", NULL},
        {"TYPE text", "+set\r\n", NULL, NULL});
}

static void popping(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"SPOP s", "$-1\r\n", "", ""}, {"SPOP s 3", "*0\r\n", "", ""},
              {"SADD s only", ":1\r\n", NULL, NULL}, {"SPOP s 0", "*0\r\n", "", ""},
              {"SPOP s", "$4\r\nonly\r\n", "spop s;del s;", "SREM s only;"},
              {"SADD s 1 2 3", ":3\r\n", NULL, NULL},
              {"SPOP s 9223372036854775807", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n",
               "spop s;del s;", "DEL s;"},
              {"SPOP s -1", "-ERR value is out of range, must be positive\r\n", "", ""},
              {"SPOP s x", "-ERR value is out of range, must be positive\r\n", "", ""},
              {"SPOP s 1 2", "-ERR syntax error\r\n", "", ""});
    h->settings.lazy_server_del = true;
    STEPS_RUN(h, {"SADD s 1", ":1\r\n", NULL, NULL},
              {"SPOP s 2", "*1\r\n$1\r\n1\r\n", NULL, "UNLINK s;"});
}

/* Looks at "MULTI;SREM s a b;SREM s c;EXEC;": the members must be gone. Returns how many there
 * are. */
static size_t count_recorded(struct harness *h, struct str effects)
{
    size_t members = 0;
    struct str request, word;
    while (str_split(&effects, ';', &request) && request.len) {
        if (str_eq(request, STR("MULTI")) || str_eq(request, STR("EXEC"))) continue;
        assert_true(str_split(&request, ' ', &word) && str_eq(word, STR("SREM")));
        assert_true(str_split(&request, ' ', &word) && str_eq(word, STR("s")));
        for (; str_split(&request, ' ', &word); members++) {
            const struct str check[] = {STR("SISMEMBER"), STR("s"), word};
            assert_string_equal(harness_run_argv(h, check, 3), ":0\r\n");
        }
    }
    return members;
}

/* The members are gone, and every one of them is in the effects. */
static void popped_members_are_recorded_by_name(void **state)
{
    struct harness *h = *state;
    static const char *const formats[] = {"SADD s %d", "SADD s w%d",
                                          "SADD s a-much-longer-word-%d"};
    h->settings.set_max_intset_entries = h->settings.set_max_listpack_entries = 3000;
    h->settings.set_max_listpack_value = 20;
    for (size_t i = 0; i < 3; i++) {
        harness_run(h, "DEL s");
        add_many(h, formats[i], 0, 2500);
        harness_run(h, "SPOP s 2400");
        assert_true(str_starts_with(buf_str(&h->reply), STR("*2400\r\n")));
        struct buf effects = {0};
        steps_read_effects(buf_str(&h->effects), &effects);
        assert_int_equal(count_recorded(h, buf_str(&effects)), 2400);
        assert_string_equal(harness_run(h, "SCARD s"), ":100\r\n");
        buf_deinit(&effects);
    }
}

static void random_members(void **state)
{
    STEPS_RUN(*state, {"SRANDMEMBER s", "$-1\r\n", NULL, ""},
              {"SRANDMEMBER s 3", "*0\r\n", NULL, ""}, {"SADD s 7", ":1\r\n", NULL, NULL},
              {"SRANDMEMBER s", "$1\r\n7\r\n", "", ""}, {"SRANDMEMBER s 0", "*0\r\n", "", ""},
              {"SRANDMEMBER s 9223372036854775807", "*1\r\n$1\r\n7\r\n", "", ""},
              {"SRANDMEMBER s -3", "*3\r\n$1\r\n7\r\n$1\r\n7\r\n$1\r\n7\r\n", "", ""},
              {"SRANDMEMBER s -9223372036854775807", "-ERR value is out of range\r\n", "", ""},
              {"SRANDMEMBER s -9223372036854775808",
               "-ERR value is out of range, value must between -9223372036854775807 and "
               "9223372036854775807\r\n",
               "", ""},
              {"SRANDMEMBER s 1 2", "-ERR syntax error\r\n", "", ""});
}

static void sets_in_resp3(void **state)
{
    struct harness *h = *state;
    harness_run(h, "SADD s a");
    h->session.reply.version = 3;
    STEPS_RUN(h, {"SMEMBERS s", "~1\r\n$1\r\na\r\n", NULL, NULL},
              {"SUNION s", "~1\r\n$1\r\na\r\n", NULL, NULL},
              {"SINTER s nosuch", "~0\r\n", NULL, NULL},
              {"SRANDMEMBER s 1", "*1\r\n$1\r\na\r\n", NULL, NULL},
              {"SPOP s 1", "~1\r\n$1\r\na\r\n", NULL, NULL}, {"SPOP s 1", "~0\r\n", NULL, NULL},
              {"SPOP s", "_\r\n", NULL, NULL});
}

static void scanning(void **state)
{
    STEPS_RUN(*state, {"SADD s a b 3", ":3\r\n", NULL, NULL},
              {"SSCAN s 0", "*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n3\r\n", "", ""},
              {"SSCAN s 0 MATCH b COUNT 1", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n", "", ""},
              {"SADD i 1 2", ":2\r\n", NULL, NULL},
              {"SSCAN i 0 MATCH 2", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\n2\r\n", "", ""},
              {"SSCAN nosuch 0", "*2\r\n$1\r\n0\r\n*0\r\n", NULL, ""},
              {"SSCAN s 0 COUNT x", "-ERR value is not an integer or out of range\r\n", "", ""});
}

/* --- DUMP and RESTORE --- */

static const char *restore(struct harness *h, struct str body)
{
    struct buf payload = {0};
    buf_append_str(&payload, body);
    buf_append(&payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload.ptr, payload.len);
    buf_append(&payload, &crc, sizeof(crc));
    const struct str argv[] = {STR("RESTORE"), STR("r"), STR("0"), buf_str(&payload),
                               STR("REPLACE")};
    const char *reply = harness_run_argv(h, argv, 5);
    buf_deinit(&payload);
    return reply;
}

static void sets_travel_through_dump_and_restore(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *format, *encoding;
        int members;
        char byte;
    } cases[] = {{"SADD s %d", INTSET, 300, 11},
                 {"SADD s w%d", PACKED, 100, 2},
                 {"SADD s w%d", TABLE, 300, 2},
                 {"SADD s %d", TABLE, 600, 2}};
    for (size_t i = 0; i < 4; i++) {
        char count[32];
        harness_run(h, "DEL s");
        add_many(h, cases[i].format, 0, cases[i].members);
        harness_run(h, "DUMP s");
        ptrdiff_t line = str_find_char(buf_str(&h->reply), '\n');
        struct buf body = {0};
        buf_append(&body, h->reply.ptr + line + 1, h->reply.len - (size_t)line - 3 - 10);
        assert_int_equal(body.ptr[0], cases[i].byte);
        assert_string_equal(restore(h, buf_str(&body)), "+OK\r\n");
        snprintf(count, sizeof(count), ":%d\r\n", cases[i].members);
        STEPS_RUN(h, {"OBJECT ENCODING r", cases[i].encoding, NULL, NULL},
                  {"SINTERCARD 2 r s", count, NULL, NULL}, {"SCARD r", count, NULL, NULL});
        buf_deinit(&body);
    }
}

static void a_packed_set_of_7_2_is_understood(void **state)
{
    static const struct str body = STR_INIT("\x14\x0c\x0c\x00\x00\x00\x02\x00\x81"
                                            "a\x02\x05\x01\xff");
    assert_string_equal(restore(*state, body), "+OK\r\n");
    STEPS_RUN(*state, {"SMEMBERS r", "*2\r\n$1\r\na\r\n$1\r\n5\r\n", NULL, NULL},
              {"OBJECT ENCODING r", PACKED, NULL, NULL});
}

static void hostile_payloads_are_refused(void **state)
{
    static const struct str bodies[] = {
        STR_INIT("\x02\x00"), /* no members */
        STR_INIT("\x02\x02\x01"
                 "a\x01"
                 "a"), /* one twice */
        STR_INIT("\x02\x02\xc0\x05\x01"
                 "5"), /* in two forms */
        STR_INIT("\x02\x02\x01"
                 "a"), /* too few */
        STR_INIT("\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                 "a"),
        STR_INIT("\x0b\x08\x02\x00\x00\x00\x00\x00\x00\x00"),
        STR_INIT("\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x01\x00"), /* out of order */
        STR_INIT("\x0b\x0a\x02\x00\x00\x00\xff\xff\xff\xff\x01\x00"),
        STR_INIT("\x14\x07\x07\x00\x00\x00\x00\x00\xff"),
        STR_INIT("\x14\x0c\x0c\x00\x00\x00\x02\x00\x81"
                 "5\x02\x05\x01\xff"),
        STR_INIT("\x14\x0b\x0b\x00\x00\x00\x02\x00\x05\x01\x05\x01\xff"),
    };
    STEPS_RUN(*state, {"SADD r before", ":1\r\n", NULL, NULL});
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_string_equal(restore(*state, bodies[i]), "-ERR Bad data format\r\n");
    }
    STEPS_RUN(*state, {"SMEMBERS r", "*1\r\n$6\r\nbefore\r\n", NULL, NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(adding_and_removing),
        TEST(other_types_are_refused),
        TEST(the_form_follows_the_members),
        TEST(moving),
        TEST(algebra),
        TEST(storing),
        TEST(popping),
        TEST(popped_members_are_recorded_by_name),
        TEST(random_members),
        TEST(sets_in_resp3),
        TEST(scanning),
        TEST(sets_travel_through_dump_and_restore),
        TEST(a_packed_set_of_7_2_is_understood),
        TEST(hostile_payloads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
