/* Bits in a run of bytes: bit 0 is the highest bit of the first byte. Nothing here knows about keys
 * or replies.
 *
 * Positions are half-open ranges of bits. What lies beyond the bytes reads as zero. */
#ifndef SKEIN_COMMAND_BITMAP_BITS_H
#define SKEIN_COMMAND_BITMAP_BITS_H

#include "base/str.h"

bool bits_test(struct str bytes, uint64_t at);
/* Sets or clears a bit that lies inside. */
void bits_put(char *bytes, uint64_t at, bool on);

/* How many bits are set in [from, to), which lies inside. */
uint64_t bits_count(struct str bytes, uint64_t from, uint64_t to);
/* The first bit that is `on` in [from, to), which lies inside; `to` when there is none. */
uint64_t bits_find(struct str bytes, uint64_t from, uint64_t to, bool on);

/* A field of 1 to 64 bits, as an unsigned number. */
uint64_t bits_load(struct str bytes, uint64_t at, unsigned width);
/* `len` bytes, all of the field among them. */
void bits_store(char *bytes, size_t len, uint64_t at, unsigned width, uint64_t value);

enum bits_operation { BITS_AND, BITS_OR, BITS_XOR, BITS_NOT };
/* Combines `count` strings into `len` bytes; strings that are shorter count as filled up with
 * zeroes. BITS_NOT takes one string. */
void bits_combine(enum bits_operation operation, const struct str *sources, size_t count, char *out,
                  size_t len);

#endif
