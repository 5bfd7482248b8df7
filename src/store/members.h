/* Sets: members without order. Integers alone are an intset while they are few, other small sets
 * are packed, and big ones are a table of bare entries; users see "intset", "listpack" and
 * "hashtable".
 *
 * Reading takes any set, also a frozen one on another thread. An edit needs a private one: it
 * may replace the object by one of another encoding, so who began it puts edit.set where it
 * belongs when it is over. */
#ifndef SKEIN_STORE_MEMBERS_H
#define SKEIN_STORE_MEMBERS_H

#include "store/collection.h"
#include "store/intset.h"

/* How many integers make an intset; how many members, and how long ones, stay packed. */
struct members_limits {
    size_t integers, entries, bytes;
};

/* ENC_INTSET */
struct intset_object {
    struct object object;
    struct intset integers;
};
static inline struct intset *value_intset(const struct value *value)
{
    return &((struct intset_object *)(void *)value->object)->integers;
}
/* Copies a run that is valid. */
struct value intset_object_from(const struct epochs *epochs, struct str bytes);

/* A member as it was found; the view lives until the set changes. Not to be copied: it may point
 * into the room. */
struct member {
    struct str name;
    char room[NUM_I64_MAX];
};

size_t members_len(const struct value *set);
bool members_has(const struct value *set, struct str name);

/* All members; the cursor starts zeroed. */
struct members_cursor {
    bool is_started;
    size_t at;
    struct table_cursor table;
};
bool members_next(const struct value *set, struct members_cursor *cursor, struct member *member);

/* One member by chance, of a set that is not empty. */
void members_random(const struct value *set, struct prng *prng, struct member *member);
/* `count` different members by chance (all, if there are no more), given to `visit` one by one. */
typedef void members_visit(void *context, const struct member *member);
void members_pick(const struct value *set, struct prng *prng, size_t count, members_visit *visit,
                  void *context);

struct members_edit {
    struct value set;
    struct store *store;
    struct members_limits limits;
};

/* Begins a new set in the form that suits its first member and about `expected` in all. */
void members_begin(struct members_edit *edit, struct str first, size_t expected);
/* Becomes a table at once if `more` members are too many for the present form. */
void members_expect(struct members_edit *edit, size_t more);
/* False when it was there already, or was not there. */
bool members_add(struct members_edit *edit, struct str name);
bool members_remove(struct members_edit *edit, struct str name);

#endif
