/* Proves: what DUMP gives RESTORE takes, with the time, access and recording it is asked for;
 * payloads that are cut, changed or hostile change nothing. The two golden payloads were made by
 * redis-server 7.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc64.h"
#include "base/mem.h"
#include "command/families.h"
#include "expect.h"

static struct harness h;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands,
                 object_commands, dump_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

/* The payload of a key in a buffer the caller frees. */
static struct buf dump_of(const char *key)
{
    struct buf payload = {0};
    harness_run_argv(&h, (struct str[]){STR("DUMP"), str_from_c(key)}, 2);
    struct str bytes = buf_str(&h.reply);
    assert_true(bytes.len > 10 && bytes.ptr[0] == '$');
    ptrdiff_t line = str_find_char(bytes, '\n');
    buf_append(&payload, bytes.ptr + line + 1, bytes.len - (size_t)line - 3);
    return payload;
}

static const char *restore(struct str payload, const char *ttl, const char *option)
{
    const struct str argv[] = {STR("RESTORE"), STR("r"), str_from_c(ttl), payload,
                               str_from_c(option)};
    return harness_run_argv(&h, argv, *option ? 5 : 4);
}

static void dumped_strings_are_restored_in_their_encoding(void **state)
{
    (void)state;
    static const char *const values[] = {
        "12", "-70000", "abc", "99999999999",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct str argv[] = {STR("SET"), STR("a"), str_from_c(values[i])};
        harness_run_argv(&h, argv, 3);
        struct buf payload = dump_of("a"), before = {0};
        assert_string_equal(restore(buf_str(&payload), "0", "REPLACE"), OK);
        EXPECT_EVENTS(&h, "new r;restore r;");
        buf_append_c(&before, harness_run(&h, "GET a"));
        EXPECT(&h, "GET r", buf_c(&before));
        buf_clear(&before);
        buf_append_c(&before, harness_run(&h, "OBJECT ENCODING a"));
        EXPECT(&h, "OBJECT ENCODING r", buf_c(&before));
        buf_deinit(&payload);
        buf_deinit(&before);
    }
    EXPECT(&h, "DUMP nosuch", NIL);
}

static void payloads_are_those_of_redis(void **state)
{
    (void)state;
    static const struct str hello =
        STR_INIT("\x00\x05\x68\x65\x6c\x6c\x6f\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a");
    static const struct str number =
        STR_INIT("\x00\xc1\x2e\xfb\x0a\x00\x9d\xab\x25\xf0\xf7\x53\xe9\xb6");
    EXPECT(&h, "SET a hello", OK);
    struct buf payload = dump_of("a");
    assert_true(str_eq(buf_str(&payload), hello));
    buf_deinit(&payload);
    EXPECT(&h, "SET a -1234", OK);
    payload = dump_of("a");
    assert_true(str_eq(buf_str(&payload), number));
    buf_deinit(&payload);
}

static void a_relative_time_is_recorded_as_a_moment(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    struct buf payload = dump_of("a");
    assert_string_equal(restore(buf_str(&payload), "5000", ""), OK);
    assert_non_null(
        strstr(buf_c(&h.effects), "*5\r\n$7\r\nRESTORE\r\n$1\r\nr\r\n$10\r\n1700005000\r\n"));
    assert_non_null(memmem(h.effects.ptr, h.effects.len, "\r\n$6\r\nABSTTL\r\n", 14));
    EXPECT(&h, "PTTL r", NUM(5000));
    assert_string_equal(restore(buf_str(&payload), "1", "REPLACE"), OK);
    EXPECT(&h, "PTTL r", NUM(1));
    assert_string_equal(restore(buf_str(&payload), "1700009000", "ABSTTL"),
                        "-BUSYKEY Target key name already exists.\r\n");
    EXPECT(&h, "DEL r", NUM(1));
    assert_string_equal(restore(buf_str(&payload), "1700009000", "ABSTTL"), OK);
    EXPECT(&h, "PTTL r", NUM(9000));
    buf_deinit(&payload);
}

static void a_time_in_the_past_creates_nothing(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    struct buf payload = dump_of("a");
    assert_string_equal(restore(buf_str(&payload), "5", "ABSTTL"), OK);
    EXPECT_EFFECTS(&h, "");
    EXPECT(&h, "DBSIZE", NUM(1));
    EXPECT(&h, "SET r 2", OK);
    const struct str argv[] = {STR("RESTORE"),    STR("r"),       STR("5"),
                               buf_str(&payload), STR("REPLACE"), STR("ABSTTL")};
    assert_string_equal(harness_run_argv(&h, argv, 6), OK);
    EXPECT_EFFECTS(&h, "*2\r\n$3\r\nDEL\r\n$1\r\nr\r\n");
    EXPECT_EVENTS(&h, "del r;");
    EXPECT(&h, "DBSIZE", NUM(1));
    buf_deinit(&payload);
}

