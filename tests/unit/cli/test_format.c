/* Proves: replies of every type are printed as redis-cli 7.0.15 printed them (the expected texts
 * were taken from it). */
#include "cli/format.h"
#include "unit/cli/reply_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct expectation {
    const char *reply, *tty, *raw, *csv, *json;
};

static const struct expectation EXPECTATIONS[] = {
    {"+OK\r\n", "OK\n", "OK\n", "\"OK\"\n", "\"OK\"\n"},
    {"-ERR x\r\n", "(error) ERR x\n", "ERR x\n\n", "ERROR,\"ERR x\"\n", "error:\"ERR x\"\n"},
    {":5\r\n", "(integer) 5\n", "5\n", "5\n", "5\n"},
    {"$4\r\na\"\n\xc8\r\n", "\"a\\\"\\n\\xc8\"\n", "a\"\n\xc8\n", "\"a\\\"\\n\\xc8\"\n",
     "\"a\\\"\\n\xc8\"\n"},
    {"$0\r\n\r\n", "\"\"\n", "\n", "\"\"\n", "\"\"\n"},
    {"_\r\n", "(nil)\n", "\n", "NULL\n", "null\n"},
    {"#t\r\n", "(true)\n", "(true)\n", "true\n", "true\n"},
    {"#f\r\n", "(false)\n", "(false)\n", "false\n", "false\n"},
    {",3.141\r\n", "(double) 3.141\n", "3.141\n", "3.141\n", "3.141\n"},
    {"=7\r\ntxt:a\nb\r\n", "a\nb\n", "a\nb\n", "\"a\\nb\"\n", "\"a\\nb\"\n"},
    {"*0\r\n", "(empty array)\n", "\n", "\n", "[]\n"},
    {"%0\r\n", "(empty hash)\n", "\n", "\n", "{}\n"},
    {"~0\r\n", "(empty set)\n", "\n", "\n", "[]\n"},
    {"*2\r\n:1\r\n*2\r\n$1\r\na\r\n_\r\n", "1) (integer) 1\n2) 1) \"a\"\n   2) (nil)\n", "1\na\n\n",
     "1,\"a\",NULL\n", "[1,[\"a\",null]]\n"},
    {"~2\r\n:1\r\n:2\r\n", "1~ (integer) 1\n2~ (integer) 2\n", "1\n2\n", "1,2\n", "[1,2]\n"},
    {">2\r\n+a\r\n:2\r\n", "1) a\n2) (integer) 2\n", "a\n2\n", "\"a\",2\n", "[\"a\",2]\n"},
    {"%2\r\n$1\r\nk\r\n:1\r\n:7\r\n#f\r\n", "1# \"k\" => (integer) 1\n2# (integer) 7 => (false)\n",
     "k 1\n7 (false)\n", "\"k\",1,7,false\n", "{\"k\":1,\"7\":false}\n"},
    {"%1\r\n+k\r\n*2\r\n:1\r\n:2\r\n", "1# k => \n   1) (integer) 1\n   2) (integer) 2\n",
     "k 1\n2\n", "\"k\",1,2\n", "{\"k\":[1,2]}\n"},
    {"%1\r\n+k\r\n*1\r\n:1\r\n", "1# k => 1) (integer) 1\n", "k 1\n", "\"k\",1\n", "{\"k\":[1]}\n"},
    {"*1\r\n%1\r\n+k\r\n~1\r\n*2\r\n:1\r\n:2\r\n",
     "1) 1# k => \n      1~ 1) (integer) 1\n         2) (integer) 2\n", "k 1\n2\n", "\"k\",1,2\n",
     "[{\"k\":[[1,2]]}]\n"},
    {"*10\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n*1\r\n*2\r\n:1\r\n:2\r\n",
     " 1) (integer) 1\n 2) (integer) 2\n 3) (integer) 3\n 4) (integer) 4\n 5) (integer) 5\n"
     " 6) (integer) 6\n 7) (integer) 7\n 8) (integer) 8\n 9) (integer) 9\n10) 1) 1) (integer) 1\n"
     "       2) (integer) 2\n",
     "1\n2\n3\n4\n5\n6\n7\n8\n9\n1\n2\n", "1,2,3,4,5,6,7,8,9,1,2\n",
     "[1,2,3,4,5,6,7,8,9,[[1,2]]]\n"},
    {"(123\r\n", "(big number) 123\n", "123\n", "123\n", "123\n"},
};

