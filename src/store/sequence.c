#include "store/sequence.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/marks.h"

#include <sys/param.h>

enum {
    ITEM_OVERHEAD = 11,       /* at most, of an element in a run */
    COUNTED_BYTES_MAX = 8192, /* a run limited by its count is limited by its bytes, too */
    MARKED_CHUNKS_MIN = 16,   /* fewer are searched as they are */
    NEARLY_EMPTY = 4, /* below this share of the limit a chunk looks for a neighbour to join */
};

/* ENC_TREE */
struct sequence_object {
    struct object object;
    struct tree tree;
};

/* The item of the tree. */
struct chunk {
    uint32_t epoch;
    uint32_t len;
    struct packed packed;
    struct marks marks; /* the data thread's alone, also in a chunk that is shared */
};

static size_t chunk_weight(const void *item)
{
    return ((const struct chunk *)item)->len;
}

static const struct tree_ops chunks = {.weight = chunk_weight};

struct sequence_limit sequence_limit_of(int64_t size)
{
    static const size_t BYTES[] = {4096, 8192, 16384, 32768, 65536};
    if (size >= 0) return (struct sequence_limit){COUNTED_BYTES_MAX, size ? (size_t)size : 1};
    size_t step = MIN(~(uint64_t)size, sizeof(BYTES) / sizeof(BYTES[0]) - 1);
    return (struct sequence_limit){BYTES[step], SIZE_MAX};
}

static bool exceeds(const struct sequence_limit *limit, size_t bytes, size_t count)
{
    return bytes > limit->bytes || count > limit->count;
}

static struct tree *tree_of(const struct value *list)
{
    return &((struct sequence_object *)(void *)list->object)->tree;
}

static bool is_big(const struct value *list)
{
    return list->encoding == ENC_TREE;
}

/* --- objects --- */

static struct chunk *new_chunk(const struct epochs *epochs, struct packed packed, size_t len)
{
    struct chunk *chunk = mem_alloc(sizeof(*chunk));
    *chunk = (struct chunk){.epoch = epochs->now, .len = (uint32_t)len, .packed = packed};
    return chunk;
}

static struct chunk *copy_chunk(const struct epochs *epochs, const struct chunk *chunk)
{
    struct packed packed;
    packed_init_copy(&packed, packed_bytes(&chunk->packed));
    return new_chunk(epochs, packed, chunk->len);
}

static void chunk_free(void *object)
{
    struct chunk *chunk = object;
    packed_deinit(&chunk->packed);
    marks_clear(&chunk->marks);
    mem_free(chunk);
}

static void retire_chunk(struct epochs *epochs, struct chunk *chunk)
{
    epoch_retire(epochs, chunk->epoch, (struct garbage){chunk_free, chunk});
}

static void sequence_free(void *object)
{
    struct sequence_object *all = object;
    tree_deinit(&all->tree, chunk_free);
    mem_free(all);
}

static const struct object_ops sequence_ops;

static struct sequence_object *new_object(struct epochs *epochs)
{
    struct sequence_object *fresh = mem_alloc(sizeof(*fresh));
    fresh->object = (struct object){.ops = &sequence_ops, .epoch = epochs->now};
    tree_init(&fresh->tree, &chunks, epochs);
    return fresh;
}

static struct object *sequence_clone(const struct object *object, struct epochs *epochs)
{
    struct sequence_object *fresh = new_object(epochs);
    fresh->tree = ((const struct sequence_object *)(const void *)object)->tree;
    return &fresh->object;
}

static struct object *sequence_copy(const struct object *object, struct epochs *epochs)
{
    const struct tree *old = &((const struct sequence_object *)(const void *)object)->tree;
    struct sequence_object *fresh = new_object(epochs);
    struct tree_cursor cursor;
    for (bool more = tree_first(old, &cursor); more; more = tree_next(&cursor))
        tree_append(&fresh->tree, copy_chunk(epochs, tree_item(&cursor)));
    return &fresh->object;
}

