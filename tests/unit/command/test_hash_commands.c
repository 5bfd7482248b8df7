/* Proves: what the hash commands answer, announce and record; a hash changes its form at the
 * configured limits, goes with its last field, and travels through DUMP and RESTORE; counts of
 * any size are bounded. */
#include "unit/command/steps.h"

#include "base/crc64.h"
#include "base/mem.h"
#include "command/families.h"

#include <stdio.h>

#define WRONG "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, hash_commands, string_commands, generic_commands, object_commands,
                 dump_commands, NULL);
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void setting_and_getting(void **state)
{
    STEPS_RUN(
        *state, {"HSET h a 1 b two", ":2\r\n", "new h;hset h;", "HSET h a 1 b two;"},
        {"HSET h a 2 c 3", ":1\r\n", "hset h;", "HSET h a 2 c 3;"},
        {"HSET h a", "-ERR wrong number of arguments for 'hset' command\r\n", "", ""},
        {"HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command\r\n", "", ""},
        {"HMSET h d 4", "+OK\r\n", "hset h;", "HMSET h d 4;"}, {"HGET h a", "$1\r\n2\r\n", "", ""},
        {"HGET h nosuch", "$-1\r\n", "", ""}, {"HGET nosuch a", "$-1\r\n", "keymiss nosuch;", ""},
        {"HMGET h a x b", "*3\r\n$1\r\n2\r\n$-1\r\n$3\r\ntwo\r\n", "", ""},
        {"HMGET nosuch a b", "*2\r\n$-1\r\n$-1\r\n", NULL, ""}, {"HLEN h", ":4\r\n", "", ""},
        {"HSTRLEN h b", ":3\r\n", "", ""}, {"HSTRLEN h x", ":0\r\n", "", ""},
        {"HEXISTS h b", ":1\r\n", "", ""}, {"HEXISTS nosuch b", ":0\r\n", NULL, ""},
        {"HSETNX h b 9", ":0\r\n", "", ""}, {"HSETNX h e 5", ":1\r\n", "hset h;", "HSETNX h e 5;"},
        {"HKEYS h", "*5\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n", "", ""},
        {"HVALS h", "*5\r\n$1\r\n2\r\n$3\r\ntwo\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n", "", ""});
}

static void a_hash_goes_with_its_last_field(void **state)
{
    STEPS_RUN(
        *state, {"HSET h a 1 b 2 c 3", ":3\r\n", NULL, NULL}, {"HDEL h x y", ":0\r\n", "", ""},
        {"HDEL h x a b a", ":2\r\n", "hdel h;", "HDEL h x a b a;"},
        {"HDEL h c", ":1\r\n", "hdel h;del h;", "HDEL h c;"}, {"EXISTS h", ":0\r\n", NULL, ""},
        {"HDEL h c", ":0\r\n", "", ""}, {"HGETALL h", "*0\r\n", NULL, ""});
}

static void numbers_in_fields(void **state)
{
    STEPS_RUN(
        *state, {"HINCRBY h n 5", ":5\r\n", "new h;hincrby h;", "HINCRBY h n 5;"},
        {"HINCRBY h n 9223372036854775807", "-ERR increment or decrement would overflow\r\n", "",
         ""},
        {"HINCRBY h n x", "-ERR value is not an integer or out of range\r\n", "", ""},
        {"HSET h t text f 10.5", ":2\r\n", NULL, NULL},
        {"HINCRBY h t 1", "-ERR hash value is not an integer\r\n", "", ""},
        {"HINCRBYFLOAT h f 0.1", "$4\r\n10.6\r\n", "hincrbyfloat h;", "HSET h f 10.6;"},
        {"HINCRBYFLOAT h t 1", "-ERR hash value is not a float\r\n", "", ""},
        {"HINCRBYFLOAT h f x", "-ERR value is not a valid float\r\n", "", ""},
        {"HINCRBYFLOAT h f inf", "-ERR value is NaN or Infinity\r\n", "", ""},
        {"HINCRBYFLOAT new f 3", "$1\r\n3\r\n", "new new;hincrbyfloat new;", "HSET new f 3;"});
}

static void other_types_are_refused(void **state)
{
    static const char *const requests[] = {
        "HSET s a 1",   "HMSET s a 1",   "HSETNX s a 1",  "HGET s a",           "HMGET s a",
        "HDEL s a",     "HLEN s",        "HSTRLEN s a",   "HEXISTS s a",        "HKEYS s",
        "HVALS s",      "HGETALL s",     "HINCRBY s a 1", "HINCRBYFLOAT s a 1", "HSCAN s 0",
        "HRANDFIELD s", "HRANDFIELD s 3"};
    STEPS_RUN(*state, {"SET s x", "+OK\r\n", NULL, NULL});
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        STEPS_RUN(*state, {requests[i], WRONG, "", ""});
    }
}

static void set_many(struct harness *h, int from, int to)
{
    char request[64];
    for (int i = from; i < to; i++) {
        snprintf(request, sizeof(request), "HSET h f%d %d", i, i);
        harness_run(h, request);
    }
}

