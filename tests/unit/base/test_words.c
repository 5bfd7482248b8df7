/* Proves: lines split into words as inline commands and redis.conf do, with quotes and escapes. */
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    struct str line;
    bool is_valid;
    struct str words[4]; /* up to the first without an address */
} ROWS[] = {
    {STR_INIT(""), true, {{0}}},
    {STR_INIT(" \t\r\n\v\f"), true, {{0}}},
    {STR_INIT("set a b"), true, {STR_INIT("set"), STR_INIT("a"), STR_INIT("b")}},
    {STR_INIT("  a\t b "), true, {STR_INIT("a"), STR_INIT("b")}},
    {STR_INIT("\"a b\" c"), true, {STR_INIT("a b"), STR_INIT("c")}},
    {STR_INIT("\"\" ''"), true, {STR_INIT(""), STR_INIT("")}},
    {STR_INIT("\"\\x41\\n\\r\\t\\b\\a\\q\\\"\\\\\""), true, {STR_INIT("A\n\r\t\b\aq\"\\")}},
    {STR_INIT("\"\\x4\" \"\\xzz\""), true, {STR_INIT("x4"), STR_INIT("xzz")}},
    {STR_INIT("\"\\x00\\xFf\""), true, {STR_INIT("\0\xff")}},
    {STR_INIT("'a\\'b' '\\n'"), true, {STR_INIT("a'b"), STR_INIT("\\n")}},
    {STR_INIT("a\"b c\""), true, {STR_INIT("ab c")}},
    {STR_INIT("\\x41"), true, {STR_INIT("\\x41")}},
    {STR_INIT("\"a"), false, {{0}}},
    {STR_INIT("'a"), false, {{0}}},
    {STR_INIT("\"a\"b"), false, {{0}}},
    {STR_INIT("'a'\"b\""), false, {{0}}},
    {STR_INIT("\"a\\"), false, {{0}}},
    {STR_INIT("ok \"a\\\""), false, {{0}}},
};

static void each_line_gives_its_words(void **state)
{
    (void)state;
    struct words words = {0};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        assert_int_equal(words_split(&words, ROWS[i].line), ROWS[i].is_valid);
        size_t count = 0;
        while (count < 4 && ROWS[i].words[count].ptr) count++;
        assert_int_equal(words.count, count);
        for (size_t w = 0; w < count; w++) assert_true(str_eq(words.list[w], ROWS[i].words[w]));
    }
    words_deinit(&words);
}

static void many_long_words_stay_apart(void **state)
{
    (void)state;
    struct buf line = {0};
    struct words words = {0};
    for (int i = 0; i < 1000; i++) buf_printf(&line, "word-%0*d ", i % 100 + 1, i);
    assert_true(words_split(&words, buf_str(&line)));
    assert_int_equal(words.count, 1000);
    for (int i = 0; i < 1000; i++) {
        struct buf wanted = {0};
        buf_printf(&wanted, "word-%0*d", i % 100 + 1, i);
        assert_true(str_eq(words.list[i], buf_str(&wanted)));
        buf_deinit(&wanted);
    }
    words_deinit(&words);
    buf_deinit(&line);
}

static void a_split_forgets_the_line_before(void **state)
{
    (void)state;
    struct words words = {0};
    assert_true(words_split(&words, STR("a b c")));
    assert_true(words_split(&words, STR("d")));
    assert_int_equal(words.count, 1);
    assert_true(str_eq(words.list[0], STR("d")));
    assert_false(words_split(&words, STR("e '")));
    assert_int_equal(words.count, 0);
    words_deinit(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_gives_its_words),
        cmocka_unit_test(many_long_words_stay_apart),
        cmocka_unit_test(a_split_forgets_the_line_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
