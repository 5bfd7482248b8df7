/* Taking from sorted sets that may have nothing yet: BZPOPMIN, BZPOPMAX, BZMPOP. */
#include "command/blocking.h"
#include "command/zset.h"
#include "command/zset_commands.h"

static void wait_for_zset(struct call *call, struct blocking_keys keys, int64_t timeout_ms)
{
    struct blocking_wait wait = {
        .timeout_ms = timeout_ms,
        .timed_out = blocking_reply_null_array,
        .keys = keys.keys,
        .key_count = keys.count,
        .type = TYPE_ZSET,
    };
    blocking_wait(call, &wait);
}

static void pop_with_key(struct zset_change *change, enum zset_end end)
{
    struct call *call = change->call;
    struct zset_cursor cursor;
    struct ranked member;
    size_t rank = end == ZSET_MIN ? 0 : zset_len(&change->edit.zset) - 1;
    zset_seek(&change->edit.zset, &cursor, rank);
    zset_get(&cursor, &member);
    reply_array(call->reply, 3);
    reply_bulk(call->reply, change->key);
    zset_reply_member(call, &member, ZSET_FLAT);
    zset_cut(change, rank, 1, zset_pop_event(end));
    EFFECTS_ADD(call->effects, end == ZSET_MIN ? STR("ZPOPMIN") : STR("ZPOPMAX"), change->key);
}

static void blocking_pop(struct call *call, enum zset_end end)
{
    struct zset_change change;
    int64_t timeout_ms;
    if (!blocking_timeout_s(call, call->argc - 1, &timeout_ms)) return;
    struct blocking_keys named = {call->argv + 1, (size_t)call->argc - 2};
    struct blocking_keys tried = blocking_keys_to_try(call, named);
    for (size_t i = 0; i < tried.count; i++) {
        if (!zset_open(call, tried.keys[i], &change)) return;
        if (change.entry == NULL) continue;
        pop_with_key(&change, end);
        return;
    }
    wait_for_zset(call, named, timeout_ms);
}

void zset_bzpopmin(struct call *call)
{
    blocking_pop(call, ZSET_MIN);
}

void zset_bzpopmax(struct call *call)
{
    blocking_pop(call, ZSET_MAX);
}

void zset_bzmpop(struct call *call)
{
    struct zset_mpop request;
    int64_t timeout_ms;
    if (!zset_mpop_parse(call, 2, &request)) return;
    if (!blocking_timeout_s(call, 1, &timeout_ms)) return;
    struct blocking_keys named = {request.keys, request.key_count};
    struct blocking_keys tried = blocking_keys_to_try(call, named);
    request.keys = tried.keys;
    request.key_count = tried.count;
    if (!zset_mpop(call, &request)) wait_for_zset(call, named, timeout_ms);
}
