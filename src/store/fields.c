#include "store/fields.h"

#include "base/mem.h"

/* --- reading --- */

size_t fields_len(const struct value *hash)
{
    if (hash->encoding == ENC_TABLE) return value_table(hash)->len;
    return packed_len(value_packed(hash)) / 2;
}

static void view_value(const struct entry *entry, struct field *field)
{
    struct value value = entry_value(entry);
    bool is_big = value.encoding == ENC_BLOB;
    field->blob = is_big ? value.blob : NULL;
    field->value = is_big ? blob_str(value.blob) : value.bytes;
}

void field_of_entry(const struct entry *entry, struct field *field)
{
    field->name = entry_key(entry);
    view_value(entry, field);
}

void field_at(const struct packed *packed, size_t at, struct field *field)
{
    field->blob = NULL;
    field->name = packed_text(packed, at, field->name_room);
    field->value = packed_text(packed, packed_next(packed, at), field->value_room);
}

/* The offset of a field's name. */
static size_t find_packed(const struct packed *packed, struct str name)
{
    return packed_find(packed, packed_first(packed), name, 1);
}

bool fields_get(const struct value *hash, struct str name, struct field *field)
{
    if (hash->encoding == ENC_TABLE) {
        const struct table *table = value_table(hash);
        const struct entry *entry = table_find(table, name, table_hash(table, name));
        if (entry) view_value(entry, field);
        return entry != NULL;
    }
    const struct packed *packed = value_packed(hash);
    size_t at = find_packed(packed, name);
    if (at == PACKED_NONE) return false;
    field->blob = NULL;
    field->value = packed_text(packed, packed_next(packed, at), field->value_room);
    return true;
}

bool fields_next(const struct value *hash, struct fields_cursor *cursor, struct field *field)
{
    if (hash->encoding == ENC_TABLE) {
        const struct entry *entry = table_next(value_table(hash), &cursor->table);
        if (entry) field_of_entry(entry, field);
        return entry != NULL;
    }
    const struct packed *packed = value_packed(hash);
    if (!cursor->is_started) cursor->at = packed_first(packed);
    cursor->is_started = true;
    if (cursor->at == PACKED_NONE) return false;
    field->blob = NULL;
    field->name = packed_step(packed, &cursor->at, field->name_room);
    field->value = packed_step(packed, &cursor->at, field->value_room);
    return true;
}

/* --- writing --- */

struct value fields_new(struct store *store)
{
    return packed_object_new(TYPE_HASH, &store->epochs);
}

static struct entry *new_entry(const struct epochs *epochs, struct str name, struct str bytes)
{
    struct value value = {.type = TYPE_NONE, .encoding = ENC_EMBEDDED, .bytes = bytes};
    if (bytes.len > ENTRY_EMBED_MAX) {
        value.encoding = ENC_BLOB;
        value.blob = blob_new(bytes.len, epochs->now);
        memcpy(value.blob->bytes, bytes.ptr, bytes.len);
        value.blob->len = bytes.len;
    }
    return entry_new(name, value, NO_EXPIRY, epochs->now);
}

static void become_table(struct fields_edit *edit)
{
    struct value packed = edit->hash;
    struct fields_cursor cursor = {0};
    struct field field;
    edit->hash = table_object_new(TYPE_HASH, edit->store);
    while (fields_next(&packed, &cursor, &field)) {
        struct entry *entry = new_entry(&edit->store->epochs, field.name, field.value);
        struct table *table = value_table(&edit->hash);
        table_insert(table, entry, table_hash(table, field.name));
    }
    packed.object->ops->free(packed.object);
}

void fields_expect(struct fields_edit *edit, const struct str *parts, size_t count)
{
    if (edit->hash.encoding == ENC_TABLE) return;
    size_t total = 0;
    bool is_long = false;
    for (size_t i = 0; i < count; i++) {
        is_long |= parts[i].len > edit->limits.bytes;
        is_long |= __builtin_add_overflow(total, parts[i].len, &total);
    }
    if (is_long || !packed_fits(value_packed(&edit->hash), total)) become_table(edit);
}

/* Overwrites a value of the same length where it lies. */
static bool overwrite(const struct epochs *epochs, struct entry *entry, struct str bytes)
{
    if (!epoch_is_private(epochs, entry->epoch)) return false;
    if (entry_encoding(entry) != ENC_EMBEDDED || entry_lengths(entry).val != bytes.len)
        return false;
    struct str key = entry_key(entry);
    if (bytes.len) memcpy((char *)(uintptr_t)key.ptr + key.len, bytes.ptr, bytes.len);
    return true;
}

static bool set_in_table(struct fields_edit *edit, struct str name, struct str value)
{
    struct epochs *epochs = &edit->store->epochs;
    struct table *table = value_table(&edit->hash);
    uint64_t hash = table_hash(table, name);
    struct entry *old = table_find(table, name, hash);
    if (old && overwrite(epochs, old, value)) return false;
    struct entry *fresh = new_entry(epochs, name, value);
    if (old == NULL) {
        table_insert(table, fresh, hash);
        return true;
    }
    table_replace(table, old, fresh, hash);
    epoch_retire(epochs, old->epoch, (struct garbage){entry_free_deep, old});
    return false;
}

static bool set_packed(struct fields_edit *edit, struct str name, struct str value)
{
    struct packed *packed = value_packed(&edit->hash);
    size_t at = find_packed(packed, name);
    if (at) {
        packed_replace(packed, packed_next(packed, at), value);
        return false;
    }
    packed_insert_pair(packed, packed_end(packed), name, value);
    if (packed_len(packed) / 2 > edit->limits.entries) become_table(edit);
    return true;
}

bool fields_set(struct fields_edit *edit, struct str name, struct str value)
{
    struct str parts[] = {name, value};
    fields_expect(edit, parts, 2);
    bool is_packed = edit->hash.encoding == ENC_PACKED;
    return is_packed ? set_packed(edit, name, value) : set_in_table(edit, name, value);
}

bool fields_remove(struct fields_edit *edit, struct str name)
{
    if (edit->hash.encoding == ENC_TABLE) return table_drop(value_table(&edit->hash), name);
    struct packed *packed = value_packed(&edit->hash);
    size_t at = find_packed(packed, name);
    if (at) packed_remove(packed, at, 2);
    return at != PACKED_NONE;
}
