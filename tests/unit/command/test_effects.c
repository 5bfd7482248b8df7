/* Proves: effects are encoded as requests, a unit goes out between MULTI and EXEC exactly when
 * it holds several, and databases are selected where they change. */
#include "command/effects.h"

#include "command/effects_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_request_is_encoded_byte_for_byte(void **state)
{
    (void)state;
    struct buf out = {0};
    const struct str argv[] = {STR("SET"), STR(""), STR("a\r\n")};
    effects_encode(&out, argv, 3);
    assert_string_equal(buf_c(&out), "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na\r\n\r\n");
    buf_clear(&out);
    effects_encode_select(&out, 15);
    assert_string_equal(buf_c(&out), "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n");
    buf_deinit(&out);
}

static void nothing_is_encoded_when_nobody_listens(void **state)
{
    (void)state;
    struct effects effects = {0};
    effects_reset(&effects, false);
    EFFECTS_ADD(&effects, STR("DEL"), STR("k"));
    effects_add_before(&effects, 1, (const struct str[]){STR("DEL")}, 1);
    assert_true(effects.replaced);
    assert_int_equal(effects.instead_count + effects.before_count, 0);
    assert_int_equal(effects.instead.len + effects.before.len, 0);
    effects_deinit(&effects);
}

static void a_reset_forgets_the_request_before(void **state)
{
    (void)state;
    struct effects effects = {0};
    effects_reset(&effects, true);
    EFFECTS_ADD(&effects, STR("DEL"), STR("k"));
    EFFECTS_ADD(&effects, STR("DEL"), STR("l"));
    assert_int_equal(effects.instead_count, 2);
    effects_reset(&effects, true);
    assert_false(effects.replaced);
    assert_int_equal(effects.instead_count + effects.instead.len, 0);
    effects_none(&effects);
    assert_true(effects.replaced);
    assert_int_equal(effects.instead.len, 0);
    effects_deinit(&effects);
}

static void a_deletion_elsewhere_selects_there_and_back(void **state)
{
    (void)state;
    struct effects effects = {0};
    effects_reset(&effects, true);
    effects.db = 2;
    effects_add_before(&effects, 2, (const struct str[]){STR("A")}, 1);
    effects_add_before(&effects, 3, (const struct str[]){STR("B")}, 1);
    assert_int_equal(effects.before_count, 2);
    assert_string_equal(buf_c(&effects.before),
                        "*1\r\n$1\r\nA\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$1\r\nB\r\n"
                        "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n");
    effects_deinit(&effects);
}

static void a_unit_is_a_transaction_when_it_holds_several(void **state)
{
    (void)state;
    struct effects_unit unit = {0};
    effects_unit_begin(&unit);
    assert_int_equal(effects_unit_end(&unit).len, 0);
    effects_unit_begin(&unit);
    effects_unit_add(&unit, 4, STR("nothing"), 0);
    effects_unit_add(&unit, 5, STR("one"), 1);
    assert_true(str_eq(effects_unit_end(&unit), STR("one")));
    assert_int_equal(unit.first_db, 5);
    effects_unit_begin(&unit);
    effects_unit_add(&unit, 5, STR("(a)"), 1);
    effects_unit_add(&unit, 5, STR("(b)"), 1);
    effects_unit_add(&unit, 6, STR("(c)"), 2);
    assert_true(str_eq(effects_unit_end(&unit),
                       STR("*1\r\n$5\r\nMULTI\r\n(a)(b)*2\r\n$6\r\nSELECT\r\n$1\r\n6\r\n(c)"
                           "*1\r\n$4\r\nEXEC\r\n")));
    assert_int_equal(unit.count, 4);
    assert_int_equal(unit.first_db, 5);
    assert_int_equal(unit.last_db, 6);
    effects_unit_deinit(&unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_encoded_byte_for_byte),
        cmocka_unit_test(nothing_is_encoded_when_nobody_listens),
        cmocka_unit_test(a_reset_forgets_the_request_before),
        cmocka_unit_test(a_deletion_elsewhere_selects_there_and_back),
        cmocka_unit_test(a_unit_is_a_transaction_when_it_holds_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
