#include "command/string.h"

#include "command/errors.h"
#include "command/lookup.h"

enum { LEND_MIN = 16 * 1024 };
static const uint64_t master_max_bytes = (uint64_t)1 << 32;

void string_view(struct string_view *view, const struct entry *entry)
{
    view->bytes = entry ? entry_string(entry, view->room) : (struct str){0};
}

/* Overwriting finds out by itself whether the key was there, so a lookup would only cost. But those
 * who listen for expired keys want to hear about one that is overwritten before anybody noticed. */
static size_t before_put(struct call *call, struct str key)
{
    bool listening = call->host->events_wanted & EVENT_EXPIRED;
    if (listening && call->ks->volatile_len > 0) lookup(call, key, LOOKUP_WRITE);
    return call->ks->table.len;
}

/* The number of keys tells whether the key is new, without a lookup. */
static struct entry *announce_new(struct call *call, struct str key, struct entry *entry,
                                  size_t had)
{
    if (call->ks->table.len != had) call_event(call, EVENT_NEW, "new", key);
    return entry;
}

struct entry *string_put_value(struct call *call, struct str key, struct value value,
                               int64_t expire_at_ms)
{
    size_t had = before_put(call, key);
    struct entry *entry = keyspace_put(call->ks, key, value, expire_at_ms);
    return announce_new(call, key, entry, had);
}

struct entry *string_put_arg(struct call *call, struct str key, int value_at, int64_t expire_at_ms)
{
    struct str bytes = call_arg(call, value_at);
    struct blob *blob = call->adoptable;
    if (blob && value_at == call->argc - 1 && bytes.ptr == blob->bytes && bytes.len == blob->len) {
        call->adoptable = NULL;
        struct value value = {.type = TYPE_STRING, .encoding = ENC_BLOB, .blob = blob};
        return string_put_value(call, key, value, expire_at_ms);
    }
    size_t had = before_put(call, key);
    struct entry *entry = keyspace_put_string(call->ks, key, bytes, expire_at_ms);
    return announce_new(call, key, entry, had);
}

struct value string_value(struct call *call, struct str bytes, enum value_encoding encoding)
{
    struct value value = {.type = TYPE_STRING, .encoding = encoding, .bytes = bytes};
    if (bytes.len <= ENTRY_EMBED_MAX) return value;
    value.encoding = ENC_BLOB;
    value.blob = blob_new(bytes.len, call->ks->store->epochs.now);
    memcpy(value.blob->bytes, bytes.ptr, bytes.len);
    value.blob->len = bytes.len;
    return value;
}

char *string_writable(struct call *call, struct str key, struct entry *entry, size_t len)
{
    if (!entry) {
        struct value empty = {
            .type = TYPE_STRING, .encoding = ENC_EMBEDDED_RAW, .bytes = STR_INIT("")};
        entry = string_put_value(call, key, empty, NO_EXPIRY);
    }
    return keyspace_writable_string(call->ks, &entry, len);
}

static void reply_blob_range(struct call *call, struct blob *blob, size_t start, size_t len)
{
    struct str bytes = str_of(blob->bytes + start, len);
    if (len < LEND_MIN) {
        reply_bulk(call->reply, bytes);
        return;
    }
    reply_bulk_lent(call->reply, bytes, (struct chain_loan){blob_unref, blob_ref(blob)});
}

void string_reply(struct call *call, const struct entry *entry)
{
    struct value value = entry_value(entry);
    if (value.encoding == ENC_INT)
        reply_bulk_i64(call->reply, value.integer);
    else if (value.encoding == ENC_BLOB)
        reply_blob_range(call, value.blob, 0, value.blob->len);
    else
        reply_bulk(call->reply, value.bytes);
}

void string_reply_range(struct call *call, const struct entry *entry, size_t start, size_t len)
{
    if (entry_encoding(entry) == ENC_BLOB) {
        reply_blob_range(call, entry_value(entry).blob, start, len);
        return;
    }
    struct string_view view;
    string_view(&view, entry);
    reply_bulk(call->reply, str_of(view.bytes.ptr + start, len));
}

uint64_t string_max_bytes(const struct call *call)
{
    uint64_t configured = (uint64_t)call->host->settings->proto_max_bulk_len;
    bool obeys = session_is(call->session, SESSION_MASTER);
    return obeys && configured < master_max_bytes ? master_max_bytes : configured;
}

bool string_may_grow(struct call *call, uint64_t size, uint64_t more)
{
    uint64_t max = string_max_bytes(call);
    if (size <= max && more <= max - size) return true;
    reply_error(call->reply, ERR_STRING_TOO_BIG);
    return false;
}

void string_changed(struct call *call, struct str key, const char *event)
{
    call_changed(call, key);
    call_event(call, EVENT_STRING, event, key);
}
