/* Proves: users come from a file or from the configuration, all or none of them; what was saved is
 * loaded as the same users; sessions of users that a file changes or drops end, those of others
 * stay. */
#include "unit/server/world.h"

#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "server/acl_file.h"

struct place {
    struct world world;
    char directory[64];
    struct buf error;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    world_init(&place->world);
    strcpy(place->directory, "/tmp/skein-acl-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    buf_printf(&place->world.acl.file, "%s/users.acl", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    file_remove(buf_c(&place->world.acl.file));
    rmdir(place->directory);
    world_deinit(&place->world);
    buf_deinit(&place->error);
    free(place);
    return 0;
}

static void write_file(struct place *place, const char *text)
{
    assert_int_equal(file_replace(buf_c(&place->world.acl.file), str_from_c(text)), 0);
}

static bool load(struct place *place, const char *text)
{
    write_file(place, text);
    buf_clear(&place->error);
    return acl_load(&place->world.acl, NULL, &place->error);
}

static void assert_users(struct place *place, const char *expected)
{
    struct buf text = {0};
    acl_write_users(&place->world.acl, &text);
    assert_string_equal(buf_c(&text), expected);
    buf_deinit(&text);
}

#define DEFAULT_USER "user default on nopass ~* &* +@all\n"

static void a_file_replaces_all_users(void **state)
{
    struct place *place = *state;
    world_run(&place->world, "ACL SETUSER old on");
    assert_true(load(place, "user b on  +get (~x +set) ( ~y )\r\n\n  user a off\n"));
    assert_users(place, "user a off resetchannels -@all\n"
                        "user b on resetchannels -@all +get (~x resetchannels -@all +set) (~y "
                        "resetchannels -@all)\n" DEFAULT_USER);
    assert_true(load(place, "user default on >secret ~* +@all"));
    assert_false(place->world.acl.default_user->no_password);
    assert_true(load(place, ""));
    assert_users(place, DEFAULT_USER);
}

static void one_wrong_line_changes_nothing_and_all_are_reported(void **state)
{
    struct place *place = *state;
    struct buf expected = {0};
    const char *file = buf_c(&place->world.acl.file);
    world_run(&place->world, "ACL SETUSER old on");
    assert_false(load(place, "user good on\nuser a foo bar\nuser b (~x\nuser c +nope\nusr d\n"
                             "user a on\nuser \tx\n"));
    buf_printf(&expected,
               "%s:2: Syntax error. %s:3: Unmatched parenthesis in selector definition. ", file,
               file);
    buf_printf(&expected,
               "%s:4: Error in applying operation '+nope': Unknown command or category name in "
               "ACL. %s:5 should start with user keyword followed by the username. ",
               file, file);
    buf_append_c(&expected, "WARNING: Duplicate user 'a' found on line 6. WARNING: ACL errors "
                            "detected, no change to the previously active ACL rules was performed");
    assert_string_equal(buf_c(&place->error), buf_c(&expected));
    assert_users(place, DEFAULT_USER "user old on resetchannels -@all\n");
    file_remove(file);
    buf_clear(&place->error);
    assert_false(acl_load(&place->world.acl, NULL, &place->error));
    assert_non_null(strstr(buf_c(&place->error), "No such file or directory"));
    buf_deinit(&expected);
}

static void what_was_saved_is_loaded_as_the_same_users(void **state)
{
    struct place *place = *state;
    struct world *world = &place->world;
    struct buf before = {0};
    world_run(world, "ACL SETUSER a on >x ~k* %R~r &c +@all -@admin +config|get \"(~'q +get)\"");
    world_run(world, "ACL SETUSER default off");
    acl_write_users(&world->acl, &before);
    assert_true(acl_save(&world->acl, &place->error));
    world_run(world, "ACL DELUSER a");
    assert_true(acl_load(&world->acl, NULL, &place->error));
    assert_users(place, buf_c(&before));
    struct file_info info;
    assert_int_equal(file_info(buf_c(&world->acl.file), &info), 0);
    assert_int_equal(info.mode & 0777, 0600);
    buf_deinit(&before);
}

static void sessions_stay_only_with_users_that_did_not_change(void **state)
{
    struct place *place = *state;
    struct world *world = &place->world;
    world_run(world, "ACL SETUSER same on nopass +get");
    world_run(world, "ACL SETUSER other on nopass +get");
    world->peers[0].session.user = acl_users_find(&world->acl.users, STR("same"));
    world->peers[1].session.user = acl_users_find(&world->acl.users, STR("other"));
    assert_true(load(place, "user same on +get nopass\nuser other on nopass +set\n"));
    assert_false(world->peers[0].ended);
    assert_ptr_equal(world->peers[0].session.user, acl_users_find(&world->acl.users, STR("same")));
    assert_true(world->peers[1].ended);
    assert_ptr_equal(world->peers[1].session.user, world->acl.default_user);
}

static bool start(struct place *place, const char *first, const char *second, const char *file)
{
    struct words words[2] = {0};
    struct config_words lines[2];
    struct config_users users = {.lines = lines};
    const char *texts[] = {first, second};
    for (int i = 0; i < 2 && texts[i]; i++) {
        assert_true(words_split(&words[i], str_from_c(texts[i])));
        lines[i] = (struct config_words){calloc(words[i].count, sizeof(char *)), 0};
        for (size_t j = 0; j < words[i].count; j++) {
            struct str word = words[i].list[j];
            lines[i].words[lines[i].count++] = mem_strndup(word.ptr, word.len);
        }
        users.count++;
    }
    struct acl_startup startup = {.users = &users, .file = file};
    buf_clear(&place->error);
    bool started = acl_start(&place->world.acl, &startup, &place->error);
    for (size_t i = 0; i < users.count; i++) {
        for (size_t j = 0; j < lines[i].count; j++) mem_free(lines[i].words[j]);
        free(lines[i].words);
        words_deinit(&words[i]);
    }
    return started;
}

static void the_configuration_may_define_users_instead(void **state)
{
    struct place *place = *state;
    assert_true(start(place, NULL, NULL, ""));
    assert_false(start(place, "a on +nope", NULL, ""));
    assert_false(start(place, "a on", "a off", ""));
    assert_users(place, DEFAULT_USER);
    assert_true(start(place, "a on +get", "default on >x ~* +@all", ""));
    assert_false(place->world.acl.default_user->no_password);
    assert_non_null(acl_users_find(&place->world.acl.users, STR("a")));
    assert_false(start(place, "b on", NULL, "/nowhere"));
    assert_non_null(strstr(buf_c(&place->error), "aclfile"));
    assert_false(start(place, NULL, NULL, "/nowhere/users.acl"));
    buf_clear(&place->world.acl.file);
    assert_non_null(
        strstr(world_run(&place->world, "ACL SAVE"), "not configured to use an ACL file"));
}

int main(void)
{
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_file_replaces_all_users),
        PLACE_TEST(one_wrong_line_changes_nothing_and_all_are_reported),
        PLACE_TEST(what_was_saved_is_loaded_as_the_same_users),
        PLACE_TEST(sessions_stay_only_with_users_that_did_not_change),
        PLACE_TEST(the_configuration_may_define_users_instead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
