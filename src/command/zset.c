#include "command/zset.h"

#include "base/num.h"
#include "command/blocking.h"
#include "command/generic.h"
#include "command/lookup.h"

bool zset_find(struct call *call, struct str key, struct value *zset, bool *failed)
{
    const struct entry *entry = lookup_type(call, key, LOOKUP_READ, TYPE_ZSET, failed);
    if (entry) *zset = entry_value(entry);
    return entry != NULL;
}

/* --- changing --- */

static struct zset_edit new_edit(const struct call *call)
{
    const struct command_settings *settings = call->host->settings;
    return (struct zset_edit){
        .store = call->ks->store,
        .limits = {.entries = (size_t)settings->zset_max_listpack_entries,
                   .bytes = (size_t)settings->zset_max_listpack_value},
    };
}

bool zset_open(struct call *call, struct str key, struct zset_change *change)
{
    bool failed;
    *change = (struct zset_change){.call = call, .key = key, .edit = new_edit(call)};
    change->entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_ZSET, &failed);
    if (change->entry) change->edit.zset = entry_value(change->entry);
    return !failed;
}

void zset_begin(struct zset_change *change)
{
    if (change->entry) {
        keyspace_writable_object(change->call->ks, &change->entry);
        change->edit.zset = entry_value(change->entry);
    } else {
        change->edit.zset = zset_new(change->edit.store);
    }
}

void zset_store(struct zset_change *change)
{
    struct keyspace *ks = change->call->ks;
    if (change->entry == NULL) {
        change->entry = keyspace_put(ks, change->key, change->edit.zset, NO_EXPIRY);
        generic_added(change->call, ks, change->key);
    } else if (entry_object(change->entry) != change->edit.zset.object) {
        change->entry = keyspace_relink_object(ks, change->entry, change->edit.zset);
    }
}

static void announce(struct call *call, struct str key, const char *event, bool is_empty)
{
    call_event(call, EVENT_ZSET, event, key);
    if (is_empty) lookup_delete(call, key);
    call_changed(call, key);
    if (is_empty) call_event(call, EVENT_GENERIC, "del", key);
}

void zset_announce(struct zset_change *change, const char *event)
{
    announce(change->call, change->key, event, zset_len(&change->edit.zset) == 0);
}

void zset_cut(struct zset_change *change, size_t rank, size_t count, const char *event)
{
    struct call *call = change->call;
    if (count == zset_len(&change->edit.zset)) {
        announce(call, change->key, event, true);
    } else {
        zset_begin(change);
        zset_remove_range(&change->edit, rank, count);
        zset_store(change);
        announce(call, change->key, event, false);
    }
    call->changes += count - 1;
}

/* --- results --- */

struct zset_edit zset_result(struct call *call)
{
    struct zset_edit edit = new_edit(call);
    edit.zset = zset_new_big(edit.store);
    return edit;
}

static void drop_target(struct call *call, struct str key)
{
    if (lookup(call, key, LOOKUP_WRITE) && lookup_delete(call, key)) {
        call_changed(call, key);
        call_event(call, EVENT_GENERIC, "del", key);
    }
    reply_i64(call->reply, 0);
}

void zset_store_result(struct call *call, struct str key, struct zset_edit *result,
                       const char *event)
{
    int64_t len = (int64_t)zset_len(&result->zset);
    if (len == 0) {
        value_drop(call->ks, result->zset);
        drop_target(call, key);
        return;
    }
    bool is_new = lookup(call, key, LOOKUP_WRITE) == NULL;
    keyspace_put(call->ks, key, result->zset, NO_EXPIRY);
    if (is_new)
        generic_added(call, call->ks, key);
    else
        blocking_ready(call->host->blocking, call->ks, key);
    reply_i64(call->reply, len);
    announce(call, key, event, false);
}

/* --- replies --- */

void zset_reply_len(struct call *call, size_t members, enum zset_shape shape)
{
    bool flat = shape == ZSET_FLAT || (shape == ZSET_SCORES && call->reply->version < 3);
    reply_array(call->reply, flat ? members * 2 : members);
}

void zset_reply_member(struct call *call, const struct ranked *member, enum zset_shape shape)
{
    bool pair = shape == ZSET_PAIRS || (shape == ZSET_SCORES && call->reply->version >= 3);
    if (pair) reply_array(call->reply, 2);
    reply_bulk(call->reply, member->name);
    if (shape != ZSET_NAMES) reply_double(call->reply, member->score);
}

void zset_reply_span(struct call *call, const struct value *zset, const struct zset_span *span,
                     enum zset_shape shape)
{
    struct zset_cursor cursor;
    struct ranked member;
    size_t len = zset_span_len(span);
    zset_reply_len(call, len, shape);
    bool more = len && zset_seek(zset, &cursor, span->reversed ? span->to - 1 : span->from);
    for (size_t i = 0; i < len && more; i++) {
        zset_get(&cursor, &member);
        zset_reply_member(call, &member, shape);
        more = span->reversed ? zset_prev(&cursor) : zset_next(&cursor);
    }
}

bool zset_count_arg(struct call *call, int at, int64_t low, const char *error, int64_t *count)
{
    if (num_parse_i64(call_arg(call, at), count) && *count >= low) return true;
    reply_error(call->reply, error);
    return false;
}
