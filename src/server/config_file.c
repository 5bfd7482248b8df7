#include "server/config_file.h"

#include "base/mem.h"
#include "base/words.h"
#include "server/config_words.h"

enum { DEPTH_MAX = 16, FILES_MAX = 1000 };

/* --- errors --- */

void config_error_deinit(struct config_error *error)
{
    buf_deinit(&error->source);
    buf_deinit(&error->text);
    buf_deinit(&error->reason);
    *error = (struct config_error){0};
}

void config_error_write(const struct config_error *error, const char *version, struct buf *out)
{
    buf_printf(out, "\n*** FATAL CONFIG FILE ERROR (Skein %s) ***\n", version);
    if (error->line > 0) {
        buf_printf(out, "Reading %.*s, at line %zu\n", STR_ARG(buf_str(&error->source)),
                   error->line);
        buf_printf(out, ">>> '%.*s'\n", STR_ARG(buf_str(&error->text)));
    }
    buf_append_str(out, buf_str(&error->reason));
    buf_append_char(out, '\n');
}

/* The first word as far as it can be told from a line whose quotes may be unbalanced. */
static struct str first_word(struct str line)
{
    while (line.len > 0 && (*line.ptr == '"' || *line.ptr == '\'')) line = str_from(line, 1);
    size_t len = 0;
    for (; len < line.len; len++) {
        char c = line.ptr[len];
        if (c == ' ' || c == '\t' || c == '"' || c == '\'') break;
    }
    return str_first(line, len);
}

static void note_line(struct config_error *error, struct str source, size_t number, struct str line)
{
    struct str name = first_word(line);
    const struct config_option *option = config_option_find(name).option;
    error->line = number;
    buf_clear(&error->source);
    buf_append_str(&error->source, source);
    buf_clear(&error->text);
    if (option && (option->flags & CONFIG_SECRET)) {
        buf_printf(&error->text, "%s ...", option->name);
    } else {
        buf_append_str(&error->text, line);
    }
}

/* --- lines --- */

struct str config_line_trim(struct str line)
{
    line = str_trim(line);
    return line.len > 0 && *line.ptr == '#' ? str_first(line, 0) : line;
}

static bool set_option(struct config_load *load, struct config_found found, struct config_args args)
{
    const struct config_option *option = found.option;
    unsigned char *seen = &load->seen[found.index];
    bool continues = (option->flags & CONFIG_AMENDS) ||
                     ((option->flags & CONFIG_ADDS_UP) && (*seen & CONFIG_SEEN));
    struct config_value value = {0};
    if (continues) config_value_copy(option, load->config, &value);
    if (!config_value_parse(option, args, &value, &load->error->reason)) {
        *seen |= CONFIG_SEEN_FAULTY;
        return false;
    }
    config_value_swap(option, load->config, &value);
    config_value_clear(option, &value);
    *seen |= load->depth > 0 ? CONFIG_SEEN | CONFIG_SEEN_INCLUDED : CONFIG_SEEN;
    return true;
}

static bool include_paths(struct config_load *load, const struct config_words *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        if (!config_load_file(load, paths->words[i])) return false;
    }
    return true;
}

static bool include(struct config_load *load, struct str pattern)
{
    struct buf *reason = &load->error->reason;
    if (!load->reader) {
        buf_append_c(reason, "include is not possible here");
        return false;
    }
    if (load->depth >= DEPTH_MAX) {
        buf_printf(reason, "include goes deeper than %d files", DEPTH_MAX);
        return false;
    }
    struct config_words paths = {0};
    char *text = mem_strndup(pattern.ptr, pattern.len);
    load->depth++;
    bool good = load->reader->expand(load->reader->ctx, text, &paths, reason) &&
                include_paths(load, &paths);
    load->depth--;
    config_words_clear(&paths);
    mem_free(text);
    return good;
}

static bool run_line(struct config_load *load, const struct words *words)
{
    struct config_args args = {words->list + 1, words->count - 1};
    if (str_is(words->list[0], "include") && args.count == 1) return include(load, args.list[0]);
    struct config_found found = config_option_find(words->list[0]);
    if (found.option) return set_option(load, found, args);
    buf_append_c(&load->error->reason, "Bad directive or wrong number of arguments");
    return false;
}

static bool read_line(struct config_load *load, struct str line)
{
    struct words words = {0};
    bool good = words_split(&words, line);
    if (!good) {
        buf_append_c(&load->error->reason, "Unbalanced quotes in configuration line");
    } else if (words.count > 0 && words.list[0].len > 0) {
        good = run_line(load, &words);
    }
    words_deinit(&words);
    return good;
}

/* --- texts and files --- */

bool config_load_text(struct config_load *load, struct str source, struct str text)
{
    struct str line;
    for (size_t number = 1; str_split(&text, '\n', &line); number++) {
        line = config_line_trim(line);
        if (line.len == 0 || read_line(load, line)) continue;
        if (load->tolerant) {
            buf_clear(&load->error->reason);
            continue;
        }
        /* The innermost file knows best; those around it keep quiet. */
        if (load->error->line == 0) note_line(load->error, source, number, line);
        return false;
    }
    return true;
}

bool config_load_file(struct config_load *load, const char *path)
{
    if (++load->file_count > FILES_MAX) {
        buf_printf(&load->error->reason, "more than %d configuration files", FILES_MAX);
        return false;
    }
    struct buf text = {0}, source = {0};
    buf_append_c(&source, "the configuration file");
    if (load->depth > 0) buf_printf(&source, " %s", path);
    bool good = load->reader->read(load->reader->ctx, path, &text, &load->error->reason) &&
                config_load_text(load, buf_str(&source), buf_str(&text));
    buf_deinit(&source);
    buf_deinit(&text);
    return good;
}

bool config_load_finish(struct config_load *load)
{
    const struct config_security *security = &load->config->security;
    if (security->users.count == 0 || !*security->aclfile) return true;
    buf_append_c(&load->error->reason, "users stand either in the configuration file or in the "
                                       "file that aclfile names, not in both");
    return false;
}

void config_load_init(struct config_load *load, struct config *config,
                      const struct config_reader *reader, struct config_error *error)
{
    *load = (struct config_load){.config = config, .reader = reader, .error = error};
    load->seen = mem_calloc(config_option_count());
}

void config_load_deinit(struct config_load *load)
{
    mem_free(load->seen);
    *load = (struct config_load){0};
}
