#include "base/num.h"
#include "command/errors.h"
#include "command/zset.h"
#include "command/zset_bounds.h"
#include "command/zset_commands.h"

/* What a range is made of: ranks, scores or names; options that a command fixes in advance are not
 * taken. */
struct range {
    int key_at; /* the bounds follow, then the options */
    enum { BY_ANYTHING, BY_RANK, BY_SCORE, BY_NAME } by;
    enum { EITHER_WAY, UPWARDS, DOWNWARDS } way;
    bool stores, with_scores;
    int64_t offset, limit; /* a limit of -1: none */
    int64_t start, stop;
    struct zset_bounds bounds;
};

/* Returns how many arguments the option at `at` takes; 0 when it is none, or after an error. */
static int take_option(struct call *call, int at, struct range *range)
{
    if (!range->stores && call_is(call, at, "withscores")) {
        range->with_scores = true;
    } else if (call_is(call, at, "limit") && at + 2 < call->argc) {
        if (!call_i64(call, at + 1, &range->offset) || !call_i64(call, at + 2, &range->limit))
            return 0;
        return 3;
    } else if (range->way == EITHER_WAY && call_is(call, at, "rev")) {
        range->way = DOWNWARDS;
    } else if (range->by == BY_ANYTHING && call_is(call, at, "byscore")) {
        range->by = BY_SCORE;
    } else if (range->by == BY_ANYTHING && call_is(call, at, "bylex")) {
        range->by = BY_NAME;
    } else {
        call_syntax_error(call);
        return 0;
    }
    return 1;
}

static bool parse_options(struct call *call, struct range *range)
{
    range->limit = -1;
    for (int at = range->key_at + 3; at < call->argc;) {
        int taken = take_option(call, at, range);
        if (taken == 0) return false;
        at += taken;
    }
    if (range->by == BY_ANYTHING) range->by = BY_RANK;
    if (range->limit != -1 && range->by == BY_RANK) {
        reply_error(call->reply, "ERR syntax error, LIMIT is only supported in combination with "
                                 "either BYSCORE or BYLEX");
        return false;
    }
    if (range->with_scores && range->by == BY_NAME) {
        reply_error(call->reply,
                    "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    return true;
}

/* Downwards, the higher bound of scores and names comes first. */
static bool parse_bounds(struct call *call, struct range *range)
{
    int low_at = range->key_at + 1, high_at = range->key_at + 2;
    if (range->by == BY_RANK)
        return call_i64(call, low_at, &range->start) && call_i64(call, high_at, &range->stop);
    if (range->way == DOWNWARDS) {
        low_at++;
        high_at--;
    }
    if (range->by == BY_SCORE) return zset_parse_scores(call, low_at, high_at, &range->bounds);
    return zset_parse_names(call, low_at, high_at, &range->bounds);
}

static void apply_limit(const struct range *range, struct zset_span *span)
{
    size_t len = zset_span_len(span), offset = len;
    if (range->offset >= 0 && (uint64_t)range->offset < len) offset = (size_t)range->offset;
    len -= offset;
    if (range->limit >= 0 && (uint64_t)range->limit < len) len = (size_t)range->limit;
    if (span->reversed) {
        span->to -= offset;
        span->from = span->to - len;
    } else {
        span->from += offset;
        span->to = span->from + len;
    }
}

static struct zset_span span_of(const struct range *range, const struct value *zset)
{
    struct zset_span span;
    if (range->by == BY_RANK) {
        size_t len = zset_len(zset);
        span = zset_span_of_ranks(len, range->start, range->stop);
        if (range->way == DOWNWARDS && span.to)
            span = (struct zset_span){.from = len - span.to, .to = len - span.from};
        span.reversed = range->way == DOWNWARDS;
        return span;
    }
    span = zset_span_of(zset, &range->bounds);
    span.reversed = range->way == DOWNWARDS;
    apply_limit(range, &span);
    return span;
}

static void store_span(struct call *call, const struct value *zset, const struct zset_span *span)
{
    struct zset_edit result = zset_result(call);
    struct zset_cursor cursor;
    struct ranked member;
    size_t len = zset_span_len(span);
    bool more = len && zset_seek(zset, &cursor, span->from);
    for (size_t i = 0; i < len && more; i++) {
        zset_get(&cursor, &member);
        zset_gather(&result, member.name, member.score);
        more = zset_next(&cursor);
    }
    zset_order(&result);
    zset_store_result(call, call_arg(call, 1), &result, "zrangestore");
}

static void record_ranks(struct call *call, const struct zset_span *span)
{
    char from[NUM_I64_MAX], last[NUM_I64_MAX];
    if (zset_span_len(span) == 0)
        EFFECTS_ADD(call->effects, STR("DEL"), call_arg(call, 1));
    else
        EFFECTS_ADD(call->effects, call_arg(call, 0), call_arg(call, 1), call_arg(call, 2),
                    str_of(from, num_format_u64(from, span->from)),
                    str_of(last, num_format_u64(last, span->to - 1)));
}

static void store_range(struct call *call, const struct range *range, const struct value *zset,
                        const struct zset_span *span)
{
    bool is_certain = zset == NULL || zset_span_is_certain(zset, &range->bounds);
    store_span(call, zset, span);
    if (call->changes && !is_certain) record_ranks(call, span);
}

static void answer(struct call *call, struct range *range)
{
    struct value zset;
    struct zset_span span = {0};
    bool failed;
    if (!parse_options(call, range) || !parse_bounds(call, range)) return;
    bool found = zset_find(call, call_arg(call, range->key_at), &zset, &failed);
    if (failed) return;
    if (found) span = span_of(range, &zset);
    if (range->stores)
        store_range(call, range, found ? &zset : NULL, &span);
    else if (found)
        zset_reply_span(call, &zset, &span, range->with_scores ? ZSET_SCORES : ZSET_NAMES);
    else
        reply_array(call->reply, 0);
}

void zset_zrange(struct call *call)
{
    struct range range = {.key_at = 1};
    answer(call, &range);
}

void zset_zrangestore(struct call *call)
{
    struct range range = {.key_at = 2, .stores = true};
    answer(call, &range);
}

void zset_zrevrange(struct call *call)
{
    struct range range = {.key_at = 1, .by = BY_RANK, .way = DOWNWARDS};
    answer(call, &range);
}

void zset_zrangebyscore(struct call *call)
{
    struct range range = {.key_at = 1, .by = BY_SCORE, .way = UPWARDS};
    answer(call, &range);
}

void zset_zrevrangebyscore(struct call *call)
{
    struct range range = {.key_at = 1, .by = BY_SCORE, .way = DOWNWARDS};
    answer(call, &range);
}

void zset_zrangebylex(struct call *call)
{
    struct range range = {.key_at = 1, .by = BY_NAME, .way = UPWARDS};
    answer(call, &range);
}

void zset_zrevrangebylex(struct call *call)
{
    struct range range = {.key_at = 1, .by = BY_NAME, .way = DOWNWARDS};
    answer(call, &range);
}
