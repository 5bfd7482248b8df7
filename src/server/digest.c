#include "server/digest.h"

#include "base/num.h"
#include "store/fields.h"
#include "store/members.h"
#include "store/sequence.h"
#include "store/stream.h"
#include "store/zset.h"

#include <openssl/sha.h>

static struct digest sha1(struct str bytes)
{
    struct digest hash;
    SHA1((const unsigned char *)bytes.ptr, bytes.len, hash.bytes);
    return hash;
}

static struct str digest_str(const struct digest *digest)
{
    return str_of((const char *)digest->bytes, DIGEST_BYTES);
}

void digest_xor(struct digest *digest, struct str bytes)
{
    struct digest hash = sha1(bytes);
    for (int i = 0; i < DIGEST_BYTES; i++) digest->bytes[i] ^= hash.bytes[i];
}

void digest_mix(struct digest *digest, struct str bytes)
{
    digest_xor(digest, bytes);
    *digest = sha1(digest_str(digest));
}

void digest_join(struct digest *digest, const struct digest *part)
{
    digest_xor(digest, digest_str(part));
}

/* Numbers enter as four bytes, the highest first. */
static void mix_u32(struct digest *digest, uint32_t number)
{
    char wire[4];
    for (int i = 0; i < 4; i++) wire[i] = (char)(number >> (8 * (3 - i)));
    digest_mix(digest, str_of(wire, sizeof(wire)));
}

/* --- types --- */

static void mix_string(struct digest *digest, const struct entry *entry)
{
    char room[NUM_I64_MAX];
    digest_mix(digest, entry_string(entry, room));
}

static void mix_list(struct digest *digest, const struct entry *entry)
{
    struct value list = entry_value(entry);
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    bool more = sequence_seek(&list, &cursor, 0);
    for (; more; more = sequence_next(&cursor)) {
        digest_mix(digest, sequence_element(&cursor, room));
    }
}

static void mix_set(struct digest *digest, const struct entry *entry)
{
    struct value set = entry_value(entry);
    struct members_cursor cursor = {0};
    struct member member;
    while (members_next(&set, &cursor, &member)) digest_xor(digest, member.name);
}

static void mix_hash(struct digest *digest, const struct entry *entry)
{
    struct value hash = entry_value(entry);
    struct fields_cursor cursor = {0};
    struct field field;
    while (fields_next(&hash, &cursor, &field)) {
        struct digest of_field = {0};
        digest_mix(&of_field, field.name);
        digest_mix(&of_field, field.value);
        digest_join(digest, &of_field);
    }
}

static void mix_zset(struct digest *digest, const struct entry *entry)
{
    struct value zset = entry_value(entry);
    struct zset_walk walk = {0};
    struct ranked member;
    char room[NUM_SHORT_MAX];
    while (zset_walk(&zset, &walk, &member)) {
        struct digest of_member = {0};
        digest_mix(&of_member, member.name);
        digest_mix(&of_member, str_of(room, num_format_double(room, member.score)));
        digest_join(digest, &of_member);
    }
}

/* Groups do not count. An id enters with a dot between its numbers. */
static void mix_stream(struct digest *digest, const struct entry *entry)
{
    struct value stream = entry_value(entry);
    struct stream_cursor cursor;
    struct stream_pair pair;
    struct stream_id id;
    char text[STREAM_ID_TEXT];
    size_t pairs;
    stream_range(&stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_next(&cursor, &id, &pairs)) {
        struct str of_id = str_of(text, stream_id_format(text, id));
        text[str_find_char(of_id, '-')] = '.';
        digest_mix(digest, of_id);
        while (stream_next_pair(&cursor, &pair)) {
            digest_mix(digest, pair.name);
            digest_mix(digest, pair.value);
        }
    }
}

/* The number stands for the type in the digest. */
static const struct {
    enum value_type type;
    uint32_t number;
    void (*mix)(struct digest *digest, const struct entry *entry);
} rows[] = {
    {TYPE_STRING, 0, mix_string}, {TYPE_LIST, 1, mix_list}, {TYPE_SET, 2, mix_set},
    {TYPE_ZSET, 3, mix_zset},     {TYPE_HASH, 4, mix_hash}, {TYPE_STREAM, 6, mix_stream},
};

/* --- values and databases --- */

void digest_entry(struct digest *digest, const struct entry *entry)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type != entry_type(entry)) continue;
        mix_u32(digest, rows[i].number);
        rows[i].mix(digest, entry);
    }
    if (entry_has_expiry(entry)) digest_xor(digest, STR("!!expire!!"));
}

static void join_keyspace(struct digest *digest, const struct keyspace *ks)
{
    struct table_cursor cursor = {0};
    const struct entry *entry;
    while ((entry = table_next(&ks->table, &cursor))) {
        struct digest of_key = {0};
        digest_mix(&of_key, entry_key(entry));
        digest_entry(&of_key, entry);
        digest_join(digest, &of_key);
    }
}

void digest_store(struct digest *digest, const struct store *store)
{
    for (int i = 0; i < store->db_count; i++) {
        if (store->dbs[i].table.len == 0) continue;
        mix_u32(digest, (uint32_t)i);
        join_keyspace(digest, &store->dbs[i]);
    }
}

void digest_text(const struct digest *digest, char out[DIGEST_TEXT])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (int i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = DIGITS[digest->bytes[i] >> 4];
        out[2 * i + 1] = DIGITS[digest->bytes[i] & 15];
    }
}
