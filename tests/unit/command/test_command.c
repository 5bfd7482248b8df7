/* Proves: COMMAND describes commands in both protocols as clients expect, finds keys, filters
 * names, and the rows of all families are sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/families.h"
#include "command/syntax.h"
#include "expect.h"
#include "proto/reply_parse.h"

static struct harness h;

static void run_nothing(struct call *call)
{
    reply_ok(call->reply);
}

static const struct command odd_commands[] = {
    {
        .name = "evalish",
        .run = run_nothing,
        .arity = -3,
        .flags = CMD_NOSCRIPT | CMD_NO_MANDATORY_KEYS,
        .keys = {KEY_COUNTED(KEY_RW | KEY_ACCESS | KEY_UPDATE, 2)},
        .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
    },
    {
        .name = "sortish",
        .run = run_nothing,
        .arity = -2,
        .flags = CMD_WRITE,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1),
                 {.flags = KEY_OW, .begin = KEYS_BEGIN_UNKNOWN, .find = KEYS_FIND_UNKNOWN}},
        .deprecated_since = "7.0.0",
        .replaced_by = "`SORT`",
        .syntax = "key [LIMIT offset count]",
    },
    {
        .name = "xreadish",
        .run = run_nothing,
        .arity = -4,
        .flags = CMD_READONLY,
        .keys = {{.flags = KEY_RO,
                  .begin = KEYS_AT_KEYWORD,
                  .keyword = "STREAMS",
                  .index = 1,
                  .last = -1,
                  .limit = 2,
                  .notes = "note"}},
    },
    {.name = "stepish",
     .run = run_nothing,
     .arity = -2,
     .keys = {KEY_ONE(KEY_RO, 1), KEY_REST_STEP(KEY_RO, 2, 2)}},
    {.name = "channelish", .run = run_nothing, .arity = -2, .keys = {KEY_REST(KEY_NOT_KEY, 1)}},
    {0},
};

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, object_commands, command_commands,
                 multi_commands, odd_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

static void info_of_a_plain_command_is_complete(void **state)
{
    (void)state;
    EXPECT(&h, "COMMAND INFO get nosuch",
           "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
           "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n"
           "+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n"
           "*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n"
           "$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n"
           "*0\r\n$-1\r\n");
}

static void info_uses_sets_and_maps_in_the_newer_protocol(void **state)
{
    (void)state;
    h.session.reply.version = 3;
    EXPECT(&h, "COMMAND INFO xreadish",
           "*1\r\n*10\r\n$8\r\nxreadish\r\n:-4\r\n~2\r\n+readonly\r\n+movablekeys\r\n:0\r\n:0\r\n"
           ":0\r\n~2\r\n+@read\r\n+@slow\r\n~0\r\n~1\r\n%4\r\n$5\r\nnotes\r\n$4\r\nnote\r\n"
           "$5\r\nflags\r\n~1\r\n+RO\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$7\r\nkeyword"
           "\r\n$4\r\nspec\r\n%2\r\n$7\r\nkeyword\r\n$7\r\nSTREAMS\r\n$9\r\nstartfrom\r\n:1\r\n"
           "$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\n"
           "lastkey\r\n:-1\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:2\r\n~0\r\n");
}

static struct reply_node parsed(const char *request)
{
    struct reply_parser parser = {0};
    struct reply_node node = {0};
    struct str bytes = str_from_c(harness_run(&h, request));
    assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_READY);
    assert_int_equal(bytes.len, 0);
    reply_parser_take(&parser, &node);
    reply_parser_deinit(&parser);
    return node;
}

static void one_range_tells_old_clients_as_much_as_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int first, last, step;
    } cases[] = {{"COMMAND INFO rename", 1, 2, 1},     {"COMMAND INFO del", 1, -1, 1},
                 {"COMMAND INFO mset", 1, -1, 2},      {"COMMAND INFO sortish", 1, 1, 1},
                 {"COMMAND INFO stepish", 1, 1, 1},    {"COMMAND INFO evalish", 0, 0, 0},
                 {"COMMAND INFO object|freq", 2, 2, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply_node node = parsed(cases[i].request);
        const struct reply_node *info = node.items[0].items;
        assert_int_equal(info[3].integer, cases[i].first);
        assert_int_equal(info[4].integer, cases[i].last);
        assert_int_equal(info[5].integer, cases[i].step);
        reply_node_clear(&node);
    }
}

static void a_container_lists_its_subcommands(void **state)
{
    (void)state;
    struct reply_node node = parsed("COMMAND INFO object");
    assert_int_equal(node.items[0].items[9].count, 5);
    assert_int_equal(node.items[0].items[9].items[0].count, 10);
    reply_node_clear(&node);
    node = parsed("COMMAND COUNT");
    int64_t count = node.integer;
    reply_node_clear(&node);
    node = parsed("COMMAND");
    assert_int_equal(node.count, count);
    reply_node_clear(&node);
    node = parsed("COMMAND INFO");
    assert_int_equal(node.count, count);
    reply_node_clear(&node);
    node = parsed("COMMAND DOCS");
    assert_int_equal(node.count, 2 * count);
    reply_node_clear(&node);
}

static void docs_tell_the_arguments_as_a_tree(void **state)
{
    (void)state;
    h.session.reply.version = 3;
    EXPECT(&h, "COMMAND DOCS sortish nosuch",
           "%1\r\n$7\r\nsortish\r\n%4\r\n$9\r\ndoc_flags\r\n~1\r\n+deprecated\r\n"
           "$16\r\ndeprecated_since\r\n$5\r\n7.0.0\r\n$11\r\nreplaced_by\r\n$6\r\n`SORT`\r\n"
           "$9\r\narguments\r\n*2\r\n%3\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
           "$14\r\nkey_spec_index\r\n:0\r\n%5\r\n$4\r\nname\r\n$5\r\nlimit\r\n$4\r\ntype\r\n"
           "$5\r\nblock\r\n$5\r\ntoken\r\n$5\r\nLIMIT\r\n$5\r\nflags\r\n~1\r\n+optional\r\n"
           "$9\r\narguments\r\n*2\r\n%2\r\n$4\r\nname\r\n$6\r\noffset\r\n$4\r\ntype\r\n"
           "$7\r\ninteger\r\n%2\r\n$4\r\nname\r\n$5\r\ncount\r\n$4\r\ntype\r\n$7\r\ninteger\r\n");
}

static void names_are_filtered(void **state)
{
    (void)state;
    EXPECT(&h, "COMMAND LIST FILTERBY PATTERN OBJECT|F*", "*1\r\n$11\r\nobject|freq\r\n");
    EXPECT(&h, "COMMAND LIST FILTERBY ACLCAT nosuch", "*0\r\n");
    EXPECT(&h, "COMMAND LIST FILTERBY MODULE json", "*0\r\n");
    EXPECT(&h, "COMMAND LIST FILTERBY FOO x", ERR("syntax error"));
    EXPECT(&h, "COMMAND LIST FILTERBY PATTERN", ERR("syntax error"));
    EXPECT(&h, "COMMAND LIST x", ERR("syntax error"));
    struct reply_node node = parsed("COMMAND LIST FILTERBY ACLCAT transaction");
    assert_int_equal(node.count, 5);
    reply_node_clear(&node);
    node = parsed("COMMAND LIST");
    assert_int_equal(node.count, h.registry.count);
    reply_node_clear(&node);
}

static void keys_of_requests_are_found_or_the_reason_is_told(void **state)
{
    (void)state;
    EXPECT(&h, "COMMAND GETKEYS MSET a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    EXPECT(&h, "COMMAND GETKEYSANDFLAGS APPEND a 1",
           "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+RW\r\n+insert\r\n");
    EXPECT(&h, "COMMAND GETKEYS OBJECT ENCODING a", "*1\r\n$1\r\na\r\n");
    EXPECT(&h, "COMMAND GETKEYS EVALISH x 0", "*0\r\n");
    EXPECT(&h, "COMMAND GETKEYS EVALISH x 2 a b c", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    EXPECT(&h, "COMMAND GETKEYS EVALISH x 9 a", "*0\r\n");
    EXPECT(&h, "COMMAND GETKEYS NOSUCH a", ERR("Invalid command specified"));
    EXPECT(&h, "COMMAND GETKEYS GET a b", ERR("Invalid number of arguments specified for command"));
    EXPECT(&h, "COMMAND GETKEYS CHANNELISH a", ERR("The command has no key arguments"));
    EXPECT(&h, "COMMAND GETKEYS MULTI x", ERR("The command has no key arguments"));
    EXPECT(&h, "COMMAND GETKEYS XREADISH a b c", ERR("Invalid arguments specified for command"));
    EXPECT(&h, "COMMAND GETKEYS GET",
           ERR("wrong number of arguments for 'command|getkeys' command"));
    EXPECT(&h, "COMMAND FOO", ERR("unknown subcommand 'FOO'. Try COMMAND HELP."));
}

/* --- all rows --- */

