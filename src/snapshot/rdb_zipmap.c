/* Zipmaps, in which versions before 2.6 saved small hashes: the number of pairs in one byte, then
 * for each the name's length and bytes, the value's length, how many bytes behind it are unused,
 * the value's bytes and those; 0xff at the end. A length is one byte, or 254 and four. */
#include "snapshot/rdb_hash.h"

enum { ZIPMAP_BYTE = 9, LONG_LEN = 254, END = 255, COUNT_UNKNOWN = 254 };

static bool take(struct str *rest, size_t len, struct str *bytes)
{
    if (len > rest->len) return false;
    *bytes = str_first(*rest, len);
    *rest = str_from(*rest, len);
    return true;
}

static bool take_number(struct str *rest, size_t len, size_t *number)
{
    struct str bytes;
    if (!take(rest, len, &bytes)) return false;
    *number = 0;
    for (size_t i = len; i-- > 0;) *number = *number << 8 | (unsigned char)bytes.ptr[i];
    return true;
}

static bool take_len(struct str *rest, size_t *len)
{
    if (!take_number(rest, 1, len) || *len == END) return false;
    return *len < LONG_LEN || take_number(rest, 4, len);
}

static bool take_pair(struct str *rest, struct packed *run)
{
    struct str name, value, unused;
    size_t len, spare;
    if (!take_len(rest, &len) || !take(rest, len, &name)) return false;
    if (!take_len(rest, &len) || !take_number(rest, 1, &spare)) return false;
    if (!take(rest, len, &value) || !take(rest, spare, &unused)) return false;
    if (!packed_fits(run, name.len + value.len + 32)) return false;
    packed_append(run, name);
    packed_append(run, value);
    return true;
}

static bool unpack(struct str zipmap, struct packed *run)
{
    size_t announced, count = 0;
    if (!take_number(&zipmap, 1, &announced)) return false;
    for (; zipmap.len > 0 && (unsigned char)zipmap.ptr[0] != END; count++) {
        if (!take_pair(&zipmap, run)) return false;
    }
    return zipmap.len == 1 && (announced >= COUNT_UNKNOWN || announced == count);
}

static bool load_zipmap(struct rdb_reader *reader, struct value *value)
{
    struct str bytes;
    struct packed run;
    if (!rdb_read_string(reader, &bytes)) return false;
    packed_init(&run);
    bool done = unpack(bytes, &run) && rdb_hash_from_run(reader, packed_bytes(&run), value);
    packed_deinit(&run);
    return done;
}

const struct rdb_form rdb_hash_zipmap_form = {
    .byte = ZIPMAP_BYTE,
    .type = TYPE_HASH,
    .load = load_zipmap,
};
