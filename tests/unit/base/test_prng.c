/* Proves: the generator is xoshiro256** seeded by splitmix64, and its bounds hold. */
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_reference_values_are_computed(void **state)
{
    (void)state;
    struct prng prng = {{1, 2, 3, 4}};
    assert_int_equal(prng_next(&prng), 11520);
    assert_int_equal(prng_next(&prng), 0);
    assert_int_equal(prng_next(&prng), 1509978240);
    assert_int_equal(prng_next(&prng), 1215971899390074240);
    prng_init(&prng, 1234567);
    assert_int_equal(prng.s[0], 6457827717110365317u);
    assert_int_equal(prng.s[1], 3203168211198807973u);
    assert_int_equal(prng.s[2], 9817491932198370423u);
    assert_int_equal(prng.s[3], 4593380528125082431u);
}

static void every_value_below_the_bound_comes_about_equally_often(void **state)
{
    (void)state;
    enum { BOUND = 10, DRAWS = 100000 };
    int seen[BOUND] = {0};
    struct prng prng;
    prng_init(&prng, 5);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = prng_below(&prng, BOUND);
        assert_true(number < BOUND);
        seen[number]++;
    }
    for (int i = 0; i < BOUND; i++)
        assert_in_range(seen[i], DRAWS / BOUND - 500, DRAWS / BOUND + 500);
    for (int i = 0; i < 100; i++) assert_int_equal(prng_below(&prng, 1), 0);
}

static void a_unit_is_between_nought_and_one(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 6);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double unit = prng_unit(&prng);
        assert_true(unit >= 0 && unit < 1);
        sum += unit;
    }
    assert_true(sum > 49000 && sum < 51000);
    prng = (struct prng){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    for (int i = 0; i < 10; i++) assert_true(prng_unit(&prng) < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_values_are_computed),
        cmocka_unit_test(every_value_below_the_bound_comes_about_equally_often),
        cmocka_unit_test(a_unit_is_between_nought_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
