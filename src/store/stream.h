/* Streams: entries of field-value pairs in the order of their ids, to which is only appended.
 *
 *     few entries: the object and one node
 *     many, or with groups: a tree of nodes by id, and what readers share (stream_group.h)
 *
 * A node (stream_node.h) is one packed run of many entries in the layout RDB has. Nodes are
 * written to while they are private and copied when a frozen view shares them, so freezing is O(1)
 * and the first write after it costs one node. Deleted entries are marked; a node without live
 * ones goes.
 *
 * Reading takes any stream, also a frozen one on another thread. An edit needs a private one
 * (keyspace_writable_object); unlike other collections a stream never becomes another object.
 * Users always see "stream"; a stream may be empty and is kept then. */
#ifndef SKEIN_STORE_STREAM_H
#define SKEIN_STORE_STREAM_H

#include "base/num.h"
#include "store/collection.h"
#include "store/stream_id.h"
#include "store/tree.h"

/* A node is left alone when it holds that much. 0: no limit. */
struct stream_limits {
    size_t node_bytes, node_entries;
};

struct stream_node;

/* What a stream has when one node is not enough. */
struct stream_wide {
    struct tree nodes;
    struct stream_node *tail; /* the last of them, NULL when there is none */
    struct tree groups;       /* struct stream_group, by name */
};

/* ENC_TREE. The facts are to be read by anyone; stream_set_facts changes them. */
struct stream_object {
    struct object object;
    uint64_t len;             /* live entries */
    struct stream_id last;    /* given last; no new id may be at or below it */
    struct stream_id first;   /* of the first live entry; zero when there is none */
    struct stream_id deleted; /* the highest that XDEL removed; zero: none */
    uint64_t added;           /* entries ever added */
    struct stream_node *only; /* all entries, when not wide; NULL: none */
    struct stream_wide *wide; /* NULL: no groups, and at most one node */
};

static inline struct stream_object *value_stream(const struct value *stream)
{
    return (struct stream_object *)(void *)stream->object;
}
static inline size_t stream_len(const struct value *stream)
{
    return value_stream(stream)->len;
}
/* How many nodes hold the entries, for XINFO. */
size_t stream_nodes(const struct value *stream);

/* --- reading --- */

/* Goes over the live entries with ids from `from` to `to`, both included, in either direction.
 * Any write to the stream ends its life, except that of a group. */
struct stream_cursor {
    struct stream_id from, to;
    bool reversed;
    const struct stream_node *node; /* where the next entry is; NULL: at the end */
    size_t at;                      /* that entry, or the node's end */
    struct tree_cursor tree;
    /* The pairs of the entry that was met last: where the next name and value are. */
    size_t pairs_left, name_at, value_at;
    bool names_apart; /* the names are those of the node, only the values the entry's */
};
struct stream_pair {
    struct str name, value; /* views into the stream or into the rooms; not to be copied */
    char name_room[NUM_I64_MAX], value_room[NUM_I64_MAX];
};

/* Nothing is met when `from` is above `to`. Reversed: from `to` down to `from`. */
void stream_range(const struct value *stream, struct stream_cursor *cursor, struct stream_id from,
                  struct stream_id to, bool reversed);
/* The next entry, with the number of its pairs; false at the end. */
bool stream_next(struct stream_cursor *cursor, struct stream_id *id, size_t *pairs);
/* The next pair of that entry; false when all were given. Not all need to be asked for. */
bool stream_next_pair(struct stream_cursor *cursor, struct stream_pair *pair);

/* Whether there is a live entry with this id. */
bool stream_has(const struct value *stream, struct stream_id id);

/* --- writing --- */

struct stream_edit {
    struct value stream; /* private */
    struct epochs *epochs;
    struct stream_limits limits;
};

/* An empty one: no entries, no groups, last id 0-0. */
struct value stream_new(struct epochs *epochs);

enum stream_append {
    STREAM_APPENDED,
    STREAM_ID_TOO_SMALL, /* not above the last id */
    STREAM_TOO_LARGE,    /* "Elements are too large to be stored" */
};
/* Adds an entry. `pairs` is name, value, name, value, ... The id then is the last one. */
enum stream_append stream_append(struct stream_edit *edit, struct stream_id id,
                                 const struct str *pairs, size_t pair_count);
/* Removes an entry; false when there is none. What consumers have pending stays. */
bool stream_delete(struct stream_edit *edit, struct stream_id id);

struct stream_trim {
    enum { STREAM_KEEP_LEN, STREAM_KEEP_FROM } by;
    bool approximate;      /* only whole nodes go */
    uint64_t len;          /* STREAM_KEEP_LEN: so many entries stay */
    struct stream_id from; /* STREAM_KEEP_FROM: entries before this one go */
    uint64_t limit;        /* at most so many entries go, in whole nodes; 0: no limit */
};
/* Returns how many entries went. */
uint64_t stream_trim(struct stream_edit *edit, const struct stream_trim *trim);

/* What XSETID says. The caller has checked that `last` is not below the last entry, and `added` not
 * below the length. */
struct stream_facts {
    struct stream_id last, deleted;
    uint64_t added;
};
void stream_set_facts(struct stream_edit *edit, const struct stream_facts *facts);

/* Makes a stream one that may have groups. */
struct stream_wide *stream_widen(struct stream_edit *edit);

#endif
