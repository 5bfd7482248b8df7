#include "cli/completion.h"

struct completion {
    struct buf line;
    size_t topic_at; /* where the name begins: behind "help " */
    struct str typed;
    bool in_lower_case;
    void (*add)(void *ctx, struct str line);
    void *ctx;
};

static bool begins_with(struct str name, struct str typed)
{
    return typed.len <= name.len && str_eq_nocase(str_first(name, typed.len), typed);
}

/* A subcommand is offered only once its container has been typed. */
static bool is_wanted(struct str name, struct str typed)
{
    ptrdiff_t space = str_find_char(name, ' ');
    return begins_with(name, typed) && (space < 0 || typed.len > (size_t)space);
}

static void offer(struct completion *completion, struct str name)
{
    struct buf *line = &completion->line;
    line->len = completion->topic_at;
    buf_append_str(line, completion->typed);
    for (size_t i = completion->typed.len; i < name.len; i++)
        buf_append_char(line, completion->in_lower_case ? char_lower(name.ptr[i]) : name.ptr[i]);
    completion->add(completion->ctx, buf_str(line));
}

static void offer_groups(struct completion *completion, const struct docs *docs)
{
    for (size_t i = 0; i < docs->count; i++) {
        struct str group = docs_field(&docs->entries[i], "group");
        bool is_known = group.len == 0;
        for (size_t k = 0; k < i && !is_known; k++)
            is_known = str_eq(docs_field(&docs->entries[k], "group"), group);
        if (is_known) continue;
        struct buf name = {0};
        buf_append_char(&name, '@');
        buf_append_str(&name, group);
        if (begins_with(buf_str(&name), completion->typed)) offer(completion, buf_str(&name));
        buf_deinit(&name);
    }
}

static size_t help_prefix_length(struct str line)
{
    if (begins_with(line, STR("help "))) return 5;
    return begins_with(line, STR("? ")) ? 2 : 0;
}

static bool has_lower_case(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') return true;
    }
    return false;
}

void completion_list(const struct docs *docs, struct str line,
                     void (*add)(void *ctx, struct str line), void *ctx)
{
    struct completion completion = {.topic_at = help_prefix_length(line), .add = add, .ctx = ctx};
    buf_append_str(&completion.line, str_first(line, completion.topic_at));
    completion.typed = str_from(line, completion.topic_at);
    completion.in_lower_case = completion.typed.len == 0 || has_lower_case(completion.typed);
    for (size_t i = 0; i < docs->count; i++) {
        if (is_wanted(docs->entries[i].name, completion.typed))
            offer(&completion, docs->entries[i].name);
    }
    if (completion.topic_at > 0) offer_groups(&completion, docs);
    buf_deinit(&completion.line);
}
