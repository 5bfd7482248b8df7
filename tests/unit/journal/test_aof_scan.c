/* Proves: of a file that was cut at any byte, exactly the units that are whole are found, a torn
 * transaction as a whole is not, also where zeros follow; a bit flipped anywhere before the last
 * checksum line is found; the offset of the stream is right across a file's own SELECT and across
 * a change of its id; annotations come back as written. */
#include "journal/aof_scan.h"

#include "base/buf.h"
#include "base/crc64.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ID       "0123456789abcdef0123456789abcdef01234567"
#define OTHER_ID "89abcdef0123456789abcdef0123456789abcdef"
#define SELECT   "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"

enum { START_OFFSET = 5000, MARKS = 64 };

/* A file, and after which bytes of it how many units are whole and where the stream is. */
struct sample {
    struct buf bytes;
    struct mark {
        size_t at;
        uint64_t units;
        int64_t offset;
    } marks[MARKS];
    size_t count;
    size_t summed; /* bytes up to the last checksum line */
};

static void mark(struct sample *sample, uint64_t units, int64_t offset)
{
    sample->marks[sample->count++] = (struct mark){sample->bytes.len, units, offset};
}

static void add_request(struct buf *out, const char *words)
{
    struct str rest = str_from_c(words), word;
    size_t count = 1;
    for (const char *c = words; *c; c++) count += *c == ' ';
    buf_printf(out, "*%zu\r\n", count);
    while (str_split(&rest, ' ', &word)) {
        buf_printf(out, "$%zu\r\n%.*s\r\n", word.len, STR_ARG(word));
    }
}

static void build(struct sample *sample)
{
    struct buf *out = &sample->bytes;
    struct annotation start = {
        .kind = ANNOTATION_START, .offset = START_OFFSET, .skip = sizeof(SELECT) - 1, .id = ID};
    mark(sample, 0, -1);
    annotation_write(out, &start);
    size_t sums_begin = out->len;
    mark(sample, 0, START_OFFSET);
    buf_append_c(out, SELECT);
    mark(sample, 1, START_OFFSET);
    size_t stream = out->len;
    uint64_t units = 1;
    for (int i = 0; i < 3; i++) {
        add_request(out, "SET key value");
        mark(sample, ++units, START_OFFSET + (int64_t)(out->len - stream));
        add_request(out, "MULTI");
        add_request(out, "INCR a");
        add_request(out, "RPUSH list one two");
        add_request(out, "exec");
        mark(sample, ++units, START_OFFSET + (int64_t)(out->len - stream));
    }
    int64_t offset = START_OFFSET + (int64_t)(out->len - stream);
    struct annotation sum = {.kind = ANNOTATION_SUM,
                             .offset = offset,
                             .len = (int64_t)(out->len - sums_begin),
                             .crc = crc64(0, out->ptr + sums_begin, out->len - sums_begin)};
    annotation_write(out, &sum);
    sample->summed = out->len;
    mark(sample, units, offset);
    struct annotation time = {.kind = ANNOTATION_TIME, .time_s = 1700000000};
    annotation_write(out, &time);
    mark(sample, units, offset);
    size_t before = out->len;
    add_request(out, "DEL key");
    mark(sample, units + 1, offset + (int64_t)(out->len - before));
}

/* Scans all of the bytes, each piece from memory of exactly its size. */
static enum aof_verdict scan(struct aof_scan *scan, struct str bytes)
{
    struct aof_piece piece = {0};
    char *exact = mem_alloc(bytes.len + 1);
    memcpy(exact, bytes.ptr, bytes.len);
    aof_scan_init(scan, 0);
    enum aof_verdict verdict;
    do {
        struct str rest = str_of(exact + scan->at, bytes.len - (size_t)scan->at);
        verdict = aof_parse(&piece, rest);
        verdict = aof_scan_step(scan, verdict, &piece, rest.ptr);
    } while (verdict == AOF_REQUEST || verdict == AOF_LINE);
    aof_piece_deinit(&piece);
    mem_free(exact);
    return verdict;
}

