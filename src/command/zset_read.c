#include "command/scan_request.h"
#include "command/zset.h"
#include "command/zset_bounds.h"
#include "command/zset_commands.h"

void zset_zscore(struct call *call)
{
    struct value zset;
    bool failed;
    double score;
    bool found = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    if (found && zset_score(&zset, call_arg(call, 2), &score))
        reply_double(call->reply, score);
    else
        reply_null(call->reply);
}

void zset_zmscore(struct call *call)
{
    struct value zset;
    bool failed;
    double score;
    bool found = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        if (found && zset_score(&zset, call_arg(call, i), &score))
            reply_double(call->reply, score);
        else
            reply_null(call->reply);
    }
}

void zset_zcard(struct call *call)
{
    struct value zset;
    bool failed;
    bool found = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (!failed) reply_i64(call->reply, found ? (int64_t)zset_len(&zset) : 0);
}

static void count(struct call *call, const struct zset_bounds *bounds)
{
    struct value zset;
    bool failed;
    struct zset_span span = {0};
    if (zset_find(call, call_arg(call, 1), &zset, &failed)) span = zset_span_of(&zset, bounds);
    if (!failed) reply_i64(call->reply, (int64_t)zset_span_len(&span));
}

void zset_zcount(struct call *call)
{
    struct zset_bounds bounds;
    if (zset_parse_scores(call, 2, 3, &bounds)) count(call, &bounds);
}

void zset_zlexcount(struct call *call)
{
    struct zset_bounds bounds;
    if (zset_parse_names(call, 2, 3, &bounds)) count(call, &bounds);
}

static bool parse_with_score(struct call *call, bool *with_score)
{
    *with_score = call->argc == 4;
    if (call->argc > 4) {
        call_arity_error(call);
        return false;
    }
    if (!*with_score || call_is(call, 3, "withscore")) return true;
    call_syntax_error(call);
    return false;
}

static void rank(struct call *call, bool reversed)
{
    struct value zset;
    size_t found_rank = 0;
    double score = 0;
    bool failed, with_score;
    if (!parse_with_score(call, &with_score)) return;
    bool found = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    if (!found || !zset_rank(&zset, call_arg(call, 2), &found_rank, &score)) {
        if (with_score)
            reply_null_array(call->reply);
        else
            reply_null(call->reply);
        return;
    }
    if (reversed) found_rank = zset_len(&zset) - 1 - found_rank;
    if (with_score) reply_array(call->reply, 2);
    reply_i64(call->reply, (int64_t)found_rank);
    if (with_score) reply_double(call->reply, score);
}

void zset_zrank(struct call *call)
{
    rank(call, false);
}

void zset_zrevrank(struct call *call)
{
    rank(call, true);
}

/* --- ZSCAN --- */

/* Scores are text here in either protocol. */
static size_t reply_if_wanted(struct call *call, const struct scan_request *request,
                              const struct ranked *member)
{
    char digits[NUM_DOUBLE_MAX];
    if (!scan_wants(request, member->name)) return 0;
    reply_bulk(call->reply, member->name);
    reply_bulk(call->reply, str_of(digits, num_format_double(digits, member->score)));
    return 2;
}

static size_t reply_found(struct call *call, const struct scan_request *request,
                          const struct scan_found *all)
{
    struct ranked member;
    size_t replies = 0;
    for (size_t i = 0; i < all->count; i++) {
        zset_of_entry(all->list[i], &member);
        replies += reply_if_wanted(call, request, &member);
    }
    return replies;
}

static size_t reply_all(struct call *call, const struct scan_request *request,
                        const struct value *zset)
{
    struct zset_walk walk = {0};
    struct ranked member;
    size_t replies = 0;
    while (zset_walk(zset, &walk, &member)) replies += reply_if_wanted(call, request, &member);
    return replies;
}

static void scan(struct call *call, const struct scan_request *request, const struct value *zset)
{
    struct scan_found all = {0};
    struct reply_later later;
    bool is_big = zset->encoding == ENC_TREE;
    uint64_t next = is_big ? scan_collect(&value_zset(zset)->table, request, &all) : 0;
    reply_array(call->reply, 2);
    reply_u64_text(call->reply, next);
    reply_later_begin(call->reply, &later);
    size_t replies = is_big ? reply_found(call, request, &all) : reply_all(call, request, zset);
    reply_later_array(call->reply, &later, replies);
    scan_found_deinit(&all);
}

void zset_zscan(struct call *call)
{
    struct scan_request request = {0};
    struct value zset;
    bool failed;
    if (!scan_parse_cursor(call, 2, &request)) return;
    bool found = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    if (!found) {
        reply_array(call->reply, 2);
        reply_u64_text(call->reply, 0);
        reply_array(call->reply, 0);
    } else if (scan_parse_options(call, 3, &request)) {
        scan(call, &request, &zset);
    }
}
