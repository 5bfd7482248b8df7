#include "command/list.h"

#include "command/errors.h"
#include "command/generic.h"
#include "command/list_commands.h"
#include "command/lookup.h"

enum { SETTLE_SHARE = 2 }; /* a list that shrank becomes small again at half of the limit */

bool list_find(struct call *call, struct str key, struct value *list, bool *failed)
{
    const struct entry *entry = lookup_type(call, key, LOOKUP_READ, TYPE_LIST, failed);
    if (entry) *list = entry_value(entry);
    return entry != NULL;
}

/* --- changing a list --- */

bool list_open(struct call *call, struct str key, struct list_edit *edit)
{
    bool failed;
    *edit = (struct list_edit){.call = call, .key = key};
    edit->entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_LIST, &failed);
    edit->sequence.epochs = &call->ks->store->epochs;
    edit->sequence.limit = sequence_limit_of(call->host->settings->list_max_listpack_size);
    if (edit->entry) edit->sequence.list = entry_value(edit->entry);
    return !failed;
}

void list_begin(struct list_edit *edit)
{
    if (edit->entry) {
        keyspace_writable_object(edit->call->ks, &edit->entry);
        edit->sequence.list = entry_value(edit->entry);
    } else {
        edit->sequence.list = sequence_new(edit->sequence.epochs);
    }
}

void list_store(struct list_edit *edit)
{
    struct keyspace *ks = edit->call->ks;
    if (edit->entry == NULL) {
        edit->entry = keyspace_put(ks, edit->key, edit->sequence.list, NO_EXPIRY);
        generic_added(edit->call, ks, edit->key);
    } else if (entry_object(edit->entry) != edit->sequence.list.object) {
        edit->entry = keyspace_relink_object(ks, edit->entry, edit->sequence.list);
    }
}

void list_announce(struct list_edit *edit, const char *event)
{
    struct call *call = edit->call;
    bool is_empty = list_edit_len(edit) == 0;
    call_event(call, EVENT_LIST, event, edit->key);
    if (is_empty) lookup_delete(call, edit->key);
    call_changed(call, edit->key);
    if (is_empty) call_event(call, EVENT_GENERIC, "del", edit->key);
}

void list_push(struct list_edit *edit, struct str element, enum list_end end)
{
    sequence_insert(&edit->sequence, end == LIST_LEFT ? 0 : list_edit_len(edit), element);
}

void list_pop_range(struct list_edit *edit, enum list_end end, size_t count)
{
    struct reply *reply = edit->call->reply;
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    size_t len = list_edit_len(edit);
    if (count > len) count = len;
    reply_array(reply, count);
    bool more = sequence_seek(&edit->sequence.list, &cursor, end == LIST_LEFT ? 0 : len - 1);
    for (size_t i = 0; i < count && more; i++) {
        reply_bulk(reply, sequence_element(&cursor, room));
        more = end == LIST_LEFT ? sequence_next(&cursor) : sequence_prev(&cursor);
    }
    sequence_remove(&edit->sequence, end == LIST_LEFT ? 0 : len - count, count);
    sequence_settle(&edit->sequence, SETTLE_SHARE);
}

const char *list_pop_event(enum list_end end)
{
    return end == LIST_LEFT ? "lpop" : "rpop";
}

const char *list_push_event(enum list_end end)
{
    return end == LIST_LEFT ? "lpush" : "rpush";
}

bool list_end_arg(struct call *call, int at, enum list_end *end)
{
    *end = call_is(call, at, "right") ? LIST_RIGHT : LIST_LEFT;
    if (*end == LIST_RIGHT || call_is(call, at, "left")) return true;
    call_syntax_error(call);
    return false;
}

bool list_element_fits(struct call *call, struct str element)
{
    if (element.len <= SEQUENCE_ELEMENT_MAX) return true;
    reply_error(call->reply, ERR_STRING_TOO_BIG);
    return false;
}

/* --- pushing --- */

enum push_when { PUSH_ALWAYS, PUSH_IF_THERE };

static bool reserve_for_arguments(struct list_edit *edit, int from)
{
    struct call *call = edit->call;
    size_t bytes = 0;
    for (int i = from; i < call->argc; i++) {
        if (!list_element_fits(call, call_arg(call, i))) return false;
        bytes += call_arg(call, i).len;
    }
    list_begin(edit);
    sequence_reserve(&edit->sequence, bytes, (size_t)(call->argc - from));
    return true;
}

static void push(struct call *call, enum list_end end, enum push_when when)
{
    struct list_edit edit;
    if (!list_open(call, call_arg(call, 1), &edit)) return;
    if (edit.entry == NULL && when == PUSH_IF_THERE) {
        reply_i64(call->reply, 0);
        return;
    }
    if (!reserve_for_arguments(&edit, 2)) return;
    for (int i = 2; i < call->argc; i++) list_push(&edit, call_arg(call, i), end);
    list_store(&edit);
    reply_i64(call->reply, (int64_t)list_edit_len(&edit));
    list_announce(&edit, list_push_event(end));
    call->changes += (uint64_t)call->argc - 3;
}

void list_lpush(struct call *call)
{
    push(call, LIST_LEFT, PUSH_ALWAYS);
}

void list_rpush(struct call *call)
{
    push(call, LIST_RIGHT, PUSH_ALWAYS);
}

void list_lpushx(struct call *call)
{
    push(call, LIST_LEFT, PUSH_IF_THERE);
}

void list_rpushx(struct call *call)
{
    push(call, LIST_RIGHT, PUSH_IF_THERE);
}

/* --- popping --- */

void list_pop_one(struct list_edit *edit, enum list_end end)
{
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    list_begin(edit);
    size_t at = end == LIST_LEFT ? 0 : list_edit_len(edit) - 1;
    sequence_seek(&edit->sequence.list, &cursor, at);
    reply_bulk(edit->call->reply, sequence_element(&cursor, room));
    sequence_remove(&edit->sequence, at, 1);
    sequence_settle(&edit->sequence, SETTLE_SHARE);
    list_store(edit);
    list_announce(edit, list_pop_event(end));
}

static void pop_many(struct list_edit *edit, enum list_end end, size_t count)
{
    if (count == 0) {
        reply_array(edit->call->reply, 0);
        return;
    }
    list_begin(edit);
    list_pop_range(edit, end, count);
    list_store(edit);
    list_announce(edit, list_pop_event(end));
}

static void pop(struct call *call, enum list_end end)
{
    struct list_edit edit;
    int64_t count = 0;
    bool has_count = call->argc == 3;
    if (call->argc > 3) {
        call_arity_error(call);
        return;
    }
    bool sound = !has_count || num_parse_i64(call_arg(call, 2), &count);
    if (!sound || count < 0) {
        reply_error(call->reply, ERR_NOT_POSITIVE);
        return;
    }
    if (!list_open(call, call_arg(call, 1), &edit)) return;
    if (edit.entry == NULL && has_count)
        reply_null_array(call->reply);
    else if (edit.entry == NULL)
        reply_null(call->reply);
    else if (has_count)
        pop_many(&edit, end, (size_t)count);
    else
        list_pop_one(&edit, end);
}

void list_lpop(struct call *call)
{
    pop(call, LIST_LEFT);
}

void list_rpop(struct call *call)
{
    pop(call, LIST_RIGHT);
}
