/* Proves: each shape of a reply has the bytes both protocol versions give it, errors stay one
 * line whatever they say, and what is discarded or written aside leaves no trace where it should
 * not. */
#include "proto/reply.h"

#include "base/buf.h"
#include "base/mem.h"
#include "proto/reply_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

struct out {
    struct chain chain;
    struct reply reply;
    struct buf text; /* the bytes taken last */
};

static void out_init(struct out *out, int version)
{
    *out = (struct out){0};
    out->reply = (struct reply){.out = &out->chain, .version = version};
}

static const char *take(struct out *out)
{
    size_t len = out->chain.len;
    buf_clear(&out->text);
    chain_copy(&out->chain, buf_reserve(&out->text, len + 1));
    out->text.len = len;
    chain_consume(&out->chain, len);
    return buf_c(&out->text);
}

static void out_deinit(struct out *out)
{
    chain_deinit(&out->chain);
    buf_deinit(&out->text);
}

typedef void write_shape(struct reply *reply);

/* One function a shape, so that a row is its name and what both versions make of it. */
#define SHAPE(name, call)                                                                          \
    static void name(struct reply *r)                                                              \
    {                                                                                              \
        call;                                                                                      \
    }
SHAPE(ok, reply_ok(r))
SHAPE(status, reply_status(r, "PONG"))
SHAPE(torn_status, reply_status_str(r, STR("a\r\nb")))
SHAPE(error, reply_error(r, "ERR no"))
SHAPE(number, reply_i64(r, 7))
SHAPE(long_number, reply_i64(r, INT64_MIN))
SHAPE(text_number, reply_u64_text(r, UINT64_MAX))
SHAPE(yes, reply_bool(r, true))
SHAPE(no, reply_bool(r, false))
SHAPE(bulk, reply_bulk(r, STR("a\0\r\n")))
SHAPE(empty, reply_bulk(r, (struct str){NULL, 0}))
SHAPE(bulk_c, reply_bulk_c(r, "abc"))
SHAPE(bulk_number, reply_bulk_i64(r, -12))
SHAPE(null, reply_null(r))
SHAPE(null_array, reply_null_array(r))
SHAPE(fraction, reply_double(r, 0.1))
SHAPE(whole, reply_double(r, 3))
SHAPE(endless, reply_double(r, -INFINITY))
SHAPE(human, reply_human_bulk(r, 10.5L))
SHAPE(big, reply_big_number(r, STR("123456789012345678901234567890")))
SHAPE(verbatim, reply_verbatim(r, STR("some text"), "txt"))
SHAPE(array, reply_array(r, 12))
SHAPE(map, reply_map(r, 2))
SHAPE(set, reply_set(r, 3))
SHAPE(push, reply_push(r, 3))
SHAPE(raw, reply_raw(r, STR("+RAW\r\n")))

