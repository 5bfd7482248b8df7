/* Fills a store with keys that come one after the other, as from a file.
 *
 * Keys are not linked as they come: each would need a page and a bucket that is in no cache, behind
 * an address that is in no TLB. They wait in lots, one for each stretch of hashes. A lot that is
 * full is linked as a whole; what that touches is a small part of the table, and is asked for some
 * keys ahead. So a key that comes twice is noticed late, at the latest by loading_settle.
 *
 * Nothing else may use the store meanwhile, frozen views included. */
#ifndef SKEIN_STORE_LOADING_H
#define SKEIN_STORE_LOADING_H

#include "store/keyspace.h"

struct loading_lot;

struct store_loading {
    struct keyspace *ks; /* whose keys wait; NULL: nobody's */
    struct loading_lot *lots;
    unsigned lot_bits;  /* of a hash that choose its lot */
    bool replaces;      /* a key that was there already goes */
    struct entry *twin; /* the key that was there already; freed by deinit */
    /* Keys that were announced, and how many the table has been prepared for. */
    size_t expected, prepared;
};

/* Starts zeroed. */
void loading_deinit(struct store_loading *loading);

/* So many keys were announced for a keyspace that has none yet. Its table is prepared for the first
 * `certain` of them at once; for the others as the keys come, because announcing costs nothing.
 * False as with loading_put. */
bool loading_expect(struct store_loading *loading, struct keyspace *ks, size_t keys,
                    size_t certain);

/* Puts the keys that are there into a table made for so many. Growing page by page would move each
 * key ten times on the way to a large table. */
void loading_make_room(struct keyspace *ks, size_t keys);

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
bool loading_settle(struct store_loading *loading);

#endif