static void assert_printed(const char *bytes, const struct format *format, const char *expected)
{
    struct reply_node reply = reply_of(bytes);
    struct buf out = {0};
    format_reply(&out, &reply, format);
    assert_string_equal(buf_c(&out), expected);
    buf_deinit(&out);
    reply_node_clear(&reply);
}

static struct format with_output(enum cli_output output)
{
    return (struct format){output, STR("\n"), STR("\n")};
}

static void every_type_is_printed_in_every_form(void **state)
{
    (void)state;
    struct format tty = with_output(OUTPUT_TTY), raw = with_output(OUTPUT_RAW);
    struct format csv = with_output(OUTPUT_CSV), json = with_output(OUTPUT_JSON);
    for (size_t i = 0; i < sizeof(EXPECTATIONS) / sizeof(*EXPECTATIONS); i++) {
        const struct expectation *e = &EXPECTATIONS[i];
        assert_printed(e->reply, &tty, e->tty);
        assert_printed(e->reply, &raw, e->raw);
        assert_printed(e->reply, &csv, e->csv);
        assert_printed(e->reply, &json, e->json);
    }
}

static void quoted_json_is_ascii(void **state)
{
    (void)state;
    struct format format = with_output(OUTPUT_QUOTED_JSON);
    assert_printed("$3\r\na\xc8\n\r\n", &format, "\"a\\\\xc8\\\\n\"\n");
}

static void delimiters_stand_between_items_and_behind_replies_of_raw_output(void **state)
{
    (void)state;
    struct format format = {OUTPUT_RAW, STR(","), STR("|")};
    assert_printed("*2\r\n:1\r\n*2\r\n:2\r\n:3\r\n", &format, "1,2,3|");
    format.output = OUTPUT_TTY;
    assert_printed(":1\r\n", &format, "(integer) 1\n");
}

static void a_text_to_read_is_never_quoted_and_ends_with_one_newline(void **state)
{
    (void)state;
    struct format format = with_output(OUTPUT_CSV);
    struct reply_node reply = reply_of("$6\r\na: \"b\"\r\n"), ended = reply_of("+x\r\n");
    struct buf out = {0};
    format_as_text(&out, &reply, &format);
    assert_string_equal(buf_c(&out), "a: \"b\"\n");
    buf_append_char(&ended.text, '\n');
    buf_clear(&out);
    format_as_text(&out, &ended, &format);
    assert_string_equal(buf_c(&out), "x\n");
    buf_deinit(&out);
    reply_node_clear(&reply);
    reply_node_clear(&ended);
}

static void an_invalidation_gets_one_line_on_a_terminal(void **state)
{
    (void)state;
    struct format format = with_output(OUTPUT_TTY);
    struct reply_node push = reply_of(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    struct reply_node all = reply_of(">2\r\n$10\r\ninvalidate\r\n_\r\n");
    struct buf out = {0};
    format_push(&out, &push, &format);
    assert_string_equal(buf_c(&out), "-> invalidate: 'a', 'b'\n");
    buf_clear(&out);
    format_push(&out, &all, &format);
    assert_string_equal(buf_c(&out), "1) \"invalidate\"\n2) (nil)\n");
    buf_deinit(&out);
    reply_node_clear(&push);
    reply_node_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_printed_in_every_form),
        cmocka_unit_test(quoted_json_is_ascii),
        cmocka_unit_test(delimiters_stand_between_items_and_behind_replies_of_raw_output),
        cmocka_unit_test(a_text_to_read_is_never_quoted_and_ends_with_one_newline),
        cmocka_unit_test(an_invalidation_gets_one_line_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
