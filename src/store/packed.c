#include "store/packed.h"

#include "base/assert.h"
#include "base/mem.h"

#include <emmintrin.h>
#include <sys/param.h>

enum {
    TOTAL_BYTES = 4,
    COUNT_UNKNOWN = UINT16_MAX,
    END = 0xff,
    HEAD_MAX = 9,
    BACK_MAX = 5,
    INTEGER_TEXT_MAX = 20,
    SCAN_WIDTH = 16,
    WORTH_SCANNING = 128,
    GUESSES_MAX = 32,
    SURPRISES_MAX = 4,
};

/* The first byte of an item tells its form; the rest of that byte may be part of a number or
 * length. */
enum {
    STR_6 = 0x80,
    INT_13 = 0xc0,
    STR_12 = 0xe0,
    STR_32 = 0xf0,
    INT_16 = 0xf1,
    INT_24 = 0xf2,
    INT_32 = 0xf3,
    INT_64 = 0xf4,
};

static uint64_t load(const uint8_t *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)at[i] << 8 * i;
    return number;
}

static void store(uint8_t *at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)(number >> 8 * i);
}

static int64_t sign_extended(uint64_t number, unsigned bits)
{
    return (int64_t)(number << (64 - bits)) >> (64 - bits);
}

/* --- header --- */

static size_t total_of(const struct packed *packed)
{
    return load(packed->bytes, TOTAL_BYTES);
}

static size_t stored_count(const struct packed *packed)
{
    return load(packed->bytes + TOTAL_BYTES, 2);
}

static void store_count(struct packed *packed, size_t count)
{
    store(packed->bytes + TOTAL_BYTES, count < COUNT_UNKNOWN ? count : COUNT_UNKNOWN, 2);
}

/* What is allocated for a run of so many bytes: just what jemalloc would make of it. So a run that
 * grows by an item seldom needs another allocation, and is not asked for one: to find out costs the
 * allocator a cache miss. Other allocators are told exactly, that of the sanitizers to see more. */
static size_t capacity_of(size_t total)
{
#ifdef SKEIN_JEMALLOC
    enum { QUANTUM = 16, STEPS_BITS = 2 };
    if (total <= QUANTUM << STEPS_BITS) return (total + QUANTUM - 1) & ~(size_t)(QUANTUM - 1);
    size_t step = (size_t)1 << (63 - __builtin_clzl(total - 1) - STEPS_BITS);
    return (total + step - 1) & ~(step - 1);
#else
    return total;
#endif
}

void packed_init(struct packed *packed)
{
    packed->bytes = mem_alloc(capacity_of(PACKED_EMPTY));
    packed_open(packed->bytes);
}

void packed_open(uint8_t *run)
{
    static const uint8_t EMPTY[PACKED_EMPTY] = {[0] = PACKED_EMPTY, [PACKED_HEADER] = END};
    memcpy(run, EMPTY, sizeof(EMPTY));
}

void packed_init_copy(struct packed *packed, struct str bytes)
{
    packed->bytes = mem_alloc(capacity_of(bytes.len));
    memcpy(packed->bytes, bytes.ptr, bytes.len);
}

void packed_deinit(struct packed *packed)
{
    mem_free(packed->bytes);
    packed->bytes = NULL;
}

struct str packed_bytes(const struct packed *packed)
{
    return str_of((const char *)packed->bytes, total_of(packed));
}

bool packed_fits(const struct packed *packed, size_t extra)
{
    return extra <= PACKED_MAX && total_of(packed) + extra <= PACKED_MAX;
}

/* --- forms --- */

/* What the head of an item says. */
struct head {
    size_t head_len, body_len;
    bool is_integer;
};

/* False for a byte no item begins with. `room` is how many bytes may be looked at. */
static bool read_head(const uint8_t *at, size_t room, struct head *head)
{
    static const uint8_t body_of[] = {
        [INT_16 - STR_32] = 2, [INT_24 - STR_32] = 3, [INT_32 - STR_32] = 4, [INT_64 - STR_32] = 8};
    uint8_t first = at[0];
    *head = (struct head){.head_len = 1, .is_integer = true};
    if (first < STR_6) return true;
    if (first < INT_13) {
        head->is_integer = false;
        head->body_len = first & 0x3f;
    } else if (first < STR_12) {
        head->body_len = 1;
    } else if (first < STR_32) {
        if (room < 2) return false;
        *head = (struct head){.head_len = 2, .body_len = (size_t)(first & 0x0f) << 8 | at[1]};
    } else if (first == STR_32) {
        if (room < 5) return false;
        *head = (struct head){.head_len = 5, .body_len = load(at + 1, 4)};
    } else if (first <= INT_64) {
        head->body_len = body_of[first - STR_32];
    } else {
        return false;
    }
    return true;
}