static void the_form_changes_at_the_limits(void **state)
{
    struct harness *h = *state;
    const char *packed = "$8\r\nlistpack\r\n", *table = "$9\r\nhashtable\r\n";
    h->settings.hash_max_listpack_entries = 20;
    h->settings.hash_max_listpack_value = 10;
    set_many(h, 0, 20);
    STEPS_RUN(
        h, {"OBJECT ENCODING h", packed, NULL, NULL}, {"HSET h f3 x", ":0\r\n", NULL, NULL},
        {"OBJECT ENCODING h", packed, NULL, NULL}, {"HSET h f20 x", ":1\r\n", NULL, NULL},
        {"OBJECT ENCODING h", table, NULL, NULL}, {"HGET h f19", "$2\r\n19\r\n", NULL, NULL},
        {"HDEL h f20 f19", ":2\r\n", NULL, NULL}, {"OBJECT ENCODING h", table, NULL, NULL},
        {"HSET v 0123456789 0123456789", ":1\r\n", NULL, NULL},
        {"OBJECT ENCODING v", packed, NULL, NULL}, {"HSET v f 0123456789a", ":1\r\n", NULL, NULL},
        {"OBJECT ENCODING v", table, NULL, NULL}, {"HINCRBY w 0123456789a 1", ":1\r\n", NULL, NULL},
        {"OBJECT ENCODING w", table, NULL, NULL});
}

