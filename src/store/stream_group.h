/* Consumer groups: readers that share a stream, and what each has been given and not acknowledged.
 *
 * A group has a last delivered id, consumers in the order of their names, and pending entries in
 * the order of their ids. A pending entry is one item in two trees, that of the group and that of
 * the consumer who owns it. Finding, giving, acknowledging and claiming are O(log n).
 *
 * Whatever a frozen view may see is replaced instead of changed: `_open` gives a private group or
 * consumer, which stays good until the command ends. A pending entry does not point to its
 * consumer, who may be replaced, but to the consumer's name, which lives as long as the consumer.
 *
 * Reading takes any stream, also a frozen one on another thread. Cursors over pending entries end
 * with the next write to the group: look for the following id then. */
#ifndef SKEIN_STORE_STREAM_GROUP_H
#define SKEIN_STORE_STREAM_GROUP_H

#include "store/stream.h"

enum { STREAM_READ_UNKNOWN = -1, STREAM_NEVER_ACTIVE = -1 };

/* A name that is never changed. */
struct stream_name {
    uint32_t epoch;
    uint32_t len;
    char bytes[];
};
static inline struct str stream_name_str(const struct stream_name *name)
{
    return str_of(name->bytes, name->len);
}

struct stream_pending {
    uint32_t epoch;
    struct stream_id id;
    int64_t delivered_ms;
    uint64_t deliveries;
    const struct stream_name *owner; /* the name of the consumer */
};

struct stream_consumer {
    uint32_t epoch;
    struct stream_name *name;
    int64_t seen_ms;      /* when it last asked for anything; may be set on a private one */
    int64_t active_ms;    /* when it last got something, or STREAM_NEVER_ACTIVE; the same */
    struct tree pendings; /* struct stream_pending, by id */
};

struct stream_group {
    uint32_t epoch;
    struct stream_name *name;
    struct stream_id last; /* delivered last; may be set on a private one */
    int64_t entries_read;  /* of the stream's `added`, or STREAM_READ_UNKNOWN; the same */
    struct tree pendings;  /* struct stream_pending, by id */
    struct tree consumers; /* struct stream_consumer, by name */
};

/* --- reading --- */

size_t stream_group_count(const struct value *stream);
/* NULL when there is none. */
const struct stream_group *stream_group_find(const struct value *stream, struct str name);
const struct stream_consumer *stream_consumer_find(const struct stream_group *group,
                                                   struct str name);

/* All groups, and all consumers of one, by name, from a zeroed cursor; NULL at the end. */
struct stream_name_cursor {
    bool is_started;
    struct tree_cursor tree;
};
const struct stream_group *stream_group_next(const struct value *stream,
                                             struct stream_name_cursor *cursor);
const struct stream_consumer *stream_consumer_next(const struct stream_group *group,
                                                   struct stream_name_cursor *cursor);

/* `pendings` is the tree of a group or of a consumer. NULL when there is none. */
const struct stream_pending *stream_pending_find(const struct tree *pendings, struct stream_id id);
/* The first one at or above the id, and then the one that follows; NULL at the end. */
const struct stream_pending *stream_pending_from(const struct tree *pendings,
                                                 struct tree_cursor *cursor, struct stream_id id);
const struct stream_pending *stream_pending_next(struct tree_cursor *cursor);
/* The one with the highest id; NULL when there is none. */
const struct stream_pending *stream_pending_last(const struct tree *pendings);

/* --- how far a group is --- */

/* How many entries were ever added up to this id, this one included; STREAM_READ_UNKNOWN when
 * deletions hide it. */
int64_t stream_entries_up_to(const struct stream_object *stream, struct stream_id id);
/* False when the lag of the group is unknown. */
bool stream_group_lag(const struct stream_object *stream, const struct stream_group *group,
                      int64_t *lag);

/* --- writing --- */

/* A private group to write to; NULL when there is none. */
struct stream_group *stream_group_open(struct stream_edit *edit, struct str name);
/* NULL when there is one already. */
struct stream_group *stream_group_create(struct stream_edit *edit, struct str name,
                                         struct stream_id last, int64_t entries_read);
/* With consumers and what they have pending. False when there is none. */
bool stream_group_destroy(struct stream_edit *edit, struct str name);
/* The private group has been given the entry: counts it, and moves `last`, if it is behind that. */
void stream_group_deliver(const struct stream_edit *edit, struct stream_group *group,
                          struct stream_id id);

/* From here on, groups and consumers are private ones of this edit. */

/* NULL when there is none. */
struct stream_consumer *stream_consumer_open(struct stream_edit *edit, struct stream_group *group,
                                             struct str name);
/* NULL when there is one already. Never active; seen at `now_ms`. */
struct stream_consumer *stream_consumer_create(struct stream_edit *edit, struct stream_group *group,
                                               struct str name, int64_t now_ms);
/* Removes a consumer and all it has pending. False when there is none; *pending is how many. */
bool stream_consumer_delete(struct stream_edit *edit, struct stream_group *group, struct str name,
                            size_t *pending);

struct stream_delivery {
    struct stream_id id;
    int64_t delivered_ms;
    uint64_t deliveries;
};
/* The entry is pending with this consumer from now on, whoever had it before. Giving, giving
 * again, and claiming. */
void stream_pending_put(struct stream_edit *edit, struct stream_group *group,
                        struct stream_consumer *consumer, const struct stream_delivery *delivery);
/* Acknowledges an entry, or forgets it; false when it is not pending. */
bool stream_pending_remove(struct stream_edit *edit, struct stream_group *group,
                           struct stream_id id);

/* --- for the stream they belong to --- */

void stream_groups_init(struct tree *groups, struct epochs *epochs);
/* With all they hold; any thread. */
void stream_groups_deinit(struct tree *groups);
/* `to` is empty. */
void stream_groups_copy(struct tree *to, const struct tree *from);
size_t stream_groups_memory(const struct tree *groups, size_t samples);
/* What makes freeing them long. */
size_t stream_groups_weight(const struct tree *groups);

#endif