static void every_cut_leaves_exactly_the_whole_units(void **state)
{
    (void)state;
    struct sample sample = {0};
    build(&sample);
    for (size_t len = 0; len <= sample.bytes.len; len++) {
        struct aof_scan found;
        assert_int_equal(scan(&found, str_first(buf_str(&sample.bytes), len)), AOF_SHORT);
        size_t i = 0;
        while (i + 1 < sample.count && sample.marks[i + 1].at <= len) i++;
        assert_int_equal(found.unit_end, sample.marks[i].at);
        assert_int_equal(found.units, sample.marks[i].units);
        assert_int_equal(found.unit_offset, sample.marks[i].offset);
    }
    buf_deinit(&sample.bytes);
}

/* Few zeros may lie inside a value or a line that goes on; many do not. */
static void zeros_behind_a_cut_change_nothing_of_what_is_whole(void **state)
{
    (void)state;
    struct sample sample = {0};
    build(&sample);
    for (size_t len = 0; len <= sample.bytes.len; len++) {
        for (size_t zeros = 1; zeros <= 5000; zeros *= 11) {
            struct buf bytes = {0};
            buf_append(&bytes, sample.bytes.ptr, len);
            memset(buf_reserve(&bytes, zeros), 0, zeros);
            bytes.len += zeros;
            struct aof_scan found;
            enum aof_verdict verdict = scan(&found, buf_str(&bytes));
            size_t i = 0;
            while (i + 1 < sample.count && sample.marks[i + 1].at <= len) i++;
            assert_int_equal(found.unit_end, sample.marks[i].at);
            assert_int_equal(found.units, sample.marks[i].units);
            if (verdict == AOF_DAMAGED)
                assert_true(found.damage_at >= (int64_t)len);
            else
                assert_int_equal(verdict, AOF_SHORT);
            buf_deinit(&bytes);
        }
    }
    buf_deinit(&sample.bytes);
}

static void a_bit_flipped_before_a_checksum_is_found(void **state)
{
    (void)state;
    struct sample sample = {0};
    build(&sample);
    /* The start line itself is under no checksum, but what it says has to fit the offsets. */
    size_t from = sample.marks[1].at;
    for (size_t bit = from * 8; bit < sample.summed * 8; bit++) {
        struct aof_scan found;
        sample.bytes.ptr[bit / 8] = (char)(sample.bytes.ptr[bit / 8] ^ 1 << bit % 8);
        enum aof_verdict verdict = scan(&found, buf_str(&sample.bytes));
        bool in_sum_line = bit / 8 >= sample.marks[sample.count - 4].at;
        /* A length that grew past the end looks like a torn tail, and cuts before the flip. */
        bool is_torn = verdict == AOF_SHORT && found.unit_end <= (int64_t)(bit / 8);
        if (!in_sum_line) assert_true(verdict == AOF_DAMAGED || is_torn);
        if (verdict == AOF_DAMAGED) assert_true(found.damage[0] && found.damage_at >= 0);
        sample.bytes.ptr[bit / 8] = (char)(sample.bytes.ptr[bit / 8] ^ 1 << bit % 8);
    }
    buf_deinit(&sample.bytes);
}

static void what_is_no_append_only_file_is_refused(void **state)
{
    (void)state;
    static const char *const wrongs[] = {
        "hello\r\n",
        "*0\r\n",
        "*-1\r\n",
        "*x\r\n",
        "*1\n$4\nPING",
        "*1\r\n4\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$4\r\nPINGxx",
        "*99999999999999999999\r\n",
        "*1\r\n$99999999999999999999\r\n",
        "*1\r\n$4\r\nEXEC\r\n",
        "*1\r\n$5\r\nMULTI\r\n*1\r\n$5\r\nMULTI\r\n",
    };
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct aof_scan found;
        assert_int_equal(scan(&found, str_from_c(wrongs[i])), AOF_DAMAGED);
        assert_true(found.damage[0]);
    }
    struct buf line = {0};
    buf_append_char(&line, '#');
    for (int i = 0; i < ANNOTATION_MAX; i++) buf_append_char(&line, 'x');
    struct aof_scan found;
    assert_int_equal(scan(&found, buf_str(&line)), AOF_DAMAGED);
    buf_deinit(&line);
}

