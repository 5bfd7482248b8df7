/* A configuration file that is accepted, rewritten and read again gives the same settings; so do
 * settings changed by CONFIG SET, which changes all or nothing.
 *
 * The input has three parts divided by 0xff: the file, what every `include` of it finds, and
 * lines "name value" for one CONFIG SET. */
#include "server/config_rewrite.h"
#include "server/config_set.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_part(void *ctx, const char *path, struct buf *text, struct buf *reason)
{
    (void)path;
    (void)reason;
    buf_append_str(text, *(struct str *)ctx);
    return true;
}

static bool expand_path(void *ctx, const char *pattern, struct config_words *paths,
                        struct buf *reason)
{
    (void)ctx;
    (void)reason;
    paths->words = mem_alloc(sizeof(*paths->words));
    paths->words[0] = mem_strdup(pattern);
    paths->count = 1;
    return true;
}

static bool load(struct config *config, struct str text, const struct config_reader *reader)
{
    struct config_error error = {0};
    struct config_load loading;
    config_init(config);
    config_load_init(&loading, config, reader, &error);
    bool good = config_load_text(&loading, STR("fuzz"), text) && config_load_finish(&loading);
    if (!good && error.reason.len == 0) abort();
    config_load_deinit(&loading);
    config_error_deinit(&error);
    return good;
}

static void must_equal(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        const void *left = config_field_const(option, a), *right = config_field_const(option, b);
        if (config_option_same(option, left, right)) continue;
        fprintf(stderr, "%s differs\n", option->name);
        abort();
    }
}

static void rewrite_must_read_back(const struct config *config, struct str old,
                                   const struct config_reader *reader)
{
    struct buf once = {0}, twice = {0};
    struct config again;
    config_rewrite(config, old, reader, &once);
    if (!load(&again, buf_str(&once), reader)) abort();
    must_equal(config, &again);
    config_rewrite(config, buf_str(&once), reader, &twice);
    if (!str_eq(buf_str(&once), buf_str(&twice))) abort();
    config_deinit(&again);
    buf_deinit(&once);
    buf_deinit(&twice);
}

enum { ASSIGNMENTS_MAX = 16 };

static size_t split_assignments(struct str lines, struct config_assignment *list)
{
    size_t count = 0;
    struct str line;
    while (count < ASSIGNMENTS_MAX && str_split(&lines, '\n', &line)) {
        struct str rest = line;
        str_split(&rest, ' ', &list[count].name);
        list[count++].value = rest.ptr ? rest : STR("");
    }
    return count;
}

static bool refuse_some(void *ctx, enum config_change change, struct buf *reason)
{
    (void)ctx;
    (void)reason;
    return change != CONFIG_CHANGE_SAVE;
}

static void change_all_or_nothing(struct config *config, struct str text, struct str lines,
                                  const struct config_reader *reader)
{
    struct config before;
    struct config_assignment list[ASSIGNMENTS_MAX];
    struct config_request request = {list, split_assignments(lines, list), true};
    struct config_hooks hooks = {.apply = refuse_some};
    struct config_failure failure = {0};
    if (!load(&before, text, reader)) abort();
    if (!config_set(config, &hooks, &request, &failure)) must_equal(config, &before);
    buf_deinit(&failure.reason);
    config_deinit(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size), text = {0}, included = {0}, lines = {0};
    str_split(&rest, (char)0xff, &text);
    str_split(&rest, (char)0xff, &included);
    str_split(&rest, (char)0xff, &lines);
    struct config_reader reader = {&included, read_part, expand_path};
    struct config config;
    if (load(&config, text, &reader)) {
        rewrite_must_read_back(&config, STR(""), &reader);
        change_all_or_nothing(&config, text, lines, &reader);
        rewrite_must_read_back(&config, text, &reader);
    }
    config_deinit(&config);
    return 0;
}
