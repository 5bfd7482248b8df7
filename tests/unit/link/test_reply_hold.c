/* Proves: what comes behind a hold waits until its offset is released, holds of one turn are one,
 * and whatever the order of adding and releasing, the place is that of the oldest hold left. */
#include "link/reply_hold.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 20000, MODEL = 20000 };

static void holds_of_one_turn_are_one(void **state)
{
    (void)state;
    struct reply_holds holds = {0};
    assert_true(reply_holds_place(&holds) == UINT64_MAX);
    reply_holds_add(&holds, (struct reply_hold){.at = 10, .offset = 100, .turn = 1});
    reply_holds_add(&holds, (struct reply_hold){.at = 15, .offset = 120, .turn = 1});
    reply_holds_release(&holds, 119);
    assert_int_equal(reply_holds_place(&holds), 10);
    reply_holds_add(&holds, (struct reply_hold){.at = 30, .offset = 130, .turn = 2});
    reply_holds_release(&holds, 120);
    assert_int_equal(reply_holds_place(&holds), 30);
    reply_holds_release(&holds, INT64_MAX);
    assert_false(reply_holds_any(&holds));
    reply_holds_deinit(&holds);
}

static void the_place_is_that_of_the_oldest_hold_left(void **state)
{
    (void)state;
    static struct reply_hold model[MODEL];
    size_t start = 0, end = 0;
    struct reply_holds holds = {0};
    struct prng prng;
    prng_init(&prng, 7);
    int64_t offset = 0, released = 0;
    uint64_t at = 0;
    for (uint64_t turn = 0; turn < STEPS; turn++) {
        if (prng_below(&prng, 3)) {
            at += prng_below(&prng, 5);
            offset += (int64_t)prng_below(&prng, 50) + 1;
            model[end++] = (struct reply_hold){at, offset, turn};
            reply_holds_add(&holds, model[end - 1]);
        } else {
            released += (int64_t)prng_below(&prng, (uint64_t)(offset - released) + 1);
            reply_holds_release(&holds, released);
            while (start < end && model[start].offset <= released) start++;
        }
        assert_int_equal(reply_holds_any(&holds), start < end);
        if (start < end) assert_int_equal(reply_holds_place(&holds), model[start].at);
    }
    reply_holds_deinit(&holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_of_one_turn_are_one),
        cmocka_unit_test(the_place_is_that_of_the_oldest_hold_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
