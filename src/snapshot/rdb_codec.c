#include "snapshot/rdb_codec.h"

#include "base/num.h"
#include "snapshot/lzf_unpack.h"

#include <lzf.h>

/* The two high bits of a length's first byte, and what follows when both are set. */
enum {
    LEN_6 = 0x00,
    LEN_14 = 0x40,
    LEN_32 = 0x80,
    LEN_64 = 0x81,
    ENCODED = 0xc0,
    FORM_MASK = 0xc0
};
enum { AS_INT8, AS_INT16, AS_INT32, AS_LZF };

enum {
    INTEGER_TEXT_MAX = 11, /* digits and sign of a 32 bit integer */
    COMPRESS_FROM = 21,    /* bytes; below that LZF saves nothing */
    COMPRESS_SAVES = 4,
    COMPRESS_ALWAYS = 1024, /* from so many bytes on a try is worth its time */
    MISSES_BORNE = 16,
    MISSES_EACH = 16, /* after those borne, one of so many is tried */
    LZF_RATIO = 88,   /* three bytes of a back reference make at most 264 */
};

void rdb_writer_deinit(struct rdb_writer *writer)
{
    buf_deinit(&writer->scratch);
}

void rdb_reader_deinit(struct rdb_reader *reader)
{
    buf_deinit(&reader->text);
    buf_deinit(&reader->scratch);
}

const struct rdb_limits *rdb_limits_of(const struct rdb_reader *reader)
{
    static const struct rdb_limits USUAL = {
        .hash = {.entries = 128, .bytes = 64},
        .set = {.integers = 512, .entries = 128, .bytes = 64},
        .zset = {.entries = 128, .bytes = 64},
        .list = {.bytes = 8192, .count = SIZE_MAX},
    };
    return reader->limits ? reader->limits : &USUAL;
}

/* --- writing --- */

bool rdb_write_byte(struct rdb_writer *writer, uint8_t byte)
{
    return sink_write(writer->sink, &byte, 1);
}

static void put_big_endian(uint8_t *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) out[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
}

bool rdb_write_len(struct rdb_writer *writer, uint64_t len)
{
    uint8_t out[9];
    size_t used;
    if (len < 1 << 6) {
        out[0] = (uint8_t)(LEN_6 | len);
        used = 1;
    } else if (len < 1 << 14) {
        put_big_endian(out, len, 2);
        out[0] |= LEN_14;
        used = 2;
    } else {
        bool small = len <= UINT32_MAX;
        out[0] = small ? LEN_32 : LEN_64;
        put_big_endian(out + 1, len, small ? 4 : 8);
        used = small ? 5 : 9;
    }
    return sink_write(writer->sink, out, used);
}

static bool fits(int64_t number, unsigned bits)
{
    int64_t limit = (int64_t)1 << (bits - 1);
    return number >= -limit && number < limit;
}

/* False when the number needs more than 32 bits; nothing is written then. */
static bool write_integer(struct rdb_writer *writer, int64_t number)
{
    uint8_t out[5];
    size_t bytes = fits(number, 8) ? 1 : fits(number, 16) ? 2 : 4;
    if (!fits(number, 32)) return false;
    out[0] = (uint8_t)(ENCODED | (bytes == 1 ? AS_INT8 : bytes == 2 ? AS_INT16 : AS_INT32));
    for (size_t i = 0; i < bytes; i++) out[1 + i] = (uint8_t)((uint64_t)number >> 8 * i);
    sink_write(writer->sink, out, 1 + bytes);
    return true;
}

/* Trying in vain costs more than everything else that is done for a small string. */
static bool is_hopeless(const struct rdb_writer *writer, size_t len)
{
    return len < COMPRESS_ALWAYS && writer->misses >= MISSES_BORNE &&
           writer->misses % MISSES_EACH != 0;
}

/* False when compressing saves nothing; nothing is written then. */
static bool write_compressed(struct rdb_writer *writer, struct str bytes)
{
    if (bytes.len > UINT32_MAX) return false;
    size_t room = bytes.len - COMPRESS_SAVES;
    buf_clear(&writer->scratch);
    char *out = buf_reserve(&writer->scratch, room);
    unsigned packed = lzf_compress(bytes.ptr, (unsigned)bytes.len, out, (unsigned)room);
    if (packed == 0) return false;
    rdb_write_byte(writer, ENCODED | AS_LZF);
    rdb_write_len(writer, packed);
    rdb_write_len(writer, bytes.len);
    sink_write(writer->sink, out, packed);
    return true;
}

