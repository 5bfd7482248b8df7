#include "snapshot/rdb_zset.h"

#include "snapshot/ziplist.h"
#include "store/zset.h"

#include <math.h>

enum {
    TEXT_BYTE = 3,
    BINARY_BYTE = 5,
    ZIPLIST_BYTE = 12,
    PACKED_BYTE = 17,
    COMPARED_MAX = 32, /* up to so many members, each is compared with all others */
    /* In place of the length of a score's text. */
    TEXT_NAN = 253,
    TEXT_INFINITE = 254,
    TEXT_MINUS_INFINITE = 255,
};

/* --- saving --- */

static bool write_score(struct rdb_writer *writer, double score)
{
    uint64_t bits;
    memcpy(&bits, &score, sizeof(bits));
    for (unsigned i = 0; i < sizeof(bits); i++) rdb_write_byte(writer, (uint8_t)(bits >> 8 * i));
    return !writer->sink->failed;
}

/* The highest score comes first, which is how others insert them fastest. */
static bool save_binary(struct rdb_writer *writer, const struct value *value)
{
    struct zset_cursor cursor;
    struct ranked member;
    size_t len = zset_len(value);
    rdb_write_len(writer, len);
    for (bool more = zset_seek(value, &cursor, len - 1); more; more = zset_prev(&cursor)) {
        zset_get(&cursor, &member);
        rdb_write_string(writer, member.name);
        write_score(writer, member.score);
    }
    return !writer->sink->failed;
}

static bool save_packed(struct rdb_writer *writer, const struct value *value)
{
    return rdb_write_string(writer, packed_bytes(value_packed(value)));
}

/* --- loading --- */

static struct zset_edit begin(const struct rdb_reader *reader)
{
    struct store *store = reader->ks->store;
    return (struct zset_edit){
        .store = store, .limits = rdb_limits_of(reader)->zset, .zset = zset_new_big(store)};
}

/* A member that was there already is a failure, and so is a score that is no number. */
static bool gather(struct zset_edit *edit, struct str name, double score)
{
    const struct table *table = &value_zset(&edit->zset)->table;
    if (isnan(score) || table_find(table, name, table_hash(table, name))) return false;
    zset_gather(edit, name, score);
    return true;
}