static struct head head_at(const struct packed *packed, size_t at)
{
    struct head head = {0};
    read_head(packed->bytes + at, HEAD_MAX, &head);
    return head;
}

/* How many bytes hold the backward length of an item of `len` bytes. The limits are those of the
 * layout. */
static size_t back_size(size_t len)
{
    if (len <= 127) return 1;
    if (len < 16383) return 2;
    if (len < 2097151) return 3;
    return len < 268435455 ? 4 : 5;
}

/* Groups of seven bits, the lowest last; all but the first have the high bit. */
static void write_back(uint8_t *at, size_t len)
{
    size_t size = back_size(len);
    for (size_t i = 0; i < size; i++) {
        uint8_t group = len >> 7 * (size - 1 - i) & 0x7f;
        at[i] = i ? group | 0x80 : group;
    }
}

/* Reads backwards from the last byte, `end` - 1, at most `room` bytes. False when there is no
 * start. */
static bool read_back(const uint8_t *end, size_t room, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < BACK_MAX && i < room; i++) {
        uint8_t byte = end[-1 - (ptrdiff_t)i];
        *len |= (size_t)(byte & 0x7f) << 7 * i;
        if ((byte & 0x80) == 0) return true;
    }
    return false;
}

/* An item that is about to be written. */
struct fresh {
    uint8_t head[HEAD_MAX];
    size_t head_len;
    struct str body;
};

static bool fits_bits(int64_t number, unsigned bits)
{
    return number >= -((int64_t)1 << (bits - 1)) && number < (int64_t)1 << (bits - 1);
}

static void set_wide(struct fresh *fresh, uint8_t first, int64_t number, size_t bytes)
{
    fresh->head[0] = first;
    store(fresh->head + 1, (uint64_t)number, bytes);
    fresh->head_len = 1 + bytes;
}

static struct fresh fresh_integer(int64_t number)
{
    struct fresh fresh = {.head_len = 1};
    if (number >= 0 && number < 128) {
        fresh.head[0] = (uint8_t)number;
    } else if (fits_bits(number, 13)) {
        fresh.head[0] = (uint8_t)(INT_13 | ((uint64_t)number >> 8 & 0x1f));
        fresh.head[1] = (uint8_t)number;
        fresh.head_len = 2;
    } else if (fits_bits(number, 16)) {
        set_wide(&fresh, INT_16, number, 2);
    } else if (fits_bits(number, 24)) {
        set_wide(&fresh, INT_24, number, 3);
    } else if (fits_bits(number, 32)) {
        set_wide(&fresh, INT_32, number, 4);
    } else {
        set_wide(&fresh, INT_64, number, 8);
    }
    return fresh;
}

static bool parse_integer(struct str bytes, int64_t *number)
{
    return bytes.len <= INTEGER_TEXT_MAX && num_parse_i64(bytes, number);
}

static struct fresh fresh_item(struct str bytes)
{
    int64_t number;
    if (parse_integer(bytes, &number)) return fresh_integer(number);
    struct fresh fresh = {.head_len = 1, .body = bytes};
    if (bytes.len < 64) {
        fresh.head[0] = (uint8_t)(STR_6 | bytes.len);
    } else if (bytes.len < 4096) {
        fresh.head[0] = (uint8_t)(STR_12 | bytes.len >> 8);
        fresh.head[1] = (uint8_t)bytes.len;
        fresh.head_len = 2;
    } else {
        set_wide(&fresh, STR_32, (int64_t)bytes.len, 4);
    }
    return fresh;
}

/* --- walking --- */

static size_t long_item_size(const uint8_t *item)
{
    struct head head = {0};
    read_head(item, HEAD_MAX, &head);
    size_t len = head.head_len + head.body_len;
    return len + back_size(len);
}

/* With the backward length. Most items are short strings or small numbers. */
static inline size_t item_size(const uint8_t *item)
{
    if (item[0] < STR_6) return 2;
    if (item[0] < INT_13) return (size_t)(item[0] & 0x3f) + 2;
    if (item[0] >= INT_16) return item[0] < INT_64 ? item[0] - INT_16 + 4u : 10;
    if (item[0] < STR_12) return 3;
    return long_item_size(item);
}

