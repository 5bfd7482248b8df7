/* Proves: every reply type is read, at any fragmentation, without taking bytes that follow;
 * malformed and hostile input is refused; memory follows what arrived. */
#include "proto/reply_parse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"

static struct reply_node parse_in_pieces(struct str bytes, size_t piece)
{
    struct reply_parser parser = {0};
    struct reply_node node = {0};
    enum reply_verdict verdict = REPLY_MORE;
    while (bytes.len > 0 && verdict == REPLY_MORE) {
        struct str part = str_first(bytes, piece);
        size_t had = part.len;
        verdict = reply_parser_step(&parser, &part);
        bytes = str_from(bytes, had - part.len);
        if (verdict != REPLY_READY) assert_int_equal(part.len, 0);
    }
    assert_int_equal(verdict, REPLY_READY);
    assert_int_equal(bytes.len, 0);
    reply_parser_take(&parser, &node);
    assert_true(reply_parser_is_idle(&parser));
    reply_parser_deinit(&parser);
    return node;
}

static void assert_bad(struct str bytes)
{
    struct reply_parser parser = {0};
    struct str rest = bytes;
    if (reply_parser_step(&parser, &rest) != REPLY_BAD) fail_msg("accepted: %.*s", STR_ARG(bytes));
    assert_true(strlen(reply_parser_error(&parser)) > 0);
    assert_int_equal(reply_parser_step(&parser, &rest), REPLY_BAD);
    reply_parser_deinit(&parser);
}

static void assert_text(const struct reply_node *node, enum reply_type type, const char *text)
{
    assert_int_equal(node->type, type);
    assert_int_equal(node->text.len, strlen(text));
    assert_memory_equal(node->text.ptr, text, strlen(text));
}

static void scalars_of_both_protocols_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum reply_type type;
        const char *text;
        int64_t integer;
    } cases[] = {
        {"+OK\r\n", REPLY_STATUS, "OK", 0},
        {"+\r\n", REPLY_STATUS, "", 0},
        {"-ERR no\r\n", REPLY_ERROR, "ERR no", 0},
        {"!7\r\nERR\r\nno\r\n", REPLY_ERROR, "ERR\r\nno", 0},
        {":-42\r\n", REPLY_INTEGER, "", -42},
        {":+7\r\n", REPLY_INTEGER, "", 7},
        {":9223372036854775807\r\n", REPLY_INTEGER, "", INT64_MAX},
        {"$5\r\na\r\nbc\r\n", REPLY_STRING, "a\r\nbc", 0},
        {"$0\r\n\r\n", REPLY_STRING, "", 0},
        {"$-1\r\n", REPLY_NIL, "", 0},
        {"*-1\r\n", REPLY_NIL, "", 0},
        {"_\r\n", REPLY_NIL, "", 0},
        {"#t\r\n", REPLY_BOOL, "", 1},
        {"#f\r\n", REPLY_BOOL, "", 0},
        {",3.141\r\n", REPLY_DOUBLE, "3.141", 0},
        {"(-12345678901234567890\r\n", REPLY_BIG_NUMBER, "-12345678901234567890", 0},
        {"=8\r\nmkd:text\r\n", REPLY_VERBATIM, "text", 0},
        {"=4\r\ntxt:\r\n", REPLY_VERBATIM, "", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t piece = 1; piece <= 64; piece = piece * 2 + 1) {
            struct reply_node node = parse_in_pieces(str_from_c(cases[i].bytes), piece);
            assert_text(&node, cases[i].type, cases[i].text);
            assert_true(node.integer == cases[i].integer);
            reply_node_clear(&node);
        }
    }
}

static void doubles_keep_their_value_and_their_text(void **state)
{
    (void)state;
    struct reply_node node = parse_in_pieces(STR(",-1.5e3\r\n"), 100);
    assert_true(node.number == -1500);
    reply_node_clear(&node);
    node = parse_in_pieces(STR(",-inf\r\n"), 100);
    assert_true(isinf(node.number) && node.number < 0);
    assert_text(&node, REPLY_DOUBLE, "-inf");
    reply_node_clear(&node);
    node = parse_in_pieces(STR(",nan\r\n"), 100);
    assert_true(isnan(node.number));
    reply_node_clear(&node);
}

