#include "snapshot/rdb_hash.h"

#include "snapshot/ziplist.h"
#include "store/fields.h"

enum { HASH_BYTE = 4, HASH_ZIPLIST_BYTE = 13, HASH_PACKED_BYTE = 16 };
enum { COMPARED_MAX = 32 }; /* fields compared one by one */

static bool save_pairs(struct rdb_writer *writer, const struct value *value)
{
    struct fields_cursor cursor = {0};
    struct field field;
    rdb_write_len(writer, fields_len(value));
    while (fields_next(value, &cursor, &field)) {
        rdb_write_string(writer, field.name);
        rdb_write_string(writer, field.value);
    }
    return !writer->sink->failed;
}

static bool save_packed(struct rdb_writer *writer, const struct value *value)
{
    return rdb_write_string(writer, packed_bytes(value_packed(value)));
}

static struct fields_edit edit_of(const struct rdb_reader *reader, struct fields_limits limits)
{
    struct store *store = reader->ks->store;
    return (struct fields_edit){.store = store, .limits = limits, .hash = fields_new(store)};
}

/* One pair; a field that was there already is a failure. */
static bool load_pair(struct rdb_reader *reader, struct buf *name, struct fields_edit *edit)
{
    struct str text;
    buf_clear(name);
    if (!rdb_read_string(reader, &text)) return false;
    buf_append_str(name, text);
    return rdb_read_string(reader, &text) && fields_set(edit, buf_str(name), text);
}

static bool load_pairs(struct rdb_reader *reader, struct value *value)
{
    struct fields_edit edit = edit_of(reader, rdb_limits_of(reader)->hash);
    struct buf name = {0};
    uint64_t len;
    bool done = rdb_read_len(reader, &len) && len > 0;
    for (uint64_t i = 0; done && i < len; i++) done = load_pair(reader, &name, &edit);
    buf_deinit(&name);
    *value = edit.hash;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

/* All pairs of a packed run into a hash of its own. False when a field comes twice. */
static bool unpack(const struct packed *packed, struct fields_edit *edit)
{
    struct field field;
    for (size_t at = packed_first(packed); at;) {
        field_at(packed, at, &field);
        if (!fields_set(edit, field.name, field.value)) return false;
        at = packed_next(packed, packed_next(packed, at));
    }
    return true;
}

/* For few fields: each is looked for among those behind it. */
static bool has_twins(const struct packed *packed)
{
    char room[NUM_I64_MAX];
    for (size_t at = packed_first(packed); at;) {
        size_t next = packed_next(packed, packed_next(packed, at));
        if (packed_find(packed, next, packed_text(packed, at, room), 1)) return true;
        at = next;
    }
    return false;
}

/* Building a table finds fields that come twice in a time that does not grow with the square. */
static bool check_packed(struct rdb_reader *reader, struct value *hash, size_t fields)
{
    struct fields_limits none = {0}, limits = rdb_limits_of(reader)->hash;
    bool stays_packed = fields <= limits.entries;
    if (stays_packed && fields <= COMPARED_MAX) return !has_twins(value_packed(hash));
    struct fields_edit edit = edit_of(reader, none);
    bool done = unpack(value_packed(hash), &edit);
    value_drop(reader->ks, stays_packed ? edit.hash : *hash);
    if (!stays_packed) *hash = edit.hash;
    return done;
}

bool rdb_hash_from_run(struct rdb_reader *reader, struct str run, struct value *value)
{
    *value = packed_object_from(TYPE_HASH, &reader->ks->store->epochs, run);
    size_t items = packed_len(value_packed(value));
    bool done = items > 0 && items % 2 == 0 && check_packed(reader, value, items / 2);
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool load_packed(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    if (!rdb_read_string(reader, &bytes) || !packed_is_valid(bytes, NULL)) return false;
    return rdb_hash_from_run(reader, bytes, value);
}

static bool load_ziplist(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    struct packed run;
    if (!rdb_read_string(reader, &bytes) || !ziplist_unpack(bytes, &run)) return false;
    bool done = rdb_hash_from_run(reader, packed_bytes(&run), value);
    packed_deinit(&run);
    return done;
}

const struct rdb_form rdb_hash_form = {
    .byte = HASH_BYTE,
    .type = TYPE_HASH,
    .encodings = 1 << ENC_TABLE,
    .save = save_pairs,
    .load = load_pairs,
};

const struct rdb_form rdb_hash_packed_form = {
    .byte = HASH_PACKED_BYTE,
    .type = TYPE_HASH,
    .encodings = 1 << ENC_PACKED,
    .save = save_packed,
    .load = load_packed,
};

const struct rdb_form rdb_hash_ziplist_form = {
    .byte = HASH_ZIPLIST_BYTE,
    .type = TYPE_HASH,
    .load = load_ziplist,
};
