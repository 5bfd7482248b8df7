/* Proves: syntax, hints and completion follow the documentation a server sends, whatever it
 * sends; help prints it. */
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/hint.h"
#include "unit/cli/reply_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Writes COMMAND DOCS replies from a short notation, so that the tests can be read. */
static void add_text(struct buf *out, const char *text)
{
    buf_printf(out, "$%zu\r\n%s\r\n", strlen(text), text);
}

static void add_map(struct buf *out, bool is_resp3, unsigned pairs)
{
    buf_printf(out, "%c%u\r\n", is_resp3 ? '%' : '*', is_resp3 ? pairs : pairs * 2);
}

struct argument {
    const char *name, *type, *token, *flag, *flag2;
    unsigned part_count; /* the following arguments are its parts */
};

static size_t add_argument(struct buf *out, bool is_resp3, const struct argument *argument)
{
    unsigned flags = (argument->flag ? 1u : 0) + (argument->flag2 ? 1u : 0);
    unsigned pairs =
        2 + (argument->token ? 1u : 0) + (flags ? 1u : 0) + (argument->part_count ? 1u : 0);
    size_t used = 1;
    add_map(out, is_resp3, pairs);
    add_text(out, "name"), add_text(out, argument->name);
    add_text(out, "type"), add_text(out, argument->type);
    if (argument->token) add_text(out, "token"), add_text(out, argument->token);
    if (flags) {
        add_text(out, "flags");
        buf_printf(out, "%c%u\r\n", is_resp3 ? '~' : '*', flags);
        buf_printf(out, "+%s\r\n", argument->flag);
        if (argument->flag2) buf_printf(out, "+%s\r\n", argument->flag2);
    }
    if (argument->part_count) {
        add_text(out, "arguments");
        buf_printf(out, "*%u\r\n", argument->part_count);
        for (unsigned i = 0; i < argument->part_count; i++)
            used += add_argument(out, is_resp3, argument + used);
    }
    return used;
}

struct command {
    const char *name, *group;
    unsigned argument_count;
    const struct argument *arguments;
};

static const struct argument GET_ARGUMENTS[] = {{.name = "key", .type = "key"}};
static const struct argument SET_ARGUMENTS[] = {
    {.name = "key", .type = "key"},
    {.name = "value", .type = "string"},
    {.name = "condition", .type = "oneof", .flag = "optional", .part_count = 2},
    {.name = "nx", .type = "pure-token", .token = "NX"},
    {.name = "xx", .type = "pure-token", .token = "XX"},
    {.name = "get", .type = "pure-token", .token = "GET", .flag = "optional"},
    {.name = "expiration", .type = "oneof", .flag = "optional", .part_count = 2},
    {.name = "seconds", .type = "integer", .token = "EX"},
    {.name = "keepttl", .type = "pure-token", .token = "KEEPTTL"},
};
static const struct argument MSET_ARGUMENTS[] = {
    {.name = "pair", .type = "block", .flag = "multiple", .part_count = 2},
    {.name = "key", .type = "key"},
    {.name = "value", .type = "string"},
};
static const struct argument SORT_ARGUMENTS[] = {
    {.name = "key", .type = "key"},
    {.name = "pattern", .type = "pattern", .token = "BY", .flag = "optional"},
    {.name = "range", .type = "block", .token = "LIMIT", .flag = "optional", .part_count = 2},
    {.name = "offset", .type = "integer"},
    {.name = "count", .type = "integer"},
    {.name = "pattern",
     .type = "pattern",
     .token = "GET",
     .flag = "multiple",
     .flag2 = "multiple_token"},
};
static const struct argument CONFIG_ARGUMENTS[] = {
    {.name = "parameter", .type = "string", .flag = "multiple"}};

/* A block that cannot be entered half: FROM needs NX or XX behind it. */
static const struct argument ODD_ARGUMENTS[] = {
    {.name = "start", .type = "block", .flag = "optional", .part_count = 2},
    {.name = "from", .type = "pure-token", .token = "FROM"},
    {.name = "kind", .type = "oneof", .part_count = 2},
    {.name = "nx", .type = "pure-token", .token = "NX"},
    {.name = "xx", .type = "pure-token", .token = "XX"},
    {.name = "first", .type = "string"},
    {.name = "second", .type = "string"},
};