static void a_verbatim_string_keeps_its_format(void **state)
{
    (void)state;
    struct reply_node node = parse_in_pieces(STR("=8\r\nmkd:text\r\n"), 3);
    assert_string_equal(node.format, "mkd");
    reply_node_clear(&node);
}

static void aggregates_nest(void **state)
{
    (void)state;
    struct str bytes = STR("*4\r\n%1\r\n+k\r\n*2\r\n:1\r\n:2\r\n~1\r\n#t\r\n*0\r\n$1\r\nz\r\n");
    for (size_t piece = 1; piece < bytes.len; piece++) {
        struct reply_node node = parse_in_pieces(bytes, piece);
        assert_int_equal(node.type, REPLY_ARRAY);
        assert_int_equal(node.count, 4);
        const struct reply_node *list = reply_map_get(&node.items[0], "k");
        assert_non_null(list);
        assert_int_equal(list->items[1].integer, 2);
        assert_int_equal(node.items[1].type, REPLY_SET);
        assert_int_equal(node.items[2].count, 0);
        assert_text(&node.items[3], REPLY_STRING, "z");
        reply_node_clear(&node);
    }
}

static void nothing_behind_a_reply_is_taken(void **state)
{
    (void)state;
    struct reply_parser parser = {0};
    struct reply_node node;
    struct str bytes = STR("+CONTINUE\r\n*1\r\n");
    assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_READY);
    assert_true(str_eq(bytes, STR("*1\r\n")));
    assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_READY);
    assert_int_equal(bytes.len, 4);
    reply_parser_take(&parser, &node);
    assert_text(&node, REPLY_STATUS, "CONTINUE");
    reply_node_clear(&node);
    assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_MORE);
    assert_false(reply_parser_is_idle(&parser));
    reply_parser_deinit(&parser);
}

static void a_push_message_comes_between_replies_only(void **state)
{
    (void)state;
    struct reply_node node = parse_in_pieces(STR(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"), 2);
    assert_int_equal(node.type, REPLY_PUSH);
    assert_int_equal(node.count, 2);
    reply_node_clear(&node);
    assert_bad(STR("*1\r\n>1\r\n+x\r\n"));
}

static void attributes_are_kept_beside_the_value_they_describe(void **state)
{
    (void)state;
    struct str bytes = STR("|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:5\r\n:6\r\n");
    for (size_t piece = 1; piece < bytes.len; piece++) {
        struct reply_node node = parse_in_pieces(bytes, piece);
        assert_int_equal(node.type, REPLY_ARRAY);
        assert_int_equal(reply_map_get(node.attributes, "ttl")->integer, 3);
        assert_int_equal(node.items[0].integer, 5);
        assert_int_equal(reply_map_get(node.items[0].attributes, "a")->count, 1);
        assert_null(node.items[1].attributes);
        reply_node_clear(&node);
    }
}

static void malformed_replies_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\r\n",
        "x\r\n",
        "+OK\n",
        ":1x\r\n",
        ":\r\n",
        ":99999999999999999999\r\n",
        "$-2\r\n",
        "$1\r\nab\r\n",
        "$x\r\n",
        "$99999999999999\r\n",
        "*-2\r\n",
        "*x\r\n",
        "%-1\r\n",
        "%9223372036854775807\r\n",
        "_x\r\n",
        "#x\r\n",
        ",x\r\n",
        "(1.5\r\n",
        "(\r\n",
        "=3\r\ntxt\r\n",
        "=5\r\ntxt-a\r\n",
        "!-1\r\n",
        ">0\r\n",
        "|-1\r\n",
        "\n",
        "$?\r\n",
        "$1\r\na\n\n",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) assert_bad(str_from_c(cases[i]));
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    struct buf bytes = {0};
    for (int i = 0; i < REPLY_DEPTH_MAX; i++) buf_append_c(&bytes, "*1\r\n");
    buf_append_c(&bytes, ":1\r\n");
    struct reply_node node = parse_in_pieces(buf_str(&bytes), 1000);
    reply_node_clear(&node);
    buf_clear(&bytes);
    for (int i = 0; i <= REPLY_DEPTH_MAX; i++) buf_append_c(&bytes, i % 2 ? "|1\r\n" : "*1\r\n");
    assert_bad(buf_str(&bytes));
    buf_deinit(&bytes);
}

