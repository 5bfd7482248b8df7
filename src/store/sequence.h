/* What a list value is kept in: one packed run while it is small, a tree of packed chunks when it
 * is big.
 *
 * A small list (ENC_PACKED) is a packed object of collection.h. A big one (ENC_TREE) has chunks of
 * up to the limit, so an element is found, put in or taken out anywhere in O(log n) and the size of
 * a chunk; a chunk is copied when a frozen view shares it. Elements are byte strings of at most
 * SEQUENCE_ELEMENT_MAX bytes. */
#ifndef SKEIN_STORE_SEQUENCE_H
#define SKEIN_STORE_SEQUENCE_H

#include "store/collection.h"
#include "store/tree.h"

enum { SEQUENCE_ELEMENT_MAX = PACKED_MAX - 64 };

/* How much one packed run may hold. */
struct sequence_limit {
    size_t bytes, count;
};
/* What the number of list-max-listpack-size means. */
struct sequence_limit sequence_limit_of(int64_t size);

size_t sequence_len(const struct value *list);

/* --- reading --- */

struct sequence_cursor {
    const struct packed *packed; /* the run the element is in; NULL: no element */
    size_t at;
    struct tree_cursor tree;
};
/* False when there is no element at the index. */
bool sequence_seek(const struct value *list, struct sequence_cursor *cursor, size_t index);
bool sequence_next(struct sequence_cursor *cursor);
bool sequence_prev(struct sequence_cursor *cursor);
/* The bytes of the element; integers are formatted into `room` (NUM_I64_MAX). */
static inline struct str sequence_element(const struct sequence_cursor *cursor, char *room)
{
    return packed_text(cursor->packed, cursor->at, room);
}
/* The same, and the cursor then is at the next element, if there is one. */
struct str sequence_step(struct sequence_cursor *cursor, char *room);
static inline bool sequence_is(const struct sequence_cursor *cursor, struct str element)
{
    return packed_is(cursor->packed, cursor->at, element);
}
/* The runs of a list one after another, from a zeroed cursor; NULL at the end. */
const struct packed *sequence_next_run(const struct value *list, struct sequence_cursor *cursor);
size_t sequence_runs(const struct value *list);

/* Goes over the elements that have certain bytes. On the data thread only: runs of long lists
 * remember what is not in them. A write to the list ends a search. */
struct sequence_search {
    /* Set before it begins: of [from, to) what is equal to the element, in either direction. */
    struct str element;
    size_t from, to;
    bool backwards;
    /* Of the element that was found. */
    size_t index;
    struct sequence_cursor cursor;
    /* Its own. */
    bool is_at_match, uses_marks;
    size_t run_from; /* the index of the first element of the run */
    uint64_t digest;
};
void sequence_search_begin(struct sequence_search *search, const struct value *list);
/* False when there is no other one. */
bool sequence_search_next(struct sequence_search *search);

/* --- writing --- */

/* A list that is being changed. Its object must be private; it may become another one, in the other
 * form. */
struct sequence {
    struct epochs *epochs;
    struct sequence_limit limit;
    struct value list;
};

struct value sequence_new(struct epochs *epochs);
/* Room for `count` more elements of `bytes` in all: the list becomes a big one when it would exceed
 * the limit. */
void sequence_reserve(struct sequence *sequence, size_t bytes, size_t count);
/* A big list that fits into one run of 1/`share` of the limit becomes a small one. */
void sequence_settle(struct sequence *sequence, size_t share);
/* `index` may be the length. The bytes must not lie in the list. */
void sequence_insert(struct sequence *sequence, size_t index, struct str element);
void sequence_replace(struct sequence *sequence, size_t index, struct str element);
void sequence_remove(struct sequence *sequence, size_t index, size_t count);
/* Takes a valid run that is not empty as it is, for a list that is being read. The list must be
 * big. */
void sequence_append_run(struct sequence *sequence, struct packed run);
/* An empty big list. */
struct value sequence_new_big(struct epochs *epochs);

#endif
