#include "snapshot/rdb_set.h"

enum { SET_BYTE = 2, INTSET_BYTE = 11, SET_PACKED_BYTE = 20 };

static bool save_members(struct rdb_writer *writer, const struct value *value)
{
    struct members_cursor cursor = {0};
    struct member member;
    rdb_write_len(writer, members_len(value));
    while (members_next(value, &cursor, &member)) rdb_write_string(writer, member.name);
    return !writer->sink->failed;
}

static bool save_intset(struct rdb_writer *writer, const struct value *value)
{
    return rdb_write_string(writer, intset_bytes(value_intset(value)));
}

static struct members_edit edit_of(const struct rdb_reader *reader)
{
    return (struct members_edit){.store = reader->ks->store, .limits = rdb_limits_of(reader)->set};
}

/* A member that was there already is a failure. */
static bool load_members(struct rdb_reader *reader, struct value *value)
{
    struct members_edit edit = edit_of(reader);
    struct str name;
    uint64_t len;
    bool done = rdb_read_len(reader, &len) && len > 0 && rdb_read_string(reader, &name);
    if (!done) return false;
    members_begin(&edit, name, len);
    members_add(&edit, name);
    for (uint64_t i = 1; done && i < len; i++) {
        done = rdb_read_string(reader, &name) && members_add(&edit, name);
    }
    *value = edit.set;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool load_intset(struct rdb_reader *reader, struct value *value)
{
    struct members_edit edit = edit_of(reader);
    struct str bytes;
    if (!rdb_read_string(reader, &bytes) || !intset_is_valid(bytes)) return false;
    edit.set = intset_object_from(&edit.store->epochs, bytes);
    members_expect(&edit, intset_len(value_intset(&edit.set)));
    *value = edit.set;
    return true;
}

/* The members of a run that is valid, added one by one: that finds those that come twice. */
static bool unpack(struct members_edit *edit, const struct packed *packed)
{
    char room[NUM_I64_MAX];
    for (size_t at = packed_first(packed); at; at = packed_next(packed, at)) {
        if (!members_add(edit, packed_text(packed, at, room))) return false;
    }
    return true;
}

static bool load_packed(struct rdb_reader *reader, struct value *value)
{
    struct members_edit edit = edit_of(reader);
    struct str bytes;
    size_t count;
    if (!rdb_read_string(reader, &bytes) || !packed_is_valid(bytes, &count) || count == 0) {
        return false;
    }
    struct value packed = packed_object_from(TYPE_SET, &edit.store->epochs, bytes);
    members_begin(&edit, STR(""), count);
    bool done = unpack(&edit, value_packed(&packed));
    value_drop(reader->ks, packed);
    *value = edit.set;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

const struct rdb_form rdb_set_form = {
    .byte = SET_BYTE,
    .type = TYPE_SET,
    .encodings = 1 << ENC_TABLE | 1 << ENC_PACKED, /* readers of version 10 know no packed sets */
    .save = save_members,
    .load = load_members,
};

const struct rdb_form rdb_intset_form = {
    .byte = INTSET_BYTE,
    .type = TYPE_SET,
    .encodings = 1 << ENC_INTSET,
    .save = save_intset,
    .load = load_intset,
};

const struct rdb_form rdb_set_packed_form = {
    .byte = SET_PACKED_BYTE,
    .type = TYPE_SET,
    .load = load_packed,
};