static size_t after(const struct packed *packed, size_t at)
{
    return at + item_size(packed->bytes + at);
}

size_t packed_end(const struct packed *packed)
{
    return total_of(packed) - 1;
}

size_t packed_first(const struct packed *packed)
{
    return packed_is_empty(packed) ? PACKED_NONE : PACKED_HEADER;
}

size_t packed_next(const struct packed *packed, size_t at)
{
    size_t next = after(packed, at);
    return packed->bytes[next] == END ? PACKED_NONE : next;
}

size_t packed_prev(const struct packed *packed, size_t at)
{
    size_t len;
    if (at <= PACKED_HEADER) return PACKED_NONE;
    if (!read_back(packed->bytes + at, at - PACKED_HEADER, &len)) return PACKED_NONE;
    return at - len - back_size(len);
}

size_t packed_last(const struct packed *packed)
{
    return packed_prev(packed, packed_end(packed));
}

size_t packed_len(const struct packed *packed)
{
    size_t count = stored_count(packed);
    if (count != COUNT_UNKNOWN) return count;
    count = 0;
    for (size_t at = packed_first(packed); at; at = packed_next(packed, at)) count++;
    return count;
}

static size_t seek_forward(const struct packed *packed, uint64_t index)
{
    size_t at = packed_first(packed);
    while (at && index-- > 0) at = packed_next(packed, at);
    return at;
}

static size_t seek_backward(const struct packed *packed, uint64_t index)
{
    size_t at = packed_last(packed);
    while (at && index-- > 0) at = packed_prev(packed, at);
    return at;
}

/* Whether an item has the size of the one that begins with `first`, seen from its first two bytes.
 * Only a size that those tell is ever said to be the same. */
static inline bool begins_as(const uint8_t *item, const uint8_t *first)
{
    if (item[0] != first[0] || item[0] == STR_32) return false;
    return item[0] < STR_12 || item[0] > STR_32 || item[1] == first[1];
}

/* Passes over items that are there. Neighbours often have one size: where the next item begins is
 * then known before this one was read, so the processor reads many at once. Where sizes differ,
 * guessing costs more than it gives, and soon ends. */
static size_t pass_forward(const struct packed *packed, size_t at, size_t count)
{
    const uint8_t *item = packed->bytes + at;
    for (unsigned surprises = 0; count && surprises < SURPRISES_MAX; surprises++) {
        const uint8_t *first = item;
        size_t size = item_size(first);
        do {
            item += size;
        } while (--count && begins_as(item, first));
    }
    for (; count; count--) item += item_size(item);
    return (size_t)(item - packed->bytes);
}

static size_t pass_backward(const struct packed *packed, size_t at, size_t count)
{
    const uint8_t *bytes = packed->bytes;
    for (unsigned surprises = 0; count && surprises < SURPRISES_MAX; surprises++) {
        uint8_t back = bytes[at - 1];
        if (back & 0x80) break;
        do {
            at -= back + 1u;
        } while (--count && bytes[at - 1] == back);
    }
    for (; count; count--) at = packed_prev(packed, at);
    return at;
}

size_t packed_seek(const struct packed *packed, int64_t index)
{
    size_t count = stored_count(packed);
    uint64_t from_end = index < 0 ? ~(uint64_t)index : 0;
    if (count == COUNT_UNKNOWN) {
        return index < 0 ? seek_backward(packed, from_end) : seek_forward(packed, (uint64_t)index);
    }
    uint64_t limit = index < 0 ? from_end : (uint64_t)index;
    if (limit >= count) return PACKED_NONE;
    uint64_t forward = index < 0 ? count - 1 - from_end : (uint64_t)index;
    if (forward <= count / 2) return pass_forward(packed, PACKED_HEADER, forward);
    return pass_backward(packed, packed_end(packed), count - forward);
}

/* --- reading --- */

static int64_t read_integer(const uint8_t *at, const struct head *head)
{
    if (head->body_len == 0) return at[0];
    if (at[0] < STR_12) return sign_extended((uint64_t)(at[0] & 0x1f) << 8 | at[1], 13);
    return sign_extended(load(at + 1, head->body_len), 8 * (unsigned)head->body_len);
}

struct packed_item packed_get(const struct packed *packed, size_t at)
{
    const uint8_t *item = packed->bytes + at;
    struct head head = head_at(packed, at);
    if (head.is_integer) {
        return (struct packed_item){.is_integer = true, .integer = read_integer(item, &head)};
    }
    struct str bytes = str_of((const char *)item + head.head_len, head.body_len);
    return (struct packed_item){.bytes = bytes};
}

