#include "snapshot/rdb_string.h"

enum { STRING_BYTE = 0 };

static bool save(struct rdb_writer *writer, const struct value *value)
{
    if (value->encoding == ENC_INT) return rdb_write_i64_string(writer, value->integer);
    bool outside = value->encoding == ENC_BLOB;
    return rdb_write_string(writer, outside ? blob_str(value->blob) : value->bytes);
}

static bool load(struct rdb_reader *reader, struct value *value)
{
    *value = (struct value){.type = TYPE_STRING, .encoding = ENC_EMBEDDED};
    return rdb_read_string_briefly(reader, &value->bytes);
}

const struct rdb_form rdb_string_form = {
    .byte = STRING_BYTE,
    .type = TYPE_STRING,
    .encodings = 1 << ENC_INT | 1 << ENC_EMBEDDED | 1 << ENC_EMBEDDED_RAW | 1 << ENC_BLOB,
    .save = save,
    .load = load,
};
