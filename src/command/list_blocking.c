/* Taking from lists that may have nothing yet: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP. */
#include "command/blocking.h"
#include "command/list.h"
#include "command/list_commands.h"

static void wait_for_list(struct call *call, const struct str *keys, size_t count,
                          int64_t timeout_ms)
{
    struct blocking_wait wait = {
        .timeout_ms = timeout_ms,
        .timed_out = blocking_reply_null_array,
        .keys = keys,
        .key_count = count,
        .type = TYPE_LIST,
    };
    blocking_wait(call, &wait);
}

static void pop_with_key(struct list_edit *edit, enum list_end end)
{
    struct call *call = edit->call;
    reply_array(call->reply, 2);
    reply_bulk(call->reply, edit->key);
    list_pop_one(edit, end);
    EFFECTS_ADD(call->effects, end == LIST_LEFT ? STR("LPOP") : STR("RPOP"), edit->key);
}

static void blocking_pop(struct call *call, enum list_end end)
{
    struct list_edit edit;
    int64_t timeout_ms;
    if (!blocking_timeout_s(call, call->argc - 1, &timeout_ms)) return;
    struct blocking_keys named = {call->argv + 1, (size_t)call->argc - 2};
    struct blocking_keys tried = blocking_keys_to_try(call, named);
    for (size_t i = 0; i < tried.count; i++) {
        if (!list_open(call, tried.keys[i], &edit)) return;
        if (edit.entry == NULL) continue;
        pop_with_key(&edit, end);
        return;
    }
    wait_for_list(call, named.keys, named.count, timeout_ms);
}

void list_blpop(struct call *call)
{
    blocking_pop(call, LIST_LEFT);
}

void list_brpop(struct call *call)
{
    blocking_pop(call, LIST_RIGHT);
}

/* In EXEC and scripts there is no list to move from, as for LMOVE; when the time is over there is
 * no answer, as for the other commands here. */
static bool move_or_wait(struct call *call, enum list_end from, enum list_end to,
                         int64_t timeout_ms)
{
    struct blocking_wait wait = {
        .timeout_ms = timeout_ms,
        .timed_out = blocking_reply_null_array,
        .denied = blocking_reply_null,
        .keys = call->argv + 1,
        .key_count = 1,
        .type = TYPE_LIST,
    };
    if (list_move(call, from, to)) return call->changes > 0;
    blocking_wait(call, &wait);
    return false;
}

void list_blmove(struct call *call)
{
    enum list_end from, to;
    int64_t timeout_ms;
    if (!list_end_arg(call, 3, &from) || !list_end_arg(call, 4, &to)) return;
    if (!blocking_timeout_s(call, 5, &timeout_ms)) return;
    if (!move_or_wait(call, from, to, timeout_ms)) return;
    EFFECTS_ADD(call->effects, STR("LMOVE"), call_arg(call, 1), call_arg(call, 2),
                call_arg(call, 3), call_arg(call, 4));
}

void list_brpoplpush(struct call *call)
{
    int64_t timeout_ms;
    if (!blocking_timeout_s(call, 3, &timeout_ms)) return;
    if (!move_or_wait(call, LIST_RIGHT, LIST_LEFT, timeout_ms)) return;
    EFFECTS_ADD(call->effects, STR("RPOPLPUSH"), call_arg(call, 1), call_arg(call, 2));
}

void list_blmpop(struct call *call)
{
    struct list_mpop request;
    int64_t timeout_ms;
    if (!list_mpop_parse(call, 2, &request)) return;
    if (!blocking_timeout_s(call, 1, &timeout_ms)) return;
    struct blocking_keys named = {request.keys, request.key_count};
    struct blocking_keys tried = blocking_keys_to_try(call, named);
    request.keys = tried.keys;
    request.key_count = tried.count;
    if (list_mpop(call, &request)) return;
    wait_for_list(call, named.keys, named.count, timeout_ms);
}
