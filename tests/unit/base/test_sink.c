/* Proves: sinks and sources remember their first failure, and a source never reads beyond what
 * is left nor lets a buffer grow by a length that was only announced. */
#include "base/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct narrow {
    size_t room;
    int calls;
};

static bool write_while_there_is_room(void *context, const void *bytes, size_t len)
{
    struct narrow *narrow = context;
    (void)bytes;
    narrow->calls++;
    if (len > narrow->room) return false;
    narrow->room -= len;
    return true;
}

static void a_sink_that_failed_stays_failed(void **state)
{
    (void)state;
    struct narrow narrow = {.room = 5};
    struct sink sink = {.write = write_while_there_is_room, .context = &narrow};
    assert_true(sink_write(&sink, "abc", 3));
    assert_true(sink_write(&sink, "", 0));
    assert_false(sink_write(&sink, "abc", 3));
    assert_false(sink_write(&sink, "a", 1));
    assert_false(sink_write(&sink, "", 0));
    assert_int_equal(narrow.calls, 2);
}

static void what_goes_into_a_buffer_comes_out_of_it(void **state)
{
    (void)state;
    struct buf buf = {0};
    struct sink sink = sink_to_buf(&buf);
    assert_true(sink_write(&sink, "abc", 3) && sink_write(&sink, "defg", 4));
    struct str bytes = buf_str(&buf);
    struct source source = source_from_str(&bytes);
    char out[4] = "";
    assert_true(source_read(&source, out, 3));
    assert_string_equal(out, "abc");
    assert_int_equal(bytes.len, 4);
    assert_true(source_read(&source, out, 0));
    assert_false(source_read(&source, out, 5));
    assert_false(source_read(&source, out, 1));
    assert_false(source_read(&source, out, 0));
    buf_deinit(&buf);
}

static void an_announced_length_costs_nothing(void **state)
{
    (void)state;
    struct str bytes = STR("only this");
    struct source source = source_from_str(&bytes);
    struct buf buf = {0};
    assert_false(source_append(&source, &buf, (size_t)1 << 60));
    assert_int_equal(buf.capacity, 0);
    bytes = STR("only this");
    source = source_from_str(&bytes);
    source.left = SIZE_MAX;
    assert_false(source_append(&source, &buf, (size_t)1 << 60));
    assert_true(buf.capacity < 1 << 20);
    buf_deinit(&buf);
}

static void a_long_run_arrives_in_pieces(void **state)
{
    (void)state;
    static char long_run[300000];
    for (size_t i = 0; i < sizeof(long_run); i++) long_run[i] = (char)(i % 251);
    struct str bytes = str_of(long_run, sizeof(long_run));
    struct source source = source_from_str(&bytes);
    struct buf buf = {0};
    assert_true(source_append(&source, &buf, 100));
    assert_true(source_append(&source, &buf, sizeof(long_run) - 100));
    assert_true(str_eq(buf_str(&buf), str_of(long_run, sizeof(long_run))));
    assert_int_equal(source.left, 0);
    assert_true(source_append(&source, &buf, 0));
    assert_false(source_append(&source, &buf, 1));
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sink_that_failed_stays_failed),
        cmocka_unit_test(what_goes_into_a_buffer_comes_out_of_it),
        cmocka_unit_test(an_announced_length_costs_nothing),
        cmocka_unit_test(a_long_run_arrives_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
