/* Words are matched against the arguments in order. Where several optional arguments stand
 * together any of them may come next, those that begin with a token being tried first because a
 * plain value would take any word. */
#include "cli/hint.h"

#include "base/num.h"
#include "base/words.h"

enum match {
    MATCH_NONE,
    MATCH_PARTIAL, /* the words ended inside; `rest` got what is missing */
    MATCH_WHOLE,
};

struct matcher {
    struct command_words words;
    size_t at;
    struct buf *rest;
};

enum { ARGUMENTS_MAX = 64 };

static enum match match_argument(struct matcher *matcher, const struct docs_argument *argument);

static bool words_left(const struct matcher *matcher)
{
    return matcher->at < matcher->words.count;
}

static bool begins_with_token(const struct docs_argument *argument)
{
    if (argument->token.len > 0) return true;
    if (!argument->parts || argument->parts->count == 0) return false;
    size_t looked_at = argument->kind == DOCS_ONE_OF ? argument->parts->count : 1;
    for (size_t i = 0; i < looked_at; i++) {
        struct docs_argument part = docs_argument_read(&argument->parts->items[i]);
        if (begins_with_token(&part)) return true;
    }
    return false;
}

static void separate(struct buf *rest)
{
    if (rest->len > 0 && rest->ptr[rest->len - 1] != ' ') buf_append_char(rest, ' ');
}

static enum match match_one_of(struct matcher *matcher, const struct docs_argument *argument)
{
    for (int want_token = 1; want_token >= 0; want_token--) {
        for (size_t i = 0; argument->parts && i < argument->parts->count; i++) {
            struct docs_argument part = docs_argument_read(&argument->parts->items[i]);
            if (begins_with_token(&part) != (want_token == 1)) continue;
            size_t start = matcher->at;
            enum match match = match_argument(matcher, &part);
            if (match != MATCH_NONE) return match;
            matcher->at = start;
        }
    }
    return MATCH_NONE;
}

/* Tries the arguments of one kind, those that begin with a token or those that do not. Arguments
 * behind the first required one are out of reach. */
static enum match match_kind(struct matcher *matcher, const struct reply_node *list, uint64_t *done,
                             bool want_token)
{
    for (size_t i = 0; i < list->count; i++) {
        struct docs_argument argument = docs_argument_read(&list->items[i]);
        uint64_t bit = (uint64_t)1 << i;
        if (*done & bit) continue;
        size_t start = matcher->at;
        enum match match = MATCH_NONE;
        if (begins_with_token(&argument) == want_token) match = match_argument(matcher, &argument);
        if (match != MATCH_NONE) {
            *done |= bit;
            return match;
        }
        matcher->at = start;
        if (!argument.is_optional) break;
    }
    return MATCH_NONE;
}

/* Finds the argument that the next word belongs to. */
static enum match match_next(struct matcher *matcher, const struct reply_node *list, uint64_t *done)
{
    enum match match = match_kind(matcher, list, done, true);
    return match != MATCH_NONE ? match : match_kind(matcher, list, done, false);
}

static bool write_missing(struct buf *rest, const struct reply_node *list, uint64_t done)
{
    bool is_missing = false;
    for (size_t i = 0; i < list->count; i++) {
        struct docs_argument argument = docs_argument_read(&list->items[i]);
        if (done & ((uint64_t)1 << i)) continue;
        separate(rest);
        docs_write_argument(rest, &argument);
        is_missing |= !argument.is_optional;
    }
    return is_missing;
}

static enum match match_list(struct matcher *matcher, const struct reply_node *list)
{
    uint64_t done = 0;
    if (!list || list->count > ARGUMENTS_MAX) return MATCH_NONE;
    enum match match = MATCH_WHOLE;
    while (words_left(matcher) && match == MATCH_WHOLE) match = match_next(matcher, list, &done);
    if (match == MATCH_NONE && done == 0) return MATCH_NONE;
    bool is_stopped = match == MATCH_NONE;
    size_t rest_before = matcher->rest->len;
    bool is_missing = write_missing(matcher->rest, list, done);
    if (!is_stopped) return is_missing || match == MATCH_PARTIAL ? MATCH_PARTIAL : MATCH_WHOLE;
    /* Words are left that are none of ours: fine for a caller above us, if we have all we need. */
    matcher->rest->len = rest_before;
    return is_missing ? MATCH_NONE : MATCH_WHOLE;
}

static enum match match_core(struct matcher *matcher, const struct docs_argument *argument,
                             bool with_token)
{
    if (with_token && argument->token.len > 0) {
        if (!str_eq_nocase(argument->token, matcher->words.list[matcher->at])) return MATCH_NONE;
        matcher->at++;
        if (argument->kind == DOCS_TOKEN) return MATCH_WHOLE;
        if (!words_left(matcher)) {
            struct docs_argument bare = *argument;
            bare.token = (struct str){0};
            separate(matcher->rest);
            docs_write_inner(matcher->rest, &bare);
            return MATCH_PARTIAL;
        }
    }
    switch (argument->kind) {
    case DOCS_TOKEN:
        return MATCH_NONE;
    case DOCS_ONE_OF:
        return match_one_of(matcher, argument);
    case DOCS_BLOCK:
        return match_list(matcher, argument->parts);
    case DOCS_VALUE:
        matcher->at++;
        return MATCH_WHOLE;
    }
    return MATCH_NONE;
}

static enum match match_argument(struct matcher *matcher, const struct docs_argument *argument)
{
    enum match match = match_core(matcher, argument, true);
    if (!argument->is_multiple || match == MATCH_NONE) return match;
    while (match == MATCH_WHOLE && words_left(matcher)) {
        size_t start = matcher->at;
        match = match_core(matcher, argument, argument->repeats_token);
        if (match != MATCH_NONE) continue;
        matcher->at = start;
        return MATCH_WHOLE;
    }
    struct buf repetition = {0};
    docs_write_repetition(&repetition, argument);
    separate(matcher->rest);
    buf_append_str(matcher->rest, str_from(buf_str(&repetition), 1));
    buf_deinit(&repetition);
    return match;
}

void hint_derive(struct buf *out, const struct docs *docs, struct command_words words)
{
    size_t used;
    const struct docs_entry *entry = docs_find(docs, words, &used);
    const struct reply_node *arguments = entry ? docs_arguments(entry) : NULL;
    if (!arguments) return;
    struct buf rest = {0};
    struct matcher matcher = {{words.list + used, words.count - used}, 0, &rest};
    match_list(&matcher, arguments);
    if (!words_left(&matcher)) buf_append_str(out, buf_str(&rest));
    buf_deinit(&rest);
}

void hint_derive_line(struct buf *out, const struct docs *docs, struct str line)
{
    struct words words = {0};
    struct buf hint = {0};
    if (words_split(&words, line) && words.count > 0) {
        struct command_words typed = {words.list, words.count};
        int64_t times;
        if (typed.count > 1 && num_parse_i64(typed.list[0], &times)) typed.list++, typed.count--;
        hint_derive(&hint, docs, typed);
        if (hint.len > 0) {
            if (line.ptr[line.len - 1] != ' ') buf_append_char(out, ' ');
            buf_append_str(out, buf_str(&hint));
        }
    }
    buf_deinit(&hint);
    words_deinit(&words);
}
