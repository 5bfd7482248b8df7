/* Sorted sets: members with scores, in the order of (score, member).
 *
 *     packed: member, score, member, score ...
 *     tree: an entry for each member in a table, ordered by a tree
 *
 * Small ones are packed, big ones have both: the table finds a member, the tree finds ranks and
 * ranges in O(log n), and the entries they share hold the scores. Users see "listpack" and
 * "skiplist". Every range of scores or names is a range of ranks. Scores are never NaN.
 *
 * Reading takes any sorted set, also a frozen one on another thread. An edit needs a private one:
 * it may replace the object by one of the other form, so who began it puts edit.zset where it
 * belongs when it is over. */
#ifndef SKEIN_STORE_ZSET_H
#define SKEIN_STORE_ZSET_H

#include "store/collection.h"
#include "store/tree.h"

/* A sorted set of more members, or with a longer one, becomes a tree, and stays one. */
struct zset_limits {
    size_t entries, bytes;
};

/* ENC_TREE */
struct zset_object {
    struct object object;
    struct table table; /* of entries with ENC_DOUBLE */
    struct tree tree;   /* of the same entries */
};
static inline struct zset_object *value_zset(const struct value *zset)
{
    return (struct zset_object *)(void *)zset->object;
}
static inline double entry_score(const struct entry *entry)
{
    double score;
    memcpy(&score, entry_slot_at(entry), sizeof(score));
    return score;
}

/* A member as it was found; the view lives until the sorted set changes. Not to be copied: it may
 * point into the room. */
struct ranked {
    struct str name;
    double score;
    char room[NUM_I64_MAX];
};

size_t zset_len(const struct value *zset);
bool zset_score(const struct value *zset, struct str name, double *score);
/* The members before this one; false when it is none. */
bool zset_rank(const struct value *zset, struct str name, size_t *rank, double *score);

/* How many members have a lower score, or (`equal_too`) no higher one. */
size_t zset_rank_of_score(const struct value *zset, double score, bool equal_too);
/* The same for names, in a sorted set whose scores are all equal. */
size_t zset_rank_of_name(const struct value *zset, struct str name, bool equal_too);

struct zset_cursor {
    const struct packed *packed; /* NULL: a tree */
    size_t at;
    struct tree_cursor tree;
};
/* False when there is no such rank. */
bool zset_seek(const struct value *zset, struct zset_cursor *cursor, size_t rank);
bool zset_next(struct zset_cursor *cursor);
bool zset_prev(struct zset_cursor *cursor);
void zset_get(const struct zset_cursor *cursor, struct ranked *member);
/* The member of an entry of the table. */
void zset_of_entry(const struct entry *entry, struct ranked *member);

/* Passes over members in no order that means something, while nothing changes; starts zeroed. */
struct zset_walk {
    bool is_started;
    struct zset_cursor cursor;
};
bool zset_walk(const struct value *zset, struct zset_walk *walk, struct ranked *member);

struct zset_edit {
    struct value zset;
    struct store *store;
    struct zset_limits limits;
};

struct value zset_new(struct store *store);
struct value zset_new_big(struct store *store);
/* A member that is not there yet; one that is there. The score must not be NaN. */
void zset_add(struct zset_edit *edit, struct str name, double score);
void zset_rescore(struct zset_edit *edit, struct str name, double score);
bool zset_remove(struct zset_edit *edit, struct str name);
/* Removes members by rank; there must be that many. */
void zset_remove_range(struct zset_edit *edit, size_t rank, size_t count);

/* A sorted set made from scores collected in no order: entries go to the table of a big one,
 * zset_order makes the tree of them (and a small one if it fits). Until then only the table may be
 * used. */
struct entry *zset_gather(struct zset_edit *edit, struct str name, double score);
void zset_order(struct zset_edit *edit);

#endif
