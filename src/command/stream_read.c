/* XREAD and XREADGROUP: what came behind an id, for who waits too. */
#include "base/mem.h"
#include "command/blocking.h"
#include "command/lookup.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"
#include "command/stream_read_args.h"
#include "command/stream_reader.h"

#define KEY_GONE   "UNBLOCKED the stream key no longer exists"
#define GROUP_GONE "NOGROUP the consumer group this client was blocked on no longer exists"

struct read {
    struct call *call;
    struct stream_read_args args;
    /* The request waited, and runs again because of this key: no other counts, nor the same named
     * once more. Negative: it runs for the first time, and all keys count. */
    int woken_by;
    struct reply_later later;
    size_t served; /* keys that the reply tells of */
};

static bool is_asked(const struct read *read, int key)
{
    return read->woken_by < 0 || key == read->woken_by;
}

static int find_waker(const struct read *read)
{
    struct str name;
    if (!blocking_woken_by(read->call, &name)) return -1;
    for (int i = 0; i < read->args.key_count; i++) {
        if (str_eq(stream_read_key(read->call, &read->args, i), name)) return i;
    }
    return -1;
}

/* --- what must be there --- */

static bool check_group(const struct read *read, struct str key, const struct value *stream)
{
    struct str name = call_arg(read->call, read->args.group_at);
    if (stream && stream_group_find(stream, name)) return true;
    if (read->woken_by >= 0)
        reply_error(read->call->reply, stream ? GROUP_GONE : KEY_GONE);
    else
        reply_error_fmt(read->call->reply,
                        "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with "
                        "GROUP option",
                        STR_ARG(key), STR_ARG(name));
    return false;
}

static bool check_key(struct read *read, int key)
{
    struct call *call = read->call;
    struct str name = stream_read_key(call, &read->args, key);
    struct value stream;
    if (!is_asked(read, key)) return stream_read_id_arg(call, &read->args, key, NULL);
    if (read->woken_by >= 0 && read->args.of_group) {
        const struct entry *entry = lookup(call, name, LOOKUP_PEEK);
        if (!entry || entry_type(entry) != TYPE_STREAM) {
            reply_error(call->reply, KEY_GONE);
            return false;
        }
    }
    bool failed;
    bool exists = stream_find(call, name, &stream, &failed);
    if (failed) return false;
    if (read->args.of_group && !check_group(read, name, exists ? &stream : NULL)) return false;
    return stream_read_id_arg(call, &read->args, key, exists ? &stream : NULL);
}

/* --- replies --- */

static void begin_stream(struct read *read, struct str key)
{
    struct reply *reply = read->call->reply;
    if (read->served++ == 0) reply_later_begin(reply, &read->later);
    if (reply->version < 3) reply_array(reply, 2);
    reply_bulk(reply, key);
}

static void end_streams(struct read *read)
{
    struct reply *reply = read->call->reply;
    if (reply->version < 3)
        reply_later_array(reply, &read->later, read->served);
    else
        reply_later_map(reply, &read->later, read->served);
}

/* --- XREAD --- */

static void serve(struct read *read, int key)
{
    struct call *call = read->call;
    struct str name = stream_read_key(call, &read->args, key);
    struct stream_id from = read->args.after[key];
    struct stream_cursor cursor, ahead;
    struct value stream;
    struct stream_id id;
    size_t pairs;
    bool failed;
    if (!stream_find(call, name, &stream, &failed) || !stream_id_next(&from)) return;
    if (stream_id_cmp(value_stream(&stream)->last, from) < 0) return;
    stream_range(&stream, &cursor, from, STREAM_ID_MAX, false);
    ahead = cursor;
    if (!stream_next(&ahead, &id, &pairs)) return;
    begin_stream(read, name);
    stream_reply_entries(call->reply, &cursor, read->args.limit);
}

/* --- XREADGROUP --- */

static void reply_gone(struct reply *reply, struct stream_id id)
{
    reply_array(reply, 2);
    stream_reply_id(reply, id);
    reply_null_array(reply);
}

/* Gives an entry that is pending once more, if it is still there. */
static void give_again(struct stream_reader *reader, const struct stream_pending *pending)
{
    struct call *call = reader->change.call;
    struct stream_delivery delivery = {.id = pending->id,
                                       .delivered_ms = call->host->now_ms,
                                       .deliveries = pending->deliveries + 1};
    struct stream_cursor cursor;
    struct stream_id id;
    size_t pairs;
    stream_range(&reader->change.edit.stream, &cursor, pending->id, pending->id, false);
    if (!stream_next(&cursor, &id, &pairs)) {
        reply_gone(call->reply, pending->id);
        return;
    }
    stream_reply_entry(call->reply, &cursor, id, pairs);
    stream_reader_give(reader, &delivery);
}

/* What is pending with this consumer behind an id. */
static void give_history(struct stream_reader *reader, struct stream_id after, uint64_t limit)
{
    struct reply *reply = reader->change.call->reply;
    struct reply_later later;
    struct tree_cursor cursor;
    uint64_t count = 0;
    reply_later_begin(reply, &later);
    for (; count < limit && stream_id_next(&after); count++) {
        const struct stream_pending *pending =
            stream_pending_from(&reader->consumer->pendings, &cursor, after);
        if (pending == NULL) break;
        after = pending->id;
        give_again(reader, pending);
    }
    reply_later_array(reply, &later, count);
    stream_reader_record_given(reader);
}

