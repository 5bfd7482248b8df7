/* Fills a store with keys that come one after the other, as from a file.
 *
 * Each key is hashed when it comes, and the memory it will be linked into is asked for; it is
 * linked some keys later, so that the misses of many keys overlap. Nothing else may change the
 * store meanwhile. */
#ifndef SKEIN_STORE_LOADING_H
#define SKEIN_STORE_LOADING_H

#include "store/keyspace.h"

enum { LOADING_AHEAD = 16 };

struct store_loading {
    struct loading_key {
        struct keyspace *ks;
        struct entry *entry; /* NULL: this place is free */
        uint64_t hash;
    } ahead[LOADING_AHEAD];
    unsigned at;
    bool replaces;      /* a key that was there already goes */
    struct entry *twin; /* the key that was there already; freed by deinit */
};

/* Starts zeroed. */
void loading_deinit(struct store_loading *loading);

/* A key with its value, which is taken over (bytes are copied), its expiry (or NO_EXPIRY) and its
 * access word. False when a key given so far was there already: `twin` is that one. */
struct loading_pair {
    struct str key;
    struct value value;
    int64_t expire_at_ms;
    uint32_t access;
};
bool loading_put(struct store_loading *loading, struct keyspace *ks,
                 const struct loading_pair *pair);
/* Links those that wait still. */
bool loading_finish(struct store_loading *loading);

#endif
