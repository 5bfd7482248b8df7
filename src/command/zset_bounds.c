#include "command/zset_bounds.h"

#include "base/num.h"

/* As strtod reads it: leading white space is passed over, and nothing means 0. */
static bool parse_score(struct str text, double *score)
{
    *score = 0;
    if (text.len == 0) return true;
    while (text.len && (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')))
        text = str_from(text, 1);
    return num_parse_double(text, score);
}

static bool parse_score_bound(struct str text, struct zset_bound *bound)
{
    bound->where = BOUND_AT;
    bound->is_open = text.len && text.ptr[0] == '(';
    return parse_score(bound->is_open ? str_from(text, 1) : text, &bound->score);
}

bool zset_parse_scores(struct call *call, int low_at, int high_at, struct zset_bounds *bounds)
{
    bounds->by_name = false;
    if (parse_score_bound(call_arg(call, low_at), &bounds->low) &&
        parse_score_bound(call_arg(call, high_at), &bounds->high))
        return true;
    reply_error(call->reply, "ERR min or max is not a float");
    return false;
}

static bool parse_name_bound(struct str text, struct zset_bound *bound)
{
    *bound = (struct zset_bound){.where = BOUND_AT};
    if (text.len == 0) return false;
    bound->name = str_from(text, 1);
    switch (text.ptr[0]) {
    case '-':
        bound->where = BOUND_LOWEST;
        return text.len == 1;
    case '+':
        bound->where = BOUND_HIGHEST;
        return text.len == 1;
    case '(':
        bound->is_open = true;
        return true;
    default:
        return text.ptr[0] == '[';
    }
}

bool zset_parse_names(struct call *call, int low_at, int high_at, struct zset_bounds *bounds)
{
    bounds->by_name = true;
    if (parse_name_bound(call_arg(call, low_at), &bounds->low) &&
        parse_name_bound(call_arg(call, high_at), &bounds->high))
        return true;
    reply_error(call->reply, "ERR min or max not valid string range item");
    return false;
}

static size_t rank_of(const struct value *zset, const struct zset_bounds *bounds,
                      const struct zset_bound *bound, bool equal_too)
{
    if (bound->where == BOUND_LOWEST) return 0;
    if (bound->where == BOUND_HIGHEST) return zset_len(zset);
    if (bounds->by_name) return zset_rank_of_name(zset, bound->name, equal_too);
    return zset_rank_of_score(zset, bound->score, equal_too);
}

struct zset_span zset_span_of(const struct value *zset, const struct zset_bounds *bounds)
{
    struct zset_span span = {
        .from = rank_of(zset, bounds, &bounds->low, bounds->low.is_open),
        .to = rank_of(zset, bounds, &bounds->high, !bounds->high.is_open),
    };
    if (span.to < span.from) span.to = span.from;
    return span;
}

static double score_at(const struct value *zset, size_t rank)
{
    struct zset_cursor cursor;
    struct ranked member = {.score = 0};
    if (zset_seek(zset, &cursor, rank)) zset_get(&cursor, &member);
    return member.score;
}

bool zset_span_is_certain(const struct value *zset, const struct zset_bounds *bounds)
{
    size_t len = zset_len(zset);
    return !bounds->by_name || len < 2 || score_at(zset, 0) == score_at(zset, len - 1);
}

struct zset_span zset_span_of_ranks(size_t len, int64_t start, int64_t stop)
{
    int64_t end = (int64_t)len;
    if (start < 0) start += end;
    if (stop < 0) stop += end;
    if (start < 0) start = 0;
    if (stop >= end) stop = end - 1;
    if (start > stop) return (struct zset_span){0};
    return (struct zset_span){.from = (size_t)start, .to = (size_t)stop + 1};
}
