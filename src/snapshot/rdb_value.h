/* Values in the RDB format: one type byte, then a body. The same bytes stand in RDB files and in
 * DUMP.
 *
 * A table has one row for each form a value can have on disk; a new type is a new row. Reading
 * checks everything, as if the bytes came from an enemy: a value that is returned is sound. */
#ifndef SKEIN_SNAPSHOT_RDB_VALUE_H
#define SKEIN_SNAPSHOT_RDB_VALUE_H

#include "snapshot/rdb_codec.h"

enum {
    RDB_VERSION = 10,          /* what we write */
    RDB_VERSION_READABLE = 11, /* what we understand */
};

/* One form: which values are saved in it and how it is read. */
struct rdb_form {
    uint8_t byte;
    enum value_type type;
    uint32_t encodings; /* bits 1 << enum value_encoding saved so; 0: the form is only read */
    bool (*save)(struct rdb_writer *writer, const struct value *value);
    bool (*load)(struct rdb_reader *reader, struct value *value);
};

/* The form a value is saved in, and the form a type byte stands for; NULL when there is none. */
const struct rdb_form *rdb_form_of(const struct value *value);
const struct rdb_form *rdb_form_read(uint8_t byte);

/* The type byte and the body. */
bool rdb_write_value(struct rdb_writer *writer, const struct value *value);
/* Collections belong to the caller. A string comes as a view that is valid until anything else is
 * read: keep it with rdb_put_value. */
bool rdb_read_value(struct rdb_reader *reader, struct value *value);
/* Puts a value that was read under a key of the reader's database. */
struct entry *rdb_put_value(struct rdb_reader *reader, struct str key, struct value value,
                            int64_t expire_at_ms);

/* DUMP's form: a value, the version, a checksum of both. */
void rdb_dump(struct buf *out, const struct value *value);

/* The version and the checksum of what `out` holds from `from` on. */
void rdb_append_footer(struct buf *out, size_t from);
/* False when they do not fit; *body is what stands before them. */
bool rdb_check_footer(struct str payload, struct str *body);

enum rdb_verdict { RDB_SOUND, RDB_BAD_FOOTER, RDB_BAD_VALUE };
/* Reads what rdb_dump wrote; the reader's source is set here. */
enum rdb_verdict rdb_undump(struct rdb_reader *reader, struct str payload, struct value *value);

#endif