/* Samples count elements, and whole chunks are looked at. */
static size_t sequence_memory(const struct object *object, size_t samples)
{
    const struct tree *tree = &((const struct sequence_object *)(const void *)object)->tree;
    struct tree_cursor cursor;
    size_t bytes = 0, looked_at = 0, elements = 0;
    for (bool more = tree_first(tree, &cursor); more && (samples == 0 || elements < samples);
         more = tree_next(&cursor)) {
        const struct chunk *chunk = tree_item(&cursor);
        bytes += mem_usable(chunk) + mem_usable(chunk->packed.bytes);
        bytes += mem_usable(chunk->marks.words);
        elements += chunk->len;
        looked_at++;
    }
    double share = looked_at ? (double)bytes / (double)looked_at : 0;
    return mem_usable(object) + tree->node_bytes + (size_t)(share * (double)tree->len);
}

static size_t sequence_weight(const struct object *object)
{
    return ((const struct sequence_object *)(const void *)object)->tree.weight;
}

static const struct table *sequence_prefetch(const struct object *object)
{
    mem_prefetch(((const struct sequence_object *)(const void *)object)->tree.root);
    return NULL;
}

static const struct object_ops sequence_ops = {
    .free = sequence_free,
    .clone = sequence_clone,
    .free_top = mem_free,
    .copy = sequence_copy,
    .memory = sequence_memory,
    .weight = sequence_weight,
    .prefetch = sequence_prefetch,
};

struct value sequence_new(struct epochs *epochs)
{
    return packed_object_new(TYPE_LIST, epochs);
}

struct value sequence_new_big(struct epochs *epochs)
{
    struct object *object = &new_object(epochs)->object;
    return (struct value){.type = TYPE_LIST, .encoding = ENC_TREE, .object = object};
}

size_t sequence_len(const struct value *list)
{
    return is_big(list) ? tree_of(list)->weight : packed_len(value_packed(list));
}

/* --- reading --- */

static void enter_chunk(struct sequence_cursor *cursor, int64_t index)
{
    const struct chunk *chunk = tree_item(&cursor->tree);
    cursor->packed = &chunk->packed;
    cursor->at = packed_seek(cursor->packed, index);
}

bool sequence_seek(const struct value *list, struct sequence_cursor *cursor, size_t index)
{
    size_t rest;
    cursor->packed = NULL;
    if (is_big(list)) {
        if (!tree_seek(tree_of(list), &cursor->tree, index, &rest)) return false;
        enter_chunk(cursor, (int64_t)rest);
        return true;
    }
    cursor->tree.levels = 0;
    if (index > INT64_MAX) return false;
    cursor->at = packed_seek(value_packed(list), (int64_t)index);
    if (cursor->at == PACKED_NONE) return false;
    cursor->packed = value_packed(list);
    return true;
}

static bool enter_next_run(struct sequence_cursor *cursor)
{
    if (cursor->tree.levels && tree_next(&cursor->tree)) {
        enter_chunk(cursor, 0);
        return true;
    }
    cursor->packed = NULL;
    return false;
}

bool sequence_next(struct sequence_cursor *cursor)
{
    cursor->at = packed_next(cursor->packed, cursor->at);
    return cursor->at || enter_next_run(cursor);
}

struct str sequence_step(struct sequence_cursor *cursor, char *room)
{
    struct str element = packed_step(cursor->packed, &cursor->at, room);
    if (cursor->at == PACKED_NONE) enter_next_run(cursor);
    return element;
}

bool sequence_prev(struct sequence_cursor *cursor)
{
    cursor->at = packed_prev(cursor->packed, cursor->at);
    if (cursor->at) return true;
    if (cursor->tree.levels && tree_prev(&cursor->tree)) {
        enter_chunk(cursor, -1);
        return true;
    }
    cursor->packed = NULL;
    return false;
}

const struct packed *sequence_next_run(const struct value *list, struct sequence_cursor *cursor)
{
    bool starts = cursor->packed == NULL;
    if (!is_big(list)) {
        cursor->packed = value_packed(list);
        return starts ? cursor->packed : NULL;
    }
    bool more = starts ? tree_first(tree_of(list), &cursor->tree) : tree_next(&cursor->tree);
    if (!more) return NULL;
    cursor->packed = &((const struct chunk *)tree_item(&cursor->tree))->packed;
    return cursor->packed;
}

size_t sequence_runs(const struct value *list)
{
    return is_big(list) ? tree_of(list)->len : 1;
}

/* --- searching --- */

static struct chunk *chunk_of(const struct sequence_search *search)
{
    return search->cursor.tree.levels ? tree_item(&search->cursor.tree) : NULL;
}

