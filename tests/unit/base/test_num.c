/* Proves: numbers are written and read as Redis does: strict integers with exact limits, floats
 * as strtod reads them without white space, NaN, overflow or underflow. */
#include "base/num.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

static struct str c(const char *text)
{
    return str_from_c(text);
}

static void integers_are_written_with_all_their_digits(void **state)
{
    (void)state;
    char out[NUM_I64_MAX], wanted[32];
    uint64_t power = 1;
    for (int digits = 0; digits < 20; digits++, power *= 10) {
        for (int64_t near = -1; near <= 1; near++) {
            uint64_t u = power + (uint64_t)near;
            int64_t i = (int64_t)u;
            size_t len = num_format_u64(out, u);
            assert_int_equal(len, sprintf(wanted, "%llu", (unsigned long long)u));
            assert_memory_equal(out, wanted, len);
            len = num_format_i64(out, -i);
            assert_int_equal(len, sprintf(wanted, "%lld", (long long)-i));
            assert_memory_equal(out, wanted, len);
        }
    }
    assert_true(str_eq(str_of(out, num_format_i64(out, INT64_MIN)), STR("-9223372036854775808")));
    assert_true(str_eq(str_of(out, num_format_i64(out, INT64_MAX)), STR("9223372036854775807")));
    assert_true(str_eq(str_of(out, num_format_u64(out, UINT64_MAX)), STR("18446744073709551615")));
}

static void integers_up_to_their_limits_are_read(void **state)
{
    (void)state;
    int64_t i;
    uint64_t u;
    assert_true(num_parse_i64(STR("0"), &i) && i == 0);
    assert_true(num_parse_i64(STR("-1"), &i) && i == -1);
    assert_true(num_parse_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(num_parse_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(num_parse_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    i = 42;
    assert_false(num_parse_i64(STR("9223372036854775808"), &i));
    assert_false(num_parse_i64(STR("-9223372036854775809"), &i));
    assert_false(num_parse_i64(STR("18446744073709551616"), &i));
    assert_false(num_parse_i64(STR("-18446744073709551615"), &i));
    assert_false(num_parse_u64(STR("18446744073709551616"), &u));
    assert_false(num_parse_u64(STR("99999999999999999999"), &u));
    assert_false(num_parse_u64(STR("100000000000000000000"), &u));
    assert_int_equal(i, 42);
}

static void an_integer_is_digits_and_nothing_else(void **state)
{
    (void)state;
    static const struct str wrong[] = {
        STR_INIT(""),    STR_INIT("-"),   STR_INIT("+1"),  STR_INIT("01"),  STR_INIT("-01"),
        STR_INIT("-0"),  STR_INIT(" 1"),  STR_INIT("1 "),  STR_INIT("1a"),  STR_INIT("0x1"),
        STR_INIT("1.0"), STR_INIT("--1"), STR_INIT("1e1"), STR_INIT("1\0"), STR_INIT("/"),
        STR_INIT(":"),   STR_INIT("00"),  STR_INIT("\xb1")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int64_t number;
        uint64_t positive;
        assert_false(num_parse_i64(wrong[i], &number));
        assert_false(num_parse_u64(wrong[i], &positive));
    }
    uint64_t positive;
    assert_false(num_parse_u64(STR("-1"), &positive));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 3);
    for (int round = 0; round < 100000; round++) {
        char out[NUM_I64_MAX];
        int64_t number = (int64_t)(prng_next(&prng) >> prng_below(&prng, 64)), read = ~number;
        if (prng_next(&prng) & 1) number = -number;
        assert_true(num_parse_i64(str_of(out, num_format_i64(out, number)), &read));
        assert_int_equal(read, number);
    }
}

static void doubles_are_written_as_redis_replies_them(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {3, "3"},
        {-17, "-17"},
        {0.1, "0.10000000000000001"},
        {1e16, "10000000000000000"},
        {1e17, "1e+17"},
        {99999999999999999999.0, "1e+20"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {4503599627370495.5, "4503599627370495.5"},
        {4503599627370496.0, "4503599627370496"},
        {-9007199254740993.0, "-9007199254740992"},
        {0.000001, "9.9999999999999995e-07"},
        {5e-324, "4.9406564584124654e-324"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char out[NUM_SHORT_MAX + 1];
        out[num_format_double(out, rows[i].number)] = '\0';
        assert_string_equal(out, rows[i].text);
    }
}

static void doubles_are_read_back_exactly(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 4);
    for (int round = 0; round < 100000; round++) {
        char out[NUM_SHORT_MAX];
        uint64_t bits = prng_next(&prng);
        double number, read;
        memcpy(&number, &bits, sizeof(number));
        if (isnan(number)) continue;
        size_t len = num_format_double(out, number);
        assert_true(len < NUM_SHORT_MAX);
        assert_true(num_parse_double(str_of(out, len), &read));
        assert_memory_equal(&read, &number, sizeof(number));
    }
}

static void long_doubles_are_written_without_exponent_or_idle_zeros(void **state)
{
    (void)state;
    static const struct {
        long double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0L, "0"},
        {10.5L, "10.5"},
        {3.0e3L, "3000"},
        {0.1L, "0.1"},
        {5.0e3L + 2.0e2L, "5200"},
        {-1.25L, "-1.25"},
        {1e-17L, "0.00000000000000001"},
        {1e-18L, "0"},
        {100, "100"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {1e20L, "100000000000000000000"},
    };
    char out[NUM_DOUBLE_MAX];
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t len = num_format_human(out, rows[i].number);
        assert_true(str_eq(str_of(out, len), c(rows[i].text)));
    }
    assert_int_equal(num_format_human(out, -__LDBL_MAX__), 4934);
}

static void a_float_is_what_strtod_reads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } rows[] = {
        {"1", 1},           {"+1", 1},           {"-1.5", -1.5},     {"1.", 1},
        {".5", 0.5},        {"3.0e3", 3e3},      {"0x10", 16},       {"0x1p3", 8},
        {"inf", INFINITY},  {"-INF", -INFINITY}, {"+inf", INFINITY}, {"Infinity", INFINITY},
        {"4e-320", 4e-320}, {"0e5000", 0},       {"007", 7},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        double number = NAN;
        long double precise = NAN;
        assert_true(num_parse_double(c(rows[i].text), &number) && number == rows[i].number);
        assert_true(num_parse_long_double(c(rows[i].text), &precise));
        assert_true((double)precise == rows[i].number);
    }
}