static bool finish(struct rdb_reader *reader, struct zset_edit *edit, struct value *value,
                   bool done)
{
    done = done && value_zset(&edit->zset)->table.len > 0;
    zset_order(edit);
    *value = edit->zset;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool read_binary_score(struct rdb_reader *reader, double *score)
{
    uint64_t bits = 0;
    uint8_t byte;
    for (unsigned i = 0; i < sizeof(bits); i++) {
        if (!rdb_read_byte(reader, &byte)) return false;
        bits |= (uint64_t)byte << 8 * i;
    }
    memcpy(score, &bits, sizeof(bits));
    return true;
}

static bool read_text_score(struct rdb_reader *reader, double *score)
{
    char text[TEXT_NAN];
    uint8_t len, byte;
    if (!rdb_read_byte(reader, &len) || len == TEXT_NAN) return false;
    *score = len == TEXT_INFINITE ? INFINITY : -INFINITY;
    if (len == TEXT_INFINITE || len == TEXT_MINUS_INFINITE) return true;
    for (unsigned i = 0; i < len; i++) {
        if (!rdb_read_byte(reader, &byte)) return false;
        text[i] = (char)byte;
    }
    return num_parse_double(str_of(text, len), score);
}

static bool load_pairs(struct rdb_reader *reader, struct value *value,
                       bool (*read_score)(struct rdb_reader *, double *))
{
    struct zset_edit edit = begin(reader);
    struct str name;
    double score;
    uint64_t len;
    bool done = rdb_read_len(reader, &len);
    for (uint64_t i = 0; done && i < len; i++) {
        done = rdb_read_string(reader, &name) && read_score(reader, &score) &&
               gather(&edit, name, score);
    }
    return finish(reader, &edit, value, done);
}

static bool load_binary(struct rdb_reader *reader, struct value *value)
{
    return load_pairs(reader, value, read_binary_score);
}

static bool load_text(struct rdb_reader *reader, struct value *value)
{
    return load_pairs(reader, value, read_text_score);
}

/* --- packed forms --- */

static bool has_twin(const struct packed *packed, size_t at)
{
    char room[NUM_I64_MAX];
    size_t next = packed_next(packed, packed_next(packed, at));
    return next && packed_find(packed, next, packed_text(packed, at, room), 1) != PACKED_NONE;
}

static bool score_at(const struct packed *packed, size_t at, double *score)
{
    struct packed_item item = packed_get(packed, at);
    *score = (double)item.integer;
    return item.is_integer || num_parse_double(item.bytes, score);
}

static bool in_order(const struct packed *packed, size_t before, size_t at, double score)
{
    char room[NUM_I64_MAX], other_room[NUM_I64_MAX];
    double last;
    if (before == PACKED_NONE) return true;
    score_at(packed, packed_next(packed, before), &last);
    if (last != score) return last < score;
    return str_cmp(packed_text(packed, before, other_room), packed_text(packed, at, room)) < 0;
}

/* Whether a run is a small sorted set as it is. */
static bool is_sound(const struct packed *packed, const struct zset_limits *limits)
{
    char room[NUM_I64_MAX];
    size_t before = PACKED_NONE, count = 0;
    for (size_t at = packed_first(packed); at;) {
        size_t behind = packed_next(packed, at);
        double score;
        if (++count > COMPARED_MAX || count > limits->entries) return false;
        if (packed_text(packed, at, room).len > limits->bytes) return false;
        if (!score_at(packed, behind, &score) || isnan(score)) return false;
        if (!in_order(packed, before, at, score) || has_twin(packed, at)) return false;
        before = at;
        at = packed_next(packed, behind);
    }
    return true;
}

static bool gather_packed(struct zset_edit *edit, const struct packed *packed)
{
    char room[NUM_I64_MAX];
    for (size_t at = packed_first(packed); at;) {
        size_t behind = packed_next(packed, at);
        double score;
        if (!score_at(packed, behind, &score)) return false;
        if (!gather(edit, packed_text(packed, at, room), score)) return false;
        at = packed_next(packed, behind);
    }
    return true;
}

/* The run is valid; it is copied. */
static bool load_run(struct rdb_reader *reader, struct value *value, const struct packed *packed)
{
    size_t items = packed_len(packed);
    if (items == 0 || items % 2) return false;
    if (is_sound(packed, &rdb_limits_of(reader)->zset)) {
        struct epochs *epochs = &reader->ks->store->epochs;
        *value = packed_object_from(TYPE_ZSET, epochs, packed_bytes(packed));
        return true;
    }
    struct zset_edit edit = begin(reader);
    return finish(reader, &edit, value, gather_packed(&edit, packed));
}

static bool load_packed(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    if (!rdb_read_string(reader, &bytes) || !packed_is_valid(bytes, NULL)) return false;
    struct packed packed = {(uint8_t *)(uintptr_t)bytes.ptr};
    return load_run(reader, value, &packed);
}

static bool load_ziplist(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    struct packed packed;
    if (!rdb_read_string(reader, &bytes) || !ziplist_unpack(bytes, &packed)) return false;
    bool done = load_run(reader, value, &packed);
    packed_deinit(&packed);
    return done;
}

const struct rdb_form rdb_zset_form = {
    .byte = BINARY_BYTE,
    .type = TYPE_ZSET,
    .encodings = 1 << ENC_TREE,
    .save = save_binary,
    .load = load_binary,
};

const struct rdb_form rdb_zset_packed_form = {
    .byte = PACKED_BYTE,
    .type = TYPE_ZSET,
    .encodings = 1 << ENC_PACKED,
    .save = save_packed,
    .load = load_packed,
};

const struct rdb_form rdb_zset_text_form = {
    .byte = TEXT_BYTE, .type = TYPE_ZSET, .load = load_text};
const struct rdb_form rdb_zset_ziplist_form = {
    .byte = ZIPLIST_BYTE, .type = TYPE_ZSET, .load = load_ziplist};
