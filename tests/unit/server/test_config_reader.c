/* Proves: real files are read, patterns of include expanded, and CONFIG REWRITE replaces the
 * file, keeps it private, follows a symbolic link, and leaves a file alone that may not be
 * written. */
#include "server/config_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

struct world {
    char directory[32];
    struct buf path;
    struct config config;
    struct config_error error;
};

static const char *path_of(struct world *w, const char *name)
{
    buf_clear(&w->path);
    buf_printf(&w->path, "%s/%s", w->directory, name);
    return buf_c(&w->path);
}

static void put(struct world *w, const char *name, const char *text)
{
    assert_int_equal(file_replace(path_of(w, name), str_from_c(text)), 0);
}

static void assert_file(struct world *w, const char *name, const char *expected)
{
    struct buf text = {0};
    assert_int_equal(file_read_all(path_of(w, name), 1 << 20, &text), 0);
    assert_string_equal(buf_c(&text), expected);
    buf_deinit(&text);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    strcpy(w->directory, "/tmp/skein-config-XXXXXX");
    assert_non_null(mkdtemp(w->directory));
    config_init(&w->config);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    struct file_names names = {0};
    assert_int_equal(file_list(w->directory, &names), 0);
    for (size_t i = 0; i < names.count; i++) unlink(path_of(w, names.names[i]));
    rmdir(w->directory);
    file_names_deinit(&names);
    buf_deinit(&w->path);
    config_error_deinit(&w->error);
    config_deinit(&w->config);
    free(w);
    return 0;
}

static bool load(struct world *w, const char *name)
{
    struct config_load loading;
    config_load_init(&loading, &w->config, &config_reader_files, &w->error);
    bool good = config_load_file(&loading, path_of(w, name));
    config_load_deinit(&loading);
    return good;
}

static void files_include_others_by_pattern(void **state)
{
    struct world *w = *state;
    struct buf text = {0};
    put(w, "1.part", "port 1\ntimeout 1\n");
    put(w, "2.part", "port 2\n");
    buf_printf(&text, "port 9\ninclude %s/*.part\ninclude %s/*.none\n", w->directory, w->directory);
    put(w, "main", buf_c(&text));
    if (!load(w, "main")) fail_msg("%s", buf_c(&w->error.reason));
    assert_int_equal(w->config.net.port, 2);
    assert_int_equal(w->config.clients.timeout_s, 1);
    buf_deinit(&text);
}

static void a_missing_file_is_an_error(void **state)
{
    struct world *w = *state;
    assert_false(load(w, "missing"));
    assert_int_equal(w->error.line, 0);
    assert_true(str_starts_with(buf_str(&w->error.reason), STR("can't open config file '/tmp/")));
    assert_true(str_ends_with(buf_str(&w->error.reason), STR("': No such file or directory")));
}

static void arguments_bring_the_file_and_its_absolute_path(void **state)
{
    struct world *w = *state;
    put(w, "main", "port 1\nhz 20\n");
    char *path = strdup(path_of(w, "main"));
    char *argv[] = {(char *)"skein-server", path, (char *)"--port", (char *)"2", NULL};
    struct config_arguments arguments;
    config_arguments_init(&arguments, 4, argv);
    assert_true(config_read_arguments(&w->config, &arguments, &w->error));
    assert_int_equal(w->config.net.port, 2);
    assert_int_equal(w->config.process.hz, 20);
    assert_string_equal(w->config.file, path);
    config_arguments_deinit(&arguments);
    free(path);
}

static void rewriting_replaces_the_file_and_makes_it_private(void **state)
{
    struct world *w = *state;
    struct buf reason = {0};
    struct stat info;
    put(w, "main", "# mine\nport 1\n");
    assert_int_equal(chmod(path_of(w, "main"), 0644), 0);
    config_set_text(&w->config.file, str_from_c(path_of(w, "main")));
    assert_true(config_rewrite_file(&w->config, &reason));
    assert_file(w, "main", "# mine\nport 6379\n");
    assert_int_equal(stat(path_of(w, "main"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    buf_deinit(&reason);
}

static void rewriting_goes_through_a_symbolic_link(void **state)
{
    struct world *w = *state;
    struct buf reason = {0}, resolved = {0};
    struct stat info;
    put(w, "real", "port 1\n");
    char *link = strdup(path_of(w, "link"));
    assert_int_equal(symlink(path_of(w, "real"), link), 0);
    config_file_resolve(link, &resolved);
    config_set_text(&w->config.file, buf_str(&resolved));
    assert_true(config_rewrite_file(&w->config, &reason));
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_file(w, "real", "port 6379\n");
    free(link);
    buf_deinit(&resolved);
    buf_deinit(&reason);
}

static void what_cannot_be_written_is_a_plain_error(void **state)
{
    struct world *w = *state;
    struct buf reason = {0};
    assert_false(config_rewrite_file(&w->config, &reason));
    assert_string_equal(buf_c(&reason), "The server is running without a config file");
    buf_clear(&reason);
    /* Nobody can write here, root neither. */
    config_set_text(&w->config.file, STR("/proc/skein/main"));
    assert_false(config_rewrite_file(&w->config, &reason));
    assert_string_equal(buf_c(&reason), "Rewriting config file: No such file or directory");
    buf_clear(&reason);
    config_set_text(&w->config.file, str_from_c(w->directory));
    assert_false(config_rewrite_file(&w->config, &reason));
    assert_string_equal(buf_c(&reason), "Rewriting config file: Is a directory");
    buf_deinit(&reason);
}

static void a_file_that_vanished_is_written_anew(void **state)
{
    struct world *w = *state;
    struct buf reason = {0};
    w->config.net.port = 7;
    config_set_text(&w->config.file, str_from_c(path_of(w, "gone")));
    assert_true(config_rewrite_file(&w->config, &reason));
    assert_file(w, "gone", "# Generated by CONFIG REWRITE\nport 7\n");
    buf_deinit(&reason);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_include_others_by_pattern),
        TEST(a_missing_file_is_an_error),
        TEST(arguments_bring_the_file_and_its_absolute_path),
        TEST(rewriting_replaces_the_file_and_makes_it_private),
        TEST(rewriting_goes_through_a_symbolic_link),
        TEST(what_cannot_be_written_is_a_plain_error),
        TEST(a_file_that_vanished_is_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