static void a_float_is_nothing_more_than_that(void **state)
{
    (void)state;
    static const struct str wrong[] = {
        STR_INIT(""),       STR_INIT(" 1"),      STR_INIT("1 "),       STR_INIT("\t1"),
        STR_INIT("nan"),    STR_INIT("-nan"),    STR_INIT("."),        STR_INIT("1e"),
        STR_INIT("0x"),     STR_INIT("1_0"),     STR_INIT("infin"),    STR_INIT("1\0"),
        STR_INIT("1,5"),    STR_INIT("\v1"),     STR_INIT("- 1"),      STR_INIT("e5"),
        STR_INIT("nan(1)"), STR_INIT("1e99999"), STR_INIT("-1e99999"), STR_INIT("1e-99999")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        double number;
        long double precise;
        assert_false(num_parse_double(wrong[i], &number));
        assert_false(num_parse_long_double(wrong[i], &precise));
    }
    double number;
    long double precise;
    assert_false(num_parse_double(STR("1e400"), &number));
    assert_false(num_parse_double(STR("-1e400"), &number));
    assert_false(num_parse_double(STR("1e-400"), &number));
    assert_true(num_parse_long_double(STR("1e400"), &precise) && precise == 1e400L);
    assert_true(num_parse_long_double(STR("1e-400"), &precise) && precise == 1e-400L);
}

static void a_float_may_be_long_but_not_endless(void **state)
{
    (void)state;
    static char text[NUM_DOUBLE_MAX + 1];
    memset(text, '0', sizeof(text));
    memcpy(text, "1.", 2);
    double number;
    long double precise;
    assert_true(num_parse_double(str_of(text, NUM_DOUBLE_MAX - 1), &number) && number == 1);
    assert_true(num_parse_long_double(str_of(text, NUM_DOUBLE_MAX - 1), &precise) && precise == 1);
    assert_false(num_parse_double(str_of(text, NUM_DOUBLE_MAX), &number));
    assert_false(num_parse_long_double(str_of(text, NUM_DOUBLE_MAX), &precise));
}

static void sums_and_products_that_overflow_are_refused(void **state)
{
    (void)state;
    int64_t result;
    assert_true(num_add_i64(INT64_MAX, INT64_MIN, &result) && result == -1);
    assert_false(num_add_i64(INT64_MAX, 1, &result));
    assert_false(num_add_i64(INT64_MIN, -1, &result));
    assert_true(num_mul_i64(INT64_MIN / 2, 2, &result) && result == INT64_MIN);
    assert_false(num_mul_i64(INT64_MIN, -1, &result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_written_with_all_their_digits),
        cmocka_unit_test(integers_up_to_their_limits_are_read),
        cmocka_unit_test(an_integer_is_digits_and_nothing_else),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(doubles_are_written_as_redis_replies_them),
        cmocka_unit_test(doubles_are_read_back_exactly),
        cmocka_unit_test(long_doubles_are_written_without_exponent_or_idle_zeros),
        cmocka_unit_test(a_float_is_what_strtod_reads),
        cmocka_unit_test(a_float_is_nothing_more_than_that),
        cmocka_unit_test(a_float_may_be_long_but_not_endless),
        cmocka_unit_test(sums_and_products_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
