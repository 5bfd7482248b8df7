/* How large a database becomes that the requests of a file fill, as far as one can tell: when the
 * keys have grown with the bytes so far, they go on to do so. Its table is made large enough in few
 * steps, instead of page by page.
 *
 * Requests need not keep to that, so a step is no more than eightfold, and a table that is far too
 * large in the end is made anew. While a frozen view reads the pages, nothing happens. */
#ifndef SKEIN_DISK_AOF_GROWTH_H
#define SKEIN_DISK_AOF_GROWTH_H

#include "store/keyspace.h"

/* Starts zeroed. */
struct aof_growth {
    struct store *store;
    int db;          /* of the store, that is being filled */
    size_t first;    /* keys it had when that began */
    int64_t from;    /* bytes of the file that were done by then */
    size_t prepared; /* keys its table was made for; 0: it was not */
};

/* Between two requests: those of the first `done` of `total` bytes were run, and `ks` is selected.
 */
void aof_growth_step(struct aof_growth *growth, struct keyspace *ks, int64_t done, int64_t total);
/* Behind the last one; `store` is the one that was filled. */
void aof_growth_end(struct aof_growth *growth, struct store *store);

#endif
