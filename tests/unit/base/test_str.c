/* Proves: views compare, search, trim and split by their length alone, with zero bytes inside
 * and with no bytes at all. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void texts_are_equal_only_with_equal_length_and_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("a\0")));
    assert_true(str_eq((struct str){NULL, 0}, STR("")));
}

static void case_is_folded_for_ascii_letters_alone(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("GeT"), STR("gEt")));
    assert_false(str_eq_nocase(STR("get"), STR("gets")));
    assert_false(str_eq_nocase(STR("@["), STR("`{")));
    assert_false(str_eq_nocase(STR("\xc4"), STR("\xe4")));
    assert_true(str_is(STR("MATCH"), "match"));
    assert_false(str_is(STR("MATC"), "match"));
    assert_false(str_is(STR("MATCHX"), "match"));
    assert_false(str_is(STR("match\0"), "match"));
    assert_true(str_is(STR(""), ""));
}

static void order_is_that_of_unsigned_bytes_with_a_prefix_first(void **state)
{
    (void)state;
    static const struct str sorted[] = {STR_INIT(""),   STR_INIT("\0"),  STR_INIT("A"),
                                        STR_INIT("AA"), STR_INIT("AB"),  STR_INIT("B"),
                                        STR_INIT("a"),  STR_INIT("\x80")};
    int count = sizeof(sorted) / sizeof(*sorted);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            int order = str_cmp(sorted[i], sorted[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void parts_never_leave_the_text(void **state)
{
    (void)state;
    struct str s = STR("abc");
    assert_true(str_eq(str_from(s, 1), STR("bc")));
    assert_int_equal(str_from(s, 3).len, 0);
    assert_int_equal(str_from(s, 99).len, 0);
    assert_ptr_equal(str_from(s, 99).ptr, s.ptr + 3);
    assert_true(str_eq(str_first(s, 2), STR("ab")));
    assert_true(str_eq(str_first(s, 99), s));
}

static void beginnings_ends_and_places_are_found(void **state)
{
    (void)state;
    struct str s = STR("one\0two");
    assert_true(str_starts_with(s, STR("one")) && str_starts_with(s, STR("")));
    assert_false(str_starts_with(s, STR("two")) || str_starts_with(STR("on"), STR("one")));
    assert_true(str_ends_with(s, STR("\0two")) && str_ends_with(s, STR("")));
    assert_false(str_ends_with(s, STR("one")) || str_ends_with(STR("wo"), STR("two")));
    assert_int_equal(str_find_char(s, '\0'), 3);
    assert_int_equal(str_find_char(s, 'x'), -1);
    assert_int_equal(str_find_char(STR(""), 'x'), -1);
    assert_int_equal(str_find(s, STR("two")), 4);
    assert_int_equal(str_find(s, STR("twos")), -1);
    assert_int_equal(str_find(s, STR("")), 0);
    assert_int_equal(str_find((struct str){NULL, 0}, STR("a")), -1);
}

static void white_space_is_cut_at_both_ends(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t\r\n a b \v\f")), STR("a b")));
    assert_int_equal(str_trim(STR("  ")).len, 0);
    assert_int_equal(str_trim(STR("")).len, 0);
}

static void splitting_gives_each_part_once_and_empty_parts_too(void **state)
{
    (void)state;
    struct str rest = STR(",a,,b"), part;
    static const struct str parts[] = {STR_INIT(""), STR_INIT("a"), STR_INIT(""), STR_INIT("b")};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_true(str_eq(part, parts[i]));
    }
    assert_false(str_split(&rest, ',', &part));
    rest = STR("a,");
    assert_true(str_split(&rest, ',', &part) && str_eq(part, STR("a")));
    assert_true(str_split(&rest, ',', &part) && part.len == 0);
    assert_false(str_split(&rest, ',', &part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_equal_only_with_equal_length_and_bytes),
        cmocka_unit_test(case_is_folded_for_ascii_letters_alone),
        cmocka_unit_test(order_is_that_of_unsigned_bytes_with_a_prefix_first),
        cmocka_unit_test(parts_never_leave_the_text),
        cmocka_unit_test(beginnings_ends_and_places_are_found),
        cmocka_unit_test(white_space_is_cut_at_both_ends),
        cmocka_unit_test(splitting_gives_each_part_once_and_empty_parts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
