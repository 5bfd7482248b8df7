#include "store/intset.h"

#include "base/assert.h"
#include "base/mem.h"

enum { WIDTH_BYTES = 4, HEADER = 8 };

static uint32_t load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void store(uint8_t *at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)(number >> 8 * i);
}

static size_t width_of(const struct intset *set)
{
    return load_u32(set->bytes);
}

static size_t width_for(int64_t number)
{
    if (number >= INT16_MIN && number <= INT16_MAX) return 2;
    return number >= INT32_MIN && number <= INT32_MAX ? 4 : 8;
}

static int64_t load_number(const uint8_t *at, size_t width)
{
    uint64_t number = 0;
    unsigned unused = 64 - 8 * (unsigned)width;
    for (size_t i = 0; i < width; i++) number |= (uint64_t)at[i] << 8 * i;
    return (int64_t)(number << unused) >> unused;
}

static uint8_t *place_of(const struct intset *set, size_t index, size_t width)
{
    return set->bytes + HEADER + index * width;
}

void intset_init(struct intset *set)
{
    set->bytes = mem_alloc(HEADER);
    store(set->bytes, 2, WIDTH_BYTES);
    store(set->bytes + WIDTH_BYTES, 0, 4);
}

void intset_init_copy(struct intset *set, struct str bytes)
{
    set->bytes = mem_alloc(bytes.len);
    memcpy(set->bytes, bytes.ptr, bytes.len);
}

void intset_deinit(struct intset *set)
{
    mem_free(set->bytes);
    set->bytes = NULL;
}

size_t intset_len(const struct intset *set)
{
    return load_u32(set->bytes + WIDTH_BYTES);
}

struct str intset_bytes(const struct intset *set)
{
    return str_of((const char *)set->bytes, HEADER + intset_len(set) * width_of(set));
}

int64_t intset_get(const struct intset *set, size_t index)
{
    size_t width = width_of(set);
    return load_number(place_of(set, index, width), width);
}

/* The index of the first integer that is not below `number`. */
static size_t lower_bound(const struct intset *set, int64_t number)
{
    size_t low = 0, high = intset_len(set), width = width_of(set);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load_number(place_of(set, middle, width), width) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct intset *set, size_t index, int64_t number)
{
    return index < intset_len(set) && intset_get(set, index) == number;
}

bool intset_has(const struct intset *set, int64_t number)
{
    return is_at(set, lower_bound(set, number), number);
}

static void resize(struct intset *set, size_t count, size_t width)
{
    ASSERT(count <= UINT32_MAX);
    set->bytes = mem_realloc(set->bytes, HEADER + count * width);
    store(set->bytes, width, WIDTH_BYTES);
    store(set->bytes + WIDTH_BYTES, count, 4);
}

/* From the last to the first, so that nothing is overwritten before it was read. */
static void widen(struct intset *set, size_t width)
{
    size_t count = intset_len(set), old = width_of(set);
    resize(set, count, width);
    for (size_t i = count; i-- > 0;) {
        int64_t number = load_number(place_of(set, i, old), old);
        store(place_of(set, i, width), (uint64_t)number, width);
    }
}

bool intset_add(struct intset *set, int64_t number)
{
    size_t count = intset_len(set), at = lower_bound(set, number);
    if (is_at(set, at, number)) return false;
    if (width_for(number) > width_of(set)) widen(set, width_for(number));
    size_t width = width_of(set);
    resize(set, count + 1, width);
    uint8_t *place = place_of(set, at, width);
    memmove(place + width, place, (count - at) * width);
    store(place, (uint64_t)number, width);
    return true;
}

bool intset_remove(struct intset *set, int64_t number)
{
    size_t count = intset_len(set), at = lower_bound(set, number), width = width_of(set);
    if (!is_at(set, at, number)) return false;
    uint8_t *place = place_of(set, at, width);
    memmove(place, place + width, (count - at - 1) * width);
    resize(set, count - 1, width);
    return true;
}

bool intset_is_valid(struct str bytes)
{
    if (bytes.len < HEADER) return false;
    const uint8_t *run = (const uint8_t *)bytes.ptr;
    size_t width = load_u32(run), count = load_u32(run + WIDTH_BYTES);
    if ((width != 2 && width != 4 && width != 8) || count == 0) return false;
    if (bytes.len - HEADER != count * width) return false;
    int64_t before = load_number(run + HEADER, width);
    for (size_t i = 1; i < count; i++) {
        int64_t number = load_number(run + HEADER + i * width, width);
        if (number <= before) return false;
        before = number;
    }
    return true;
}
