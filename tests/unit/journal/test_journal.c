/* Proves: cursors read exactly the bytes that were appended, at their offsets, whatever the sizes;
 * the window is kept, and no more than the window is served; a pinned cursor keeps what it has not
 * read until the budget is spent, then it falls and the others do not; one that holds all never
 * falls; SELECT comes exactly where
 * the database changes. */
#include "journal/journal.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/param.h>

#include <cmocka.h>

enum { STEPS = 4000, READERS = 5, PIECES = 8, BASE = 1000 };

struct model {
    struct buf bytes; /* everything ever appended; bytes.ptr[0] has offset BASE */
    struct prng prng;
    struct journal journal;
    struct journal_cursor readers[READERS];
};

static void append_random(struct model *model)
{
    static const size_t sizes[] = {1, 40, 300, 5000, 70000, 400000};
    size_t len = prng_below(&model->prng, sizes[prng_below(&model->prng, 6)] + 1);
    char *room = buf_reserve(&model->bytes, len);
    for (size_t i = 0; i < len; i++) room[i] = (char)prng_next(&model->prng);
    model->bytes.len += len;
    journal_append(&model->journal, str_of(room, len));
    assert_int_equal(model->journal.end, BASE + (int64_t)model->bytes.len);
}

/* Reads some of what waits and compares it. */
static void read_some(struct model *model, struct journal_cursor *cursor)
{
    struct iovec pieces[PIECES];
    int64_t at = cursor->offset;
    int64_t waiting = journal_cursor_lag(cursor);
    int count = journal_cursor_peek(cursor, pieces, 1 + (int)prng_below(&model->prng, PIECES));
    assert_true((count > 0) == (waiting > 0));
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        assert_memory_equal(model->bytes.ptr + (at - BASE) + (int64_t)total, pieces[i].iov_base,
                            pieces[i].iov_len);
        total += pieces[i].iov_len;
    }
    assert_true((int64_t)total <= waiting);
    if (total) journal_cursor_advance(cursor, prng_below(&model->prng, total + 1));
}

static void attach_random(struct model *model, struct journal_cursor *cursor)
{
    struct journal_range kept = journal_kept(&model->journal);
    int64_t offset =
        kept.start - 2 + (int64_t)prng_below(&model->prng, (uint64_t)(kept.end - kept.start) + 5);
    bool is_there = offset >= kept.start && offset <= kept.end;
    enum cursor_hold hold = prng_below(&model->prng, 2) ? HOLDS_NOTHING : HOLDS_WITHIN_BUDGET;
    assert_int_equal(journal_cursor_attach(cursor, &model->journal, offset, hold), is_there);
}

static void check_kept(const struct model *model)
{
    const struct journal *journal = &model->journal;
    struct journal_range range = journal_range(journal), kept = journal_kept(journal);
    int64_t total = journal->end - BASE;
    assert_true(range.end == journal->end && kept.end == journal->end);
    assert_int_equal(range.end - range.start, MIN(total, journal->window_bytes));
    for (int i = 0; i < READERS; i++) {
        const struct journal_cursor *cursor = &model->readers[i];
        if (cursor->state == CURSOR_READING) assert_true(cursor->offset >= kept.start);
        /* Who fell did so because the budget was spent, or because it keeps nothing. */
        if (cursor->state == CURSOR_FALLEN && cursor->hold == HOLDS_WITHIN_BUDGET) {
            assert_true(journal->end - cursor->offset > journal->budget_bytes / 2);
        }
    }
}

static void step(struct model *model)
{
    struct journal_cursor *cursor = &model->readers[prng_below(&model->prng, READERS)];
    switch (prng_below(&model->prng, 6)) {
    case 0:
    case 1:
        append_random(model);
        break;
    case 2:
        if (cursor->state == CURSOR_FALLEN) journal_cursor_detach(cursor);
        if (cursor->state == CURSOR_DETACHED) attach_random(model, cursor);
        break;
    case 3:
        if (prng_below(&model->prng, 10) == 0) journal_cursor_detach(cursor);
        break;
    default:
        read_some(model, cursor);
    }
    check_kept(model);
}

static void cursors_read_what_was_appended_and_the_window_is_kept(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct model model = {0};
        prng_init(&model.prng, seed);
        journal_init(&model.journal, BASE);
        journal_set_limits(&model.journal, (int64_t)(seed * 300000), (int64_t)(seed * 1500000));
        for (int i = 0; i < STEPS / 4; i++) step(&model);
        journal_deinit(&model.journal);
        buf_deinit(&model.bytes);
    }
}

static void append_zeros(struct journal *journal, size_t len)
{
    char *zeros = mem_calloc(len);
    journal_append(journal, str_of(zeros, len));
    mem_free(zeros);
}

static void a_pinned_cursor_keeps_bytes_up_to_the_budget_and_then_falls(void **state)
{
    (void)state;
    struct journal journal;
    struct journal_cursor slow, late;
    journal_init(&journal, 0);
    journal_set_limits(&journal, 1 << 20, 8 << 20);
    assert_true(journal_cursor_attach(&slow, &journal, 0, HOLDS_WITHIN_BUDGET));
    append_zeros(&journal, 7 << 20);
    assert_int_equal(slow.state, CURSOR_READING);
    assert_int_equal(journal_kept(&journal).start, 0);
    assert_int_equal(journal_range(&journal).start, 6 << 20);
    assert_true(journal_cursor_attach(&late, &journal, 5 << 20, HOLDS_WITHIN_BUDGET));
    append_zeros(&journal, 2 << 20);
    assert_int_equal(slow.state, CURSOR_FALLEN);
    assert_int_equal(journal.fallen_count, 1);
    assert_int_equal(late.state, CURSOR_READING);
    assert_int_equal(journal_cursor_lag(&slow), 0);
    assert_true(journal_kept(&journal).start > 0 && journal_kept(&journal).start <= 5 << 20);
    journal_cursor_detach(&late);
    journal_trim(&journal);
    assert_true(journal_memory(&journal) < 3 << 20);
    journal_deinit(&journal);
    assert_int_equal(slow.state, CURSOR_DETACHED);
}