static const struct {
    write_shape *write;
    const char *two, *three;
} SHAPES[] = {
    {ok, "+OK\r\n", "+OK\r\n"},
    {status, "+PONG\r\n", "+PONG\r\n"},
    {torn_status, "+a  b\r\n", "+a  b\r\n"},
    {error, "-ERR no\r\n", "-ERR no\r\n"},
    {number, ":7\r\n", ":7\r\n"},
    {long_number, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
    {text_number, "$20\r\n18446744073709551615\r\n", "$20\r\n18446744073709551615\r\n"},
    {yes, ":1\r\n", "#t\r\n"},
    {no, ":0\r\n", "#f\r\n"},
    {empty, "$0\r\n\r\n", "$0\r\n\r\n"},
    {bulk_c, "$3\r\nabc\r\n", "$3\r\nabc\r\n"},
    {bulk_number, "$3\r\n-12\r\n", "$3\r\n-12\r\n"},
    {null, "$-1\r\n", "_\r\n"},
    {null_array, "*-1\r\n", "_\r\n"},
    {fraction, "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"},
    {whole, "$1\r\n3\r\n", ",3\r\n"},
    {endless, "$4\r\n-inf\r\n", ",-inf\r\n"},
    {human, "$4\r\n10.5\r\n", "$4\r\n10.5\r\n"},
    {big, "$30\r\n123456789012345678901234567890\r\n", "(123456789012345678901234567890\r\n"},
    {verbatim, "$9\r\nsome text\r\n", "=13\r\ntxt:some text\r\n"},
    {array, "*12\r\n", "*12\r\n"},
    {map, "*4\r\n", "%2\r\n"},
    {set, "*3\r\n", "~3\r\n"},
    {push, "*3\r\n", ">3\r\n"},
    {raw, "+RAW\r\n", "+RAW\r\n"},
};
enum { SHAPE_COUNT = sizeof(SHAPES) / sizeof(*SHAPES) };

static void each_shape_has_its_bytes_in_both_versions(void **state)
{
    (void)state;
    struct out two, three;
    out_init(&two, 2);
    out_init(&three, 3);
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        SHAPES[i].write(&two.reply);
        SHAPES[i].write(&three.reply);
        assert_string_equal(take(&two), SHAPES[i].two);
        assert_string_equal(take(&three), SHAPES[i].three);
    }
    bulk(&two.reply);
    take(&two);
    assert_true(str_eq(buf_str(&two.text), STR("$4\r\na\0\r\n\r\n")));
    reply_attribute(&three.reply, 1);
    assert_string_equal(take(&three), "|1\r\n");
    out_deinit(&two);
    out_deinit(&three);
}

static void a_client_told_to_be_quiet_hears_nothing(void **state)
{
    (void)state;
    struct out out;
    out_init(&out, 3);
    out.reply.discards = true;
    for (size_t i = 0; i < SHAPE_COUNT; i++) SHAPES[i].write(&out.reply);
    assert_int_equal(out.chain.len, 0);
    assert_int_equal(out.reply.errors, 1);
    out_deinit(&out);
}

struct heard {
    int count;
    char last[64];
};

static void on_error(void *owner, struct str text)
{
    struct heard *heard = owner;
    heard->count++;
    memcpy(heard->last, text.ptr, text.len);
    heard->last[text.len] = '\0';
}

static void an_error_is_one_line_whatever_it_says(void **state)
{
    (void)state;
    struct out out;
    out_init(&out, 2);
    reply_error_str(&out.reply, STR("ERR a\r\n+OK\r\nb\n\r"));
    assert_string_equal(take(&out), "-ERR a  +OK  b\r\n");
    reply_error_str(&out.reply, STR("\r\n"));
    assert_string_equal(take(&out), "-\r\n");
    reply_error_fmt(&out.reply, "ERR '%s' and %d", "x\ny", 5);
    assert_string_equal(take(&out), "-ERR 'x y' and 5\r\n");
    assert_int_equal(out.reply.errors, 3);
    out_deinit(&out);
}

static void an_error_made_of_a_long_argument_is_cut(void **state)
{
    (void)state;
    static char longest[5000];
    struct out out;
    out_init(&out, 2);
    memset(longest, 'x', sizeof(longest) - 1);
    reply_error_fmt(&out.reply, "ERR %s", longest);
    take(&out);
    assert_in_range(out.text.len, 1000, 1100);
    assert_true(str_ends_with(buf_str(&out.text), STR("x\r\n")));
    out_deinit(&out);
}

static void errors_are_counted_and_heard_of_even_when_dropped(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct out out;
    out_init(&out, 2);
    out.reply.on_error = on_error;
    out.reply.owner = &heard;
    reply_error(&out.reply, "WRONGTYPE no\r\n");
    out.reply.discards = true;
    reply_error(&out.reply, "ERR again");
    assert_int_equal(heard.count, 2);
    assert_string_equal(heard.last, "ERR again");
    assert_int_equal(out.reply.errors, 2);
    assert_string_equal(take(&out), "-WRONGTYPE no\r\n");
    out_deinit(&out);
}

