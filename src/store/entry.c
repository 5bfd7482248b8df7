#include "store/entry.h"

#include "base/assert.h"
#include "base/mem.h"

enum {
    TYPE_SHIFT = 24,
    ENCODING_SHIFT = 27,
    SIZE_MIN = 16, /* smaller ones the allocator would align to less than tables need */
};

static bool is_embedded(enum value_encoding encoding)
{
    return encoding == ENC_EMBEDDED || encoding == ENC_EMBEDDED_RAW;
}

void entry_set_access(struct entry *e, uint32_t access)
{
    DEBUG_ASSERT(entry_type(e) != TYPE_NONE);
    uint32_t word = entry_word(e), fresh = (word & ~(uint32_t)ENTRY_ACCESS_MASK) | access;
    if (word != fresh) atomic_store_explicit(&e->word, fresh, memory_order_relaxed);
}

void entry_set_slot(struct entry *e, const void *slot)
{
    memcpy(entry_slot_at(e), slot, 8);
}

void entry_set_expiry(struct entry *e, int64_t expire_at_ms)
{
    memcpy(entry_body(e), &expire_at_ms, sizeof(expire_at_ms));
}

static size_t entry_size(const struct entry *e)
{
    struct str key = entry_key(e);
    return (size_t)(key.ptr + key.len + entry_lengths(e).val - (const char *)e);
}

/* The lengths as they stand in the word. */
static uint32_t short_lengths(struct entry_lengths lengths)
{
    if (lengths.key > ENTRY_SHORT_MASK || lengths.val > ENTRY_SHORT_MASK) return ENTRY_ACCESS_MASK;
    return lengths.key << ENTRY_SHORT_BITS | lengths.val;
}

struct entry *entry_new(struct str key, struct value value, int64_t expire_at_ms, uint32_t epoch)
{
    bool slot = encoding_has_slot(value.encoding), expires = expire_at_ms != NO_EXPIRY;
    struct str bytes = is_embedded(value.encoding) ? value.bytes : (struct str){0};
    struct entry_lengths lengths = {(uint32_t)key.len, (uint32_t)bytes.len};
    uint32_t word = (uint32_t)value.type << TYPE_SHIFT |
                    (uint32_t)value.encoding << ENCODING_SHIFT | (uint32_t)expires << 31;
    if (value.type == TYPE_NONE) word |= short_lengths(lengths);
    size_t lengths_size = word_is_short(word) ? 0 : sizeof(lengths);
    size_t size = sizeof(struct entry) + lengths_size + (expires ? sizeof(int64_t) : 0) +
                  (slot ? sizeof(int64_t) : 0) + key.len + bytes.len;
    struct entry *e = mem_alloc(size < SIZE_MIN ? SIZE_MIN : size);
    e->epoch = epoch;
    atomic_init(&e->word, word);
    if (lengths_size) memcpy(e->rest, &lengths, sizeof(lengths));
    if (expires) entry_set_expiry(e, expire_at_ms);
    if (slot) entry_set_slot(e, &value.integer);
    char *at = (char *)(uintptr_t)entry_key(e).ptr;
    if (key.len) memcpy(at, key.ptr, key.len);
    if (bytes.len && bytes.ptr) memcpy(at + key.len, bytes.ptr, bytes.len);
    return e;
}

struct value entry_value(const struct entry *e)
{
    struct value value = {.type = entry_type(e), .encoding = entry_encoding(e)};
    if (encoding_has_slot(value.encoding)) {
        memcpy(&value.integer, entry_slot_at(e), 8);
    } else {
        struct str key = entry_key(e);
        value.bytes = (struct str){key.ptr + key.len, entry_lengths(e).val};
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
