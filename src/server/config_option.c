#include "server/config_option.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/words.h"
#include "server/config_kind.h"

static const struct config_area *const areas[] = {
    &config_area_net,     &config_area_tls,    &config_area_process,  &config_area_log,
    &config_area_clients, &config_area_memory, &config_area_encoding, &config_area_snapshot,
    &config_area_aof,     &config_area_repl,   &config_area_security, &config_area_cluster,
};
enum { AREAS = sizeof(areas) / sizeof(*areas) };

const struct config_area *config_area_at(size_t index)
{
    return index < AREAS ? areas[index] : NULL;
}

size_t config_option_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < AREAS; i++) count += areas[i]->count;
    return count;
}

const struct config_option *config_option_at(size_t index)
{
    size_t area = 0;
    for (; area < AREAS && index >= areas[area]->count; area++) index -= areas[area]->count;
    ASSERT(area < AREAS);
    return &areas[area]->options[index];
}

struct config_found config_option_find(struct str name)
{
    struct config_found found = {0};
    for (size_t area = 0; area < AREAS; area++) {
        for (size_t i = 0; i < areas[area]->count; i++, found.index++) {
            const struct config_option *option = &areas[area]->options[i];
            if (!str_is(name, option->name) && !(option->alias && str_is(name, option->alias))) {
                continue;
            }
            found.option = option;
            return found;
        }
    }
    return found;
}

/* --- values --- */

void config_value_copy(const struct config_option *option, const struct config *config,
                       struct config_value *value)
{
    const void *field = config_field_const(option, config);
    *value = (struct config_value){0};
    if (option->kind->copy) {
        option->kind->copy(value->bytes, field);
    } else {
        memcpy(value->bytes, field, option->size);
    }
}

void config_value_clear(const struct config_option *option, struct config_value *value)
{
    if (option->kind->clear) option->kind->clear(value->bytes);
    *value = (struct config_value){0};
}

static bool has_nul(struct config_args args)
{
    for (size_t i = 0; i < args.count; i++) {
        if (args.list[i].len > 0 && memchr(args.list[i].ptr, '\0', args.list[i].len)) return true;
    }
    return false;
}

static bool has_space(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == ' ' || (word.ptr[i] >= '\t' && word.ptr[i] <= '\r')) return true;
    }
    return false;
}

static bool parse_words(const struct config_option *option, struct config_args args,
                        struct config_value *value, struct buf *reason)
{
    bool multi = option->flags & CONFIG_MULTI;
    bool or_none = option->flags & CONFIG_OR_NONE;
    if ((args.count == 0 && !or_none) || (args.count > 1 && !multi)) {
        buf_append_c(reason, "wrong number of arguments");
        return false;
    }
    if (!option->kind->any_byte && has_nul(args)) {
        buf_append_c(reason, "argument must not contain a zero byte");
        return false;
    }
    return option->kind->parse(option, args, value->bytes, reason) &&
           (!option->check || option->check(value->bytes, reason));
}

bool config_value_parse(const struct config_option *option, struct config_args args,
                        struct config_value *value, struct buf *reason)
{
    struct words words = {0};
    bool one_word_holds_all =
        (option->flags & CONFIG_MULTI) && args.count == 1 && has_space(args.list[0]);
    if (one_word_holds_all && words_split(&words, args.list[0]) && words.count > 0) {
        args = (struct config_args){words.list, words.count};
    }
    ASSERT(option->size <= sizeof(value->bytes));
    bool good = parse_words(option, args, value, reason);
    if (!good) config_value_clear(option, value);
    words_deinit(&words);
    return good;
}

void config_value_swap(const struct config_option *option, struct config *config,
                       struct config_value *value)
{
    struct config_value other = {0};
    void *field = config_field(option, config);
    memcpy(other.bytes, field, option->size);
    memcpy(field, value->bytes, option->size);
    *value = other;
}

void config_value_initial(const struct config_option *option, struct config_value *value)
{
    *value = (struct config_value){0};
    if (!option->initial) {
        /* A copy of zero bytes is the empty value of the kind: "" for a text. */
        if (option->kind->copy) option->kind->copy(value->bytes, (struct config_value){0}.bytes);
        return;
    }
    struct str text = str_from_c(option->initial);
    struct buf reason = {0};
    bool good = config_value_parse(option, (struct config_args){&text, 1}, value, &reason);
    ASSERT(good);
    buf_deinit(&reason);
}

/* --- text --- */

void config_option_format(const struct config_option *option, const void *field, struct buf *out)
{
    option->kind->format(option, field, out);
}

static bool is_plain(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '\\') return false;
    }
    return word.len > 0;
}

void config_append_word(struct buf *out, struct str word)
{
    if (is_plain(word)) {
        buf_append_str(out, word);
    } else {
        buf_append_quoted(out, word);
    }
}

void config_option_lines(const struct config_option *option, const void *field, struct buf *out)
{
    if (option->kind->lines) {
        option->kind->lines(option, field, out);
        return;
    }
    struct buf text = {0};
    option->kind->format(option, field, &text);
    buf_printf(out, "%s ", option->name);
    config_append_word(out, buf_str(&text));
    buf_append_char(out, '\n');
    buf_deinit(&text);
}

bool config_option_same(const struct config_option *option, const void *a, const void *b)
{
    bool plain = !option->kind->copy;
    if (plain && memcmp(a, b, option->size) == 0) return true;
    struct buf left = {0}, right = {0};
    option->kind->format(option, a, &left);
    option->kind->format(option, b, &right);
    bool same = str_eq(buf_str(&left), buf_str(&right));
    buf_deinit(&left);
    buf_deinit(&right);
    return same;
}

bool config_option_is_initial(const struct config_option *option, const struct config *config)
{
    struct config_value initial;
    config_value_initial(option, &initial);
    bool same = config_option_same(option, initial.bytes, config_field_const(option, config));
    config_value_clear(option, &initial);
    return same;
}

const struct config_option *config_next_without_effect(const struct config *config, size_t *index)
{
    while (*index < config_option_count()) {
        const struct config_option *option = config_option_at((*index)++);
        if (option->not_yet && !config_option_is_initial(option, config)) return option;
    }
    return NULL;
}

/* --- the whole struct --- */

void config_set_text(char **field, struct str text)
{
    char *copy = mem_strndup(text.len ? text.ptr : "", text.len);
    mem_free(*field);
    *field = copy;
}

void config_set_master(struct config *config, struct str host, int port)
{
    config_set_text(&config->repl.master.host, host);
    config->repl.master.port = port;
}

void config_init(struct config *config)
{
    *config = (struct config){.file = mem_strdup("")};
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        struct config_value value;
        config_value_initial(option, &value);
        config_value_swap(option, config, &value);
    }
}

void config_deinit(struct config *config)
{
    for (size_t i = 0; i < config_option_count(); i++) {
        struct config_value value = {0};
        config_value_swap(config_option_at(i), config, &value);
        config_value_clear(config_option_at(i), &value);
    }
    mem_free(config->file);
    *config = (struct config){0};
}
