/* XINFO: what a stream is made of, who reads it and how far. */
#include "command/errors.h"
#include "command/help.h"
#include "command/lookup.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"
#include "command/stream_reader.h"

enum { FULL_COUNT = 10 };

/* --- pieces --- */

static void field_i64(struct reply *reply, const char *name, int64_t number)
{
    reply_bulk_c(reply, name);
    reply_i64(reply, number);
}

static void field_id(struct reply *reply, const char *name, struct stream_id id)
{
    reply_bulk_c(reply, name);
    stream_reply_id(reply, id);
}

static void field_name(struct reply *reply, const struct stream_name *name)
{
    reply_bulk_c(reply, "name");
    reply_bulk(reply, stream_name_str(name));
}

static void field_read_and_lag(struct reply *reply, const struct stream_object *stream,
                               const struct stream_group *group)
{
    int64_t lag;
    reply_bulk_c(reply, "entries-read");
    if (group->entries_read == STREAM_READ_UNKNOWN)
        reply_null(reply);
    else
        reply_i64(reply, group->entries_read);
    reply_bulk_c(reply, "lag");
    if (stream_group_lag(stream, group, &lag))
        reply_i64(reply, lag);
    else
        reply_null(reply);
}

/* For reading; answers the error. */
static bool find_stream(struct call *call, struct value *stream)
{
    bool failed;
    if (stream_find(call, call_arg(call, 2), stream, &failed)) return true;
    if (!failed) reply_error(call->reply, ERR_NO_SUCH_KEY);
    return false;
}

/* --- STREAM --- */

static bool full_count_arg(struct call *call, bool *is_full, size_t *count)
{
    int options = call->argc - 3;
    int64_t number;
    *is_full = options > 0;
    *count = FULL_COUNT;
    if (options == 0) return true;
    bool sound = (options == 1 || options == 3) && call_is(call, 3, "full");
    if (!sound || (options == 3 && !call_is(call, 4, "count"))) {
        reply_error_fmt(call->reply,
                        "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
                        "XINFO HELP.",
                        STR_ARG(str_first(call_arg(call, 1), 128)));
        return false;
    }
    if (options == 1) return true;
    if (!call_i64(call, 5, &number)) return false;
    if (number >= 0) *count = (size_t)number;
    if (number == 0) *count = SIZE_MAX;
    return true;
}

static void reply_facts(struct reply *reply, const struct value *stream)
{
    const struct stream_object *object = value_stream(stream);
    int64_t nodes = (int64_t)stream_nodes(stream);
    field_i64(reply, "length", (int64_t)object->len);
    field_i64(reply, "radix-tree-keys", nodes);
    field_i64(reply, "radix-tree-nodes", nodes + 1); /* and what holds them */
    field_id(reply, "last-generated-id", object->last);
    field_id(reply, "max-deleted-entry-id", object->deleted);
    field_i64(reply, "entries-added", (int64_t)object->added);
    field_id(reply, "recorded-first-entry-id", object->first);
}

static void reply_end(struct reply *reply, const struct value *stream, bool last)
{
    struct stream_cursor cursor;
    struct stream_id id;
    size_t pairs;
    reply_bulk_c(reply, last ? "last-entry" : "first-entry");
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, last);
    if (stream_next(&cursor, &id, &pairs))
        stream_reply_entry(reply, &cursor, id, pairs);
    else
        reply_null(reply);
}

/* The pending entries of a group or a consumer, up to a number of them. */
static void reply_pendings(struct reply *reply, const struct tree *pendings, size_t most,
                           bool with_owner)
{
    struct tree_cursor cursor;
    size_t count = pendings->len < most ? pendings->len : most;
    const struct stream_pending *pending = stream_pending_from(pendings, &cursor, STREAM_ID_MIN);
    reply_array(reply, count);
    for (; count; count--, pending = stream_pending_next(&cursor)) {
        reply_array(reply, with_owner ? 4 : 3);
        stream_reply_id(reply, pending->id);
        if (with_owner) reply_bulk(reply, stream_name_str(pending->owner));
        reply_i64(reply, pending->delivered_ms);
        reply_i64(reply, (int64_t)pending->deliveries);
    }
}

