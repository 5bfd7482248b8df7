/* XLEN, XRANGE, XREVRANGE: reading without a group. */
#include "command/stream.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"

void stream_xlen(struct call *call)
{
    struct value stream;
    bool failed;
    if (stream_find(call, call_arg(call, 1), &stream, &failed))
        reply_i64(call->reply, (int64_t)stream_len(&stream));
    else if (!failed)
        reply_i64(call->reply, 0);
}

struct range {
    struct stream_id from, to;
    bool reversed;
    uint64_t limit;
};

static bool take_count(struct call *call, int at, struct range *range)
{
    int64_t count;
    if (!call_is(call, at, "count") || at + 1 == call->argc) {
        call_syntax_error(call);
        return false;
    }
    if (!call_i64(call, at + 1, &count)) return false;
    range->limit = count < 0 ? 0 : (uint64_t)count;
    return true;
}

static bool parse(struct call *call, struct range *range)
{
    int start_at = range->reversed ? 3 : 2, end_at = range->reversed ? 2 : 3;
    if (!stream_start_arg(call, start_at, &range->from)) return false;
    if (!stream_end_arg(call, end_at, &range->to)) return false;
    for (int i = 4; i < call->argc; i += 2) {
        if (!take_count(call, i, range)) return false;
    }
    return true;
}

static void answer(struct call *call, bool reversed)
{
    struct range range = {.reversed = reversed, .limit = UINT64_MAX};
    struct stream_cursor cursor;
    struct value stream;
    bool failed;
    if (!parse(call, &range)) return;
    if (!stream_find(call, call_arg(call, 1), &stream, &failed)) {
        if (!failed) reply_array(call->reply, 0);
        return;
    }
    if (range.limit == 0) {
        reply_null_array(call->reply);
        return;
    }
    stream_range(&stream, &cursor, range.from, range.to, range.reversed);
    stream_reply_entries(call->reply, &cursor, range.limit);
}

void stream_xrange(struct call *call)
{
    answer(call, false);
}

void stream_xrevrange(struct call *call)
{
    answer(call, true);
}
