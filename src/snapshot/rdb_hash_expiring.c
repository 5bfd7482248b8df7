/* Hashes as 7.4 saves those that have, or had, fields with a time of expiry. Such times mean
 * nothing to us: a hash is read when no field has one, and refused by name else. */
#include "snapshot/rdb_hash.h"
#include "store/fields.h"

enum { FIELDS_PRE_BYTE = 22, RUN_PRE_BYTE = 23, FIELDS_BYTE = 24, RUN_BYTE = 25 };
enum { MINIMUM = 8 }; /* bytes of the earliest expiry, before the fields */

static bool refuse_expiry(struct rdb_reader *reader)
{
    reader->why = "it has fields that expire, which is of Redis 7.4";
    return false;
}

static bool skip_minimum(struct rdb_reader *reader)
{
    char minimum[MINIMUM];
    return source_read(reader->source, minimum, sizeof(minimum));
}

/* --- one by one: expiry, name, value --- */

static bool load_field(struct rdb_reader *reader, struct buf *name, struct fields_edit *edit)
{
    struct str text;
    uint64_t expiry;
    buf_clear(name);
    if (!rdb_read_len(reader, &expiry)) return false;
    if (expiry != 0) return refuse_expiry(reader);
    if (!rdb_read_string(reader, &text)) return false;
    buf_append_str(name, text);
    return rdb_read_string(reader, &text) && fields_set(edit, buf_str(name), text);
}

static bool load_fields_pre(struct rdb_reader *reader, struct value *value)
{
    struct store *store = reader->ks->store;
    struct fields_edit edit = {
        .store = store, .limits = rdb_limits_of(reader)->hash, .hash = fields_new(store)};
    struct buf name = {0};
    uint64_t len;
    bool done = rdb_read_len(reader, &len) && len > 0;
    for (uint64_t i = 0; done && i < len; i++) done = load_field(reader, &name, &edit);
    buf_deinit(&name);
    *value = edit.hash;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool load_fields(struct rdb_reader *reader, struct value *value)
{
    return skip_minimum(reader) && load_fields_pre(reader, value);
}

/* --- a run of names, values and expiries --- */

static bool take_triple(struct rdb_reader *reader, const struct packed *triples, size_t at,
                        struct packed *pairs)
{
    char room[NUM_I64_MAX];
    size_t value_at = packed_next(triples, at), expiry_at = packed_next(triples, value_at);
    struct packed_item expiry = packed_get(triples, expiry_at);
    if (!expiry.is_integer) return false;
    if (expiry.integer != 0) return refuse_expiry(reader);
    packed_append(pairs, packed_text(triples, at, room));
    packed_append(pairs, packed_text(triples, value_at, room));
    return true;
}

static bool drop_expiries(struct rdb_reader *reader, struct str bytes, struct packed *pairs)
{
    size_t count;
    if (!packed_is_valid(bytes, &count) || count == 0 || count % 3) return false;
    struct packed triples = {(uint8_t *)(uintptr_t)bytes.ptr};
    size_t at = packed_first(&triples);
    for (size_t i = 0; i < count; i += 3) {
        if (!take_triple(reader, &triples, at, pairs)) return false;
        at = packed_next(&triples, packed_next(&triples, packed_next(&triples, at)));
    }
    return true;
}

static bool load_run_pre(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    struct packed pairs;
    if (!rdb_read_string(reader, &bytes)) return false;
    packed_init(&pairs);
    bool done = drop_expiries(reader, bytes, &pairs) &&
                rdb_hash_from_run(reader, packed_bytes(&pairs), value);
    packed_deinit(&pairs);
    return done;
}

static bool load_run(struct rdb_reader *reader, struct value *value)
{
    return skip_minimum(reader) && load_run_pre(reader, value);
}

const struct rdb_form rdb_hash_fields_pre_form = {
    .byte = FIELDS_PRE_BYTE, .type = TYPE_HASH, .load = load_fields_pre};
const struct rdb_form rdb_hash_run_pre_form = {
    .byte = RUN_PRE_BYTE, .type = TYPE_HASH, .load = load_run_pre};
const struct rdb_form rdb_hash_fields_form = {
    .byte = FIELDS_BYTE, .type = TYPE_HASH, .load = load_fields};
const struct rdb_form rdb_hash_run_form = {.byte = RUN_BYTE, .type = TYPE_HASH, .load = load_run};