static const struct command COMMANDS[] = {
    {"odd", "generic", 3, ODD_ARGUMENTS},          {"get", "string", 1, GET_ARGUMENTS},
    {"set", "string", 5, SET_ARGUMENTS},           {"mset", "string", 1, MSET_ARGUMENTS},
    {"sort", "generic", 4, SORT_ARGUMENTS},        {"config", "server", 0, NULL},
    {"config|get", "server", 1, CONFIG_ARGUMENTS}, {"ping", "connection", 0, NULL},
};
enum { COMMAND_COUNT = sizeof(COMMANDS) / sizeof(*COMMANDS) };

static struct docs make_docs(bool is_resp3)
{
    struct buf bytes = {0};
    add_map(&bytes, is_resp3, COMMAND_COUNT);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        add_text(&bytes, COMMANDS[i].name);
        add_map(&bytes, is_resp3, COMMANDS[i].argument_count ? 3 : 2);
        add_text(&bytes, "summary"), add_text(&bytes, "Does it.");
        add_text(&bytes, "group"), add_text(&bytes, COMMANDS[i].group);
        if (COMMANDS[i].argument_count == 0) continue;
        add_text(&bytes, "arguments");
        buf_printf(&bytes, "*%u\r\n", COMMANDS[i].argument_count);
        const struct argument *at = COMMANDS[i].arguments;
        for (unsigned k = 0; k < COMMANDS[i].argument_count; k++)
            at += add_argument(&bytes, is_resp3, at);
    }
    struct reply_node reply = reply_of(buf_c(&bytes));
    struct docs docs;
    docs_init(&docs, &reply);
    buf_deinit(&bytes);
    return docs;
}

static void assert_hint(const struct docs *docs, const char *line, const char *expected)
{
    struct buf out = {0};
    hint_derive_line(&out, docs, str_from_c(line));
    if (strcmp(buf_c(&out), expected) != 0)
        fail_msg("\"%s\": \"%s\" instead of \"%s\"", line, out.ptr, expected);
    buf_deinit(&out);
}

static void a_hint_is_what_may_still_follow(void **state)
{
    (void)state;
    for (int is_resp3 = 0; is_resp3 < 2; is_resp3++) {
        struct docs docs = make_docs(is_resp3);
        assert_hint(&docs, "get", " key");
        assert_hint(&docs, "GET ", "key");
        assert_hint(&docs, "get a", "");
        assert_hint(&docs, "get a b", "");
        assert_hint(&docs, "3 get", " key");
        assert_hint(&docs, "set k", " value [NX|XX] [GET] [EX seconds|KEEPTTL]");
        assert_hint(&docs, "set k v", " [NX|XX] [GET] [EX seconds|KEEPTTL]");
        assert_hint(&docs, "set k v nx ", "[GET] [EX seconds|KEEPTTL]");
        assert_hint(&docs, "set k v get ex", " seconds [NX|XX]");
        assert_hint(&docs, "set k v ex 5 xx", " [GET]");
        assert_hint(&docs, "set k v bogus", "");
        assert_hint(&docs, "mset", " key value [key value ...]");
        assert_hint(&docs, "mset a", " value [key value ...]");
        assert_hint(&docs, "mset a b", " [key value ...]");
        assert_hint(&docs, "mset a b c", " value [key value ...]");
        assert_hint(&docs, "sort k limit 1 ", "count [BY pattern] GET pattern [GET pattern ...]");
        assert_hint(&docs, "sort k get",
                    " pattern [GET pattern ...] [BY pattern] [LIMIT offset count]");
        assert_hint(&docs, "sort k get a by x", " [LIMIT offset count]");
        assert_hint(&docs, "set nx", " value [NX|XX] [GET] [EX seconds|KEEPTTL]");
        assert_hint(&docs, "odd from", " NX|XX first second");
        assert_hint(&docs, "odd from nx", " first second");
        assert_hint(&docs, "odd from x", " [FROM NX|XX]");
        assert_hint(&docs, "config get", " parameter [parameter ...]");
        assert_hint(&docs, "config", "");
        assert_hint(&docs, "ping", "");
        assert_hint(&docs, "nosuch", "");
        assert_hint(&docs, "get \"unbalanced", "");
        assert_hint(&docs, "", "");
        docs_deinit(&docs);
    }
}