static size_t run_len(const struct sequence_search *search)
{
    const struct chunk *chunk = chunk_of(search);
    return chunk ? chunk->len : packed_len(search->cursor.packed);
}

void sequence_search_begin(struct sequence_search *search, const struct value *list)
{
    search->to = MIN(search->to, sequence_len(list));
    search->cursor = (struct sequence_cursor){0};
    search->is_at_match = false;
    if (search->from >= search->to) return;
    search->index = search->backwards ? search->to - 1 : search->from;
    sequence_seek(list, &search->cursor, search->index);
    search->run_from = is_big(list) ? tree_position(tree_of(list), &search->cursor.tree) : 0;
    search->uses_marks = is_big(list) && tree_of(list)->len >= MARKED_CHUNKS_MIN;
    if (search->uses_marks) search->digest = marks_digest(search->element);
}

static void step_over(struct sequence_search *search)
{
    struct sequence_cursor *cursor = &search->cursor;
    cursor->at = search->backwards ? packed_prev(cursor->packed, cursor->at)
                                   : packed_next(cursor->packed, cursor->at);
    search->index += search->backwards ? SIZE_MAX : 1;
}

/* Goes to the next run in the direction of the search; false when none is to be searched. */
static bool leave_run(struct sequence_search *search)
{
    struct sequence_cursor *cursor = &search->cursor;
    bool more = cursor->tree.levels;
    if (search->backwards) {
        more = more && search->run_from > search->from && tree_prev(&cursor->tree);
    } else {
        search->run_from += run_len(search);
        more = more && search->run_from < search->to && tree_next(&cursor->tree);
    }
    if (!more) return false;
    enter_chunk(cursor, search->backwards ? -1 : 0);
    search->index = search->run_from;
    if (!search->backwards) return true;
    search->run_from -= run_len(search);
    search->index--;
    return true;
}

static bool may_be_in_run(const struct sequence_search *search)
{
    struct chunk *chunk = chunk_of(search);
    if (!search->uses_marks) return true;
    return marks_may_hold(&chunk->marks, &chunk->packed, chunk->len, search->digest);
}

static bool find_in_run(struct sequence_search *search)
{
    struct sequence_cursor *cursor = &search->cursor;
    if (search->backwards) {
        while (cursor->at && !sequence_is(cursor, search->element)) step_over(search);
        return cursor->at != PACKED_NONE;
    }
    size_t found = packed_find(cursor->packed, cursor->at, search->element, 0);
    if (found == PACKED_NONE) return false;
    while (cursor->at != found) step_over(search);
    return true;
}

bool sequence_search_next(struct sequence_search *search)
{
    if (search->cursor.packed == NULL) return false;
    if (search->is_at_match) step_over(search);
    search->is_at_match = false;
    do {
        if (search->cursor.at == PACKED_NONE || !may_be_in_run(search)) continue;
        search->is_at_match = find_in_run(search);
    } while (!search->is_at_match && leave_run(search));
    bool found = search->is_at_match && search->index >= search->from && search->index < search->to;
    if (!found) search->cursor.packed = NULL;
    return found;
}

/* --- the other form --- */

/* Takes the run out of a private packed object, of which nothing remains. */
static struct packed take_run(struct value *list)
{
    struct packed packed = *value_packed(list);
    packed_init(value_packed(list));
    list->object->ops->free(list->object);
    return packed;
}

static void become_big(struct sequence *sequence)
{
    struct packed packed = take_run(&sequence->list);
    size_t len = packed_len(&packed);
    sequence->list = sequence_new_big(sequence->epochs);
    if (len)
        tree_append(tree_of(&sequence->list), new_chunk(sequence->epochs, packed, len));
    else
        packed_deinit(&packed);
}

void sequence_reserve(struct sequence *sequence, size_t bytes, size_t count)
{
    if (is_big(&sequence->list)) return;
    const struct packed *packed = value_packed(&sequence->list);
    if (exceeds(&sequence->limit, packed_bytes(packed).len + bytes, packed_len(packed) + count))
        become_big(sequence);
}

