/* Proves: lengths and strings have the bytes of the RDB format and read back the same; what is cut,
 * or claims more than its bytes can hold, is refused without much memory. */
#include "snapshot/rdb_codec.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"

static struct buf written(struct str bytes, bool compress)
{
    struct buf out = {0};
    struct sink sink = sink_to_buf(&out);
    struct rdb_writer writer = {.sink = &sink, .compress = compress};
    assert_true(rdb_write_string(&writer, bytes));
    rdb_writer_deinit(&writer);
    return out;
}

static bool reads(struct str encoded, struct buf *text)
{
    struct source source = source_from_str(&encoded);
    struct rdb_reader reader = {.source = &source};
    struct str bytes;
    bool done = rdb_read_string(&reader, &bytes) && encoded.len == 0;
    buf_clear(text);
    if (done) buf_append_str(text, bytes);
    rdb_reader_deinit(&reader);
    return done;
}

static void strings_are_written_in_their_shortest_form(void **state)
{
    (void)state;
    static const struct {
        struct str text, encoded;
    } cases[] = {
        {STR_INIT(""), STR_INIT("\x00")},
        {STR_INIT("ab"), STR_INIT("\x02"
                                  "ab")},
        {STR_INIT("12"), STR_INIT("\xc0\x0c")},
        {STR_INIT("-128"), STR_INIT("\xc0\x80")},
        {STR_INIT("128"), STR_INIT("\xc1\x80\x00")},
        {STR_INIT("-32768"), STR_INIT("\xc1\x00\x80")},
        {STR_INIT("32768"), STR_INIT("\xc2\x00\x80\x00\x00")},
        {STR_INIT("-2147483648"), STR_INIT("\xc2\x00\x00\x00\x80")},
        {STR_INIT("2147483648"), STR_INIT("\x0a"
                                          "2147483648")},
        {STR_INIT("012"), STR_INIT("\x03"
                                   "012")},
        {STR_INIT("+1"), STR_INIT("\x02"
                                  "+1")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = written(cases[i].text, true), back = {0};
        assert_int_equal(out.len, cases[i].encoded.len);
        assert_memory_equal(out.ptr, cases[i].encoded.ptr, out.len);
        assert_true(reads(buf_str(&out), &back));
        assert_true(str_eq(buf_str(&back), cases[i].text));
        buf_deinit(&out);
        buf_deinit(&back);
    }
}

static struct str noisy(char *out, size_t len, unsigned *noise)
{
    for (size_t i = 0; i < len; i++) {
        *noise = *noise * 1103515245 + 12345;
        out[i] = (char)(*noise >> 16);
    }
    return str_of(out, len);
}

static size_t added(struct rdb_writer *writer, const struct buf *out, struct str bytes)
{
    size_t before = out->len;
    assert_true(rdb_write_string(writer, bytes));
    return out->len - before;
}

static void after_many_small_ones_in_vain_compressing_is_soon_found_to_pay_again(void **state)
{
    (void)state;
    char noise_bytes[100], same_bytes[2000];
    unsigned noise = 1, plain = 0;
    struct buf out = {0};
    struct sink sink = sink_to_buf(&out);
    struct rdb_writer writer = {.sink = &sink, .compress = true};
    struct str same = str_of(memset(same_bytes, 'x', sizeof(same_bytes)), 100);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(added(&writer, &out, noisy(noise_bytes, 100, &noise)), 102);
    assert_true(added(&writer, &out, str_of(same_bytes, sizeof(same_bytes))) < 100);
    assert_true(added(&writer, &out, same) < 50);
    for (int i = 0; i < 1001; i++) rdb_write_string(&writer, noisy(noise_bytes, 100, &noise));
    while (added(&writer, &out, same) > 50) plain++;
    assert_in_range(plain, 1, 15);
    for (int i = 0; i < 100; i++) assert_true(added(&writer, &out, same) < 50);
    rdb_writer_deinit(&writer);
    buf_deinit(&out);
}

static void every_size_reads_back_whether_compressed_or_not(void **state)
{
    (void)state;
    static const size_t sizes[] = {20, 21, 63, 64, 16383, 16384, 200000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = mem_alloc(sizes[i]);
        for (int kind = 0; kind < 3; kind++) {
            unsigned noise = 1;
            for (size_t j = 0; j < sizes[i]; j++) {
                noise = noise * 1103515245 + 12345;
                text[j] = kind == 0 ? 'x' : kind == 1 ? (char)('a' + j % 7) : (char)(noise >> 16);
            }
            struct buf packed = written(str_of(text, sizes[i]), true);
            struct buf plain = written(str_of(text, sizes[i]), false), back = {0};
            assert_true(plain.len > sizes[i]);
            assert_true(packed.len <= plain.len);
            if (sizes[i] > 63 && kind == 0) assert_true(packed.len < sizes[i] / 2);
            assert_true(reads(buf_str(&packed), &back));
            assert_true(str_eq(buf_str(&back), str_of(text, sizes[i])));
            assert_true(reads(buf_str(&plain), &back));
            assert_true(str_eq(buf_str(&back), str_of(text, sizes[i])));
            buf_deinit(&packed);
            buf_deinit(&plain);
            buf_deinit(&back);
        }
        mem_free(text);
    }
}

static void lengths_of_all_four_forms_read_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t len;
        size_t bytes;
    } cases[] = {{0, 1},        {63, 1},         {64, 2},         {16383, 2},     {16384, 5},
                 {1u << 31, 5}, {UINT32_MAX, 5}, {1ull << 32, 9}, {UINT64_MAX, 9}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = {0};
        struct sink sink = sink_to_buf(&out);
        struct rdb_writer writer = {.sink = &sink};
        rdb_write_len(&writer, cases[i].len);
        assert_int_equal(out.len, cases[i].bytes);
        struct str rest = buf_str(&out);
        struct source source = source_from_str(&rest);
        struct rdb_reader reader = {.source = &source};
        uint64_t len;
        assert_true(rdb_read_len(&reader, &len));
        assert_true(len == cases[i].len);
        buf_deinit(&out);
    }
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    static const char text[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    for (int compress = 0; compress < 2; compress++) {
        struct buf out = written(str_from_c(text), compress), back = {0};
        for (size_t len = 0; len < out.len; len++) {
            assert_false(reads(str_of(out.ptr, len), &back));
        }
        buf_deinit(&out);
        buf_deinit(&back);
    }
}

