/* A bucket of a table's page: eight slots in one cache line. Private to page.c.
 *
 * A slot is the address of an entry, and the bits an address leaves unused:
 *
 *     | 63..48 position | 47..4 address, 0: empty | 3, 2 zero | 1, 0 spill |
 *
 * The position is the 16 bits of the entry's hash below the page's depth. They choose its home
 * bucket, and they stand for the whole hash when a key is looked for, when entries move inside
 * their page, and when a scan asks where an entry belongs: none of these reads the entry.
 *
 * The spill bits are the bucket's, not the entry's: bit 0 of slot d says that an entry at home
 * here lies d + 1 buckets on, bit 1 that one lies d + 9 on. */
#ifndef SKEIN_STORE_BUCKET_H
#define SKEIN_STORE_BUCKET_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>

enum { BUCKET_SLOTS = 8, BUCKET_SPILL = 2 * BUCKET_SLOTS };
#define SLOT_ADDRESS     UINT64_C(0x0000fffffffffff0)
#define SLOT_SPILL       UINT64_C(3)
#define SLOT_POSITION_AT 48

struct entry;

struct bucket {
    uint64_t slots[BUCKET_SLOTS];
};

static inline struct entry *slot_entry(uint64_t slot)
{
    return (struct entry *)(uintptr_t)(slot & SLOT_ADDRESS);
}
static inline unsigned slot_position(uint64_t slot)
{
    return (unsigned)(slot >> SLOT_POSITION_AT);
}
static inline struct entry *bucket_entry(const struct bucket *bucket, unsigned slot)
{
    return slot_entry(bucket->slots[slot]);
}

/* The upper (1) or lower (0) halves of four slots. */
static inline __m128i bucket_halves(const struct bucket *bucket, unsigned first, bool upper)
{
    __m128 a = _mm_load_ps((const float *)(const void *)&bucket->slots[first]);
    __m128 b = _mm_load_ps((const float *)(const void *)&bucket->slots[first + 2]);
    return _mm_castps_si128(upper ? _mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1))
                                  : _mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)));
}

/* A bit for each slot with that position. Empty slots match position 0. */
static inline unsigned bucket_match(const struct bucket *bucket, unsigned position)
{
    __m128i low = _mm_srai_epi32(bucket_halves(bucket, 0, true), 16);
    __m128i high = _mm_srai_epi32(bucket_halves(bucket, 4, true), 16);
    __m128i equal = _mm_cmpeq_epi16(_mm_packs_epi32(low, high), _mm_set1_epi16((short)position));
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
}

static inline unsigned bucket_sign_bits(__m128i low, __m128i high, int shift)
{
    unsigned first = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_slli_epi32(low, shift)));
    unsigned second = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_slli_epi32(high, shift)));
    return first | second << 4;
}

/* Bit d: an entry of this bucket lies d + 1 buckets on. */
static inline unsigned bucket_spill(const struct bucket *bucket)
{
    __m128i low = bucket_halves(bucket, 0, false), high = bucket_halves(bucket, 4, false);
    return bucket_sign_bits(low, high, 31) | bucket_sign_bits(low, high, 30) << BUCKET_SLOTS;
}

static inline void bucket_set_spill(struct bucket *bucket, unsigned distance, bool on)
{
    unsigned at = distance - 1;
    uint64_t bit = at < BUCKET_SLOTS ? 1 : 2;
    uint64_t *slot = &bucket->slots[at % BUCKET_SLOTS];
    *slot = on ? *slot | bit : *slot & ~bit;
}

/* The first empty slot, BUCKET_SLOTS when there is none. */
static inline unsigned bucket_room(const struct bucket *bucket)
{
    unsigned slot = 0;
    while (slot < BUCKET_SLOTS && (bucket->slots[slot] & SLOT_ADDRESS)) slot++;
    return slot;
}

static inline void bucket_set(struct bucket *bucket, unsigned slot, const struct entry *entry,
                              unsigned position)
{
    bucket->slots[slot] = (bucket->slots[slot] & SLOT_SPILL) | (uintptr_t)entry |
                          (uint64_t)position << SLOT_POSITION_AT;
}

static inline void bucket_clear(struct bucket *bucket, unsigned slot)
{
    bucket->slots[slot] &= SLOT_SPILL;
}

#endif