bool rdb_write_string(struct rdb_writer *writer, struct str bytes)
{
    int64_t number;
    bool done = bytes.len <= INTEGER_TEXT_MAX && num_parse_i64(bytes, &number) &&
                write_integer(writer, number);
    if (!done && writer->compress && bytes.len >= COMPRESS_FROM) {
        done = !is_hopeless(writer, bytes.len) && write_compressed(writer, bytes);
        writer->misses = done ? 0 : writer->misses + 1;
    }
    if (!done) {
        rdb_write_len(writer, bytes.len);
        sink_write(writer->sink, bytes.ptr, bytes.len);
    }
    return !writer->sink->failed;
}

bool rdb_write_i64_string(struct rdb_writer *writer, int64_t number)
{
    char digits[NUM_I64_MAX];
    if (write_integer(writer, number)) return !writer->sink->failed;
    return rdb_write_string(writer, str_of(digits, num_format_i64(digits, number)));
}

/* --- reading --- */

bool rdb_read_byte(struct rdb_reader *reader, uint8_t *byte)
{
    const char *here = source_borrow(reader->source, 1);
    if (here == NULL) return source_read(reader->source, byte, 1);
    *byte = (uint8_t)*here;
    return true;
}

static bool read_big_endian(struct rdb_reader *reader, size_t bytes, uint64_t *number)
{
    uint8_t in[8];
    if (!source_read(reader->source, in, bytes)) return false;
    *number = 0;
    for (size_t i = 0; i < bytes; i++) *number = *number << 8 | in[i];
    return true;
}

/* A length, or (encoded) the way a string is encoded. */
static bool read_len_or_encoding(struct rdb_reader *reader, uint64_t *len, bool *encoded)
{
    uint8_t first, second;
    if (!rdb_read_byte(reader, &first)) return false;
    *encoded = (first & FORM_MASK) == ENCODED;
    *len = first & (uint8_t)~FORM_MASK;
    if (*encoded || (first & FORM_MASK) == LEN_6) return true;
    if ((first & FORM_MASK) == LEN_14) {
        if (!rdb_read_byte(reader, &second)) return false;
        *len = *len << 8 | second;
        return true;
    }
    if (first == LEN_32) return read_big_endian(reader, 4, len);
    return first == LEN_64 && read_big_endian(reader, 8, len);
}

bool rdb_read_len(struct rdb_reader *reader, uint64_t *len)
{
    bool encoded;
    return read_len_or_encoding(reader, len, &encoded) && !encoded;
}

static bool read_integer(struct rdb_reader *reader, size_t bytes)
{
    uint8_t in[4];
    if (!source_read(reader->source, in, bytes)) return false;
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)in[i] << 8 * i;
    unsigned unused = 64 - 8 * (unsigned)bytes;
    buf_append_i64(&reader->text, (int64_t)(number << unused) >> unused);
    return true;
}

static bool read_compressed(struct rdb_reader *reader)
{
    uint64_t packed, len;
    if (!rdb_read_len(reader, &packed) || !rdb_read_len(reader, &len)) return false;
    if (packed == 0 || packed > UINT32_MAX || len > UINT32_MAX || len == 0) return false;
    if (len > packed * LZF_RATIO) return false;
    struct str in = {source_borrow(reader->source, packed), packed};
    if (in.ptr == NULL) {
        buf_clear(&reader->scratch);
        if (!source_append(reader->source, &reader->scratch, packed)) return false;
        in = buf_str(&reader->scratch);
    }
    char *out = buf_reserve(&reader->text, len + LZF_SLACK);
    reader->text.len = len;
    return lzf_unpack(in, out, len);
}

static bool read_encoded(struct rdb_reader *reader, uint64_t encoding)
{
    switch (encoding) {
    case AS_INT8:
        return read_integer(reader, 1);
    case AS_INT16:
        return read_integer(reader, 2);
    case AS_INT32:
        return read_integer(reader, 4);
    case AS_LZF:
        return read_compressed(reader);
    default:
        return false;
    }
}

static bool take_string(struct rdb_reader *reader, uint64_t len, bool encoded, struct str *bytes)
{
    buf_clear(&reader->text);
    bool done =
        encoded ? read_encoded(reader, len) : source_append(reader->source, &reader->text, len);
    *bytes = buf_str(&reader->text);
    return done;
}

bool rdb_read_string(struct rdb_reader *reader, struct str *bytes)
{
    uint64_t len;
    bool encoded;
    return read_len_or_encoding(reader, &len, &encoded) && take_string(reader, len, encoded, bytes);
}

bool rdb_read_string_briefly(struct rdb_reader *reader, struct str *bytes)
{
    uint64_t len;
    bool encoded;
    if (!read_len_or_encoding(reader, &len, &encoded)) return false;
    const char *here = encoded ? NULL : source_borrow(reader->source, len);
    if (here == NULL) return take_string(reader, len, encoded, bytes);
    *bytes = str_of(here, len);
    return true;
}
