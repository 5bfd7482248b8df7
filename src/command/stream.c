#include "command/stream.h"

#include "command/generic.h"
#include "command/lookup.h"
#include "command/stream_ids.h"

bool stream_find(struct call *call, struct str key, struct value *stream, bool *failed)
{
    const struct entry *entry = lookup_type(call, key, LOOKUP_READ, TYPE_STREAM, failed);
    if (entry) *stream = entry_value(entry);
    return entry != NULL;
}

/* --- changing --- */

static size_t limit_of(int64_t setting)
{
    return setting > 0 ? (size_t)setting : 0;
}

bool stream_open(struct call *call, struct str key, struct stream_change *change)
{
    const struct command_settings *settings = call->host->settings;
    bool failed;
    *change = (struct stream_change){
        .call = call,
        .key = key,
        .edit = {.epochs = &call->ks->store->epochs,
                 .limits = {.node_bytes = limit_of(settings->stream_node_max_bytes),
                            .node_entries = limit_of(settings->stream_node_max_entries)}},
    };
    change->entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STREAM, &failed);
    if (change->entry) change->edit.stream = entry_value(change->entry);
    return !failed;
}

void stream_begin(struct stream_change *change)
{
    struct call *call = change->call;
    if (change->entry) {
        keyspace_writable_object(call->ks, &change->entry);
    } else {
        struct value stream = stream_new(change->edit.epochs);
        change->entry = keyspace_put(call->ks, change->key, stream, NO_EXPIRY);
        generic_added(call, call->ks, change->key);
    }
    change->edit.stream = entry_value(change->entry);
}

void stream_announce(const struct stream_change *change, const char *event, uint64_t count)
{
    struct call *call = change->call;
    call_changed(call, change->key);
    call_event(call, EVENT_STREAM, event, change->key);
    call->changes += count - 1;
}

void stream_announce_unwatched(struct call *call, struct str key, const char *event)
{
    call->changes++;
    call_event(call, EVENT_STREAM, event, key);
}

/* --- replies --- */

void stream_reply_entry(struct reply *reply, struct stream_cursor *cursor, struct stream_id id,
                        size_t pairs)
{
    struct stream_pair pair;
    reply_array(reply, 2);
    stream_reply_id(reply, id);
    reply_array(reply, pairs * 2);
    while (stream_next_pair(cursor, &pair)) {
        reply_bulk(reply, pair.name);
        reply_bulk(reply, pair.value);
    }
}

size_t stream_reply_entries(struct reply *reply, struct stream_cursor *cursor, uint64_t limit)
{
    struct reply_later later;
    struct stream_id id;
    size_t pairs, count = 0;
    reply_later_begin(reply, &later);
    for (; count < limit && stream_next(cursor, &id, &pairs); count++)
        stream_reply_entry(reply, cursor, id, pairs);
    reply_later_array(reply, &later, count);
    return count;
}