static void reply_full_consumers(struct reply *reply, const struct stream_group *group, size_t most)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_consumer *consumer;
    reply_bulk_c(reply, "consumers");
    reply_array(reply, group->consumers.len);
    while ((consumer = stream_consumer_next(group, &cursor))) {
        reply_map(reply, 5);
        field_name(reply, consumer->name);
        field_i64(reply, "seen-time", consumer->seen_ms);
        field_i64(reply, "active-time", consumer->active_ms);
        field_i64(reply, "pel-count", (int64_t)consumer->pendings.len);
        reply_bulk_c(reply, "pending");
        reply_pendings(reply, &consumer->pendings, most, false);
    }
}

static void reply_full_groups(struct reply *reply, const struct value *stream, size_t most)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    reply_bulk_c(reply, "groups");
    reply_array(reply, stream_group_count(stream));
    while ((group = stream_group_next(stream, &cursor))) {
        reply_map(reply, 7);
        field_name(reply, group->name);
        field_id(reply, "last-delivered-id", group->last);
        field_read_and_lag(reply, value_stream(stream), group);
        field_i64(reply, "pel-count", (int64_t)group->pendings.len);
        reply_bulk_c(reply, "pending");
        reply_pendings(reply, &group->pendings, most, true);
        reply_full_consumers(reply, group, most);
    }
}

static void reply_full(struct reply *reply, const struct value *stream, size_t most)
{
    struct stream_cursor cursor;
    reply_map(reply, 9);
    reply_facts(reply, stream);
    reply_bulk_c(reply, "entries");
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, false);
    stream_reply_entries(reply, &cursor, most);
    reply_full_groups(reply, stream, most);
}

void stream_xinfo_stream(struct call *call)
{
    struct value stream;
    bool is_full;
    size_t count;
    if (!find_stream(call, &stream) || !full_count_arg(call, &is_full, &count)) return;
    if (is_full) {
        reply_full(call->reply, &stream, count);
        return;
    }
    reply_map(call->reply, 10);
    reply_facts(call->reply, &stream);
    field_i64(call->reply, "groups", (int64_t)stream_group_count(&stream));
    reply_end(call->reply, &stream, false);
    reply_end(call->reply, &stream, true);
}

/* --- GROUPS, CONSUMERS --- */

void stream_xinfo_groups(struct call *call)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    struct value stream;
    if (!find_stream(call, &stream)) return;
    reply_array(call->reply, stream_group_count(&stream));
    while ((group = stream_group_next(&stream, &cursor))) {
        reply_map(call->reply, 6);
        field_name(call->reply, group->name);
        field_i64(call->reply, "consumers", (int64_t)group->consumers.len);
        field_i64(call->reply, "pending", (int64_t)group->pendings.len);
        field_id(call->reply, "last-delivered-id", group->last);
        field_read_and_lag(call->reply, value_stream(&stream), group);
    }
}

static void reply_consumer(struct call *call, const struct stream_consumer *consumer)
{
    int64_t now_ms = call->host->now_ms;
    bool was_active = consumer->active_ms != STREAM_NEVER_ACTIVE;
    reply_map(call->reply, 4);
    field_name(call->reply, consumer->name);
    field_i64(call->reply, "pending", (int64_t)consumer->pendings.len);
    field_i64(call->reply, "idle", stream_idle_ms(now_ms, consumer->seen_ms));
    field_i64(call->reply, "inactive",
              was_active ? stream_idle_ms(now_ms, consumer->active_ms) : STREAM_NEVER_ACTIVE);
}

void stream_xinfo_consumers(struct call *call)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_consumer *consumer;
    struct value stream;
    if (!find_stream(call, &stream)) return;
    const struct stream_group *group = stream_group_find(&stream, call_arg(call, 3));
    if (group == NULL) {
        reply_error_fmt(call->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                        STR_ARG(call_arg(call, 3)), STR_ARG(call_arg(call, 2)));
        return;
    }
    reply_array(call->reply, group->consumers.len);
    while ((consumer = stream_consumer_next(group, &cursor))) reply_consumer(call, consumer);
}

void stream_xinfo_help(struct call *call)
{
    static const char *const LINES[] = {
        "CONSUMERS <key> <group>",
        "    Tells of the consumers of <group>.",
        "GROUPS <key>",
        "    Tells of the groups of a stream.",
        "STREAM <key> [FULL [COUNT <count>]]",
        "    Tells of a stream; with FULL of its first <count> entries and all groups too.",
        NULL,
    };
    help_reply(call, LINES);
}
