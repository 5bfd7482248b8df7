/* The layout: total bytes u32, offset of the last item u32, count u16, the items, 0xff. An item is
 * the length of the one before it (one byte, or 254 and four), a head and a body. */
#include "snapshot/ziplist.h"

enum {
    HEADER = 10,
    TAIL_AT = 4,
    COUNT_AT = 8,
    COUNT_UNKNOWN = 0xffff,
    END = 0xff,
    LONG_BEFORE = 254,
};

static uint64_t little_endian(const uint8_t *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)at[i] << 8 * i;
    return number;
}

static int64_t signed_little_endian(const uint8_t *at, size_t bytes)
{
    unsigned shift = 64 - 8 * (unsigned)bytes;
    return (int64_t)(little_endian(at, bytes) << shift) >> shift;
}

/* An item's parts, without the length of the one before. */
struct item {
    size_t head_len, body_len;
    bool is_integer;
    int64_t integer;
};

static bool read_string_head(const uint8_t *at, size_t room, struct item *item)
{
    switch (at[0] >> 6) {
    case 0:
        *item = (struct item){.head_len = 1, .body_len = at[0] & 0x3f};
        return true;
    case 1:
        if (room < 2) return false;
        *item = (struct item){.head_len = 2, .body_len = (size_t)(at[0] & 0x3f) << 8 | at[1]};
        return true;
    default:
        if (room < 5 || at[0] != 0x80) return false;
        *item = (struct item){.head_len = 5};
        for (size_t i = 1; i <= 4; i++) item->body_len = item->body_len << 8 | at[i];
        return true;
    }
}

static bool read_integer(const uint8_t *at, size_t room, struct item *item)
{
    static const struct {
        uint8_t head, bytes;
    } widths[] = {{0xc0, 2}, {0xd0, 4}, {0xe0, 8}, {0xf0, 3}, {0xfe, 1}};
    *item = (struct item){.head_len = 1, .is_integer = true};
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        if (at[0] != widths[i].head) continue;
        item->body_len = widths[i].bytes;
        if (room < 1 + item->body_len) return false;
        item->integer = signed_little_endian(at + 1, item->body_len);
        return true;
    }
    item->integer = (at[0] & 0x0f) - 1;
    return at[0] > 0xf0 && at[0] < 0xfe;
}

static bool read_item(const uint8_t *at, size_t room, struct item *item)
{
    if (room == 0) return false;
    bool sound = at[0] < 0xc0 ? read_string_head(at, room, item) : read_integer(at, room, item);
    return sound && item->body_len <= room - item->head_len;
}

/* The field that repeats the length of the item before; 0 when it is not `before`. */
static size_t skip_before(const uint8_t *at, size_t room, size_t before)
{
    if (room == 0) return 0;
    if (at[0] < LONG_BEFORE) return at[0] == before ? 1 : 0;
    if (at[0] == END || room < 5) return 0;
    return little_endian(at + 1, 4) == before ? 5 : 0;
}

static void append(struct packed *packed, const uint8_t *body, const struct item *item)
{
    if (item->is_integer)
        packed_append_i64(packed, item->integer);
    else
        packed_append(packed, str_of((const char *)body, item->body_len));
}

static bool unpack_items(const uint8_t *list, size_t end, struct packed *packed)
{
    size_t count = 0, before = 0, last = HEADER;
    for (size_t at = HEADER; at < end; count++) {
        struct item item;
        size_t skipped = skip_before(list + at, end - at, before);
        if (skipped == 0 || !read_item(list + at + skipped, end - at - skipped, &item))
            return false;
        if (!packed_fits(packed, item.body_len + 32)) return false;
        append(packed, list + at + skipped + item.head_len, &item);
        last = at;
        before = skipped + item.head_len + item.body_len;
        at += before;
    }
    uint64_t announced = little_endian(list + COUNT_AT, 2);
    return little_endian(list + TAIL_AT, 4) == last &&
           (announced == COUNT_UNKNOWN || announced == count);
}

bool ziplist_unpack(struct str ziplist, struct packed *packed)
{
    const uint8_t *list = (const uint8_t *)ziplist.ptr;
    if (ziplist.len < HEADER + 1 || little_endian(list, 4) != ziplist.len) return false;
    if (list[ziplist.len - 1] != END) return false;
    packed_init(packed);
    if (unpack_items(list, ziplist.len - 1, packed)) return true;
    packed_deinit(packed);
    return false;
}