static void a_huge_announcement_costs_nothing(void **state)
{
    (void)state;
    static const char *const cases[] = {"*4611686018427387903\r\n:1\r\n", "$1099511627776\r\nab",
                                        "%4000000000\r\n+a\r\n"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t before = mem_thread_balance();
        struct reply_parser parser = {0};
        struct str bytes = str_from_c(cases[i]);
        assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_MORE);
        assert_true(mem_thread_balance() - before < 4096);
        reply_parser_deinit(&parser);
        assert_true(mem_thread_balance() == before);
    }
}

static void an_endless_line_is_refused(void **state)
{
    (void)state;
    struct reply_parser parser = {0};
    static char letters[64 * 1024];
    memset(letters, 'a', sizeof(letters));
    letters[0] = '+';
    enum reply_verdict verdict = REPLY_MORE;
    for (int i = 0; i < 100 && verdict == REPLY_MORE; i++) {
        struct str bytes = str_of(letters, sizeof(letters));
        verdict = reply_parser_step(&parser, &bytes);
    }
    assert_int_equal(verdict, REPLY_BAD);
    reply_parser_deinit(&parser);
}

static void a_parser_may_be_dropped_in_the_middle_of_anything(void **state)
{
    (void)state;
    struct str bytes =
        STR("|1\r\n+a\r\n*1\r\n|1\r\n+b\r\n$3\r\nabc\r\n%1\r\n|1\r\n+x\r\n:1\r\n=6\r\ntxt:ab\r\n");
    int64_t before = mem_thread_balance();
    for (size_t len = 0; len < bytes.len; len++) {
        struct reply_parser parser = {0};
        struct str part = str_first(bytes, len);
        assert_int_equal(reply_parser_step(&parser, &part), REPLY_MORE);
        reply_parser_deinit(&parser);
        assert_true(mem_thread_balance() == before);
    }
}

static void lookups_in_maps_accept_arrays_of_pairs_and_refuse_the_rest(void **state)
{
    (void)state;
    struct reply_node node = parse_in_pieces(STR("*4\r\n:1\r\n:2\r\n$1\r\nk\r\n+v\r\n"), 100);
    assert_true(str_eq(reply_text(reply_map_get(&node, "k")), STR("v")));
    assert_null(reply_map_get(&node, "v"));
    assert_null(reply_map_get(&node.items[0], "k"));
    assert_null(reply_map_get(NULL, "k"));
    assert_int_equal(reply_text(NULL).len, 0);
    reply_node_clear(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_of_both_protocols_are_read),
        cmocka_unit_test(doubles_keep_their_value_and_their_text),
        cmocka_unit_test(a_verbatim_string_keeps_its_format),
        cmocka_unit_test(aggregates_nest),
        cmocka_unit_test(nothing_behind_a_reply_is_taken),
        cmocka_unit_test(a_push_message_comes_between_replies_only),
        cmocka_unit_test(attributes_are_kept_beside_the_value_they_describe),
        cmocka_unit_test(malformed_replies_are_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_huge_announcement_costs_nothing),
        cmocka_unit_test(an_endless_line_is_refused),
        cmocka_unit_test(a_parser_may_be_dropped_in_the_middle_of_anything),
        cmocka_unit_test(lookups_in_maps_accept_arrays_of_pairs_and_refuse_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