static void a_cursor_that_holds_all_never_falls_and_keeps_others_from_falling(void **state)
{
    (void)state;
    struct journal journal;
    struct journal_cursor firm, bounded;
    journal_init(&journal, 0);
    journal_set_limits(&journal, 1 << 20, 2 << 20);
    assert_true(journal_cursor_attach(&bounded, &journal, 0, HOLDS_WITHIN_BUDGET));
    assert_true(journal_cursor_attach(&firm, &journal, 0, HOLDS_ALL));
    append_zeros(&journal, 9 << 20);
    assert_int_equal(firm.state, CURSOR_READING);
    assert_int_equal(bounded.state, CURSOR_READING);
    assert_int_equal(journal_cursor_lag(&firm), 9 << 20);
    journal_cursor_detach(&firm);
    journal_trim(&journal);
    assert_int_equal(bounded.state, CURSOR_FALLEN);
    journal_deinit(&journal);
}

static void the_window_serves_exactly_its_size(void **state)
{
    (void)state;
    struct journal journal;
    journal_init(&journal, 500);
    journal_set_limits(&journal, 1000, 0);
    assert_true(range_serves(journal_range(&journal), 500));
    assert_false(range_serves(journal_range(&journal), 499));
    append_zeros(&journal, 1500);
    assert_false(range_serves(journal_range(&journal), 999));
    assert_true(range_serves(journal_range(&journal), 1000));
    assert_true(range_serves(journal_range(&journal), 2000));
    assert_false(range_serves(journal_range(&journal), 2001));
    journal_deinit(&journal);
}

static void another_history_leaves_every_cursor_fallen(void **state)
{
    (void)state;
    struct journal journal;
    struct journal_cursor cursor;
    journal_init(&journal, 0);
    journal_set_limits(&journal, 1 << 20, 1 << 20);
    append_zeros(&journal, 100);
    assert_true(journal_cursor_attach(&cursor, &journal, 50, HOLDS_WITHIN_BUDGET));
    journal_reset(&journal, 77777);
    assert_int_equal(cursor.state, CURSOR_FALLEN);
    assert_false(range_serves(journal_range(&journal), 100));
    assert_true(range_serves(journal_range(&journal), 77777));
    journal_cursor_detach(&cursor);
    assert_true(journal_cursor_attach(&cursor, &journal, 77777, HOLDS_WITHIN_BUDGET));
    journal_append(&journal, STR("after"));
    struct iovec piece;
    assert_int_equal(journal_cursor_peek(&cursor, &piece, 1), 1);
    assert_memory_equal(piece.iov_base, "after", 5);
    journal_deinit(&journal);
}

static void assert_stream(struct journal *journal, struct journal_cursor *cursor, const char *want)
{
    struct iovec piece = {0};
    assert_int_equal(journal_cursor_peek(cursor, &piece, 1), 1);
    assert_int_equal(piece.iov_len, strlen(want));
    assert_memory_equal(piece.iov_base, want, strlen(want));
    journal_cursor_advance(cursor, piece.iov_len);
    assert_int_equal(cursor->offset, journal->end);
}

static void select_comes_where_the_database_changes(void **state)
{
    (void)state;
    struct journal journal;
    struct journal_cursor cursor;
    journal_init(&journal, 0);
    assert_true(journal_cursor_attach(&cursor, &journal, 0, HOLDS_WITHIN_BUDGET));
    journal_append_unit(&journal, 0, 0, STR("a"));
    assert_stream(&journal, &cursor, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\na");
    journal_append_unit(&journal, 0, 12, STR("b"));
    assert_stream(&journal, &cursor, "b");
    journal_append_unit(&journal, 12, 12, STR("c"));
    assert_stream(&journal, &cursor, "c");
    journal_append_unit(&journal, 10, 10, STR("d"));
    assert_stream(&journal, &cursor, "*2\r\n$6\r\nSELECT\r\n$2\r\n10\r\nd");
    journal_forget_db(&journal);
    journal_append_unit(&journal, 10, 10, STR("e"));
    assert_stream(&journal, &cursor, "*2\r\n$6\r\nSELECT\r\n$2\r\n10\r\ne");
    journal_deinit(&journal);
}

static void the_wire_counts_from_one(void **state)
{
    (void)state;
    int64_t offset = -1;
    assert_int_equal(offset_to_wire(0), 1);
    assert_true(offset_from_wire(1, &offset));
    assert_int_equal(offset, 0);
    assert_true(offset_from_wire(INT64_MAX, &offset));
    assert_int_equal(offset_to_wire(offset), INT64_MAX);
    assert_false(offset_from_wire(0, &offset));
    assert_false(offset_from_wire(-1, &offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursors_read_what_was_appended_and_the_window_is_kept),
        cmocka_unit_test(a_pinned_cursor_keeps_bytes_up_to_the_budget_and_then_falls),
        cmocka_unit_test(a_cursor_that_holds_all_never_falls_and_keeps_others_from_falling),
        cmocka_unit_test(the_window_serves_exactly_its_size),
        cmocka_unit_test(another_history_leaves_every_cursor_fallen),
        cmocka_unit_test(select_comes_where_the_database_changes),
        cmocka_unit_test(the_wire_counts_from_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