void sequence_settle(struct sequence *sequence, size_t share)
{
    struct tree_cursor cursor;
    struct value old = sequence->list;
    if (!is_big(&old) || tree_of(&old)->len > 1) return;
    struct sequence_limit limit = {sequence->limit.bytes / share, sequence->limit.count / share};
    struct str bytes = {0};
    if (tree_first(tree_of(&old), &cursor)) {
        struct chunk *chunk = tree_item(&cursor);
        bytes = packed_bytes(&chunk->packed);
        if (exceeds(&limit, bytes.len, chunk->len)) return;
        sequence->list = packed_object_from(TYPE_LIST, sequence->epochs, bytes);
        retire_chunk(sequence->epochs, tree_remove(tree_of(&old), &cursor));
    } else {
        sequence->list = sequence_new(sequence->epochs);
    }
    old.object->ops->free(old.object);
}

/* --- writing --- */

static struct chunk *own_chunk(struct sequence *sequence, struct tree_cursor *cursor)
{
    struct chunk *chunk = tree_item(cursor);
    if (epoch_is_private(sequence->epochs, chunk->epoch)) return chunk;
    struct chunk *copy = copy_chunk(sequence->epochs, chunk);
    tree_replace(tree_of(&sequence->list), cursor, copy);
    retire_chunk(sequence->epochs, chunk);
    return copy;
}

static bool has_room(const struct sequence *sequence, const struct chunk *chunk, size_t bytes)
{
    return !exceeds(&sequence->limit, packed_bytes(&chunk->packed).len + bytes + ITEM_OVERHEAD,
                    (size_t)chunk->len + 1);
}

/* The place of an element in a run; the end when there is none. */
static size_t place_in(const struct packed *packed, size_t index)
{
    size_t at = packed_seek(packed, (int64_t)index);
    return at ? at : packed_end(packed);
}

static void insert_into(struct sequence *sequence, struct tree_cursor *cursor, size_t rest,
                        struct str element)
{
    struct chunk *chunk = own_chunk(sequence, cursor);
    packed_insert(&chunk->packed, place_in(&chunk->packed, rest), element);
    marks_add(&chunk->marks, element);
    chunk->len++;
    tree_reweigh(tree_of(&sequence->list), cursor, 1);
}

/* A chunk of its own before the one of the cursor. */
static void insert_alone(struct sequence *sequence, struct tree_cursor *cursor, struct str element)
{
    struct packed packed;
    packed_init(&packed);
    packed_append(&packed, element);
    tree_insert(tree_of(&sequence->list), cursor, new_chunk(sequence->epochs, packed, 1));
}

/* Cuts a chunk in two; the cursor goes to the second one. */
static void split_chunk(struct sequence *sequence, struct tree_cursor *cursor, size_t rest)
{
    struct chunk *chunk = own_chunk(sequence, cursor);
    struct packed packed;
    size_t moved = chunk->len - rest;
    packed_init(&packed);
    packed_move(&chunk->packed, packed_seek(&chunk->packed, (int64_t)rest), &packed);
    chunk->len = (uint32_t)rest;
    tree_reweigh(tree_of(&sequence->list), cursor, -(int64_t)moved);
    tree_next(cursor);
    tree_insert(tree_of(&sequence->list), cursor, new_chunk(sequence->epochs, packed, moved));
}

/* Between two chunks: into the one or the other if there is room, else on its own. */
static void insert_between(struct sequence *sequence, struct tree_cursor *cursor,
                           struct str element)
{
    struct tree_cursor before = *cursor;
    const struct chunk *chunk = tree_item(cursor);
    if (tree_prev(&before)) {
        const struct chunk *last = tree_item(&before);
        if (has_room(sequence, last, element.len)) {
            insert_into(sequence, &before, last->len, element);
            return;
        }
    }
    if (chunk && has_room(sequence, chunk, element.len))
        insert_into(sequence, cursor, 0, element);
    else
        insert_alone(sequence, cursor, element);
}

void sequence_insert(struct sequence *sequence, size_t index, struct str element)
{
    struct tree_cursor cursor;
    size_t rest;
    if (!is_big(&sequence->list)) {
        struct packed *packed = value_packed(&sequence->list);
        packed_insert(packed, place_in(packed, index), element);
        return;
    }
    tree_seek(tree_of(&sequence->list), &cursor, index, &rest);
    const struct chunk *chunk = tree_item(&cursor);
    if (chunk && rest > 0) {
        if (has_room(sequence, chunk, element.len)) {
            insert_into(sequence, &cursor, rest, element);
            return;
        }
        split_chunk(sequence, &cursor, rest);
    }
    insert_between(sequence, &cursor, element);
}

