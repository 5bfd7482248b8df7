/* What tells that an element is surely not in a run of a long list: a Bloom filter of its bytes.
 *
 * A run that was searched once has none, one that is searched again gets them, so lists nobody
 * searches by value spend nothing. What comes into the run is added; what leaves it stays marked,
 * and when too much is, the marks are dropped until the next search. Only the data thread looks at
 * marks, whoever else may be reading the run. */
#ifndef SKEIN_STORE_MARKS_H
#define SKEIN_STORE_MARKS_H

#include "store/packed.h"

/* Zeroed: none. */
struct marks {
    uint64_t *words; /* as many as two to the power of `bits`; NULL: none */
    uint32_t added;
    uint8_t bits;
    bool was_searched;
};

/* What an element leaves in the marks. */
uint64_t marks_digest(struct str element);
/* False: there is no such element among the `len` of the run. */
bool marks_may_hold(struct marks *marks, const struct packed *run, size_t len, uint64_t digest);
void marks_add(struct marks *marks, struct str element);
/* Forgets what was marked. */
void marks_clear(struct marks *marks);

#endif
