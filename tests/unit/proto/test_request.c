/* Proves: a stream gives the same requests however it is cut; whatever is wrong in it is refused
 * in the words of Redis and never makes memory grow with a number that was only announced. */
#include "proto/request.h"

#include "base/mem.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct request_limits USUAL = {INT32_MAX, 512 * 1024 * 1024, true};
static const struct request_limits STRANGER = {INT32_MAX, 512 * 1024 * 1024, false};

/* Writes a request down: "<3>set<1>a<1>b;" */
static void describe(const struct request_parser *parser, struct str bytes, struct buf *out)
{
    struct str *args = mem_alloc((size_t)parser->argc * sizeof(*args));
    request_args(parser, bytes, args);
    for (int64_t i = 0; i < parser->argc; i++) {
        buf_printf(out, "<%zu>", args[i].len);
        buf_append_str(out, args[i]);
    }
    buf_append_char(out, ';');
    mem_free(args);
}

/* Reads on as a connection does: what is not used yet is given again with what came since. */
struct reader {
    struct request_parser parser;
    struct buf bytes, seen;
    enum request_verdict verdict;
    size_t args_capacity; /* the largest it became */
};

static void reader_init(struct reader *reader)
{
    *reader = (struct reader){.verdict = REQUEST_INCOMPLETE};
    request_parser_init(&reader->parser);
}

static void reader_deinit(struct reader *reader)
{
    request_parser_deinit(&reader->parser);
    buf_deinit(&reader->bytes);
    buf_deinit(&reader->seen);
}

static void feed(struct reader *reader, struct str piece, const struct request_limits *limits)
{
    struct request_parser *parser = &reader->parser;
    if (reader->verdict == REQUEST_INVALID) return;
    /* The bytes move at every piece: nobody may keep their address. */
    struct buf moved = {0};
    buf_append_str(&moved, buf_str(&reader->bytes));
    buf_append_str(&moved, piece);
    buf_deinit(&reader->bytes);
    reader->bytes = moved;
    for (;;) {
        reader->verdict = request_parse(parser, buf_str(&reader->bytes), limits);
        if (parser->args_capacity > reader->args_capacity)
            reader->args_capacity = parser->args_capacity;
        if (reader->verdict != REQUEST_READY) break;
        describe(parser, buf_str(&reader->bytes), &reader->seen);
        buf_consume(&reader->bytes, request_finish(parser));
    }
    if (reader->verdict == REQUEST_INVALID) buf_append_str(&reader->seen, buf_str(&parser->error));
}

static void check(struct str stream, const struct request_limits *limits, const char *wanted)
{
    struct reader reader;
    reader_init(&reader);
    feed(&reader, stream, limits);
    assert_string_equal(buf_c(&reader.seen), wanted);
    reader_deinit(&reader);
}
#define USUALLY(stream, wanted)    check(STR(stream), &USUAL, wanted)
#define TO_STRANGERS(stream, text) check(STR(stream), &STRANGER, "ERR Protocol error: " text)
#define REFUSED(stream, text)      check(STR(stream), &USUAL, "ERR Protocol error: " text)

static const struct str STREAM =
    STR_INIT("*3\r\n$3\r\nset\r\n$1\r\na\r\n$4\r\n\r\n*1\r\n*0\r\n*-1\r\n\r\nPING 'a "
             "b'\r\n*2\r\n$0\r\n\r\n$12\r\n"
             "twelve bytes\r\n  get \"\\x41\\n\"\n*1\r\n$4\r\nquit\r\n");
static const char REQUESTS[] =
    "<3>set<1>a<4>\r\n*1;;;;<4>PING<3>a b;<0><12>twelve bytes;<3>get<2>A\n;<4>quit;";

static void a_stream_at_once_gives_its_requests(void **state)
{
    (void)state;
    check(STREAM, &USUAL, REQUESTS);
    check(STREAM, &STRANGER, REQUESTS);
}

static void every_two_cuts_give_the_same_requests(void **state)
{
    (void)state;
    for (size_t first = 0; first <= STREAM.len; first++) {
        for (size_t second = first; second <= STREAM.len; second++) {
            struct reader reader;
            reader_init(&reader);
            feed(&reader, str_first(STREAM, first), &USUAL);
            feed(&reader, str_from(str_first(STREAM, second), first), &USUAL);
            feed(&reader, str_from(STREAM, second), &USUAL);
            assert_string_equal(buf_c(&reader.seen), REQUESTS);
            assert_int_equal(reader.bytes.len, 0);
            reader_deinit(&reader);
        }
    }
}