static void odd_documentation_is_survived(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "+OK\r\n",
        "*0\r\n",
        "_\r\n",
        "*1\r\n+x\r\n",
        "%1\r\n:1\r\n:2\r\n",
        "%1\r\n+x\r\n:2\r\n",
        "%1\r\n+x\r\n%2\r\n+arguments\r\n:5\r\n+summary\r\n*0\r\n",
        "%1\r\n+x\r\n%1\r\n+arguments\r\n*2\r\n:1\r\n%1\r\n+type\r\n+oneof\r\n",
        "%1\r\n+x\r\n%1\r\n+arguments\r\n*1\r\n%2\r\n+type\r\n+block\r\n+flags\r\n:7\r\n",
        "%1\r\n+x\r\n%1\r\n+subcommands\r\n*2\r\n+x|y\r\n_\r\n",
    };
    for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
        struct reply_node reply = reply_of(replies[i]);
        struct docs docs;
        docs_init(&docs, &reply);
        struct buf out = {0};
        hint_derive_line(&out, &docs, STR("x"));
        hint_derive_line(&out, &docs, STR("x a b"));
        for (size_t k = 0; k < docs.count; k++) docs_write_syntax(&out, &docs.entries[k]);
        buf_deinit(&out);
        docs_deinit(&docs);
    }
}

static void a_server_without_documentation_still_gives_names(void **state)
{
    (void)state;
    struct reply_node reply = reply_of("*2\r\n*2\r\n$3\r\nset\r\n:-3\r\n*2\r\n$3\r\nget\r\n:2\r\n");
    struct docs docs;
    docs_init(&docs, &reply);
    assert_int_equal(docs.count, 2);
    assert_true(str_eq(docs.entries[0].name, STR("GET")));
    assert_hint(&docs, "get", "");
    docs_deinit(&docs);
}

static void collect(void *ctx, struct str line)
{
    buf_append_str(ctx, line);
    buf_append_char(ctx, ',');
}

static void assert_completions(const struct docs *docs, const char *line, const char *expected)
{
    struct buf out = {0};
    completion_list(docs, str_from_c(line), collect, &out);
    assert_string_equal(buf_c(&out), expected);
    buf_deinit(&out);
}

static void completion_offers_names_in_the_typed_case(void **state)
{
    (void)state;
    struct docs docs = make_docs(true);
    assert_completions(&docs, "s", "set,sort,");
    assert_completions(&docs, "S", "SET,SORT,");
    assert_completions(&docs, "c", "config,");
    assert_completions(&docs, "config ", "config get,");
    assert_completions(&docs, "x", "");
    assert_completions(&docs, "help g", "help get,");
    assert_completions(&docs, "help @s", "help @server,help @string,");
    docs_deinit(&docs);
}

static void assert_help(const struct docs *docs, const char *topic, const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct str words[] = {STR("help"), str_from_c(topic)};
    help_print(out, docs, (struct command_words){words, topic ? 2 : 1}, false);
    fclose(out);
    if (!strstr(text, expected)) fail_msg("help %s: %s", topic, text);
    free(text);
}

static void help_shows_commands_groups_and_an_overview(void **state)
{
    (void)state;
    struct docs docs = make_docs(true);
    assert_help(&docs, "get", "GET key\n  summary: Does it.\n  group: string\n");
    assert_help(&docs, "@string", "MSET key value [key value ...]\n");
    assert_help(&docs, "config", "CONFIG GET parameter [parameter ...]");
    assert_help(&docs, "nosuch", "no help about \"nosuch\"");
    assert_help(&docs, "@nosuch", "No command is in a group called \"nosuch\"");
    assert_help(&docs, NULL, "@string");
    docs_deinit(&docs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hint_is_what_may_still_follow),
        cmocka_unit_test(odd_documentation_is_survived),
        cmocka_unit_test(a_server_without_documentation_still_gives_names),
        cmocka_unit_test(completion_offers_names_in_the_typed_case),
        cmocka_unit_test(help_shows_commands_groups_and_an_overview),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