/* A chunk that lost most of its elements joins the one before it if both fit into one. */
static void join_previous(struct sequence *sequence, struct tree_cursor *cursor)
{
    struct tree *tree = tree_of(&sequence->list);
    struct tree_cursor before = *cursor;
    const struct chunk *chunk = tree_item(cursor);
    if (!chunk || !tree_prev(&before)) return;
    const struct chunk *last = tree_item(&before);
    size_t bytes = packed_bytes(&chunk->packed).len + packed_bytes(&last->packed).len;
    if (exceeds(&sequence->limit, bytes, (size_t)chunk->len + last->len)) return;
    struct chunk *gone = own_chunk(sequence, cursor);
    tree_remove(tree, cursor);
    before = *cursor;
    tree_prev(&before);
    struct chunk *stays = own_chunk(sequence, &before);
    packed_move(&gone->packed, packed_first(&gone->packed), &stays->packed);
    marks_clear(&stays->marks);
    stays->len += gone->len;
    tree_reweigh(tree, &before, gone->len);
    chunk_free(gone);
}

static bool is_nearly_empty(const struct sequence *sequence, const struct chunk *chunk)
{
    struct sequence_limit limit = sequence->limit;
    return packed_bytes(&chunk->packed).len < limit.bytes / NEARLY_EMPTY &&
           chunk->len < MAX(limit.count / NEARLY_EMPTY, 2);
}

/* Removes what one chunk holds of the range and returns how much that was. */
static size_t remove_from_chunk(struct sequence *sequence, size_t index, size_t count)
{
    struct tree *tree = tree_of(&sequence->list);
    struct tree_cursor cursor;
    size_t rest;
    tree_seek(tree, &cursor, index, &rest);
    struct chunk *chunk = tree_item(&cursor);
    size_t removed = MIN(count, chunk->len - rest);
    if (removed == chunk->len) {
        tree_remove(tree, &cursor);
        retire_chunk(sequence->epochs, chunk);
        return removed;
    }
    chunk = own_chunk(sequence, &cursor);
    packed_remove(&chunk->packed, packed_seek(&chunk->packed, (int64_t)rest), removed);
    chunk->len -= (uint32_t)removed;
    tree_reweigh(tree, &cursor, -(int64_t)removed);
    if (!is_nearly_empty(sequence, chunk)) return removed;
    struct tree_cursor next = cursor;
    if (tree_next(&next)) join_previous(sequence, &next);
    tree_seek(tree, &cursor, index - rest, &rest);
    join_previous(sequence, &cursor);
    return removed;
}

void sequence_remove(struct sequence *sequence, size_t index, size_t count)
{
    size_t len = sequence_len(&sequence->list);
    if (index >= len) return;
    count = MIN(count, len - index);
    if (!is_big(&sequence->list)) {
        struct packed *packed = value_packed(&sequence->list);
        packed_remove(packed, place_in(packed, index), count);
        return;
    }
    while (count) count -= remove_from_chunk(sequence, index, count);
}

void sequence_replace(struct sequence *sequence, size_t index, struct str element)
{
    struct tree_cursor cursor;
    size_t rest;
    if (!is_big(&sequence->list)) {
        struct packed *packed = value_packed(&sequence->list);
        packed_replace(packed, place_in(packed, index), element);
        return;
    }
    bool found = tree_seek(tree_of(&sequence->list), &cursor, index, &rest);
    ASSERT(found);
    const struct chunk *chunk = tree_item(&cursor);
    size_t bytes = packed_bytes(&chunk->packed).len + element.len + ITEM_OVERHEAD;
    if (chunk->len == 1 || !exceeds(&sequence->limit, bytes, chunk->len)) {
        struct chunk *own = own_chunk(sequence, &cursor);
        packed_replace(&own->packed, place_in(&own->packed, rest), element);
        marks_add(&own->marks, element);
        return;
    }
    sequence_remove(sequence, index, 1);
    sequence_insert(sequence, index, element);
}

void sequence_append_run(struct sequence *sequence, struct packed run)
{
    struct chunk *chunk = new_chunk(sequence->epochs, run, packed_len(&run));
    tree_append(tree_of(&sequence->list), chunk);
}