static void byte_by_byte_gives_the_same_requests(void **state)
{
    (void)state;
    struct reader reader;
    reader_init(&reader);
    for (size_t i = 0; i < STREAM.len; i++)
        feed(&reader, str_first(str_from(STREAM, i), 1), &USUAL);
    assert_string_equal(buf_c(&reader.seen), REQUESTS);
    reader_deinit(&reader);
}

static void any_byte_wrong_at_any_place_is_told_the_same_however_cut(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 9);
    char wrong[200];
    memcpy(wrong, STREAM.ptr, STREAM.len);
    for (size_t at = 0; at < STREAM.len; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct reader whole, pieces;
            wrong[at] = (char)byte;
            reader_init(&whole);
            reader_init(&pieces);
            feed(&whole, str_of(wrong, STREAM.len), &USUAL);
            size_t cut = prng_below(&prng, STREAM.len + 1);
            feed(&pieces, str_of(wrong, cut), &USUAL);
            feed(&pieces, str_from(str_of(wrong, STREAM.len), cut), &USUAL);
            assert_int_equal(whole.verdict, pieces.verdict);
            assert_true(str_eq(buf_str(&whole.seen), buf_str(&pieces.seen)));
            reader_deinit(&whole);
            reader_deinit(&pieces);
        }
        wrong[at] = STREAM.ptr[at];
    }
}

static void counts_must_be_numbers_a_client_may_announce(void **state)
{
    (void)state;
    REFUSED("*2147483648\r\n", "invalid multibulk length");
    REFUSED("*9223372036854775808\r\n", "invalid multibulk length");
    REFUSED("*\r\n", "invalid multibulk length");
    REFUSED("*1x\r\n", "invalid multibulk length");
    REFUSED("*+1\r\n", "invalid multibulk length");
    REFUSED("*01\r\n", "invalid multibulk length");
    REFUSED("* 1\r\n", "invalid multibulk length");
    USUALLY("*-9223372036854775808\r\n*0\r\n", ";;");
    USUALLY("*2147483647\r\n", "");
}

static void lengths_must_be_numbers_a_client_may_announce(void **state)
{
    (void)state;
    REFUSED("*1\r\n$-1\r\n", "invalid bulk length");
    REFUSED("*1\r\n$536870913\r\n", "invalid bulk length");
    REFUSED("*1\r\n$2147483648\r\n", "invalid bulk length");
    REFUSED("*1\r\n$9223372036854775808\r\n", "invalid bulk length");
    REFUSED("*1\r\n$\r\n", "invalid bulk length");
    REFUSED("*1\r\n$4x\r\nPING\r\n", "invalid bulk length");
    REFUSED("*1\r\n$04\r\nPING\r\n", "invalid bulk length");
    USUALLY("*1\r\n$536870912\r\nabc", "");
}

static void what_stands_for_the_dollar_is_named(void **state)
{
    (void)state;
    REFUSED("*1\r\n:4\r\n", "expected '$', got ':'");
    REFUSED("*1\r\n*4\r\n", "expected '$', got '*'");
    REFUSED("*1\r\n\x80 4\r\n", "expected '$', got '\x80'");
    REFUSED("*1\r\n\r\n", "expected '$', got ' '");
    REFUSED("*1\r\n\n4\r\n", "expected '$', got ' '");
    REFUSED("*1\r\n\0004\r\n", "expected '$', got ' '");
    USUALLY("*1\r\n$4\r\nPINGxx*1\r\n", "<4>PING;");
}

static void strangers_may_say_little(void **state)
{
    (void)state;
    TO_STRANGERS("*11\r\n", "unauthenticated multibulk length");
    TO_STRANGERS("*2147483648\r\n", "invalid multibulk length");
    TO_STRANGERS("*1\r\n$16385\r\n", "unauthenticated bulk length");
    TO_STRANGERS("*1\r\n$536870913\r\n", "invalid bulk length");
    TO_STRANGERS("*1\r\n$-1\r\n", "invalid bulk length");
    check(STR("*10\r\n$16384\r\n"), &STRANGER, "");
    USUALLY("*11\r\n$16385\r\n", "");
}

