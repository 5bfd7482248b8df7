/* Who waits for which key: one queue for each key and type of value that somebody waits for, the
 * first to come in front.
 *
 * A waiter stands in the queue of each of its keys with a node of its own, so it leaves any of them
 * in O(1). A queue without waiters does not exist, unless it is being walked. */
#ifndef SKEIN_COMMAND_BLOCKING_QUEUE_H
#define SKEIN_COMMAND_BLOCKING_QUEUE_H

#include "base/list.h"
#include "base/map.h"
#include "store/entry.h"

struct blocked;

struct blocking_queue {
    struct list waiters; /* struct blocking_place by of_queue */
    struct list ready;   /* in blocking_queues.ready while the key may serve somebody */
    bool filled;         /* ready because there may be something; else because it may be gone */
    size_t count;
    size_t until_gone_count; /* waiters who want to hear that the key is gone */
    int db;
    enum value_type type;
    size_t name_len;
    char name[]; /* in the map: database, type, key */
};

/* One waiter in one queue. */
struct blocking_place {
    struct list of_queue;
    struct blocking_queue *queue; /* NULL: in none */
    struct blocked *by;
    bool until_gone;
};

struct blocking_queues {
    struct map by_name;
    size_t until_gone_count; /* queues with waiters who want to hear that the key is gone */
    struct list ready;
    /* The queue being walked, and the waiter to be visited next. */
    struct blocking_queue *walked;
    struct list *next;
};

void blocking_queues_init(struct blocking_queues *queues, struct hash_seed seed);
/* All waiters must have left. */
void blocking_queues_deinit(struct blocking_queues *queues);

struct blocking_queue *blocking_queue_find(const struct blocking_queues *queues, int db,
                                           enum value_type type, struct str key);
/* Puts a place at the end of the key's queue; false when `by` stands at its end already. */
bool blocking_queue_join(struct blocking_queues *queues, struct blocking_place *place, int db,
                         enum value_type type, struct str key);
void blocking_queue_leave(struct blocking_queues *queues, struct blocking_place *place);
struct str blocking_queue_key(const struct blocking_queue *queue);

/* The key may serve somebody. */
void blocking_queue_mark_ready(struct blocking_queues *queues, struct blocking_queue *queue);

/* Walks the waiters a queue has now, in order; those that leave or come meanwhile do no harm.
 * Walks do not nest. */
void blocking_walk_begin(struct blocking_queues *queues, struct blocking_queue *queue);
struct blocking_place *blocking_walk_next(struct blocking_queues *queues);
void blocking_walk_end(struct blocking_queues *queues);

#endif
