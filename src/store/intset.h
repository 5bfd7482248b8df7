/* Integers in ascending order in one run of bytes: the intset layout of Redis, byte for byte.
 *
 *     | bytes of an integer u32: 2, 4 or 8 | count u32 | integer ... |
 *
 * All integers have the width the widest one ever needed. Bytes of strangers must pass
 * intset_is_valid. */
#ifndef SKEIN_STORE_INTSET_H
#define SKEIN_STORE_INTSET_H

#include "base/str.h"

/* The run has one owner. */
struct intset {
    uint8_t *bytes;
};

void intset_init(struct intset *set);
/* Copies a run that is valid. */
void intset_init_copy(struct intset *set, struct str bytes);
void intset_deinit(struct intset *set);

struct str intset_bytes(const struct intset *set);
size_t intset_len(const struct intset *set);
/* The integer at `index`, which is below the length. */
int64_t intset_get(const struct intset *set, size_t index);
bool intset_has(const struct intset *set, int64_t number);
/* False when it was there already, or was not there. */
bool intset_add(struct intset *set, int64_t number);
bool intset_remove(struct intset *set, int64_t number);

/* Sound, ascending, without duplicates, and not empty. */
bool intset_is_valid(struct str bytes);

#endif