static void memory_does_not_grow_with_what_is_announced(void **state)
{
    (void)state;
    struct aof_piece piece = {0};
    assert_int_equal(aof_parse(&piece, STR("*2000000000\r\n$1\r\na\r\n$2000000000\r\nb")),
                     AOF_SHORT);
    assert_true(piece.capacity <= 8);
    aof_piece_deinit(&piece);
}

static void add_start(struct buf *out, int64_t offset, const char *id)
{
    struct annotation start = {.kind = ANNOTATION_START, .offset = offset};
    memcpy(start.id, id, sizeof(start.id));
    annotation_write(out, &start);
}

static void a_start_line_in_the_middle_goes_on_where_the_stream_is(void **state)
{
    (void)state;
    struct buf bytes = {0};
    struct aof_scan found;
    add_start(&bytes, START_OFFSET, ID);
    size_t stream = bytes.len;
    add_request(&bytes, "SET key value");
    int64_t offset = START_OFFSET + (int64_t)(bytes.len - stream);
    size_t whole = bytes.len;
    add_start(&bytes, offset, OTHER_ID);
    struct annotation past = {.kind = ANNOTATION_PAST, .offset = offset, .id = ID};
    for (int i = 0; i < AOF_ANCESTORS + 3; i++) annotation_write(&bytes, &past);
    assert_int_equal(scan(&found, buf_str(&bytes)), AOF_SHORT);
    assert_string_equal(found.id, OTHER_ID);
    assert_int_equal(found.unit_offset, offset);
    assert_int_equal(found.ancestor_count, AOF_ANCESTORS);
    assert_string_equal(found.ancestors[0].id, ID);
    assert_int_equal(found.ancestors[0].end, offset);

    bytes.len = whole;
    add_start(&bytes, offset + 1, OTHER_ID);
    assert_int_equal(scan(&found, buf_str(&bytes)), AOF_DAMAGED);
    assert_int_equal(found.damage_at, whole);
    buf_deinit(&bytes);
}

static void annotations_come_back_as_written(void **state)
{
    (void)state;
    static const struct annotation all[] = {
        {.kind = ANNOTATION_START, .offset = 0, .skip = 0},
        {.kind = ANNOTATION_START, .offset = INT64_MAX, .skip = 23, .id = ID},
        {.kind = ANNOTATION_PAST, .offset = 4711, .id = ID},
        {.kind = ANNOTATION_SUM, .offset = 77, .len = 12345, .crc = 0xfedcba9876543210},
        {.kind = ANNOTATION_TIME, .time_s = 1700000000},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct buf out = {0};
        annotation_write(&out, &all[i]);
        assert_true(out.len < 256 && str_ends_with(buf_str(&out), STR("\r\n")));
        out.len -= 2;
        struct annotation back = annotation_parse(buf_str(&out));
        assert_int_equal(back.kind, all[i].kind);
        assert_true(back.offset == all[i].offset && back.skip == all[i].skip);
        assert_true(back.len == all[i].len && back.crc == all[i].crc);
        assert_true(back.time_s == all[i].time_s);
        assert_string_equal(back.id, all[i].id);
        buf_deinit(&out);
    }
    assert_int_equal(annotation_parse(STR("#SKEIN sum offset=1")).kind, ANNOTATION_OTHER);
    assert_int_equal(annotation_parse(STR("#SKEIN start offset=-1 skip=0")).kind, ANNOTATION_OTHER);
    assert_int_equal(annotation_parse(STR("#SKEIN past end=1")).kind, ANNOTATION_OTHER);
    assert_int_equal(annotation_parse(STR("#SKEIN past id=" ID " end=1 skip=0")).kind,
                     ANNOTATION_OTHER);
    assert_int_equal(annotation_parse(STR("#TS:x")).kind, ANNOTATION_OTHER);
    assert_int_equal(annotation_parse(STR("# note")).kind, ANNOTATION_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_leaves_exactly_the_whole_units),
        cmocka_unit_test(zeros_behind_a_cut_change_nothing_of_what_is_whole),
        cmocka_unit_test(a_bit_flipped_before_a_checksum_is_found),
        cmocka_unit_test(what_is_no_append_only_file_is_refused),
        cmocka_unit_test(memory_does_not_grow_with_what_is_announced),
        cmocka_unit_test(a_start_line_in_the_middle_goes_on_where_the_stream_is),
        cmocka_unit_test(annotations_come_back_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
