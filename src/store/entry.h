/* One key with its value, in one allocation: header, optional expiry, value slot, key, small value.
 *
 *     | epoch | word | [key_len | val_len] | [expire_at_ms] | [slot] | key | embedded value |
 *
 * Members of tables that are not the keyspace have no access time. Where it would be, short ones
 * have their two lengths and leave out those behind the word: eight bytes less for each.
 *
 * The same layout serves the keyspace, the fields of big hashes, the members of big sets and of
 * sorted sets, so one table holds them all. The slot exists unless the value is embedded (or the
 * entry is a bare member): an integer, a score, or a pointer to a blob or an object.
 *
 * An entry may be changed in place only while its epoch is private (epoch.h). `access` alone may
 * change in shared entries; it is atomic for that reason and means nothing to a frozen view. */
#ifndef SKEIN_STORE_ENTRY_H
#define SKEIN_STORE_ENTRY_H

#include "base/str.h"
#include "store/blob.h"
#include "store/object.h"

#include <stdatomic.h>

enum value_type {
    TYPE_STRING,
    TYPE_LIST,
    TYPE_SET,
    TYPE_ZSET,
    TYPE_HASH,
    TYPE_STREAM,
    TYPE_NONE = 7, /* a member of a table that is not the keyspace: it has no access time */
};

enum value_encoding {
    ENC_NONE,         /* no value: a set's member */
    ENC_EMBEDDED,     /* bytes behind the key */
    ENC_EMBEDDED_RAW, /* the same, once changed in place: users see "raw" */
    ENC_INT,          /* int64_t in the slot */
    ENC_DOUBLE,       /* double in the slot: a sorted set's score */
    ENC_BLOB,         /* struct blob * in the slot */
    ENC_PACKED, /* the rest: struct object * in the slot; a small collection in one run of bytes */
    ENC_INTSET, /* sorted integers in one run of bytes */
    ENC_TABLE,  /* built on a table */
    ENC_TREE,   /* built on a tree */
};

enum {
    ENTRY_EMBED_MAX = 192,
    ENTRY_ACCESS_MASK = 0xffffff,
    ENTRY_SHORT_BITS = 12, /* of each length of a short member */
    ENTRY_SHORT_MASK = (1 << ENTRY_SHORT_BITS) - 1,
    NO_EXPIRY = -1,
};

struct entry {
    uint32_t epoch;
    /* Bits 0-23 access, of a member: lengths of value and key, all set when they are not short;
     * 24-26 type, 27-30 encoding, 31 has an expiry. */
    _Atomic uint32_t word;
    char rest[];
};

/* What follows the word unless an entry is short. */
struct entry_lengths {
    uint32_t key, val; /* val: of an embedded value */
};

/* A value on its way into or out of an entry. Bytes are views; blob and object are owned by
 * whoever holds the value. */
struct value {
    enum value_type type;
    enum value_encoding encoding;
    union {
        struct str bytes;      /* ENC_EMBEDDED(_RAW) */
        int64_t integer;       /* ENC_INT */
        double score;          /* ENC_DOUBLE */
        struct blob *blob;     /* ENC_BLOB */
        struct object *object; /* collections */
    };
};

static inline uint32_t entry_word(const struct entry *e)
{
    return atomic_load_explicit(&e->word, memory_order_relaxed);
}
static inline enum value_type entry_type(const struct entry *e)
{
    return (enum value_type)(entry_word(e) >> 24 & 7);
}
static inline enum value_encoding entry_encoding(const struct entry *e)
{
    return (enum value_encoding)(entry_word(e) >> 27 & 15);
}
static inline bool entry_has_expiry(const struct entry *e)
{
    return entry_word(e) >> 31;
}
static inline uint32_t entry_access(const struct entry *e)
{
    return entry_word(e) & ENTRY_ACCESS_MASK;
}
/* Not of members. */
void entry_set_access(struct entry *e, uint32_t access);

static inline bool encoding_has_slot(enum value_encoding encoding)
{
    return encoding >= ENC_INT;
}
static inline bool word_is_short(uint32_t word)
{
    return (word >> 24 & 7) == TYPE_NONE && (word & ENTRY_ACCESS_MASK) != ENTRY_ACCESS_MASK;
}
static inline struct entry_lengths entry_lengths(const struct entry *e)
{
    uint32_t word = entry_word(e);
    struct entry_lengths lengths = {word >> ENTRY_SHORT_BITS & ENTRY_SHORT_MASK,
                                    word & ENTRY_SHORT_MASK};
    if (!word_is_short(word)) memcpy(&lengths, e->rest, sizeof(lengths));
    return lengths;
}
/* Behind the header: the expiry, or what follows it. */
static inline char *entry_body(const struct entry *e)
{
    char *rest = (char *)(uintptr_t)e->rest;
    return word_is_short(entry_word(e)) ? rest : rest + sizeof(struct entry_lengths);
}
static inline char *entry_slot_at(const struct entry *e)
{
    return entry_body(e) + (entry_has_expiry(e) ? sizeof(int64_t) : 0);
}
static inline struct str entry_key(const struct entry *e)
{
    const char *at = entry_slot_at(e) + (encoding_has_slot(entry_encoding(e)) ? 8 : 0);
    return (struct str){at, entry_lengths(e).key};
}
/* NO_EXPIRY when it has none. */
static inline int64_t entry_expire_at(const struct entry *e)
{
    int64_t at = NO_EXPIRY;
    if (entry_has_expiry(e)) memcpy(&at, entry_body(e), sizeof(at));
    return at;
}
/* Overwrites the expiry of a private entry that has one. */
void entry_set_expiry(struct entry *e, int64_t expire_at_ms);
struct value entry_value(const struct entry *e);
static inline struct object *entry_object(const struct entry *e)
{
    struct object *object;
    memcpy(&object, entry_slot_at(e), sizeof(object));
    return object;
}

/* A new entry that owns the blob or object of `value` and copies embedded bytes and the key. */
struct entry *entry_new(struct str key, struct value value, int64_t expire_at_ms, uint32_t epoch);
/* Frees an entry with its blob or object; mem_free frees the entry alone, when its value has
 * moved on. */
void entry_free_deep(void *entry);
/* Bytes the allocator spends on the entry and, for a blob, on that. */
size_t entry_memory(const struct entry *e);
/* Overwrites the slot of a private entry. */
void entry_set_slot(struct entry *e, const void *slot);

#endif
