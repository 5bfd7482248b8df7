/* Proves: every kind of key spec finds its keys, keys of many arguments too, and hostile counts are
 * refused. */
#include "command/keys.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/words.h"
#include "command/keys_special.h"

static bool find_last(const struct str *argv, int argc, struct key_refs *refs)
{
    (void)argv;
    key_refs_add(refs, argc - 1, KEY_OW);
    return argc > 3;
}

static const struct command ONE = {.name = "get", .keys = {KEY_ONE(KEY_RO, 1)}};
static const struct command REST = {.name = "del", .keys = {KEY_REST(KEY_RM, 1)}};
static const struct command PAIRS = {.name = "mset", .keys = {KEY_REST_STEP(KEY_OW, 1, 2)}};
static const struct command COUNTED = {.name = "lmpop", .keys = {KEY_COUNTED(KEY_RW, 1)}};
static const struct command STORE = {.name = "zunionstore",
                                     .keys = {KEY_ONE(KEY_OW, 1), KEY_COUNTED(KEY_RO, 2)}};
static const struct command STREAMS = {.name = "xread",
                                       .keys = {{.flags = KEY_RO,
                                                 .begin = KEYS_AT_KEYWORD,
                                                 .keyword = "STREAMS",
                                                 .index = 1,
                                                 .last = -1,
                                                 .step = 1,
                                                 .limit = 2}}};
static const struct command BACKWARDS = {.name = "migrate",
                                         .keys = {{.flags = KEY_RW,
                                                   .begin = KEYS_AT_KEYWORD,
                                                   .keyword = "KEYS",
                                                   .index = -2,
                                                   .last = -1,
                                                   .step = 1}}};
static const struct command INCOMPLETE = {
    .name = "sort",
    .keys = {KEY_ONE(KEY_RO, 1), {.begin = KEYS_BEGIN_UNKNOWN, .find = KEYS_FIND_UNKNOWN}},
    .find_keys = find_last};
static const struct command CHANNELS = {.name = "ssubscribe", .keys = {KEY_REST(KEY_NOT_KEY, 1)}};
static const struct command NONE = {.name = "ping"};

/* The positions found, or "refused". */
static const char *positions(const struct command *command, const char *line)
{
    static char text[64];
    struct words words = {0};
    struct key_refs refs = {0};
    struct buf out = {0};
    words_split(&words, str_from_c(line));
    if (command_find_keys(command, words.list, (int)words.count, &refs)) {
        for (int i = 0; i < refs.count; i++) buf_printf(&out, i ? " %d" : "%d", refs.list[i].at);
    } else {
        buf_append_c(&out, "refused");
    }
    snprintf(text, sizeof(text), "%s", buf_c(&out));
    buf_deinit(&out);
    key_refs_deinit(&refs);
    words_deinit(&words);
    return text;
}

static void every_kind_of_spec_finds_its_keys(void **state)
{
    (void)state;
    assert_string_equal(positions(&ONE, "get a"), "1");
    assert_string_equal(positions(&REST, "del a b c"), "1 2 3");
    assert_string_equal(positions(&PAIRS, "mset a 1 b 2"), "1 3");
    assert_string_equal(positions(&COUNTED, "lmpop 2 a b LEFT"), "2 3");
    assert_string_equal(positions(&STORE, "zunionstore d 2 a b WEIGHTS 1 2"), "1 3 4");
    assert_string_equal(positions(&STREAMS, "xread COUNT 2 streams a b 0 0"), "4 5");
    assert_string_equal(positions(&BACKWARDS, "migrate h p x 0 KEYS a"), "6");
    assert_string_equal(positions(&CHANNELS, "ssubscribe a b"), "1 2");
    assert_string_equal(positions(&NONE, "ping"), "");
}

static void a_command_may_find_what_its_specs_cannot_say(void **state)
{
    (void)state;
    assert_string_equal(positions(&INCOMPLETE, "sort a STORE b"), "3");
    assert_string_equal(positions(&INCOMPLETE, "sort a x"), "refused");
}

static uint32_t flags_of(bool (*find)(const struct str *, int, struct key_refs *), const char *line,
                         int which)
{
    struct words words = {0};
    struct key_refs refs = {0};
    words_split(&words, str_from_c(line));
    assert_true(find(words.list, (int)words.count, &refs));
    uint32_t flags = which < refs.count ? refs.list[which].flags : 0;
    key_refs_deinit(&refs);
    words_deinit(&words);
    return flags;
}

static void options_decide_what_happens_to_a_key(void **state)
{
    (void)state;
    const uint32_t both = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    assert_int_equal(flags_of(keys_of_set, "SET k v EX 5", 0), KEY_OW | KEY_UPDATE);
    assert_int_equal(flags_of(keys_of_set, "SET k v EX 5 get", 0), both);
    assert_int_equal(flags_of(keys_of_bitfield, "BITFIELD k GET u8 0", 0), KEY_RO | KEY_ACCESS);
    assert_int_equal(flags_of(keys_of_bitfield, "BITFIELD k GET u8 0 INCRBY u8 0 1", 0), both);
    assert_int_equal(flags_of(keys_of_bitfield, "BITFIELD k GET u8", 0), both);
    assert_int_equal(flags_of(keys_of_sort, "SORT k BY store GET store", 1), 0);
    assert_int_equal(flags_of(keys_of_sort, "SORT k BY x STORE a STORE b", 1), KEY_OW | KEY_UPDATE);
    assert_int_equal(flags_of(keys_of_sort_ro, "SORT_RO k BY w_*", 0), KEY_RO | KEY_ACCESS);
}

static void counts_that_lie_are_refused(void **state)
{
    (void)state;
    static const char *const counts[] = {"3",
                                         "-1",
                                         "x",
                                         "99999999999",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "2147483648",
                                         "4294967297"};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char line[64];
        snprintf(line, sizeof(line), "lmpop %s a b", counts[i]);
        assert_string_equal(positions(&COUNTED, line), "refused");
    }
    assert_string_equal(positions(&COUNTED, "lmpop 0 a b"), "");
    assert_string_equal(positions(&STREAMS, "xread COUNT 2 a b"), "");
    assert_string_equal(positions(&STREAMS, "xread COUNT 2 STREAMS"), "refused");
    assert_string_equal(positions(&REST, "del"), "refused");
}

static void more_keys_than_the_inline_list_holds_are_found(void **state)
{
    (void)state;
    struct str argv[1001];
    struct key_refs refs = {0};
    for (int i = 0; i <= 1000; i++) argv[i] = STR("x");
    assert_true(command_find_keys(&REST, argv, 1001, &refs));
    assert_int_equal(refs.count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(refs.list[i].at, i + 1);
        assert_int_equal(refs.list[i].flags, KEY_RM);
    }
    key_refs_deinit(&refs);
}

static void the_first_key_is_known_where_it_is_fixed(void **state)
{
    (void)state;
    assert_int_equal(command_first_key(&ONE), 1);
    assert_int_equal(command_first_key(&STORE), 1);
    assert_int_equal(command_first_key(&COUNTED), 0);
    assert_int_equal(command_first_key(&STREAMS), 0);
    assert_int_equal(command_first_key(&CHANNELS), 0);
    assert_int_equal(command_first_key(&NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_spec_finds_its_keys),
        cmocka_unit_test(a_command_may_find_what_its_specs_cannot_say),
        cmocka_unit_test(options_decide_what_happens_to_a_key),
        cmocka_unit_test(counts_that_lie_are_refused),
        cmocka_unit_test(more_keys_than_the_inline_list_holds_are_found),
        cmocka_unit_test(the_first_key_is_known_where_it_is_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
