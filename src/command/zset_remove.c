#include "base/num.h"
#include "command/errors.h"
#include "command/zset.h"
#include "command/zset_bounds.h"
#include "command/zset_commands.h"

/* --- by range --- */

static void remove_span(struct zset_change *change, struct zset_span span, const char *event)
{
    size_t len = zset_span_len(&span);
    if (len) zset_cut(change, span.from, len, event);
    reply_i64(change->call->reply, (int64_t)len);
}

/* The sorted set of the first argument; without one, 0 is answered. */
static bool open_first(struct call *call, struct zset_change *change)
{
    if (!zset_open(call, call_arg(call, 1), change)) return false;
    if (change->entry == NULL) reply_i64(call->reply, 0);
    return change->entry != NULL;
}

void zset_zremrangebyrank(struct call *call)
{
    struct zset_change change;
    int64_t start, stop;
    if (!call_i64(call, 2, &start) || !call_i64(call, 3, &stop)) return;
    if (!open_first(call, &change)) return;
    struct zset_span span = zset_span_of_ranks(zset_len(&change.edit.zset), start, stop);
    remove_span(&change, span, "zremrangebyrank");
}

void zset_zremrangebyscore(struct call *call)
{
    struct zset_change change;
    struct zset_bounds bounds;
    if (!zset_parse_scores(call, 2, 3, &bounds) || !open_first(call, &change)) return;
    remove_span(&change, zset_span_of(&change.edit.zset, &bounds), "zremrangebyscore");
}

static void record_ranks(struct call *call, const struct zset_span *span)
{
    char from[NUM_I64_MAX], last[NUM_I64_MAX];
    EFFECTS_ADD(call->effects, STR("ZREMRANGEBYRANK"), call_arg(call, 1),
                str_of(from, num_format_u64(from, span->from)),
                str_of(last, num_format_u64(last, span->to - 1)));
}

void zset_zremrangebylex(struct call *call)
{
    struct zset_change change;
    struct zset_bounds bounds;
    if (!zset_parse_names(call, 2, 3, &bounds) || !open_first(call, &change)) return;
    struct zset_span span = zset_span_of(&change.edit.zset, &bounds);
    bool is_certain = zset_span_is_certain(&change.edit.zset, &bounds);
    remove_span(&change, span, "zremrangebylex");
    if (zset_span_len(&span) && !is_certain) record_ranks(call, &span);
}

/* --- from an end --- */

const char *zset_pop_event(enum zset_end end)
{
    return end == ZSET_MIN ? "zpopmin" : "zpopmax";
}

/* Answers with up to `count` members from an end, removes them and returns how many they were. */
static size_t pop(struct zset_change *change, enum zset_end end, uint64_t count,
                  enum zset_shape shape)
{
    size_t len = zset_len(&change->edit.zset);
    if (count > len) count = len;
    struct zset_span span = {.from = 0, .to = count};
    if (end == ZSET_MAX) span = (struct zset_span){len - count, len, true};
    zset_reply_span(change->call, &change->edit.zset, &span, shape);
    zset_cut(change, span.from, count, zset_pop_event(end));
    return count;
}

static void pop_end(struct call *call, enum zset_end end)
{
    struct zset_change change;
    int64_t count = 1;
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    bool has_count = call->argc == 3;
    if (has_count && !zset_count_arg(call, 2, 0, ERR_NOT_POSITIVE, &count)) return;
    if (!zset_open(call, call_arg(call, 1), &change)) return;
    if (change.entry == NULL || count == 0)
        reply_array(call->reply, 0);
    else
        pop(&change, end, (uint64_t)count, has_count ? ZSET_SCORES : ZSET_FLAT);
}

void zset_zpopmin(struct call *call)
{
    pop_end(call, ZSET_MIN);
}

void zset_zpopmax(struct call *call)
{
    pop_end(call, ZSET_MAX);
}

/* --- ZMPOP --- */

static bool parse_end(struct call *call, int at, enum zset_end *end)
{
    *end = call_is(call, at, "max") ? ZSET_MAX : ZSET_MIN;
    if (*end == ZSET_MAX || call_is(call, at, "min")) return true;
    call_syntax_error(call);
    return false;
}

bool zset_mpop_parse(struct call *call, int numkeys_at, struct zset_mpop *request)
{
    int64_t keys;
    bool counted = false;
    *request = (struct zset_mpop){.count = 1, .keys = call->argv + numkeys_at + 1};
    const char *few_keys = "ERR numkeys should be greater than 0";
    if (!zset_count_arg(call, numkeys_at, 1, few_keys, &keys)) return false;
    if (keys >= call->argc - numkeys_at - 1) {
        call_syntax_error(call);
        return false;
    }
    request->key_count = (size_t)keys;
    int at = numkeys_at + 1 + (int)keys;
    if (!parse_end(call, at, &request->end)) return false;
    for (at++; at < call->argc; at += 2) {
        if (counted || at + 1 >= call->argc || !call_is(call, at, "count")) {
            call_syntax_error(call);
            return false;
        }
        const char *error = "ERR count should be greater than 0";
        if (!zset_count_arg(call, at + 1, 1, error, &request->count)) return false;
        counted = true;
    }
    return true;
}

/* Others get the form that needs no looking for the key. */
static void record_pop(struct call *call, struct str key, enum zset_end end, size_t count)
{
    char digits[NUM_I64_MAX];
    EFFECTS_ADD(call->effects, end == ZSET_MIN ? STR("ZPOPMIN") : STR("ZPOPMAX"), key,
                str_of(digits, num_format_i64(digits, (int64_t)count)));
}

bool zset_mpop(struct call *call, const struct zset_mpop *request)
{
    struct zset_change change;
    for (size_t i = 0; i < request->key_count; i++) {
        if (!zset_open(call, request->keys[i], &change)) return true;
        if (change.entry == NULL) continue;
        reply_array(call->reply, 2);
        reply_bulk(call->reply, change.key);
        size_t popped = pop(&change, request->end, (uint64_t)request->count, ZSET_PAIRS);
        record_pop(call, change.key, request->end, popped);
        return true;
    }
    return false;
}

void zset_zmpop(struct call *call)
{
    struct zset_mpop request;
    if (!zset_mpop_parse(call, 1, &request)) return;
    if (!zset_mpop(call, &request)) reply_null_array(call->reply);
}
