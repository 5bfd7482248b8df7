/* Proves: sorted sets survive DUMP and RESTORE in both forms; the forms of older versions are read;
 * members that come twice, scores that are no numbers and bytes that are wrong are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/snapshot/rdb_world.h"

#include <math.h>
#include <stdio.h>

/* "name=score" joined by commas. */
static void reads(struct world *world, struct str body, const char *wanted)
{
    struct value zset;
    struct buf found = {0};
    struct zset_walk walk = {0};
    struct ranked member;
    char digits[NUM_DOUBLE_MAX];
    assert_int_equal(read_body(world, body, &zset), RDB_SOUND);
    while (zset_walk(&zset, &walk, &member)) {
        if (found.len) buf_append_char(&found, ',');
        buf_append_str(&found, member.name);
        buf_append_char(&found, '=');
        buf_append(&found, digits, num_format_double(digits, member.score));
    }
    assert_string_equal(buf_c(&found), wanted);
    buf_deinit(&found);
    value_drop(&world->store.dbs[0], zset);
}

static void refuses(struct world *world, struct str body)
{
    struct value zset;
    assert_int_equal(read_body(world, body, &zset), RDB_BAD_VALUE);
}

static void round_trip(struct world *world, uint32_t len, enum value_encoding encoding)
{
    struct zset_edit edit = {.store = &world->store, .limits = {128, 64}};
    struct buf first = {0}, second = {0};
    struct value again;
    char room[32];
    edit.zset = zset_new(&world->store);
    for (uint32_t i = 0; i < len; i++) {
        struct str name = str_of(room, (size_t)sprintf(room, "%u", i * 7919 % 1000));
        zset_add(&edit, name, i == 1 ? INFINITY : (double)i / 3);
    }
    assert_int_equal(edit.zset.encoding, encoding);
    rdb_dump(&first, &edit.zset);
    assert_int_equal(rdb_undump(&world->reader, buf_str(&first), &again), RDB_SOUND);
    assert_int_equal(again.encoding, encoding);
    assert_int_equal(zset_len(&again), len);
    rdb_dump(&second, &again);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    value_drop(&world->store.dbs[0], edit.zset);
    value_drop(&world->store.dbs[0], again);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void sorted_sets_survive_in_both_forms(void **state)
{
    round_trip(*state, 3, ENC_PACKED);
    round_trip(*state, 100, ENC_PACKED);
    round_trip(*state, 1000, ENC_TREE);
}

#define ONE_AND_HALF "\0\0\0\0\0\0\xf8\x3f"
#define NOT_A_NUMBER "\0\0\0\0\0\0\xf8\x7f"
/* a 1, b 2 */
#define PACKED "\x11\0\0\0\x04\0\x81\x61\x02\x01\x01\x81\x62\x02\x02\x01\xff"
/* The same the other way round, and a twice. */
#define UNORDERED "\x11\0\0\0\x04\0\x81\x62\x02\x02\x01\x81\x61\x02\x01\x01\xff"
#define TWICE     "\x11\0\0\0\x04\0\x81\x61\x02\x01\x01\x81\x61\x02\x02\x01\xff"
#define NO_SCORE  "\x12\0\0\0\x04\0\x81\x61\x02\x01\x01\x81\x62\x02\x81\x78\x02\xff"
#define ZIPLIST   "\x18\0\0\0\x12\0\0\0\x04\0\0\x01\x61\x03\xf2\x02\x01\x62\x03\x03\x32.5\xff"

static void all_forms_are_read(void **state)
{
    reads(*state,
          BYTES("\x05\x02\x01"
                "b" ONE_AND_HALF "\x01"
                "a" ONE_AND_HALF),
          "a=1.5,b=1.5");
    reads(*state,
          BYTES("\x03\x03\x01x\x03"
                "1.5"
                "\x01y\xff\x01z\xfe"),
          "y=-inf,x=1.5,z=inf");
    reads(*state, BYTES("\x11\x11" PACKED), "a=1,b=2");
    reads(*state, BYTES("\x11\x11" UNORDERED), "a=1,b=2");
    reads(*state, BYTES("\x0c\x18" ZIPLIST), "a=1,b=2.5");
}

static void what_is_no_sorted_set_is_refused(void **state)
{
    refuses(*state, BYTES("\x05\x00"));
    refuses(*state, BYTES("\x05\x02\x01"
                          "a" ONE_AND_HALF "\x01"
                          "a" ONE_AND_HALF));
    refuses(*state, BYTES("\x05\x01\x01"
                          "a" NOT_A_NUMBER));
    refuses(*state, BYTES("\x03\x01\x01x\xfd"));
    refuses(*state, BYTES("\x03\x01\x01x\x03nan"));
    refuses(*state, BYTES("\x11\x11" TWICE));
    refuses(*state, BYTES("\x11\x12" NO_SCORE));
    refuses(*state, BYTES("\x11\x07\x07\0\0\0\0\0\xff"));
    refuses(*state, BYTES("\x11\x0a\x0a\0\0\0\x01\0\x81\x61\x02\xff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sorted_sets_survive_in_both_forms, start, stop),
        cmocka_unit_test_setup_teardown(all_forms_are_read, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_sorted_set_is_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
