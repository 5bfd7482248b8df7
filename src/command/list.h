/* What the files of the list family share: finding a list, changing one, and announcing it.
 *
 * A change goes list_open, list_begin, sequence_*, list_store, list_announce. */
#ifndef SKEIN_COMMAND_LIST_H
#define SKEIN_COMMAND_LIST_H

#include "command/call.h"
#include "store/sequence.h"

enum list_end { LIST_LEFT, LIST_RIGHT };

/* A list for reading; false when there is none, or (*failed) when the key holds something else. */
bool list_find(struct call *call, struct str key, struct value *list, bool *failed);

struct list_edit {
    struct call *call;
    struct str key;
    struct entry *entry; /* NULL: there is no such key yet */
    struct sequence sequence;
};
/* Looks a key up for writing; false when it holds something else, which is answered. */
bool list_open(struct call *call, struct str key, struct list_edit *edit);
/* Makes edit->sequence a private list to write to, an empty one for a new key. */
void list_begin(struct list_edit *edit);
/* Puts what it has become into the database; clients that wait for a new key hear of it. */
void list_store(struct list_edit *edit);
/* Tells of the change, and deletes the key when nothing is left. */
void list_announce(struct list_edit *edit, const char *event);
static inline size_t list_edit_len(const struct list_edit *edit)
{
    return sequence_len(&edit->sequence.list);
}

/* Adds an element at one end. */
void list_push(struct list_edit *edit, struct str element, enum list_end end);
/* Answers with the element at one end, removes it and tells of it. */
void list_pop_one(struct list_edit *edit, enum list_end end);
/* Answers with up to `count` elements from one end as an array and removes them. */
void list_pop_range(struct list_edit *edit, enum list_end end, size_t count);
/* The event of taking from an end: "lpop", "rpop". */
const char *list_pop_event(enum list_end end);
const char *list_push_event(enum list_end end);

/* LEFT or RIGHT; answers the error. */
bool list_end_arg(struct call *call, int at, enum list_end *end);
/* Moves an element from the list of the first argument to that of the second and answers it or an
 * error. False, without an answer, when there is nothing to move. */
bool list_move(struct call *call, enum list_end take_from, enum list_end put_at);

/* The arguments of LMPOP and BLMPOP from the number of keys on, which is at `numkeys_at`. */
struct list_mpop {
    const struct str *keys;
    size_t key_count;
    int64_t count;
    enum list_end end;
};
bool list_mpop_parse(struct call *call, int numkeys_at, struct list_mpop *request);
/* Takes from the first of the keys that has something and answers; false, without an answer, when
 * none has. */
bool list_mpop(struct call *call, const struct list_mpop *request);
/* False, with an error, for an element too big for any run. */
bool list_element_fits(struct call *call, struct str element);

#endif
