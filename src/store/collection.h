/* What collections are kept in: one run of bytes while they are small, a table when they are
 * big.
 *
 * These are the objects behind hashes, sets and the small forms of others; fields.h, members.h
 * and their like give them their meaning. A packed object is copied whole when it is cloned, a
 * table shares its pages and entries, which are copied when they are written to. */
#ifndef SKEIN_STORE_COLLECTION_H
#define SKEIN_STORE_COLLECTION_H

#include "store/keyspace.h"
#include "store/packed.h"

/* ENC_PACKED */
struct packed_object {
    struct object object;
    struct packed packed;
};

/* ENC_TABLE */
struct table_object {
    struct object object;
    struct table table;
};

/* Empty ones. */
struct value packed_object_new(enum value_type type, const struct epochs *epochs);
struct value table_object_new(enum value_type type, struct store *store);
/* Takes a valid copy of `bytes`. */
struct value packed_object_from(enum value_type type, const struct epochs *epochs,
                                struct str bytes);

static inline struct packed *value_packed(const struct value *value)
{
    return &((struct packed_object *)(void *)value->object)->packed;
}
static inline struct table *value_table(const struct value *value)
{
    return &((struct table_object *)(void *)value->object)->table;
}

/* Removes and retires an entry of a private table object; false when the key was absent. */
bool table_drop(struct table *table, struct str key);

/* `count` different entries chosen by chance, each as likely as any other; at most table->len. */
void table_pick(const struct table *table, struct prng *prng, struct entry **picked, size_t count);

/* Chooses `needed` of `left` things that pass by: call it for each; true when this one is
 * chosen. */
struct selection {
    size_t left, needed;
};
static inline bool selection_takes(struct selection *selection, struct prng *prng)
{
    bool takes = prng_below(prng, selection->left--) < selection->needed;
    selection->needed -= takes;
    return takes;
}

#endif