struct str packed_text(const struct packed *packed, size_t at, char *room)
{
    struct packed_item item = packed_get(packed, at);
    if (!item.is_integer) return item.bytes;
    return str_of(room, num_format_i64(room, item.integer));
}

struct str packed_step(const struct packed *packed, size_t *at, char *room)
{
    const uint8_t *item = packed->bytes + *at;
    if (item[0] < STR_6 || item[0] >= INT_13) {
        struct str text = packed_text(packed, *at, room);
        *at = packed_next(packed, *at);
        return text;
    }
    /* Most are short texts, with one byte before them and one behind. */
    struct str text = str_of((const char *)item + 1, item[0] & 0x3f);
    size_t next = *at + text.len + 2;
    *at = packed->bytes[next] == END ? PACKED_NONE : next;
    return text;
}

/* The usual integers. Behind any of their bodies is a byte at least, so four may be read. */
static inline bool take_integer(const uint8_t *item, int64_t *number)
{
    uint32_t bits;
    *number = item[0];
    if (item[0] < STR_6) return true;
    if (item[0] < INT_16 || item[0] > INT_32) return false;
    unsigned unused = 16 - 8 * (unsigned)(item[0] - INT_16);
    memcpy(&bits, item + 1, sizeof(bits));
    *number = (int32_t)(bits << unused) >> unused;
    return true;
}

struct packed_item packed_take(const struct packed *packed, size_t *at)
{
    struct packed_item found = {.is_integer = true};
    const uint8_t *item = packed->bytes + *at;
    if (!take_integer(item, &found.integer)) found = packed_get(packed, *at);
    const uint8_t *next = item + item_size(item);
    *at = *next == END ? PACKED_NONE : (size_t)(next - packed->bytes);
    return found;
}

/* What is looked for, with its number if it is one. Strangers' runs may hold digits as a string,
 * so both forms are compared. */
struct needle {
    struct str bytes;
    uint8_t short_head; /* of the item, if it is a short string; else 0 */
    bool is_integer;
    int64_t integer;
};

static struct needle needle_of(struct str bytes)
{
    struct needle needle = {.bytes = bytes.len ? bytes : STR("")};
    if (bytes.len < 64) needle.short_head = (uint8_t)(STR_6 | bytes.len);
    needle.is_integer = parse_integer(bytes, &needle.integer);
    return needle;
}

/* Names of one collection often begin alike, so their ends are compared first. */
static bool bytes_are(const uint8_t *bytes, struct str wanted)
{
    uint64_t have, want;
    if (wanted.len < sizeof(have)) return memcmp(bytes, wanted.ptr, wanted.len) == 0;
    size_t rest = wanted.len - sizeof(have);
    memcpy(&have, bytes + rest, sizeof(have));
    memcpy(&want, wanted.ptr + rest, sizeof(want));
    return have == want && memcmp(bytes, wanted.ptr, rest) == 0;
}

static bool long_item_is(const uint8_t *item, const struct needle *needle)
{
    struct head head = {0};
    read_head(item, HEAD_MAX, &head);
    if (head.is_integer) return needle->is_integer && read_integer(item, &head) == needle->integer;
    return head.body_len == needle->bytes.len && bytes_are(item + head.head_len, needle->bytes);
}

static inline bool item_is(const uint8_t *item, const struct needle *needle)
{
    if (item[0] < STR_6) return needle->is_integer && needle->integer == item[0];
    if (item[0] >= INT_13) return long_item_is(item, needle);
    return item[0] == needle->short_head && bytes_are(item + 1, needle->bytes);
}

bool packed_is(const struct packed *packed, size_t at, struct str bytes)
{
    struct needle needle = needle_of(bytes);
    return item_is(packed->bytes + at, &needle);
}

/* The last two bytes of what is looked for, in all places of a vector. */
struct tail {
    __m128i before, last;
};

/* Places among the sixteen from `at` on where both are. */
static inline __m128i tail_places(const struct tail *tail, const uint8_t *at)
{
    __m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));
    return _mm_and_si128(_mm_cmpeq_epi8(here, tail->before), _mm_cmpeq_epi8(next, tail->last));
}

