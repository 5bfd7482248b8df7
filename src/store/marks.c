#include "store/marks.h"

#include "base/mem.h"

#include <string.h>

enum {
    PER_WORD = 4,      /* elements: 16 bits for each */
    PER_WORD_MAX = 12, /* what left is still marked; beyond this the marks say little */
    PLACES = 4,        /* bits that an element sets, all in one word */
    PLACE_BITS = 6,
    BITS_MAX = 32,
};

uint64_t marks_digest(struct str element)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t digest = element.len * odd, word;
    size_t at = 0;
    for (; element.len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, element.ptr + at, sizeof(word));
        digest = (digest ^ word) * odd;
        digest ^= digest >> 47;
    }
    word = 0;
    if (at < element.len) memcpy(&word, element.ptr + at, element.len - at);
    digest = (digest ^ word) * odd;
    digest ^= digest >> 32;
    digest *= 0xd6e8feb86659fd93u;
    return digest ^ digest >> 32;
}

static uint64_t *word_of(const struct marks *marks, uint64_t digest)
{
    return &marks->words[digest & (((uint64_t)1 << marks->bits) - 1)];
}

/* The upper bits of the digest say which bits of the word. */
static uint64_t places_of(uint64_t digest)
{
    uint64_t places = 0;
    for (unsigned i = 1; i <= PLACES; i++)
        places |= (uint64_t)1 << (digest >> (64 - PLACE_BITS * i) & 63);
    return places;
}

static void build(struct marks *marks, const struct packed *run, size_t len)
{
    char room[NUM_I64_MAX];
    marks->bits = 0;
    while (marks->bits < BITS_MAX && (size_t)PER_WORD << marks->bits < len) marks->bits++;
    marks->words = mem_calloc(sizeof(*marks->words) << marks->bits);
    marks->added = 0;
    for (size_t at = packed_first(run); at;) marks_add(marks, packed_step(run, &at, room));
}

bool marks_may_hold(struct marks *marks, const struct packed *run, size_t len, uint64_t digest)
{
    if (marks->words == NULL) {
        bool is_first = !marks->was_searched;
        marks->was_searched = true;
        if (is_first) return true;
        build(marks, run, len);
    }
    uint64_t places = places_of(digest);
    return (*word_of(marks, digest) & places) == places;
}

void marks_add(struct marks *marks, struct str element)
{
    if (marks->words == NULL) return;
    if (marks->added >> marks->bits >= PER_WORD_MAX) {
        marks_clear(marks);
        return;
    }
    uint64_t digest = marks_digest(element);
    *word_of(marks, digest) |= places_of(digest);
    marks->added++;
}

void marks_clear(struct marks *marks)
{
    mem_free(marks->words);
    marks->words = NULL;
}
