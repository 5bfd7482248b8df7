/* Proves: a manifest that was written is read back the same, with names that need quotes; what
 * stock Redis writes is understood, pairs nobody knows are passed over; what would load the wrong
 * data is refused with the line; a new base makes history of what it replaces and numbers never
 * come again. */
#include "journal/manifest.h"

#include "base/mem.h"
#include "journal/segments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789012345678901234567890123456789"

static bool parse(struct manifest *manifest, const char *text, struct manifest_fault *fault)
{
    return manifest_parse(manifest, str_from_c(text), fault);
}

static void assert_written(const struct manifest *manifest, const char *want)
{
    struct buf out = {0};
    manifest_write(manifest, &out);
    assert_string_equal(buf_c(&out), want);
    buf_deinit(&out);
}

static void what_stock_redis_writes_is_read_and_written_the_same(void **state)
{
    (void)state;
    static const char text[] = "file appendonly.aof.2.base.rdb seq 2 type b\n"
                               "file appendonly.aof.1.base.rdb seq 1 type h\n"
                               "file appendonly.aof.1.incr.aof seq 1 type h\n"
                               "file appendonly.aof.2.incr.aof seq 2 type i\n"
                               "file appendonly.aof.3.incr.aof seq 3 type i\n";
    struct manifest manifest = {0};
    struct manifest_fault fault;
    assert_true(parse(&manifest, text, &fault));
    assert_int_equal(manifest.count, 5);
    assert_int_equal(manifest_base(&manifest)->seq, 2);
    assert_int_equal(manifest_last_increment(&manifest)->seq, 3);
    const struct manifest_file *file = manifest_next_to_load(&manifest, NULL);
    assert_int_equal(file->type, MANIFEST_BASE);
    file = manifest_next_to_load(&manifest, file);
    assert_int_equal(file->type, MANIFEST_INCREMENT);
    file = manifest_next_to_load(&manifest, file);
    assert_int_equal(file->seq, 3);
    assert_null(manifest_next_to_load(&manifest, file));
    assert_written(&manifest, text);
    manifest_deinit(&manifest);
}

static void our_own_pairs_come_back(void **state)
{
    (void)state;
    struct manifest manifest = {0}, copy = {0};
    struct manifest_fault fault;
    struct manifest_file *file =
        manifest_add(&manifest, MANIFEST_INCREMENT, STR("a \"b\"\\\x01.aof"), 7);
    file->start = 1234;
    file->end = 5678;
    memcpy(file->replication_id, ID, sizeof(ID));
    struct buf out = {0};
    manifest_write(&manifest, &out);
    assert_true(manifest_parse(&copy, buf_str(&out), &fault));
    assert_string_equal(copy.files[0].name, "a \"b\"\\\x01.aof");
    assert_int_equal(copy.files[0].start, 1234);
    assert_int_equal(copy.files[0].end, 5678);
    assert_string_equal(copy.files[0].replication_id, ID);
    buf_deinit(&out);
    manifest_deinit(&manifest);
    manifest_deinit(&copy);
}

static void what_is_wrong_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct wrong {
        const char *text;
        int line;
    } wrongs[] = {
        {"", 1},
        {"file a seq 1 type b", 1},
        {"# only a comment\n", 1},
        {"file a seq 1\n", 1},
        {"file a seq 1 type b extra\n", 1},
        {"file a seq x type b\n", 1},
        {"file a seq 0 type b\n", 1},
        {"file a seq -1 type b\n", 1},
        {"file a seq 99999999999999999999 type b\n", 1},
        {"file a seq 1 type x\n", 1},
        {"file a seq 1 type bb\n", 1},
        {"file dir/a seq 1 type b\n", 1},
        {"file .. seq 1 type b\n", 1},
        {"file \"a seq 1 type b\n", 1},
        {"file a seq 1 type b\nfile b seq 2 type b\n", 2},
        {"file a seq 1 type i\nfile a seq 2 type i\n", 2},
        {"file a seq 2 type i\nfile b seq 2 type i\n", 2},
        {"file a seq 2 type i\nfile b seq 1 type i\n", 2},
        {"file a seq 1 type i startoffset -5\n", 1},
        {"file a seq 1 type i startoffset 9223372036854775807\n", 1},
        {"file a seq 1 type i replid 12\n", 1},
        {"file a seq 1 type b\n\n", 2},
    };
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct manifest manifest = {0};
        struct manifest_fault fault;
        assert_false(parse(&manifest, wrongs[i].text, &fault));
        assert_non_null(fault.reason);
        assert_int_equal(fault.line, wrongs[i].line);
        assert_int_equal(manifest.count, 0);
    }
}

