/* Proves: commands are found by name in any case, sub-commands through their container, and
 * renaming hides a command from clients but not from those who know its full name. */
#include "command/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void run(struct call *call)
{
    (void)call;
}

static const struct command subcommands[] = {
    {.name = "list", .run = run, .arity = 2},
    {.name = "kill", .run = run, .arity = 3},
    {0},
};
static const struct command rows[] = {
    {.name = "get",
     .run = run,
     .arity = 2,
     .keys = {{.begin = KEYS_AT_INDEX, .index = 1, .step = 1}}},
    {.name = "client", .arity = -2, .subcommands = subcommands},
    {.name = "ping", .run = run, .arity = -1},
    {0},
};

static struct registry registry;

static int setup(void **state)
{
    (void)state;
    registry_init(&registry);
    registry_add(&registry, rows);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    registry_deinit(&registry);
    return 0;
}

static const char *find(const char *first, const char *second)
{
    const struct str argv[] = {str_from_c(first), str_from_c(second)};
    const struct command_ref *ref = registry_find(&registry, argv, second ? 2 : 1);
    return ref ? ref->full_name : "nothing";
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(find("GeT", "k"), "get");
    assert_string_equal(find("PING", NULL), "ping");
    assert_string_equal(find("", NULL), "nothing");
    assert_string_equal(find("gets", NULL), "nothing");
    assert_string_equal(find("list", NULL), "nothing");
    assert_string_equal(find("client|list", NULL), "nothing");
}

static void subcommands_are_found_through_their_container(void **state)
{
    (void)state;
    assert_string_equal(find("CLIENT", "List"), "client|list");
    assert_string_equal(find("client", "KILL"), "client|kill");
    assert_string_equal(find("client", "none"), "client");
    assert_string_equal(find("client", NULL), "client");
    const struct command_ref *ref = registry_get(&registry, STR("CLIENT|kill"));
    assert_ptr_equal(ref->command, &subcommands[1]);
    assert_ptr_equal(ref->container, &rows[1]);
    assert_null(registry_get(&registry, STR("client|none")));
}

static void an_id_is_a_place(void **state)
{
    (void)state;
    assert_int_equal(registry.count, 5);
    for (int i = 0; i < registry.count; i++) {
        assert_int_equal(registry.refs[i]->id, i);
        assert_ptr_equal(registry_get(&registry, str_from_c(registry.refs[i]->full_name)),
                         registry.refs[i]);
    }
    assert_int_equal(registry_get(&registry, STR("get"))->first_key, 1);
    assert_int_equal(registry_get(&registry, STR("ping"))->first_key, 0);
}

static void a_renamed_command_answers_to_its_new_name_alone(void **state)
{
    (void)state;
    assert_true(registry_rename(&registry, STR("get"), STR("fetch")));
    assert_string_equal(find("get", NULL), "nothing");
    assert_string_equal(find("FETCH", NULL), "get");
    assert_non_null(registry_get(&registry, STR("get")));
    assert_true(registry_rename(&registry, STR("client"), STR("")));
    assert_string_equal(find("client", "list"), "nothing");
    assert_false(registry_rename(&registry, STR("client"), STR("again")));
    assert_false(registry_rename(&registry, STR("ping"), STR("FETCH")));
    assert_false(registry_rename(&registry, STR("none"), STR("some")));
    assert_string_equal(find("ping", NULL), "ping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_found_in_any_case, setup, teardown),
        cmocka_unit_test_setup_teardown(subcommands_are_found_through_their_container, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_id_is_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_renamed_command_answers_to_its_new_name_alone, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
