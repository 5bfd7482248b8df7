/* Proves: lists survive DUMP and RESTORE in both forms; the forms of older versions are read; bytes
 * that are wrong in any place are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/snapshot/rdb_world.h"

/* Elements joined by commas. */
static void holds(struct world *world, struct value list, const char *wanted)
{
    struct buf found = {0};
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    for (bool more = sequence_seek(&list, &cursor, 0); more; more = sequence_next(&cursor)) {
        if (found.len) buf_append_char(&found, ',');
        buf_append_str(&found, sequence_element(&cursor, room));
    }
    assert_string_equal(buf_c(&found), wanted);
    buf_deinit(&found);
    value_drop(&world->store.dbs[0], list);
}

static void round_trip(struct world *world, size_t len, enum value_encoding encoding)
{
    struct sequence sequence = {.epochs = &world->store.epochs, .limit = sequence_limit_of(-2)};
    struct buf first = {0}, second = {0};
    struct value again;
    sequence.list = sequence_new(sequence.epochs);
    for (size_t i = 0; i < len; i++) {
        char digits[NUM_I64_MAX];
        struct str element = i % 3 ? str_of(digits, num_format_i64(digits, (int64_t)(i * i)))
                                   : STR("some text that is not a number");
        sequence_reserve(&sequence, element.len, 1);
        sequence_insert(&sequence, i, element);
    }
    assert_int_equal(sequence.list.encoding, encoding);
    rdb_dump(&first, &sequence.list);
    assert_int_equal(rdb_undump(&world->reader, buf_str(&first), &again), RDB_SOUND);
    assert_int_equal(again.encoding, encoding);
    assert_int_equal(sequence_len(&again), len);
    rdb_dump(&second, &again);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    value_drop(&world->store.dbs[0], sequence.list);
    value_drop(&world->store.dbs[0], again);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void lists_survive_in_both_forms(void **state)
{
    round_trip(*state, 3, ENC_PACKED);
    round_trip(*state, 5000, ENC_TREE);
}

#define ZIPLIST "\x14\x00\x00\x00\x0f\x00\x00\x00\x03\x00\x00\x01\x61\x03\xf3\x02\xc0\x39\x30\xff"

static void old_forms_are_read(void **state)
{
    struct value list;
    assert_int_equal(read_body(*state, BYTES("\x01\x02\x01x\x02yz"), &list), RDB_SOUND);
    holds(*state, list, "x,yz");
    assert_int_equal(read_body(*state, BYTES("\x0a\x14" ZIPLIST), &list), RDB_SOUND);
    holds(*state, list, "a,2,12345");
    assert_int_equal(read_body(*state, BYTES("\x0e\x02\x14" ZIPLIST "\x14" ZIPLIST), &list),
                     RDB_SOUND);
    holds(*state, list, "a,2,12345,a,2,12345");
    assert_int_equal(read_body(*state, BYTES("\x12\x01\x01\x02yz"), &list), RDB_SOUND);
    holds(*state, list, "yz");
}

static void empty_lists_are_refused(void **state)
{
    struct value list;
    assert_int_equal(read_body(*state, BYTES("\x01\x00"), &list), RDB_BAD_VALUE);
    assert_int_equal(read_body(*state, BYTES("\x12\x00"), &list), RDB_BAD_VALUE);
    assert_int_equal(read_body(*state, BYTES("\x12\x01\x02\x07\x07\0\0\0\0\0\xff"), &list),
                     RDB_BAD_VALUE);
}

/* Whichever byte of a ziplist is changed in whatever way, it is refused or read as a sound list. */
static void a_damaged_ziplist_does_no_harm(void **state)
{
    struct world *world = *state;
    char body[] = "\x0a\x14" ZIPLIST;
    size_t refused = 0;
    for (size_t at = 2; at < sizeof(body) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct value list;
            char kept = body[at];
            body[at] = (char)byte;
            if (read_body(world, str_of(body, sizeof(body) - 1), &list) == RDB_SOUND)
                value_drop(&world->store.dbs[0], list);
            else
                refused++;
            body[at] = kept;
        }
    }
    assert_true(refused > 17 * 200);
    for (size_t len = 1; len < sizeof(body) - 1; len++) {
        struct value list;
        assert_int_equal(read_body(world, str_of(body, len), &list), RDB_BAD_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_survive_in_both_forms, start, stop),
        cmocka_unit_test_setup_teardown(old_forms_are_read, start, stop),
        cmocka_unit_test_setup_teardown(empty_lists_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_damaged_ziplist_does_no_harm, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
