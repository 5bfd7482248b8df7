#include "command/bitmap_bits.h"

#include <endian.h>

enum { COMBINE_BLOCK = 16 * 1024, WINDOW_BYTES = 9 };

static uint8_t byte_at(struct str bytes, uint64_t at)
{
    return (uint8_t)bytes.ptr[at];
}

bool bits_test(struct str bytes, uint64_t at)
{
    return at / 8 < bytes.len && byte_at(bytes, at / 8) >> (7 - at % 8) & 1;
}

void bits_put(char *bytes, uint64_t at, bool on)
{
    uint8_t mask = (uint8_t)(0x80 >> at % 8), byte = (uint8_t)bytes[at / 8];
    bytes[at / 8] = (char)(on ? byte | mask : byte & ~mask);
}

static uint64_t load_word(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

/* Four sums at a time, so that the processor need not wait for one addition before it begins the
 * next. */
static uint64_t count_bytes(const char *at, size_t len)
{
    uint64_t sums[4] = {0};
    for (; len >= sizeof(uint64_t) * 4; len -= sizeof(uint64_t) * 4, at += sizeof(uint64_t) * 4) {
        for (size_t i = 0; i < 4; i++) {
            sums[i] += (uint64_t)__builtin_popcountll(load_word(at + i * sizeof(uint64_t)));
        }
    }
    uint64_t sum = sums[0] + sums[1] + sums[2] + sums[3];
    for (size_t i = 0; i < len; i++) sum += (uint64_t)__builtin_popcount((uint8_t)at[i]);
    return sum;
}

uint64_t bits_count(struct str bytes, uint64_t from, uint64_t to)
{
    if (from >= to) return 0;
    uint64_t first = from / 8, end = (to + 7) / 8;
    uint64_t count = count_bytes(bytes.ptr + first, end - first);
    unsigned before = byte_at(bytes, first) & ~(0xffu >> from % 8);
    unsigned after = to % 8 ? byte_at(bytes, end - 1) & 0xffu >> to % 8 : 0;
    return count - (uint64_t)__builtin_popcount(before) - (uint64_t)__builtin_popcount(after);
}

/* Goes on to the first byte of [at, end) that is not `byte`. */
static uint64_t skip_bytes(struct str bytes, uint64_t at, uint64_t end, uint8_t byte)
{
    uint64_t word = byte * 0x0101010101010101u;
    while (end - at >= sizeof(word) && load_word(bytes.ptr + at) == word) at += sizeof(word);
    while (at < end && byte_at(bytes, at) == byte) at++;
    return at;
}

uint64_t bits_find(struct str bytes, uint64_t from, uint64_t to, bool on)
{
    if (from >= to) return to;
    const uint8_t empty = on ? 0 : 0xff;
    uint64_t at = from / 8, end = (to + 7) / 8;
    unsigned wanted = (byte_at(bytes, at) ^ empty) & 0xffu >> from % 8;
    if (!wanted) {
        at = skip_bytes(bytes, at + 1, end, empty);
        if (at == end) return to;
        wanted = byte_at(bytes, at) ^ empty;
    }
    uint64_t found = at * 8 + (uint64_t)__builtin_clz(wanted << 24);
    return found < to ? found : to;
}

/* The nine bytes any field fits in, as the lower part of a big-endian number. */
static unsigned __int128 window_load(const char *bytes, size_t len)
{
    uint8_t room[WINDOW_BYTES] = {0};
    if (len) memcpy(room, bytes, len < sizeof(room) ? len : sizeof(room));
    uint64_t high;
    memcpy(&high, room, sizeof(high));
    return (unsigned __int128)be64toh(high) << 8 | room[WINDOW_BYTES - 1];
}

static unsigned field_shift(uint64_t at, unsigned width)
{
    return WINDOW_BYTES * 8 - (unsigned)(at % 8) - width;
}

static uint64_t field_mask(unsigned width)
{
    return UINT64_MAX >> (64 - width);
}

uint64_t bits_load(struct str bytes, uint64_t at, unsigned width)
{
    struct str rest = str_from(bytes, at / 8);
    return (uint64_t)(window_load(rest.ptr, rest.len) >> field_shift(at, width)) &
           field_mask(width);
}

void bits_store(char *bytes, size_t len, uint64_t at, unsigned width, uint64_t value)
{
    char *window = bytes + at / 8;
    size_t inside = len - at / 8;
    unsigned shift = field_shift(at, width);
    unsigned __int128 mask = (unsigned __int128)field_mask(width) << shift;
    unsigned __int128 all = window_load(window, inside);
    all = (all & ~mask) | ((unsigned __int128)value << shift & mask);
    for (size_t i = 0; i < WINDOW_BYTES && i < inside; i++) {
        window[i] = (char)(all >> (WINDOW_BYTES - 1 - i) * 8);
    }
}

static void combine_part(enum bits_operation operation, char *restrict out, const char *restrict in,
                         size_t len)
{
    switch (operation) {
    case BITS_AND:
        for (size_t i = 0; i < len; i++) out[i] &= in[i];
        break;
    case BITS_OR:
        for (size_t i = 0; i < len; i++) out[i] |= in[i];
        break;
    case BITS_XOR:
        for (size_t i = 0; i < len; i++) out[i] ^= in[i];
        break;
    case BITS_NOT: /* takes no second string */
        break;
    }
}

static void invert(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) bytes[i] = (char)~bytes[i];
}

/* What a string has of a block; the view is empty when the string ends before it. */
static struct str block_of(struct str source, size_t start, size_t len)
{
    return str_first(str_from(source, start), len);
}

void bits_combine(enum bits_operation operation, const struct str *sources, size_t count, char *out,
                  size_t len)
{
    /* In blocks, so that what is written stays in the cache while all sources are read. */
    for (size_t start = 0; start < len; start += COMBINE_BLOCK) {
        size_t size = len - start < COMBINE_BLOCK ? len - start : COMBINE_BLOCK;
        struct str part = block_of(sources[0], start, size);
        if (part.len) memcpy(out + start, part.ptr, part.len);
        memset(out + start + part.len, 0, size - part.len);
        if (operation == BITS_NOT) invert(out + start, size);
        for (size_t i = 1; i < count; i++) {
            part = block_of(sources[i], start, size);
            combine_part(operation, out + start, part.ptr, part.len);
            if (operation == BITS_AND) memset(out + start + part.len, 0, size - part.len);
        }
    }
}
