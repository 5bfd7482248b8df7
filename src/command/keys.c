#include "command/keys.h"

#include "base/mem.h"
#include "base/num.h"

/* A run of arguments, both ends included. */
struct span {
    int64_t first, last, step;
};

void key_refs_add(struct key_refs *refs, int at, uint32_t flags)
{
    enum { INLINE = sizeof(refs->inline_list) / sizeof(refs->inline_list[0]) };
    if (!refs->list) {
        refs->list = refs->inline_list;
        refs->capacity = INLINE;
    }
    if (refs->count == refs->capacity) {
        struct key_ref *old = refs->list;
        size_t bytes = (size_t)refs->count * sizeof(*old);
        refs->capacity *= 2;
        refs->list = mem_realloc(old == refs->inline_list ? NULL : old, 2 * bytes);
        if (old == refs->inline_list) memcpy(refs->list, old, bytes);
    }
    refs->list[refs->count++] = (struct key_ref){at, flags};
}

void key_refs_deinit(struct key_refs *refs)
{
    if (refs->list != refs->inline_list) mem_free(refs->list);
    refs->list = NULL;
    refs->count = refs->capacity = 0;
}

/* Where the keyword's keys begin, or 0. A negative index searches backwards from the end. */
static int after_keyword(const struct key_spec *spec, const struct str *argv, int argc)
{
    int step = spec->index > 0 ? 1 : -1;
    int from = spec->index > 0 ? spec->index : argc + spec->index;
    for (int i = from; i > 0 && i < argc; i += step) {
        if (str_is(argv[i], spec->keyword)) return i + 1;
    }
    return 0;
}

static bool find_range(const struct key_spec *spec, int argc, struct span *span)
{
    if (spec->last >= 0)
        span->last = span->first + spec->last;
    else if (spec->limit <= 1)
        span->last = argc + spec->last;
    else
        span->last = span->first + (argc - span->first) / spec->limit + spec->last;
    return span->last >= span->first;
}

/* A count of zero is a valid empty span; anything the arguments cannot hold is refused. */
static bool find_counted(const struct key_spec *spec, const struct str *argv, int argc,
                         struct span *span)
{
    int64_t count, count_at = span->first + spec->count_at;
    if (count_at >= argc || !num_parse_i64(argv[count_at], &count) || count < 0) return false;
    span->first += spec->first;
    if (count > argc - span->first) return false;
    span->last = span->first + count - 1;
    return true;
}

static bool find_span(const struct key_spec *spec, const struct str *argv, int argc,
                      struct span *span)
{
    *span = (struct span){.step = spec->step > 0 ? spec->step : 1};
    switch (spec->begin) {
    case KEYS_AT_INDEX:
        span->first = spec->index;
        break;
    case KEYS_AT_KEYWORD:
        span->first = after_keyword(spec, argv, argc);
        break;
    case KEYS_BEGIN_UNKNOWN:
    case KEYS_END:
        return false;
    }
    if (span->first <= 0 || span->first >= argc) return false;
    switch (spec->find) {
    case KEYS_RANGE:
        return find_range(spec, argc, span) && span->last < argc;
    case KEYS_COUNTED:
        return find_counted(spec, argv, argc, span);
    case KEYS_FIND_UNKNOWN:
        break;
    }
    return false;
}

/* False when a spec cannot be followed, or says itself that it does not tell everything. */
static bool find_by_specs(const struct command *command, const struct str *argv, int argc,
                          struct key_refs *refs)
{
    bool complete = true;
    for (int i = 0; i < COMMAND_KEY_SPECS && command->keys[i].begin != KEYS_END; i++) {
        const struct key_spec *spec = &command->keys[i];
        struct span span;
        bool by_keyword = spec->begin == KEYS_AT_KEYWORD;
        if (by_keyword && !after_keyword(spec, argv, argc)) continue; /* the option was not given */
        if (!find_span(spec, argv, argc, &span)) {
            complete = false;
            continue;
        }
        for (int64_t at = span.first; at <= span.last; at += span.step) {
            key_refs_add(refs, (int)at, spec->flags);
        }
        if (spec->flags & KEY_INCOMPLETE) complete = false;
    }
    return complete;
}

static bool has_variable_flags(const struct command *command)
{
    for (int i = 0; i < COMMAND_KEY_SPECS && command->keys[i].begin != KEYS_END; i++) {
        if (command->keys[i].flags & KEY_VARIABLE_FLAGS) return true;
    }
    return false;
}

bool command_find_keys(const struct command *command, const struct str *argv, int argc,
                       struct key_refs *refs)
{
    refs->count = 0;
    if (!has_variable_flags(command) || !command->find_keys) {
        if (find_by_specs(command, argv, argc, refs)) return true;
        if (!command->find_keys) return false;
        refs->count = 0;
    }
    return command->find_keys(argv, argc, refs);
}

int command_first_key(const struct command *command)
{
    const struct key_spec *spec = &command->keys[0];
    bool fixed = spec->begin == KEYS_AT_INDEX && spec->find == KEYS_RANGE;
    return fixed && !(spec->flags & KEY_NOT_KEY) ? spec->index : 0;
}