static void maps_and_pairs_in_resp3(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"HSET h a 1", ":1\r\n", NULL, NULL},
              {"HRANDFIELD h 1 WITHVALUES", "*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, ""});
    h->session.reply.version = 3;
    STEPS_RUN(h, {"HGETALL h", "%1\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, NULL},
              {"HGETALL nosuch", "%0\r\n", NULL, NULL},
              {"HRANDFIELD h 1 WITHVALUES", "*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, NULL},
              {"HRANDFIELD nosuch", "_\r\n", NULL, NULL});
}

static void random_fields(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(
        h, {"HRANDFIELD h", "$-1\r\n", NULL, ""}, {"HRANDFIELD h 5", "*0\r\n", NULL, ""},
        {"HSET h a 1", ":1\r\n", NULL, NULL}, {"HRANDFIELD h", "$1\r\na\r\n", NULL, ""},
        {"HRANDFIELD h 0", "*0\r\n", NULL, ""},
        {"HRANDFIELD h -2", "*2\r\n$1\r\na\r\n$1\r\na\r\n", NULL, ""},
        {"HRANDFIELD h 9223372036854775807", "*1\r\n$1\r\na\r\n", NULL, ""},
        {"HRANDFIELD h -9223372036854775807", "-ERR value is out of range\r\n", NULL, ""},
        {"HRANDFIELD h 9223372036854775807 WITHVALUES", "-ERR value is out of range\r\n", NULL, ""},
        {"HRANDFIELD h -9223372036854775808",
         "-ERR value is out of range, value must between -9223372036854775807 and "
         "9223372036854775807\r\n",
         NULL, ""},
        {"HRANDFIELD h x", "-ERR value is not an integer or out of range\r\n", NULL, ""},
        {"HRANDFIELD h 1 FOO", "-ERR syntax error\r\n", NULL, ""},
        {"HRANDFIELD h 1 WITHVALUES x", "-ERR syntax error\r\n", NULL, ""});
}

/* Counts how often each of the fields f0..f299 is answered, and that none is answered twice at
 * once. */
static void count_answers(struct harness *h, const char *request, int *times)
{
    static bool met[300];
    memset(met, 0, sizeof(met));
    harness_run(h, request);
    struct str rest = buf_str(&h->reply), line;
    while (str_split(&rest, '\n', &line)) {
        uint64_t i;
        if (line.len < 3 || line.ptr[0] != 'f') continue;
        assert_true(num_parse_u64(str_trim(str_from(line, 1)), &i));
        assert_false(met[i]);
        met[i] = true;
        times[i]++;
    }
}

static void different_fields_are_about_equally_likely(void **state)
{
    struct harness *h = *state;
    static const char *const requests[] = {"HRANDFIELD h 30", "HRANDFIELD h 150"};
    set_many(h, 0, 300);
    for (int r = 0; r < 2; r++) {
        static int times[300];
        int total = 0, most = 0, least = 1 << 30;
        memset(times, 0, sizeof(times));
        for (int i = 0; i < (r ? 400 : 2000); i++) count_answers(h, requests[r], times);
        for (int i = 0; i < 300; i++) {
            total += times[i];
            if (times[i] > most) most = times[i];
            if (times[i] < least) least = times[i];
        }
        assert_int_equal(total, 60000);
        assert_in_range(least, 200 / 2, 200);
        assert_in_range(most, 200, 200 * 2);
    }
}

static void scanning(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(
        h, {"HSET h a 1 b 2", ":2\r\n", NULL, NULL},
        {"HSCAN h 0", "*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n", "",
         ""},
        {"HSCAN h 0 MATCH b COUNT 1", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n", "", ""},
        {"HSCAN nosuch 0 FOO", "*2\r\n$1\r\n0\r\n*0\r\n", NULL, ""},
        {"HSCAN h x", "-ERR invalid cursor\r\n", "", ""},
        {"HSCAN h 0 COUNT 0", "-ERR syntax error\r\n", "", ""},
        {"HSCAN h 0 TYPE hash", "-ERR syntax error\r\n", "", ""});
    set_many(h, 0, 300);
    static int times[300];
    char request[64];
    uint64_t cursor = 0;
    memset(times, 0, sizeof(times));
    do {
        snprintf(request, sizeof(request), "HSCAN h %llu COUNT 20", (unsigned long long)cursor);
        count_answers(h, request, times);
        struct str reply = buf_str(&h->reply), line;
        for (int i = 0; i < 3; i++) str_split(&reply, '\n', &line);
        assert_true(num_parse_u64(str_trim(line), &cursor));
    } while (cursor);
    for (int i = 0; i < 300; i++) assert_int_equal(times[i], 1);
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

static void hashes_travel_through_dump_and_restore(void **state)
{
    struct harness *h = *state;
    static const struct {
        int fields;
        char byte;
    } cases[] = {{5, 16}, {100, 16}, {300, 4}};
    for (size_t i = 0; i < 3; i++) {
        struct buf all = {0};
        harness_run(h, "DEL h");
        set_many(h, 0, cases[i].fields);
        buf_append_c(&all, harness_run(h, "HGETALL h"));
        harness_run(h, "DUMP h");
        ptrdiff_t line = str_find_char(buf_str(&h->reply), '\n');
        struct buf body = {0};
        buf_append(&body, h->reply.ptr + line + 1, h->reply.len - (size_t)line - 3 - 10);
        assert_int_equal(body.ptr[0], cases[i].byte);
        assert_string_equal(restore(h, buf_str(&body)), "+OK\r\n");
        if (cases[i].byte == 16) {
            assert_string_equal(harness_run(h, "HGETALL r"), buf_c(&all));
        } else {
            assert_string_equal(harness_run(h, "HLEN r"), ":300\r\n");
        }
        assert_string_equal(harness_run(h, "HGET r f3"), "$1\r\n3\r\n");
        buf_deinit(&body);
        buf_deinit(&all);
    }
}

static void ziplists_of_old_versions_are_understood(void **state)
{
    static const struct str sound =
        STR_INIT("\x0d\x10\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01"
                 "a\x03\xf2\xff");
    static const struct str odd =
        STR_INIT("\x0d\x0e\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01"
                 "a\xff");
    assert_string_equal(restore(*state, odd), "-ERR Bad data format\r\n");
    assert_string_equal(restore(*state, sound), "+OK\r\n");
    STEPS_RUN(*state, {"HGETALL r", "*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, NULL},
              {"OBJECT ENCODING r", "$8\r\nlistpack\r\n", NULL, NULL});
}

static void hostile_payloads_are_refused(void **state)
{
    struct harness *h = *state;
    static const struct str bodies[] = {
        STR_INIT("\x04\x00"), /* no fields */
        STR_INIT("\x04\x02\x01"
                 "a\x01"
                 "1\x01"
                 "a\x01"
                 "2"), /* a field twice */
        STR_INIT("\x04\x02\x01"
                 "a\x01"
                 "1"),
        STR_INIT("\x04\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                 "a\x01"
                 "1"),
        STR_INIT("\x10\x07\x07\x00\x00\x00\x00\x00\xff"),         /* no fields */
        STR_INIT("\x10\x09\x09\x00\x00\x00\x01\x00\x01\x01\xff"), /* no value */
        STR_INIT("\x10\x0f\x0f\x00\x00\x00\x04\x00\x01\x01\x02\x01\x01\x01\x03\x01\xff"),
        STR_INIT("\x10\x10\x10\x00\x00\x00\x04\x00\x01\x01\x02\x01\x81"
                 "1\x02\x03\x01\xff"),
        STR_INIT("\x10\x0b\x0b\x00\x00\x00\x02\x00\x01\x01\x05\x02\xff"), /* backwards too far */
    };
    STEPS_RUN(h, {"HSET r before 1", ":1\r\n", NULL, NULL});
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_string_equal(restore(h, bodies[i]), "-ERR Bad data format\r\n");
    }
    STEPS_RUN(h, {"HLEN r", ":1\r\n", NULL, NULL}, {"HGET r before", "$1\r\n1\r\n", NULL, NULL});
    static const struct str sound =
        STR_INIT("\x10\x0b\x0b\x00\x00\x00\x02\x00\x01\x01\x02\x01\xff");
    assert_string_equal(restore(h, sound), "+OK\r\n");
    STEPS_RUN(h, {"HGETALL r", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n", NULL, NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(setting_and_getting),
        TEST(a_hash_goes_with_its_last_field),
        TEST(numbers_in_fields),
        TEST(other_types_are_refused),
        TEST(the_form_changes_at_the_limits),
        TEST(maps_and_pairs_in_resp3),
        TEST(random_fields),
        TEST(different_fields_are_about_equally_likely),
        TEST(scanning),
        TEST(hashes_travel_through_dump_and_restore),
        TEST(ziplists_of_old_versions_are_understood),
        TEST(hostile_payloads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