static void lines_and_pairs_nobody_knows_are_passed_over(void **state)
{
    (void)state;
    struct manifest manifest = {0};
    struct manifest_fault fault;
    assert_true(parse(&manifest, "# hello\nfile a seq 1 type i colour red\r\n", &fault));
    assert_string_equal(manifest.files[0].name, "a");
    manifest_deinit(&manifest);
}

static void a_new_base_makes_history_of_what_it_replaces(void **state)
{
    (void)state;
    struct manifest manifest = {0};
    manifest_add(&manifest, MANIFEST_BASE, STR("p.1.base.rdb"), 1);
    manifest_add(&manifest, MANIFEST_INCREMENT, STR("p.1.incr.aof"), 1);
    manifest_add(&manifest, MANIFEST_INCREMENT, STR("p.2.incr.aof"), 2);
    manifest_retire(&manifest, 2);
    assert_null(manifest_base(&manifest));
    assert_int_equal(manifest_next_seq(&manifest, MANIFEST_BASE), 2);
    assert_int_equal(manifest_next_seq(&manifest, MANIFEST_INCREMENT), 3);
    manifest_add(&manifest, MANIFEST_BASE, STR("p.2.base.rdb"), 2);
    assert_written(&manifest, "file p.2.base.rdb seq 2 type b\n"
                              "file p.1.base.rdb seq 1 type h\n"
                              "file p.1.incr.aof seq 1 type h\n"
                              "file p.2.incr.aof seq 2 type i\n");
    manifest_deinit(&manifest);
}

static size_t count_kept(struct manifest *manifest, const struct segment_limits *limits)
{
    const struct manifest_file *file;
    while ((file = segments_expired(manifest, limits))) manifest_remove(manifest, file);
    return manifest->count;
}

static void history_is_kept_by_bytes_and_by_age(void **state)
{
    (void)state;
    static const struct expectation {
        struct segment_limits limits;
        size_t kept;
    } expected[] = {
        {{0, 0, 1000}, 0},    {{100, 0, 1000}, 1},   {{250, 0, 1000}, 2},
        {{9999, 0, 1000}, 4}, {{9999, 50, 1000}, 1}, {{9999, 150, 1000}, 2},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct manifest manifest = {0};
        manifest_add(&manifest, MANIFEST_HISTORY, STR("p.1.base.rdb"), 1)->ended_s = 990;
        for (int64_t seq = 1; seq <= 4; seq++) {
            struct buf name = {0};
            manifest_name(&name, STR("p"), seq, "incr.aof");
            struct manifest_file *file =
                manifest_add(&manifest, MANIFEST_HISTORY, buf_str(&name), seq);
            file->size_bytes = 100;
            file->ended_s = 1000 - (5 - seq) * 60 + 20;
            buf_deinit(&name);
        }
        assert_int_equal(count_kept(&manifest, &expected[i].limits), expected[i].kept);
        manifest_deinit(&manifest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stock_redis_writes_is_read_and_written_the_same),
        cmocka_unit_test(our_own_pairs_come_back),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(lines_and_pairs_nobody_knows_are_passed_over),
        cmocka_unit_test(a_new_base_makes_history_of_what_it_replaces),
        cmocka_unit_test(history_is_kept_by_bytes_and_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