static void a_line_may_not_be_endless(void **state)
{
    (void)state;
    static const struct {
        const char *start, *error;
    } rows[] = {
        {"a", "ERR Protocol error: too big inline request"},
        {"*1", "ERR Protocol error: too big mbulk count string"},
        {"*1\r\n$1", "ERR Protocol error: too big bulk count string"},
    };
    for (size_t i = 0; i < 3; i++) {
        static char digits[REQUEST_INLINE_MAX];
        memset(digits, '1', sizeof(digits));
        struct reader reader;
        reader_init(&reader);
        feed(&reader, str_from_c(rows[i].start), &USUAL);
        size_t line = i == 2 ? 2 : strlen(rows[i].start);
        feed(&reader, str_of(digits, REQUEST_INLINE_MAX - line), &USUAL);
        assert_int_equal(reader.verdict, REQUEST_INCOMPLETE);
        feed(&reader, STR("1"), &USUAL);
        assert_string_equal(buf_c(&reader.seen), rows[i].error);
        reader_deinit(&reader);
    }
}

static void inline_requests_are_words(void **state)
{
    (void)state;
    USUALLY("PING\n", "<4>PING;");
    USUALLY("  set a\t'b c' \r\n", "<3>set<1>a<3>b c;");
    USUALLY("\r\n\n", ";;");
    USUALLY("\"\" ''\r\n", "<0><0>;");
    REFUSED("PING \"a\r\n", "unbalanced quotes in request");
    REFUSED("PING 'a'b\r\n", "unbalanced quotes in request");
    USUALLY("PING\r\nPI", "<4>PING;");
}

static void announced_arguments_cost_nothing(void **state)
{
    (void)state;
    struct reader reader;
    reader_init(&reader);
    int64_t before = mem_thread_balance();
    feed(&reader, STR("*2147483647\r\n"), &USUAL);
    feed(&reader, STR("$1\r\na\r\n$536870912\r\n"), &USUAL);
    assert_int_equal(reader.verdict, REQUEST_INCOMPLETE);
    assert_true(mem_thread_balance() - before < 4096);
    assert_int_equal(reader.parser.argc, 1);
    reader_deinit(&reader);
}

static void memory_of_a_request_with_many_arguments_is_given_back(void **state)
{
    (void)state;
    enum { ARGS = 5000 };
    struct buf stream = {0};
    buf_printf(&stream, "*%d\r\n", ARGS);
    for (int i = 0; i < ARGS; i++) buf_append_c(&stream, "$1\r\nx\r\n");
    struct reader reader;
    reader_init(&reader);
    feed(&reader, buf_str(&stream), &USUAL);
    assert_int_equal(reader.seen.len, ARGS * 4 + 1);
    assert_in_range(reader.args_capacity, ARGS, 2 * ARGS);
    assert_true(reader.parser.args_capacity <= 1024);
    buf_deinit(&stream);
    reader_deinit(&reader);
}

/* A client that must wait is given its bytes again, from the first one of the request. */
static void a_parser_that_was_stopped_begins_anew_wherever_it_was(void **state)
{
    (void)state;
    for (size_t first = 0; first <= STREAM.len; first++) {
        struct reader reader;
        reader_init(&reader);
        feed(&reader, str_first(STREAM, first), &USUAL);
        request_finish(&reader.parser);
        feed(&reader, str_from(STREAM, first), &USUAL);
        assert_string_equal(buf_c(&reader.seen), REQUESTS);
        reader_deinit(&reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_at_once_gives_its_requests),
        cmocka_unit_test(every_two_cuts_give_the_same_requests),
        cmocka_unit_test(byte_by_byte_gives_the_same_requests),
        cmocka_unit_test(a_parser_that_was_stopped_begins_anew_wherever_it_was),
        cmocka_unit_test(any_byte_wrong_at_any_place_is_told_the_same_however_cut),
        cmocka_unit_test(counts_must_be_numbers_a_client_may_announce),
        cmocka_unit_test(lengths_must_be_numbers_a_client_may_announce),
        cmocka_unit_test(what_stands_for_the_dollar_is_named),
        cmocka_unit_test(strangers_may_say_little),
        cmocka_unit_test(a_line_may_not_be_endless),
        cmocka_unit_test(inline_requests_are_words),
        cmocka_unit_test(announced_arguments_cost_nothing),
        cmocka_unit_test(memory_of_a_request_with_many_arguments_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