/* The same among sixty-four, of which usually none is one. */
static inline uint64_t tail_hits(const struct tail *tail, const uint8_t *at)
{
    __m128i a = tail_places(tail, at), b = tail_places(tail, at + SCAN_WIDTH);
    __m128i c = tail_places(tail, at + 2 * SCAN_WIDTH), d = tail_places(tail, at + 3 * SCAN_WIDTH);
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))) == 0) return 0;
    return (uint64_t)_mm_movemask_epi8(a) | (uint64_t)_mm_movemask_epi8(b) << SCAN_WIDTH |
           (uint64_t)_mm_movemask_epi8(c) << 2 * SCAN_WIDTH |
           (uint64_t)_mm_movemask_epi8(d) << 3 * SCAN_WIDTH;
}

/* Whether the bytes may be anywhere in [at, end), many places at a time: by the last two of them,
 * because names of one collection often begin alike. Where names end alike, too, it soon gives up:
 * then walking is faster. */
static bool may_be_anywhere(const uint8_t *at, const uint8_t *end, struct str bytes)
{
    const uint8_t *ends = (const uint8_t *)bytes.ptr + bytes.len - 2;
    const struct tail tail = {_mm_set1_epi8((char)ends[0]), _mm_set1_epi8((char)ends[1])};
    unsigned guesses = 0;
    for (at += bytes.len - 2; end - at > 4 * SCAN_WIDTH; at += 4 * SCAN_WIDTH) {
        for (uint64_t hits = tail_hits(&tail, at); hits; hits &= hits - 1) {
            const uint8_t *hit = at + __builtin_ctzl(hits) - (bytes.len - 2);
            if (guesses++ == GUESSES_MAX || bytes_are(hit, bytes)) return true;
        }
    }
    const uint8_t *rest = at - (bytes.len - 2);
    return memmem(rest, (size_t)(end - rest), bytes.ptr, bytes.len) != NULL;
}

/* Most names that are looked for in order to be added are absent, and a run is scanned much faster
 * than it is walked. */
static bool is_surely_absent(const struct packed *packed, size_t from, const struct needle *needle)
{
    size_t total = total_of(packed);
    if (needle->is_integer || needle->bytes.len < 2 || total - from < WORTH_SCANNING) return false;
    return !may_be_anywhere(packed->bytes + from, packed->bytes + total, needle->bytes);
}

size_t packed_find(const struct packed *packed, size_t from, struct str bytes, size_t skip)
{
    struct needle needle = needle_of(bytes);
    size_t passing = 0;
    if (from && is_surely_absent(packed, from, &needle)) return PACKED_NONE;
    for (size_t at = from; at && packed->bytes[at] != END;) {
        const uint8_t *item = packed->bytes + at;
        if (passing == 0 && item_is(item, &needle)) return at;
        passing = passing ? passing - 1 : skip;
        at += item_size(item);
    }
    return PACKED_NONE;
}

/* --- writing --- */

/* Makes room for `fresh_len` bytes in the place of `old_len` at `at`. */
static uint8_t *splice(struct packed *packed, size_t at, size_t old_len, size_t fresh_len)
{
    size_t total = total_of(packed), changed = total - old_len + fresh_len;
    ASSERT(changed <= UINT32_MAX);
    size_t capacity = capacity_of(changed);
    bool moves = capacity != capacity_of(total);
    if (moves && fresh_len > old_len) packed->bytes = mem_realloc(packed->bytes, capacity);
    uint8_t *place = packed->bytes + at;
    memmove(place + fresh_len, place + old_len, total - at - old_len);
    if (moves && fresh_len < old_len) packed->bytes = mem_realloc(packed->bytes, capacity);
    store(packed->bytes, changed, TOTAL_BYTES);
    return packed->bytes + at;
}

static size_t fresh_size(const struct fresh *fresh)
{
    size_t len = fresh->head_len + fresh->body.len;
    return len + back_size(len);
}

/* Returns what is behind it. */
static uint8_t *write_fresh(uint8_t *place, const struct fresh *fresh)
{
    size_t len = fresh->head_len + fresh->body.len;
    memcpy(place, fresh->head, fresh->head_len);
    if (fresh->body.len) memcpy(place + fresh->head_len, fresh->body.ptr, fresh->body.len);
    write_back(place + len, len);
    return place + len + back_size(len);
}

static void write_item(struct packed *packed, size_t at, size_t old_len, const struct fresh *fresh)
{
    write_fresh(splice(packed, at, old_len, fresh_size(fresh)), fresh);
}

static void insert(struct packed *packed, size_t at, const struct fresh *fresh)
{
    size_t count = stored_count(packed);
    write_item(packed, at, 0, fresh);
    if (count != COUNT_UNKNOWN) store_count(packed, count + 1);
}

