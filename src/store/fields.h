/* Hashes: fields with values. Packed while small, a table of entries when big; users see
 * "listpack" and "hashtable".
 *
 *     packed: field, value, field, value ...   table: an entry for each, its key the field
 *
 * Reading takes any hash, also a frozen one on another thread. An edit needs a private one: it
 * may replace the object by one of the other encoding, so who began it puts edit.hash where it
 * belongs when it is over. */
#ifndef SKEIN_STORE_FIELDS_H
#define SKEIN_STORE_FIELDS_H

#include "store/collection.h"

/* A hash of more fields, or with a longer field or value, becomes a table, and stays one. */
struct fields_limits {
    size_t entries, bytes;
};

/* A field as it was found; views live until the hash changes. Not to be copied: they may point
 * into the rooms. */
struct field {
    struct str name, value;
    struct blob *blob; /* what holds the value, when it is a big one */
    char name_room[NUM_I64_MAX], value_room[NUM_I64_MAX];
};

size_t fields_len(const struct value *hash);
/* Fills in the value only. */
bool fields_get(const struct value *hash, struct str name, struct field *field);

/* All fields; the cursor starts zeroed. */
struct fields_cursor {
    bool is_started;
    size_t at; /* the field to come, in a run */
    struct table_cursor table;
};
bool fields_next(const struct value *hash, struct fields_cursor *cursor, struct field *field);

/* A field at an offset of a packed hash, or of an entry. */
void field_at(const struct packed *packed, size_t at, struct field *field);
void field_of_entry(const struct entry *entry, struct field *field);

struct fields_edit {
    struct value hash;
    struct store *store;
    struct fields_limits limits;
};

struct value fields_new(struct store *store);
/* Becomes a table at once if one of these is too long for the other form. */
void fields_expect(struct fields_edit *edit, const struct str *parts, size_t count);
/* True when the field is new. */
bool fields_set(struct fields_edit *edit, struct str name, struct str value);
bool fields_remove(struct fields_edit *edit, struct str name);

#endif
