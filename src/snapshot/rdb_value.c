#include "snapshot/rdb_value.h"

#include "base/assert.h"
#include "base/crc64.h"
#include "snapshot/rdb_hash.h"
#include "snapshot/rdb_list.h"
#include "snapshot/rdb_set.h"
#include "snapshot/rdb_stream.h"
#include "snapshot/rdb_string.h"
#include "snapshot/rdb_zset.h"

enum { FOOTER_VERSION = 2, FOOTER_CRC = 8, FOOTER = FOOTER_VERSION + FOOTER_CRC };

static const struct rdb_form *const FORMS[] = {
    &rdb_string_form,
    &rdb_hash_form,
    &rdb_hash_packed_form,
    &rdb_hash_ziplist_form,
    &rdb_set_form,
    &rdb_intset_form,
    &rdb_set_packed_form,
    &rdb_list_runs_form,
    &rdb_list_form,
    &rdb_list_ziplist_form,
    &rdb_list_ziplists_form,
    &rdb_zset_form,
    &rdb_zset_packed_form,
    &rdb_zset_text_form,
    &rdb_zset_ziplist_form,
    &rdb_hash_zipmap_form,
    &rdb_hash_fields_pre_form,
    &rdb_hash_run_pre_form,
    &rdb_hash_fields_form,
    &rdb_hash_run_form,
    &rdb_stream_form,
    &rdb_stream_5_0_form,
    &rdb_stream_7_2_form,
};

const struct rdb_form *rdb_form_of(const struct value *value)
{
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        bool saves = FORMS[i]->encodings >> value->encoding & 1;
        if (FORMS[i]->type == value->type && saves) return FORMS[i];
    }
    return NULL;
}

const struct rdb_form *rdb_form_read(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        if (FORMS[i]->byte == byte) return FORMS[i];
    }
    return NULL;
}

bool rdb_write_value(struct rdb_writer *writer, const struct value *value)
{
    const struct rdb_form *form = rdb_form_of(value);
    ASSERT(form);
    return rdb_write_byte(writer, form->byte) && form->save(writer, value);
}

bool rdb_read_value(struct rdb_reader *reader, struct value *value)
{
    uint8_t byte;
    if (!rdb_read_byte(reader, &byte)) return false;
    const struct rdb_form *form = rdb_form_read(byte);
    return form && form->load(reader, value);
}

struct entry *rdb_put_value(struct rdb_reader *reader, struct str key, struct value value,
                            int64_t expire_at_ms)
{
    if (value.type == TYPE_STRING) {
        return keyspace_put_string(reader->ks, key, value.bytes, expire_at_ms);
    }
    return keyspace_put(reader->ks, key, value, expire_at_ms);
}

static void append_little_endian(struct buf *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) buf_append_char(out, (char)(number >> 8 * i));
}

static uint64_t read_little_endian(const char *in, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)(unsigned char)in[i] << 8 * i;
    return number;
}

void rdb_append_footer(struct buf *out, size_t from)
{
    append_little_endian(out, RDB_VERSION, FOOTER_VERSION);
    append_little_endian(out, crc64(0, out->ptr + from, out->len - from), FOOTER_CRC);
}

void rdb_dump(struct buf *out, const struct value *value)
{
    struct sink sink = sink_to_buf(out);
    struct rdb_writer writer = {.sink = &sink, .compress = true};
    size_t from = out->len;
    rdb_write_value(&writer, value);
    rdb_append_footer(out, from);
    rdb_writer_deinit(&writer);
}

static bool has_sound_footer(struct str payload)
{
    if (payload.len < FOOTER) return false;
    const char *crc = payload.ptr + payload.len - FOOTER_CRC;
    if (read_little_endian(crc - FOOTER_VERSION, FOOTER_VERSION) > RDB_VERSION_READABLE)
        return false;
    return read_little_endian(crc, FOOTER_CRC) == crc64(0, payload.ptr, payload.len - FOOTER_CRC);
}

bool rdb_check_footer(struct str payload, struct str *body)
{
    bool sound = has_sound_footer(payload);
    *body = sound ? str_first(payload, payload.len - FOOTER) : STR("");
    return sound;
}

enum rdb_verdict rdb_undump(struct rdb_reader *reader, struct str payload, struct value *value)
{
    if (!has_sound_footer(payload)) return RDB_BAD_FOOTER;
    struct str body = str_first(payload, payload.len - FOOTER);
    struct source source = source_from_str(&body);
    reader->source = &source;
    bool read = rdb_read_value(reader, value);
    reader->source = NULL;
    if (!read) return RDB_BAD_VALUE;
    if (body.len == 0) return RDB_SOUND;
    if (value->type != TYPE_STRING) value_drop(reader->ks, *value);
    return RDB_BAD_VALUE;
}