static void idle_time_and_frequency_are_set(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    struct buf payload = dump_of("a");
    const struct str idle[] = {STR("RESTORE"),    STR("r"),        STR("0"),
                               buf_str(&payload), STR("IDLETIME"), STR("1000")};
    assert_string_equal(harness_run_argv(&h, idle, 6), OK);
    EXPECT(&h, "OBJECT IDLETIME r", NUM(1000));
    h.settings.lfu = true;
    const struct str freq[] = {STR("RESTORE"), STR("r"),  STR("0"),      buf_str(&payload),
                               STR("FREQ"),    STR("77"), STR("REPLACE")};
    assert_string_equal(harness_run_argv(&h, freq, 7), OK);
    EXPECT(&h, "OBJECT FREQ r", NUM(77));
    buf_deinit(&payload);
}

static void requests_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    EXPECT(&h, "RESTORE a x c", ERR("value is not an integer or out of range"));
    EXPECT(&h, "RESTORE a -1 c", ERR("Invalid TTL value, must be >= 0"));
    EXPECT(&h, "RESTORE a 0 c IDLETIME x", ERR("value is not an integer or out of range"));
    EXPECT(&h, "RESTORE a 0 c IDLETIME -1", ERR("Invalid IDLETIME value, must be >= 0"));
    EXPECT(&h, "RESTORE a 0 c FREQ 256", ERR("Invalid FREQ value, must be >= 0 and <= 255"));
    EXPECT(&h, "RESTORE a 0 c FREQ 1 IDLETIME 1", ERR("syntax error"));
    EXPECT(&h, "RESTORE a 0 c FREQ", ERR("syntax error"));
    EXPECT(&h, "RESTORE a 0 c FOO", ERR("syntax error"));
    EXPECT(&h, "RESTORE a 0 c", ERR("DUMP payload version or checksum are wrong"));
    EXPECT(&h, "RESTORE a 0 ''", ERR("DUMP payload version or checksum are wrong"));
}

static void a_payload_with_any_byte_changed_or_cut_changes_nothing(void **state)
{
    (void)state;
    EXPECT(&h, "SET a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
           OK);
    EXPECT(&h, "SET r before", OK);
    struct buf payload = dump_of("a");
    for (size_t i = 0; i < payload.len; i++) {
        payload.ptr[i] ^= 0x10;
        assert_string_equal(restore(buf_str(&payload), "0", "REPLACE"),
                            ERR("DUMP payload version or checksum are wrong"));
        payload.ptr[i] ^= 0x10;
        assert_string_equal(restore(str_of(payload.ptr, i), "0", "REPLACE"),
                            ERR("DUMP payload version or checksum are wrong"));
    }
    EXPECT(&h, "GET r", "$6\r\nbefore\r\n");
    buf_deinit(&payload);
}

/* A value with a footer as it should be. */
static const char *restore_value(const void *bytes, size_t len)
{
    struct buf payload = {0};
    buf_append(&payload, bytes, len);
    buf_append(&payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload.ptr, payload.len);
    buf_append(&payload, &crc, sizeof(crc));
    const char *reply = restore(buf_str(&payload), "0", "REPLACE");
    buf_deinit(&payload);
    return reply;
}

static void a_hostile_value_with_a_sound_checksum_changes_nothing(void **state)
{
    (void)state;
    static const struct str values[] = {
        STR_INIT(""),
        STR_INIT("\x00"),
        STR_INIT("\x00\x05"
                 "abcd"),
        STR_INIT("\x00\x03"
                 "abcd"), /* something is left over */
        STR_INIT("\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                 "a"),
        STR_INIT("\x00\xc3\x02\x80\x7f\xff\xff\xff"
                 "ab"),
        STR_INIT("\x00\xc3\x02\x04\xff\xff"), /* refers to what is not there */
        STR_INIT("\x07\x01\x00"),             /* a module's value */
        STR_INIT("\xff"
                 "abc"),
    };
    EXPECT(&h, "SET r before", OK);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_string_equal(restore_value(values[i].ptr, values[i].len), ERR("Bad data format"));
        EXPECT_EFFECTS(&h, "");
    }
    EXPECT(&h, "GET r", "$6\r\nbefore\r\n");
    assert_string_equal(restore_value("\x00\x02"
                                      "ok",
                                      4),
                        OK);
    EXPECT(&h, "GET r", "$2\r\nok\r\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dumped_strings_are_restored_in_their_encoding),
        TEST(payloads_are_those_of_redis),
        TEST(a_relative_time_is_recorded_as_a_moment),
        TEST(a_time_in_the_past_creates_nothing),
        TEST(idle_time_and_frequency_are_set),
        TEST(requests_that_make_no_sense_are_refused),
        TEST(a_payload_with_any_byte_changed_or_cut_changes_nothing),
        TEST(a_hostile_value_with_a_sound_checksum_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
