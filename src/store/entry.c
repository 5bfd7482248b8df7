#include "store/entry.h"

#include "base/mem.h"

enum { TYPE_SHIFT = 24, ENCODING_SHIFT = 27 };

static bool is_embedded(enum value_encoding encoding)
{
    return encoding == ENC_EMBEDDED || encoding == ENC_EMBEDDED_RAW;
}

void entry_set_access(struct entry *e, uint32_t access)
{
    uint32_t word = entry_word(e), fresh = (word & ~(uint32_t)ENTRY_ACCESS_MASK) | access;
    if (word != fresh) atomic_store_explicit(&e->word, fresh, memory_order_relaxed);
}

void entry_set_slot(struct entry *e, const void *slot)
{
    memcpy(entry_slot_at(e), slot, 8);
}

static size_t entry_size(const struct entry *e)
{
    struct str key = entry_key(e);
    return (size_t)(key.ptr + key.len + e->val_len - (const char *)e);
}

struct entry *entry_new(struct str key, struct value value, int64_t expire_at_ms, uint32_t epoch)
{
    bool embedded = is_embedded(value.encoding), slot = encoding_has_slot(value.encoding);
    size_t val_len = embedded ? value.bytes.len : 0;
    size_t expiry_len = expire_at_ms != NO_EXPIRY ? sizeof(int64_t) : 0;
    struct entry *e = mem_alloc(sizeof(*e) + expiry_len + (slot ? 8 : 0) + key.len + val_len);
    e->epoch = epoch;
    e->key_len = (uint32_t)key.len;
    e->val_len = (uint32_t)val_len;
    atomic_init(&e->word, (uint32_t)value.type << TYPE_SHIFT |
                              (uint32_t)value.encoding << ENCODING_SHIFT |
                              (expiry_len ? 1u << 31 : 0));
    char *at = e->rest;
    if (expiry_len) memcpy(at, &expire_at_ms, sizeof(expire_at_ms));
    at += expiry_len;
    if (slot) {
        memcpy(at, &value.integer, 8);
        at += 8;
    }
    if (key.len) memcpy(at, key.ptr, key.len);
    if (val_len && value.bytes.ptr) memcpy(at + key.len, value.bytes.ptr, val_len);
    return e;
}

struct value entry_value(const struct entry *e)
{
    struct value value = {.type = entry_type(e), .encoding = entry_encoding(e)};
    if (encoding_has_slot(value.encoding)) {
        memcpy(&value.integer, entry_slot_at(e), 8);
    } else {
        struct str key = entry_key(e);
        value.bytes = (struct str){key.ptr + key.len, e->val_len};
    }
    return value;
}

void entry_free_deep(void *entry)
{
    struct entry *e = entry;
    if (e == NULL) return;
    struct value value = entry_value(e);
    if (value.encoding == ENC_BLOB)
        blob_unref(value.blob);
    else if (value.encoding >= ENC_PACKED)
        value.object->ops->free(value.object);
    mem_free(e);
}

size_t entry_memory(const struct entry *e)
{
    size_t bytes = mem_usable(e);
    struct value value = entry_value(e);
    if (value.encoding == ENC_BLOB) bytes += mem_usable(value.blob);
    return bytes ? bytes : entry_size(e);
}