/* The entry was met last by the cursor. */
static void give_fresh(struct stream_reader *reader, struct stream_id id, bool no_ack)
{
    int64_t now_ms = reader->change.call->host->now_ms;
    struct stream_delivery delivery = {.id = id, .delivered_ms = now_ms, .deliveries = 1};
    stream_group_deliver(&reader->change.edit, reader->group, id);
    if (no_ack) return;
    stream_reader_give(reader, &delivery);
    reader->consumer->active_ms = now_ms;
}

/* What the group was not given yet; false when there is nothing. */
static bool give_next(struct read *read, struct stream_reader *reader)
{
    struct reply *reply = read->call->reply;
    struct stream_id from = reader->group->last, id;
    struct stream_cursor cursor;
    struct reply_later later;
    size_t pairs;
    uint64_t count = 0;
    if (!stream_id_next(&from)) return false;
    stream_range(&reader->change.edit.stream, &cursor, from, STREAM_ID_MAX, false);
    if (!stream_next(&cursor, &id, &pairs)) return false;
    begin_stream(read, reader->change.key);
    reply_later_begin(reply, &later);
    do {
        stream_reply_entry(reply, &cursor, id, pairs);
        give_fresh(reader, id, read->args.no_ack);
        count++;
    } while (count < read->args.limit && stream_next(&cursor, &id, &pairs));
    reply_later_array(reply, &later, (size_t)count);
    stream_reader_record_given(reader);
    stream_reader_record_progress(reader);
    return true;
}

static void serve_group(struct read *read, int key)
{
    struct call *call = read->call;
    struct stream_reader reader = {.group_name = call_arg(call, read->args.group_at),
                                   .consumer_name = call_arg(call, read->args.group_at + 1)};
    struct stream_id after = read->args.after[key];
    if (!stream_open(call, stream_read_key(call, &read->args, key), &reader.change)) return;
    if (reader.change.entry && stream_reader_join(&reader)) {
        bool is_served = true;
        stream_reader_meet(&reader);
        if (stream_id_cmp(after, STREAM_ID_MAX) == 0) {
            is_served = give_next(read, &reader);
        } else {
            begin_stream(read, reader.change.key);
            give_history(&reader, after, read->args.limit);
        }
        call->changes += is_served;
    }
    stream_reader_deinit(&reader);
}

/* --- waiting --- */

/* The request with every "$" as the id that it means now, in `argv` and `room`. */
static void settle_ids(const struct read *read, struct str *argv, char (*room)[STREAM_ID_TEXT])
{
    const struct call *call = read->call;
    const struct stream_read_args *args = &read->args;
    memcpy(argv, call->argv, (size_t)call->argc * sizeof(*argv));
    for (int i = 0; i < args->key_count; i++) {
        struct str *id = &argv[args->keys_at + args->key_count + i];
        if (str_eq(*id, STR("$"))) *id = str_of(room[i], stream_id_format(room[i], args->after[i]));
    }
}

static void wait_for_keys(const struct read *read)
{
    struct call *call = read->call;
    const struct stream_read_args *args = &read->args;
    struct blocking_wait wait = {
        .on = BLOCKED_ON_KEYS,
        .timeout_ms = args->timeout_ms,
        .timed_out = blocking_reply_null_array,
        .keys = call->argv + args->keys_at,
        .key_count = (size_t)args->key_count,
        .type = TYPE_STREAM,
        .until_gone = args->of_group,
    };
    struct str *argv = NULL;
    char(*room)[STREAM_ID_TEXT] = NULL;
    if (args->of_group) {
        wait.equals = call_arg(call, args->group_at);
    } else {
        argv = mem_alloc((size_t)call->argc * sizeof(*argv));
        room = mem_alloc((size_t)args->key_count * sizeof(*room));
        settle_ids(read, argv, room);
        wait.again = argv;
        wait.again_argc = call->argc;
    }
    blocking_wait(call, &wait);
    mem_free(argv);
    mem_free(room);
}

/* --- commands --- */

static void run(struct read *read)
{
    struct stream_read_args *args = &read->args;
    read->woken_by = find_waker(read);
    for (int i = 0; i < args->key_count; i++) {
        if (!check_key(read, i)) return;
    }
    for (int i = 0; i < args->key_count; i++) {
        if (!is_asked(read, i)) continue;
        if (args->of_group)
            serve_group(read, i);
        else
            serve(read, i);
    }
    if (read->served)
        end_streams(read);
    else if (args->blocks)
        wait_for_keys(read);
    else
        reply_null_array(read->call->reply);
}

static void read_streams(struct call *call, bool of_group)
{
    struct read read = {.call = call, .args = {.of_group = of_group}};
    if (stream_read_args(call, &read.args)) run(&read);
    stream_read_args_deinit(&read.args);
}

void stream_xread(struct call *call)
{
    read_streams(call, false);
}

void stream_xreadgroup(struct call *call)
{
    effects_none(call->effects);
    read_streams(call, true);
}
