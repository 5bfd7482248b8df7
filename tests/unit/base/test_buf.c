/* Proves: a buffer holds exactly what was put into it, whatever the order of appending and
 * consuming, and its quoted form can be read back by words_split. */
#include "base/buf.h"

#include "base/prng.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void all_ways_of_appending_follow_one_another(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append_c(&buf, "a");
    buf_append(&buf, NULL, 0);
    buf_append(&buf, "\0b", 2);
    buf_append_char(&buf, 'c');
    buf_append_i64(&buf, INT64_MIN);
    buf_append_u64(&buf, UINT64_MAX);
    buf_append_str(&buf, STR("!"));
    buf_printf(&buf, "%s-%d", "x", 7);
    buf_printf(&buf, "%s", "");
    struct str wanted = STR("a\0bc-922337203685477580818446744073709551615!x-7");
    assert_true(str_eq(buf_str(&buf), wanted));
    assert_string_equal(buf_c(&buf) + 2, wanted.ptr + 2);
    assert_int_equal(buf.len, wanted.len);
    buf_deinit(&buf);
    assert_null(buf.ptr);
    assert_non_null(buf_reserve(&buf, 0));
    buf_deinit(&buf);
}

static void a_long_printf_is_complete(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_printf(&buf, "%5000d|", 1);
    assert_int_equal(buf.len, 5001);
    assert_int_equal(buf.ptr[5000], '|');
    assert_int_equal(buf.ptr[4999], '1');
    buf_deinit(&buf);
}

static void reserved_room_does_not_count_until_it_is_used(void **state)
{
    (void)state;
    struct buf buf = {0};
    memset(buf_reserve(&buf, 3000000), 'x', 3000000);
    assert_int_equal(buf.len, 0);
    assert_true(buf.capacity >= 3000000 && buf.capacity <= 3000000 + (1 << 20));
    buf.len = 10;
    assert_string_equal(buf_c(&buf), "xxxxxxxxxx");
    buf_clear(&buf);
    assert_string_equal(buf_c(&buf), "");
    buf_deinit(&buf);
}

static void it_agrees_with_a_flat_model(void **state)
{
    (void)state;
    static char model[1 << 20];
    size_t len = 0;
    struct buf buf = {0};
    struct prng prng;
    prng_init(&prng, 1);
    for (int step = 0; step < 20000; step++) {
        char piece[200];
        size_t n = prng_below(&prng, sizeof(piece));
        if (prng_below(&prng, 3) || len + n > sizeof(model)) {
            buf_consume(&buf, n);
            n = n < len ? n : len;
            memmove(model, model + n, len - n);
            len -= n;
        } else {
            for (size_t i = 0; i < n; i++) piece[i] = (char)prng_next(&prng);
            buf_append(&buf, piece, n);
            memcpy(model + len, piece, n);
            len += n;
        }
        assert_true(str_eq(buf_str(&buf), str_of(model, len)));
    }
    buf_deinit(&buf);
}

static void quoting_escapes_what_a_log_must_not_hold(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append_quoted(&buf, STR("a\n\r\t\a\b\"\\\x01\x7f\xff~ \0"));
    assert_string_equal(buf_c(&buf), "\"a\\n\\r\\t\\a\\b\\\"\\\\\\x01\\x7f\\xff~ \\x00\"");
    buf_deinit(&buf);
}

static void a_quoted_text_is_read_back_as_one_word(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 2);
    for (int round = 0; round < 3000; round++) {
        char text[40];
        size_t len = prng_below(&prng, sizeof(text) + 1);
        for (size_t i = 0; i < len; i++) text[i] = (char)prng_next(&prng);
        struct buf buf = {0};
        struct words words = {0};
        buf_append_quoted(&buf, str_of(text, len));
        assert_true(words_split(&words, buf_str(&buf)));
        assert_int_equal(words.count, 1);
        assert_true(str_eq(words.list[0], str_of(text, len)));
        words_deinit(&words);
        buf_deinit(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_of_appending_follow_one_another),
        cmocka_unit_test(a_long_printf_is_complete),
        cmocka_unit_test(reserved_room_does_not_count_until_it_is_used),
        cmocka_unit_test(it_agrees_with_a_flat_model),
        cmocka_unit_test(quoting_escapes_what_a_log_must_not_hold),
        cmocka_unit_test(a_quoted_text_is_read_back_as_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