void packed_insert(struct packed *packed, size_t at, struct str bytes)
{
    struct fresh fresh = fresh_item(bytes);
    insert(packed, at, &fresh);
}

void packed_insert_pair(struct packed *packed, size_t at, struct str first, struct str second)
{
    struct fresh a = fresh_item(first), b = fresh_item(second);
    size_t count = stored_count(packed), size = fresh_size(&a);
    uint8_t *place = splice(packed, at, 0, size + fresh_size(&b));
    write_fresh(place, &a);
    write_fresh(place + size, &b);
    if (count != COUNT_UNKNOWN) store_count(packed, MIN(count + 2, COUNT_UNKNOWN));
}

void packed_append(struct packed *packed, struct str bytes)
{
    packed_insert(packed, packed_end(packed), bytes);
}

void packed_append_i64(struct packed *packed, int64_t number)
{
    struct fresh fresh = fresh_integer(number);
    insert(packed, packed_end(packed), &fresh);
}

void packed_replace(struct packed *packed, size_t at, struct str bytes)
{
    struct fresh fresh = fresh_item(bytes);
    write_item(packed, at, after(packed, at) - at, &fresh);
}

/* Where up to `count` items from `at` on end; the number there were goes to *passed. */
static size_t pass(const struct packed *packed, size_t at, size_t count, size_t *passed)
{
    for (*passed = 0; *passed < count && packed->bytes[at] != END; ++*passed)
        at = after(packed, at);
    return at;
}

void packed_remove(struct packed *packed, size_t at, size_t count)
{
    size_t had = stored_count(packed), removed;
    size_t to = pass(packed, at, count, &removed);
    splice(packed, at, to - at, 0);
    if (had != COUNT_UNKNOWN) store_count(packed, had - removed);
}

void packed_move(struct packed *packed, size_t at, struct packed *to)
{
    size_t len = packed_end(packed) - at, moved, had = stored_count(to);
    pass(packed, at, SIZE_MAX, &moved);
    uint8_t *place = splice(to, packed_end(to), 0, len);
    memcpy(place, packed->bytes + at, len);
    if (had != COUNT_UNKNOWN) store_count(to, had + moved);
    packed_remove(packed, at, SIZE_MAX);
}

/* --- runs with room --- */

uint8_t *packed_write(uint8_t *to, struct str bytes)
{
    struct fresh fresh = fresh_item(bytes);
    return write_fresh(to, &fresh);
}

uint8_t *packed_write_i64(uint8_t *to, int64_t number)
{
    if (number >= 0 && number < 128) {
        to[0] = (uint8_t)number;
        to[1] = 1;
        return to + 2;
    }
    struct fresh fresh = fresh_integer(number);
    return write_fresh(to, &fresh);
}

void packed_close(uint8_t *run, const uint8_t *end, size_t added)
{
    struct packed packed = {run};
    size_t had = stored_count(&packed);
    run[end - run] = END;
    store(run, (uint64_t)(end - run) + 1, TOTAL_BYTES);
    if (had != COUNT_UNKNOWN) store_count(&packed, had + added);
}

/* --- checking --- */

/* The offset behind a sound item that ends before `end`, else 0. */
static size_t check_item(const uint8_t *bytes, size_t at, size_t end)
{
    struct head head;
    size_t room = end - at;
    if (!read_head(bytes + at, room, &head)) return 0;
    size_t len = head.head_len + head.body_len, size = back_size(len), back;
    if (len + size > room) return 0;
    if (!read_back(bytes + at + len + size, size, &back) || back != len) return 0;
    /* The length may not be written in fewer bytes than those that were passed over. */
    return (bytes[at + len] & 0x80) == 0 ? at + len + size : 0;
}

bool packed_is_valid(struct str bytes, size_t *count)
{
    const uint8_t *run = (const uint8_t *)bytes.ptr;
    if (bytes.len < PACKED_EMPTY || bytes.len > PACKED_MAX) return false;
    if (load(run, TOTAL_BYTES) != bytes.len || run[bytes.len - 1] != END) return false;
    size_t end = bytes.len - 1, found = 0;
    for (size_t at = PACKED_HEADER; at < end; found++) {
        at = check_item(run, at, end);
        if (at == 0) return false;
    }
    size_t announced = load(run + TOTAL_BYTES, 2);
    if (count) *count = found;
    return announced == COUNT_UNKNOWN || announced == found;
}
