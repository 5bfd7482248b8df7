#include "config_fixture.h"

#include "base/glob.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool fake_read(void *ctx, const char *path, struct buf *text, struct buf *reason)
{
    const struct fake_files *files = ctx;
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->list[i].path, path) != 0) continue;
        buf_append_c(text, files->list[i].text);
        return true;
    }
    buf_printf(reason, "no file %s", path);
    return false;
}

static void add_path(struct config_words *paths, const char *path)
{
    paths->words = mem_realloc(paths->words, (paths->count + 1) * sizeof(*paths->words));
    paths->words[paths->count++] = mem_strdup(path);
}

static bool fake_expand(void *ctx, const char *pattern, struct config_words *paths,
                        struct buf *reason)
{
    (void)reason;
    const struct fake_files *files = ctx;
    if (!strpbrk(pattern, "*?[")) {
        add_path(paths, pattern);
        return true;
    }
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->list[i].path;
        if (glob_match(str_from_c(pattern), str_from_c(path))) add_path(paths, path);
    }
    return true;
}

void fake_files_init(struct fake_files *files, const struct fake_file *list, size_t count)
{
    *files = (struct fake_files){list, count, {files, fake_read, fake_expand}};
}

bool fixture_load(struct config *config, const char *text, const struct config_reader *reader,
                  struct config_error *error)
{
    struct config_load load;
    config_init(config);
    config_load_init(&load, config, reader, error);
    bool good = config_load_text(&load, STR("the configuration file"), str_from_c(text)) &&
                config_load_finish(&load);
    config_load_deinit(&load);
    return good;
}

void fixture_load_good(struct config *config, const char *text, const struct config_reader *reader)
{
    struct config_error error = {0};
    if (!fixture_load(config, text, reader, &error)) fail_msg("%s", buf_c(&error.reason));
    config_error_deinit(&error);
}

void fixture_assert_value(const struct config *config, const char *name, const char *expected)
{
    const struct config_option *option = config_option_find(str_from_c(name)).option;
    struct buf text = {0};
    assert_non_null(option);
    config_option_format(option, config_field_const(option, config), &text);
    assert_string_equal(buf_c(&text), expected);
    buf_deinit(&text);
}

void fixture_assert_equal(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        const void *left = config_field_const(option, a);
        const void *right = config_field_const(option, b);
        if (!config_option_same(option, left, right)) fail_msg("%s differs", option->name);
    }
}