static void bulks_of_any_length_are_whole(void **state)
{
    (void)state;
    static char bytes[20000];
    for (size_t i = 0; i < sizeof(bytes); i++) bytes[i] = (char)('a' + i % 26);
    struct out out;
    out_init(&out, 2);
    for (size_t len = 0; len < sizeof(bytes); len += len < 70 ? 1 : len / 50) {
        struct str wanted = str_of(bytes, len);
        reply_bulk(&out.reply, wanted);
        take(&out);
        struct buf header = {0};
        buf_printf(&header, "$%zu\r\n", len);
        assert_true(str_starts_with(buf_str(&out.text), buf_str(&header)));
        assert_int_equal(out.text.len, header.len + len + 2);
        assert_true(str_starts_with(str_from(buf_str(&out.text), header.len), wanted));
        assert_true(str_ends_with(buf_str(&out.text), STR("\r\n")));
        buf_deinit(&header);
    }
    out_deinit(&out);
}

static void release(void *owner)
{
    ++*(int *)owner;
}

static void a_lent_bulk_is_released_when_sent_or_dropped(void **state)
{
    (void)state;
    int released = 0;
    struct out out;
    out_init(&out, 2);
    struct chain_loan loan = {release, &released};
    reply_bulk_lent(&out.reply, STR("lent bytes"), loan);
    assert_int_equal(released, 0);
    assert_string_equal(take(&out), "$10\r\nlent bytes\r\n");
    assert_int_equal(released, 1);
    out.reply.discards = true;
    reply_bulk_lent(&out.reply, STR("lent bytes"), loan);
    assert_int_equal(released, 2);
    assert_int_equal(out.chain.len, 0);
    out_deinit(&out);
}

static void what_is_written_aside_comes_behind_its_header(void **state)
{
    (void)state;
    struct out out;
    struct reply_later outer, inner;
    out_init(&out, 3);
    reply_ok(&out.reply);
    reply_later_begin(&out.reply, &outer);
    reply_i64(&out.reply, 1);
    reply_later_begin(&out.reply, &inner);
    reply_later_set(&out.reply, &inner, 0);
    reply_bulk_c(&out.reply, "x");
    reply_later_begin(&out.reply, &inner);
    reply_null(&out.reply);
    reply_null(&out.reply);
    reply_later_map(&out.reply, &inner, 1);
    assert_string_equal(take(&out), "+OK\r\n");
    reply_later_array(&out.reply, &outer, 4);
    reply_ok(&out.reply);
    assert_string_equal(take(&out), "*4\r\n:1\r\n~0\r\n$1\r\nx\r\n%1\r\n_\r\n_\r\n+OK\r\n");
    out_deinit(&out);
}

static void our_own_parser_reads_what_was_written(void **state)
{
    (void)state;
    for (int version = 2; version <= 3; version++) {
        struct out out;
        struct reply_parser parser = {0};
        out_init(&out, version);
        reply_array(&out.reply, SHAPE_COUNT - 4);
        size_t items = 0;
        for (size_t i = 0; i < SHAPE_COUNT; i++) {
            bool has_children = SHAPES[i].write == array || SHAPES[i].write == map ||
                                SHAPES[i].write == set || SHAPES[i].write == push;
            if (has_children) continue;
            SHAPES[i].write(&out.reply);
            items++;
        }
        take(&out);
        struct str bytes = buf_str(&out.text);
        struct reply_node node;
        assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_READY);
        assert_int_equal(bytes.len, 0);
        reply_parser_take(&parser, &node);
        assert_int_equal(node.count, items);
        reply_node_clear(&node);
        reply_parser_deinit(&parser);
        out_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape_has_its_bytes_in_both_versions),
        cmocka_unit_test(a_client_told_to_be_quiet_hears_nothing),
        cmocka_unit_test(an_error_is_one_line_whatever_it_says),
        cmocka_unit_test(an_error_made_of_a_long_argument_is_cut),
        cmocka_unit_test(errors_are_counted_and_heard_of_even_when_dropped),
        cmocka_unit_test(bulks_of_any_length_are_whole),
        cmocka_unit_test(a_lent_bulk_is_released_when_sent_or_dropped),
        cmocka_unit_test(what_is_written_aside_comes_behind_its_header),
        cmocka_unit_test(our_own_parser_reads_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