static const struct command *const families[] = {
    bitmap_commands,  command_commands, database_commands, dump_commands,   expire_commands,
    generic_commands, hash_commands,    hll_commands,      list_commands,   multi_commands,
    object_commands,  scan_commands,    set_commands,      string_commands, zset_commands,
    geo_commands,     sort_commands,    stream_commands,
};

static void check_row(const struct command *command)
{
    struct syntax_arg top;
    if (!command->summary || !command->since || !command->group || !command->complexity) {
        fail_msg("%s says too little about itself", command->name);
    }
    if (!syntax_parse(str_from_c(command->syntax), &top)) {
        fail_msg("the arguments of %s are malformed", command->name);
    }
    syntax_deinit(&top);
    if (command->arity == 0 || (!command->run && !command->subcommands)) {
        fail_msg("%s cannot be run", command->name);
    }
    for (const struct command *sub = command->subcommands; sub && sub->name; sub++) check_row(sub);
}

static void the_rows_of_all_families_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        for (const struct command *row = families[i]; row->name; row++) check_row(row);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(info_of_a_plain_command_is_complete),
        TEST(info_uses_sets_and_maps_in_the_newer_protocol),
        TEST(one_range_tells_old_clients_as_much_as_it_can),
        TEST(a_container_lists_its_subcommands),
        TEST(docs_tell_the_arguments_as_a_tree),
        TEST(names_are_filtered),
        TEST(keys_of_requests_are_found_or_the_reason_is_told),
        TEST(the_rows_of_all_families_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