static void lies_about_lengths_are_refused_before_memory_is_spent(void **state)
{
    (void)state;
    static const struct str lies[] = {
        STR_INIT("\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                 "ab"), /* plain, 2^64-1 bytes */
        STR_INIT("\x80\xff\xff\xff\xff"
                 "ab"), /* plain, 4 GiB */
        STR_INIT("\xc3\x02\x80\x7f\xff\xff\xff"
                 "ab"),           /* 2 bytes unpack to 2 GiB */
        STR_INIT("\xc3\x00\x00"), /* nothing unpacks */
        STR_INIT("\xc3\x80\x7f\xff\xff\xff\x81\x7f\xff\xff\xff\xff\xff\xff\xff"
                 "ab"),
        STR_INIT("\xc4"
                 "abcd"), /* no such encoding */
        STR_INIT("\x82"
                 "abcd"), /* no such length */
        STR_INIT("\xc3\x03\x0a\x01"
                 "ab"), /* unpacks to less */
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct str rest = lies[i], bytes;
        struct source source = source_from_str(&rest);
        struct rdb_reader reader = {.source = &source};
        if (rdb_read_string(&reader, &bytes)) fail_msg("accepted lie %zu", i);
        assert_true(reader.text.capacity + reader.scratch.capacity < 1 << 12);
        rdb_reader_deinit(&reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_written_in_their_shortest_form),
        cmocka_unit_test(after_many_small_ones_in_vain_compressing_is_soon_found_to_pay_again),
        cmocka_unit_test(every_size_reads_back_whether_compressed_or_not),
        cmocka_unit_test(lengths_of_all_four_forms_read_back),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(lies_about_lengths_are_refused_before_memory_is_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
