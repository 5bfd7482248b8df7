/* Proves: the notation of arguments becomes the tree COMMAND DOCS tells, with repetition,
 * alternatives, tokens before one value and before several; malformed notation is refused. */
#include "command/syntax.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"

/* A canonical form: (kind name token flags children). */
static void describe(struct buf *out, const struct syntax_arg *arg)
{
    buf_append_c(out, syntax_type_name(arg));
    if (arg->kind == SYNTAX_WORD) buf_printf(out, ":%.*s", STR_ARG(arg->name));
    if (arg->token.len) buf_printf(out, "=%.*s", STR_ARG(arg->token));
    if (arg->since.len) buf_printf(out, "@%.*s", STR_ARG(arg->since));
    if (arg->optional) buf_append_c(out, "?");
    if (arg->multiple) buf_append_c(out, arg->multiple_token ? "**" : "*");
    if (arg->count == 0) return;
    buf_append_c(out, "(");
    for (size_t i = 0; i < arg->count; i++) {
        if (i) buf_append_c(out, " ");
        describe(out, &arg->children[i]);
    }
    buf_append_c(out, ")");
}

static void assert_reads(const char *text, const char *expected)
{
    struct syntax_arg top;
    struct buf found = {0};
    if (!syntax_parse(str_from_c(text), &top)) fail_msg("refused: %s", text);
    describe(&found, &top);
    assert_string_equal(buf_c(&found), expected);
    buf_deinit(&found);
    syntax_deinit(&top);
}

static void words_tokens_and_options_are_told_apart(void **state)
{
    (void)state;
    assert_reads("", "block");
    assert_reads("key value", "block(key:key string:value)");
    assert_reads("key [WITHSCORES]", "block(key:key pure-token=WITHSCORES?)");
    assert_reads("cursor [MATCH pattern] [COUNT count]",
                 "block(integer:cursor pattern:pattern=MATCH? integer:count=COUNT?)");
    assert_reads("key [EX seconds | KEEPTTL]",
                 "block(key:key oneof?(integer:seconds=EX pure-token=KEEPTTL))");
    assert_reads("key <LEFT | RIGHT>", "block(key:key oneof(pure-token=LEFT pure-token=RIGHT))");
}

static void an_argument_may_say_with_which_version_it_came(void **state)
{
    (void)state;
    assert_reads("key [NX | XX]@3.0.2 [CH]@6.2.0 member [member ...]",
                 "block(key:key oneof@3.0.2?(pure-token=NX pure-token=XX) pure-token=CH@6.2.0? "
                 "string:member*)");
    assert_reads("[EX seconds@2.6.12 | KEEPTTL@6.0.0]",
                 "block(oneof?(integer:seconds=EX@2.6.12 pure-token=KEEPTTL@6.0.0))");
    assert_reads("[COUNT count [ANY]@6.2.0]",
                 "block(block?(integer:count=COUNT pure-token=ANY@6.2.0?))");
    assert_reads("[[ID id [id ...]]@6.2.0]", "block(string:id=ID@6.2.0?*)");
    struct syntax_arg top;
    assert_false(syntax_parse(STR("key @6.2.0"), &top));
    assert_false(syntax_parse(STR("key [x]@"), &top));
}

static void a_token_stands_before_one_value_or_a_block(void **state)
{
    (void)state;
    assert_reads("[LIMIT offset count]", "block(block=LIMIT?(integer:offset integer:count))");
    assert_reads("[COUNT count [ANY]]", "block(block?(integer:count=COUNT pure-token=ANY?))");
    assert_reads("[AGGREGATE <SUM | MIN | MAX>]",
                 "block(oneof=AGGREGATE?(pure-token=SUM pure-token=MIN pure-token=MAX))");
    assert_reads("<BYRADIUS radius <M | KM> | BYBOX width height <M | KM>>",
                 "block(oneof(block(double:radius=BYRADIUS oneof(pure-token=M pure-token=KM)) "
                 "block(double:width=BYBOX double:height oneof(pure-token=M pure-token=KM))))");
    assert_reads("[<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id>",
                 "block(block?(oneof(pure-token=MAXLEN pure-token=MINID) "
                 "oneof?(pure-token== pure-token=~) string:threshold integer:count=LIMIT?) "
                 "oneof(pure-token=* string:id))");
}

static void repetition_marks_what_it_repeats(void **state)
{
    (void)state;
    assert_reads("key [key ...]", "block(key:key*)");
    assert_reads("[command-name [command-name ...]]", "block(string:command-name?*)");
    assert_reads("key field value [field value ...]",
                 "block(key:key block*(string:field string:value))");
    assert_reads("<key value> [<key value> ...]", "block(block*(key:key string:value))");
    assert_reads("[GET pattern [GET pattern ...]]", "block(pattern:pattern=GET?**)");
    assert_reads("[WEIGHTS weight [weight ...]]", "block(integer:weight=WEIGHTS?*)");
    assert_reads("STREAMS <key [key ...] id [id ...]>",
                 "block(block=STREAMS(key:key* string:id*))");
}

static void malformed_notation_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"[",     "key]",    "[NX | ]",         "<>",
                                      "a | b", "[a ...]", "key [EX seconds", "a [b c ...]",
                                      "<a",    "a > b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct syntax_arg top;
        if (syntax_parse(str_from_c(bad[i]), &top)) fail_msg("accepted: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_tokens_and_options_are_told_apart),
        cmocka_unit_test(an_argument_may_say_with_which_version_it_came),
        cmocka_unit_test(a_token_stands_before_one_value_or_a_block),
        cmocka_unit_test(repetition_marks_what_it_repeats),
        cmocka_unit_test(malformed_notation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
