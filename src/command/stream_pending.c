/* XACK and XPENDING: what consumers were given and have not acknowledged. */
#include "base/mem.h"
#include "command/lookup.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"
#include "command/stream_reader.h"

/* --- XACK --- */

static int64_t acknowledge(struct stream_change *change, const struct stream_id *ids, size_t count)
{
    int64_t acknowledged = 0;
    stream_begin(change);
    struct stream_group *group = stream_group_open(&change->edit, call_arg(change->call, 2));
    for (size_t i = 0; i < count; i++)
        acknowledged += stream_pending_remove(&change->edit, group, ids[i]);
    change->call->changes += (uint64_t)acknowledged;
    return acknowledged;
}

void stream_xack(struct call *call)
{
    struct stream_change change;
    if (!stream_open(call, call_arg(call, 1), &change)) return;
    if (!change.entry || !stream_group_find(&change.edit.stream, call_arg(call, 2))) {
        reply_i64(call->reply, 0);
        return;
    }
    size_t count = (size_t)call->argc - 3;
    struct stream_id *ids = mem_alloc(count * sizeof(*ids));
    bool sound = true;
    for (size_t i = 0; i < count && sound; i++) sound = stream_id_arg(call, (int)i + 3, &ids[i]);
    if (sound) reply_i64(call->reply, acknowledge(&change, ids, count));
    mem_free(ids);
}

/* --- XPENDING --- */

/* The long form: which entries are asked for. */
struct pending_filter {
    int64_t min_idle_ms;
    struct stream_id from, to;
    int64_t count;
    int consumer_at; /* 0: of all */
};

static bool parse_filter(struct call *call, struct pending_filter *filter)
{
    bool fits = call->argc >= 6 && call->argc <= 9;
    bool by_idle = fits && call_is(call, 3, "idle");
    int at = by_idle ? 5 : 3;
    if (by_idle && !call_i64(call, 4, &filter->min_idle_ms)) return false;
    if (!fits || call->argc < at + 3) {
        call_syntax_error(call);
        return false;
    }
    if (!call_i64(call, at + 2, &filter->count)) return false;
    if (!stream_start_arg(call, at, &filter->from)) return false;
    if (!stream_end_arg(call, at + 1, &filter->to)) return false;
    if (at + 3 < call->argc) filter->consumer_at = at + 3;
    return true;
}

static void summarize_consumers(struct call *call, const struct stream_group *group)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_consumer *consumer;
    struct reply_later later;
    size_t count = 0;
    reply_later_begin(call->reply, &later);
    while ((consumer = stream_consumer_next(group, &cursor))) {
        if (consumer->pendings.len == 0) continue;
        reply_array(call->reply, 2);
        reply_bulk(call->reply, stream_name_str(consumer->name));
        reply_bulk_i64(call->reply, (int64_t)consumer->pendings.len);
        count++;
    }
    reply_later_array(call->reply, &later, count);
}

static void summarize(struct call *call, const struct stream_group *group)
{
    struct tree_cursor cursor;
    const struct stream_pending *first =
        stream_pending_from(&group->pendings, &cursor, STREAM_ID_MIN);
    reply_array(call->reply, 4);
    reply_i64(call->reply, (int64_t)group->pendings.len);
    if (first == NULL) {
        reply_null(call->reply);
        reply_null(call->reply);
        reply_null_array(call->reply);
        return;
    }
    stream_reply_id(call->reply, first->id);
    stream_reply_id(call->reply, stream_pending_last(&group->pendings)->id);
    summarize_consumers(call, group);
}

static void reply_pending(struct call *call, const struct stream_pending *pending)
{
    reply_array(call->reply, 4);
    stream_reply_id(call->reply, pending->id);
    reply_bulk(call->reply, stream_name_str(pending->owner));
    reply_i64(call->reply, stream_idle_ms(call->host->now_ms, pending->delivered_ms));
    reply_i64(call->reply, (int64_t)pending->deliveries);
}

static bool is_too_fresh(const struct call *call, const struct pending_filter *filter,
                         const struct stream_pending *pending)
{
    return filter->min_idle_ms &&
           stream_idle_ms(call->host->now_ms, pending->delivered_ms) < filter->min_idle_ms;
}

static void list(struct call *call, const struct tree *pendings,
                 const struct pending_filter *filter)
{
    struct tree_cursor cursor;
    struct reply_later later;
    int64_t count = 0;
    reply_later_begin(call->reply, &later);
    const struct stream_pending *pending = stream_pending_from(pendings, &cursor, filter->from);
    while (count < filter->count && pending && stream_id_cmp(pending->id, filter->to) <= 0) {
        if (!is_too_fresh(call, filter, pending)) {
            reply_pending(call, pending);
            count++;
        }
        pending = stream_pending_next(&cursor);
    }
    reply_later_array(call->reply, &later, (size_t)count);
}

static void list_filtered(struct call *call, const struct stream_group *group,
                          const struct pending_filter *filter)
{
    const struct tree *pendings = &group->pendings;
    if (filter->consumer_at) {
        const struct stream_consumer *consumer =
            stream_consumer_find(group, call_arg(call, filter->consumer_at));
        pendings = consumer ? &consumer->pendings : NULL;
    }
    if (pendings)
        list(call, pendings, filter);
    else
        reply_array(call->reply, 0);
}

void stream_xpending(struct call *call)
{
    struct pending_filter filter = {0};
    const struct stream_group *group = NULL;
    struct value stream;
    bool failed, is_summary = call->argc == 3;
    if (!is_summary && !parse_filter(call, &filter)) return;
    if (stream_find(call, call_arg(call, 1), &stream, &failed))
        group = stream_group_find(&stream, call_arg(call, 2));
    if (failed) return;
    if (group == NULL)
        reply_error_fmt(call->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s'",
                        STR_ARG(call_arg(call, 1)), STR_ARG(call_arg(call, 2)));
    else if (is_summary)
        summarize(call, group);
    else
        list_filtered(call, group, &filter);
}
