#include "base/mem.h"
#include "command/errors.h"
#include "command/random_count.h"
#include "command/zset.h"
#include "command/zset_commands.h"

/* ZRANDMEMBER key count: what is answered, and the sorted set it comes from. */
struct random_request {
    struct call *call;
    struct value zset;
    struct prng *prng;
    int64_t count;
    enum zset_shape shape;
};

static void reply_repeated(const struct random_request *request)
{
    size_t count = (size_t)-request->count, len = zset_len(&request->zset);
    struct zset_cursor cursor;
    struct ranked member;
    zset_reply_len(request->call, count, request->shape);
    for (size_t i = 0; i < count; i++) {
        zset_seek(&request->zset, &cursor, prng_below(request->prng, len));
        zset_get(&cursor, &member);
        zset_reply_member(request->call, &member, request->shape);
    }
}

static void reply_picked(const struct random_request *request, size_t count)
{
    struct entry **picked = mem_alloc(count * sizeof(struct entry *));
    struct ranked member;
    table_pick(&value_zset(&request->zset)->table, request->prng, picked, count);
    for (size_t i = 0; i < count; i++) {
        zset_of_entry(picked[i], &member);
        zset_reply_member(request->call, &member, request->shape);
    }
    mem_free(picked);
}

static void reply_different(const struct random_request *request)
{
    size_t len = zset_len(&request->zset), count = (size_t)request->count;
    if (count > len) count = len;
    zset_reply_len(request->call, count, request->shape);
    if (count < len && request->zset.encoding == ENC_TREE) {
        reply_picked(request, count);
        return;
    }
    struct selection selection = {.left = len, .needed = count};
    struct zset_walk walk = {0};
    struct ranked member;
    while (selection.needed && zset_walk(&request->zset, &walk, &member)) {
        if (selection_takes(&selection, request->prng))
            zset_reply_member(request->call, &member, request->shape);
    }
}

static void reply_one(const struct random_request *request)
{
    struct zset_cursor cursor;
    struct ranked member;
    zset_seek(&request->zset, &cursor, prng_below(request->prng, zset_len(&request->zset)));
    zset_get(&cursor, &member);
    reply_bulk(request->call->reply, member.name);
}

static bool parse(struct call *call, struct random_request *request)
{
    *request = (struct random_request){.call = call, .prng = &call->host->store->prng, .count = 1};
    if (call->argc >= 3 && !random_count_arg(call, 2, &request->count)) return false;
    bool with_scores = call->argc == 4 && call_is(call, 3, "withscores");
    if (call->argc > 4 || (call->argc == 4 && !with_scores)) {
        call_syntax_error(call);
        return false;
    }
    request->shape = with_scores ? ZSET_SCORES : ZSET_NAMES;
    if (!with_scores) return true;
    if (request->count >= -INT64_MAX / 2 && request->count <= INT64_MAX / 2) return true;
    reply_error(call->reply, ERR_OUT_OF_RANGE);
    return false;
}

void zset_zrandmember(struct call *call)
{
    struct random_request request;
    bool failed;
    if (!parse(call, &request)) return;
    bool is_list = call->argc > 2;
    bool found = zset_find(call, call_arg(call, 1), &request.zset, &failed);
    if (failed) return;
    if (!found && !is_list)
        reply_null(call->reply);
    else if (!found || request.count == 0)
        reply_array(call->reply, 0);
    else if (!is_list)
        reply_one(&request);
    else if (request.count > 0)
        reply_different(&request);
    else if (random_count_allowed(call, request.count))
        reply_repeated(&request);
}
