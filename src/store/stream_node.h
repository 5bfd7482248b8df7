/* The nodes of streams: a packed run of many entries in one allocation, as RDB has it.
 *
 *     master:   live | dead | n | name ... | 0
 *     an entry: flags | ms - first.ms | seq - first.seq | value ... | items before this one
 *            or flags | ms - first.ms | seq - first.seq | n | name | value ... | items before this
 *
 * The names of the first entry are the master's: an entry with the same ones has only values.
 * A deleted entry is marked in its flags and stays. Live entries have growing ids, none below
 * `first`, which is the node's place in the order and never changes.
 *
 * Only private nodes may be written to. Writing may move a node: `*node` then is the new one. */
#ifndef SKEIN_STORE_STREAM_NODE_H
#define SKEIN_STORE_STREAM_NODE_H

#include "store/packed.h"
#include "store/stream.h"

struct stream_node {
    uint32_t epoch;
    uint32_t room; /* bytes there are for the run */
    struct stream_id first;
    uint32_t live, dead; /* entries */
    uint32_t name_count; /* of the master */
    uint32_t entries_at; /* where the first entry begins */
    uint8_t run[];
};

/* A view of the run, for the functions that read one. */
static inline struct packed stream_node_run(const struct stream_node *node)
{
    return (struct packed){(uint8_t *)(uintptr_t)node->run};
}
/* Behind the last entry. */
static inline size_t stream_node_end(const struct stream_node *node)
{
    struct packed run = stream_node_run(node);
    return packed_end(&run);
}

/* An empty node that takes its names from the pairs. NULL: the names are too much for one. */
struct stream_node *stream_node_new(const struct epochs *epochs, struct stream_id first,
                                    const struct str *pairs, size_t pair_count);
struct stream_node *stream_node_copy(const struct stream_node *node, const struct epochs *epochs);
/* Takes a copy of a run that came from outside; NULL when anything in it is wrong. */
struct stream_node *stream_node_from(const struct epochs *epochs, struct stream_id first,
                                     struct str run);

/* Whether one more entry of so many bytes belongs here, or into the next node. */
bool stream_node_takes(const struct stream_node *node, const struct stream_limits *limits,
                       size_t bytes);
/* The id must be above all others. False, and no change, when the entry is too large. */
bool stream_node_append(struct stream_node **node, struct stream_id id, const struct str *pairs,
                        size_t pair_count);
/* Marks the live entry at `at`, and returns where it is then. */
size_t stream_node_delete(struct stream_node **node, size_t at);
/* Gives back memory a node that will not grow does not need. */
void stream_node_settle(struct stream_node **node);

struct stream_record {
    struct stream_id id;
    bool deleted;
    bool names_apart; /* only values follow */
    size_t pairs;
    size_t body; /* the first name or value */
};
void stream_node_read(const struct stream_node *node, size_t at, struct stream_record *record);
/* The entry behind one whose remaining `items` begin at `at`: pass those of record.body, or what is
 * left of them. The node's end when there is none. */
size_t stream_node_after(const struct stream_node *node, size_t at, size_t items);
static inline size_t stream_record_items(const struct stream_record *record)
{
    return record->names_apart ? record->pairs : record->pairs * 2;
}
/* Where the names of the master are. */
size_t stream_node_names(const struct stream_node *node);
/* The entry before this one (or the end); PACKED_NONE at the first. */
size_t stream_node_before(const struct stream_node *node, size_t at);

/* All nodes of a stream from a zeroed cursor; NULL at the end. For snapshots. */
struct stream_node_cursor {
    bool is_started;
    struct tree_cursor tree;
};
const struct stream_node *stream_node_next(const struct value *stream,
                                           struct stream_node_cursor *cursor);
/* Puts a node with live entries behind the others of a private stream, which is being read. False
 * (and the node is freed) when its ids are not above theirs. */
bool stream_adopt_node(struct stream_edit *edit, struct stream_node *node);

#endif
