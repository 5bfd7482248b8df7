#include "server/config_reader.h"

#include "base/mem.h"
#include "io/file.h"
#include "server/config_rewrite.h"

#include <errno.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };

static bool fail(struct buf *reason, const char *what, const char *path, int error)
{
    buf_printf(reason, "%s '%s': %s", what, path, strerror(error));
    return false;
}

static bool read_file(void *ctx, const char *path, struct buf *text, struct buf *reason)
{
    (void)ctx;
    int error = file_read_all(path, FILE_SIZE_MAX, text);
    return error == 0 || fail(reason, "can't open config file", path, -error);
}

static bool expand(void *ctx, const char *pattern, struct config_words *paths, struct buf *reason)
{
    (void)ctx;
    struct file_names names = {0};
    int error = file_expand(pattern, &names);
    if (error != 0) {
        file_names_deinit(&names);
        return fail(reason, "can't look for config files", pattern, -error);
    }
    paths->words = mem_calloc((names.count + 1) * sizeof(*paths->words));
    for (; paths->count < names.count; paths->count++) {
        paths->words[paths->count] = mem_strdup(names.names[paths->count]);
    }
    file_names_deinit(&names);
    return true;
}

const struct config_reader config_reader_files = {.read = read_file, .expand = expand};

bool config_read_stdin(struct buf *text, struct buf *reason)
{
    for (;;) {
        ssize_t got = file_read(STDIN_FILENO, buf_reserve(text, 4096), 4096);
        if (got < 0) return fail(reason, "can't read", "standard input", (int)-got);
        if (got == 0) return true;
        text->len += (size_t)got;
        if (text->len > FILE_SIZE_MAX) return fail(reason, "can't read", "standard input", EFBIG);
    }
}

void config_file_resolve(const char *path, struct buf *out)
{
    if (file_resolve(path, out) != 0) buf_append_c(out, path);
}

bool config_read_arguments(struct config *config, const struct config_arguments *arguments,
                           struct config_error *error)
{
    struct buf input = {0}, path = {0};
    struct config_load load;
    config_load_init(&load, config, &config_reader_files, error);
    bool good = (!arguments->from_stdin || config_read_stdin(&input, &error->reason)) &&
                config_load_arguments(&load, arguments, buf_str(&input));
    if (good && arguments->file) {
        config_file_resolve(arguments->file, &path);
        config_set_text(&config->file, buf_str(&path));
    }
    config_load_deinit(&load);
    buf_deinit(&input);
    buf_deinit(&path);
    return good;
}

/* A file that vanished is written anew. */
static int rewrite(const struct config *config)
{
    struct buf old = {0}, text = {0};
    int error = file_read_all(config->file, FILE_SIZE_MAX, &old);
    if (error == 0 || error == -ENOENT) {
        config_rewrite(config, buf_str(&old), &config_reader_files, &text);
        error = file_replace_private(config->file, buf_str(&text));
    }
    buf_deinit(&old);
    buf_deinit(&text);
    return error;
}

bool config_rewrite_file(const struct config *config, struct buf *reason)
{
    if (!*config->file) {
        buf_append_c(reason, "The server is running without a config file");
        return false;
    }
    int error = rewrite(config);
    if (error != 0) buf_printf(reason, "Rewriting config file: %s", strerror(-error));
    return error == 0;
}
