#include "command/blocking_queue.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/mem.h"

enum { NAME_HEAD = sizeof(int) + sizeof(int) };

void blocking_queues_init(struct blocking_queues *queues, struct hash_seed seed)
{
    *queues = (struct blocking_queues){.by_name = {.seed = seed}};
    list_init(&queues->ready);
}

void blocking_queues_deinit(struct blocking_queues *queues)
{
    map_deinit(&queues->by_name, mem_free);
}

static struct str name_of(const struct blocking_queue *queue)
{
    return str_of(queue->name, queue->name_len);
}

struct str blocking_queue_key(const struct blocking_queue *queue)
{
    return str_from(name_of(queue), NAME_HEAD);
}

static void build_name(struct buf *name, int db, enum value_type type, struct str key)
{
    int head[] = {db, (int)type};
    buf_append(name, head, sizeof(head));
    buf_append_str(name, key);
}

struct blocking_queue *blocking_queue_find(const struct blocking_queues *queues, int db,
                                           enum value_type type, struct str key)
{
    if (queues->by_name.len == 0) return NULL;
    struct buf name = {0};
    build_name(&name, db, type, key);
    struct blocking_queue *queue = map_get(&queues->by_name, buf_str(&name));
    buf_deinit(&name);
    return queue;
}

static struct blocking_queue *find_or_add(struct blocking_queues *queues, int db,
                                          enum value_type type, struct str key)
{
    struct buf name = {0};
    build_name(&name, db, type, key);
    struct blocking_queue *queue = map_get(&queues->by_name, buf_str(&name));
    if (queue == NULL) {
        queue = mem_alloc(sizeof(*queue) + name.len);
        *queue = (struct blocking_queue){.db = db, .type = type, .name_len = name.len};
        memcpy(queue->name, name.ptr, name.len);
        list_init(&queue->waiters);
        list_init(&queue->ready);
        map_put(&queues->by_name, name_of(queue), queue);
    }
    buf_deinit(&name);
    return queue;
}

static void free_if_unused(struct blocking_queues *queues, struct blocking_queue *queue)
{
    if (queue->count || queue == queues->walked) return;
    list_remove(&queue->ready);
    map_remove(&queues->by_name, name_of(queue));
    mem_free(queue);
}

/* A request that names a key twice names it twice in a row as far as this queue is concerned. */
static bool is_last(const struct blocking_queue *queue, const struct blocked *by)
{
    if (list_is_empty(&queue->waiters)) return false;
    return LIST_ENTRY(queue->waiters.prev, struct blocking_place, of_queue)->by == by;
}

bool blocking_queue_join(struct blocking_queues *queues, struct blocking_place *place, int db,
                         enum value_type type, struct str key)
{
    struct blocking_queue *queue = find_or_add(queues, db, type, key);
    list_init(&place->of_queue);
    place->queue = NULL;
    if (is_last(queue, place->by)) return false;
    place->queue = queue;
    list_append(&queue->waiters, &place->of_queue);
    queue->count++;
    if (place->until_gone && queue->until_gone_count++ == 0) queues->until_gone_count++;
    return true;
}

void blocking_queue_leave(struct blocking_queues *queues, struct blocking_place *place)
{
    struct blocking_queue *queue = place->queue;
    if (queue == NULL) return;
    if (queues->next == &place->of_queue) queues->next = place->of_queue.next;
    list_remove(&place->of_queue);
    place->queue = NULL;
    queue->count--;
    if (place->until_gone && --queue->until_gone_count == 0) queues->until_gone_count--;
    free_if_unused(queues, queue);
}

void blocking_queue_mark_ready(struct blocking_queues *queues, struct blocking_queue *queue)
{
    if (list_is_empty(&queue->ready)) list_append(&queues->ready, &queue->ready);
}

void blocking_walk_begin(struct blocking_queues *queues, struct blocking_queue *queue)
{
    ASSERT(queues->walked == NULL);
    queues->walked = queue;
    queues->next = queue->waiters.next;
}

struct blocking_place *blocking_walk_next(struct blocking_queues *queues)
{
    struct list *at = queues->next;
    if (at == &queues->walked->waiters) return NULL;
    queues->next = at->next;
    return LIST_ENTRY(at, struct blocking_place, of_queue);
}

void blocking_walk_end(struct blocking_queues *queues)
{
    struct blocking_queue *queue = queues->walked;
    queues->walked = NULL;
    queues->next = NULL;
    free_if_unused(queues, queue);
}
