#include "store/stream.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/stream_group.h"
#include "store/stream_node.h"

enum { CACHE_LINE = 64, PREFETCHED = 2 * CACHE_LINE };

/* --- order --- */

static int compare_id(const void *key, const void *item)
{
    return stream_id_cmp(*(const struct stream_id *)key, ((const struct stream_node *)item)->first);
}

static uint64_t node_hint(const void *item)
{
    return ((const struct stream_node *)item)->first.ms;
}

static const struct tree_ops by_id = {.compare = compare_id, .hint = node_hint};

/* --- objects --- */

static void stream_free(void *object)
{
    struct stream_object *all = object;
    if (all->wide) {
        tree_deinit(&all->wide->nodes, mem_free);
        stream_groups_deinit(&all->wide->groups);
        mem_free(all->wide);
    }
    mem_free(all->only);
    mem_free(all);
}

static void stream_free_top(void *object)
{
    struct stream_object *all = object;
    mem_free(all->wide);
    mem_free(all);
}

static struct object *stream_clone(const struct object *object, struct epochs *epochs)
{
    const struct stream_object *old = (const void *)object;
    struct stream_object *fresh = mem_alloc(sizeof(*fresh));
    *fresh = *old;
    fresh->object.epoch = epochs->now;
    if (old->wide) {
        fresh->wide = mem_alloc(sizeof(*fresh->wide));
        *fresh->wide = *old->wide;
    }
    return &fresh->object;
}

static struct stream_wide *new_wide(struct epochs *epochs)
{
    struct stream_wide *wide = mem_alloc(sizeof(*wide));
    tree_init(&wide->nodes, &by_id, epochs);
    wide->tail = NULL;
    stream_groups_init(&wide->groups, epochs);
    return wide;
}

static struct object *stream_copy(const struct object *object, struct epochs *epochs)
{
    const struct stream_object *old = (const void *)object;
    struct stream_object *fresh = mem_alloc(sizeof(*fresh));
    *fresh = *old;
    fresh->object.epoch = epochs->now;
    if (old->only) fresh->only = stream_node_copy(old->only, epochs);
    if (old->wide == NULL) return &fresh->object;
    struct tree_cursor cursor;
    fresh->wide = new_wide(epochs);
    for (bool more = tree_first(&old->wide->nodes, &cursor); more; more = tree_next(&cursor)) {
        fresh->wide->tail = stream_node_copy(tree_item(&cursor), epochs);
        tree_append(&fresh->wide->nodes, fresh->wide->tail);
    }
    stream_groups_copy(&fresh->wide->groups, &old->wide->groups);
    return &fresh->object;
}

/* Samples count nodes, and pending entries of groups. */
static size_t stream_memory(const struct object *object, size_t samples)
{
    const struct stream_object *all = (const void *)object;
    size_t bytes = mem_usable(all) + mem_usable(all->only), seen = 0, sampled = 0;
    if (all->wide == NULL) return bytes;
    struct tree_cursor cursor;
    const struct tree *nodes = &all->wide->nodes;
    for (bool more = tree_first(nodes, &cursor); more && (samples == 0 || seen < samples);
         more = tree_next(&cursor)) {
        sampled += mem_usable(tree_item(&cursor));
        seen++;
    }
    double share = seen ? (double)sampled / (double)seen : 0;
    return bytes + mem_usable(all->wide) + nodes->node_bytes +
           (size_t)(share * (double)nodes->len) + stream_groups_memory(&all->wide->groups, samples);
}

static size_t stream_weight(const struct object *object)
{
    const struct stream_object *all = (const void *)object;
    if (all->wide == NULL) return 1;
    return all->wide->nodes.len + stream_groups_weight(&all->wide->groups);
}

/* XADD reads the head of the last node and writes at its end. */
static void prefetch_head(const void *node)
{
    for (size_t i = 0; i < PREFETCHED; i += CACHE_LINE) mem_prefetch((const char *)node + i);
}

static void prefetch_end(const struct stream_node *node)
{
    const uint8_t *end = node->run + stream_node_end(node);
    mem_prefetch(end);
    mem_prefetch(end + CACHE_LINE);
}

static const struct table *stream_prefetch(const struct object *object)
{
    const struct stream_object *all = (const void *)object;
    if (all->wide)
        mem_prefetch(&all->wide->tail);
    else if (all->only)
        prefetch_head(all->only);
    return NULL;
}

static void stream_prefetch_on(const struct object *object, unsigned step)
{
    const struct stream_object *all = (const void *)object;
    const struct stream_node *tail = all->wide ? all->wide->tail : all->only;
    unsigned there = all->wide ? 1 : 0; /* the step at which the head of the node has come */
    if (tail == NULL || step > there) return;
    if (step == there)
        prefetch_end(tail);
    else
        prefetch_head(tail);
}

static const struct object_ops stream_ops = {
    .free = stream_free,
    .clone = stream_clone,
    .free_top = stream_free_top,
    .copy = stream_copy,
    .memory = stream_memory,
    .weight = stream_weight,
    .prefetch = stream_prefetch,
    .prefetch_on = stream_prefetch_on,
};

struct value stream_new(struct epochs *epochs)
{
    struct stream_object *fresh = mem_alloc(sizeof(*fresh));
    *fresh = (struct stream_object){.object = {.ops = &stream_ops, .epoch = epochs->now}};
    return (struct value){.type = TYPE_STREAM, .encoding = ENC_TREE, .object = &fresh->object};
}

struct stream_wide *stream_widen(struct stream_edit *edit)
{
    struct stream_object *all = value_stream(&edit->stream);
    if (all->wide) return all->wide;
    all->wide = new_wide(edit->epochs);
    if (all->only) tree_append(&all->wide->nodes, all->only);
    all->wide->tail = all->only;
    all->only = NULL;
    return all->wide;
}

size_t stream_nodes(const struct value *stream)
{
    const struct stream_object *all = value_stream(stream);
    if (all->wide) return all->wide->nodes.len;
    return all->only ? 1 : 0;
}

const struct stream_node *stream_node_next(const struct value *stream,
                                           struct stream_node_cursor *cursor)
{
    const struct stream_object *all = value_stream(stream);
    bool starts = !cursor->is_started;
    cursor->is_started = true;
    if (all->wide == NULL) return starts ? all->only : NULL;
    bool more = starts ? tree_first(&all->wide->nodes, &cursor->tree) : tree_next(&cursor->tree);
    return more ? tree_item(&cursor->tree) : NULL;
}

/* --- places of nodes --- */

/* A node and where it hangs. */
struct place {
    struct tree_cursor tree;
    struct stream_node *node; /* NULL: none */
};

static void seek_first(const struct stream_object *all, struct place *place)
{
    place->node = all->only;
    place->tree.levels = 0;
    if (all->wide && tree_first(&all->wide->nodes, &place->tree))
        place->node = tree_item(&place->tree);
}

/* The node whose entries an id would be among: the last that does not begin behind it. The first
 * node when all do. */
static struct stream_node *seek_node(const struct stream_object *all, struct tree_cursor *tree,
                                     struct stream_id id)
{
    tree->levels = 0;
    if (all->wide == NULL) return all->only;
    bool equal = tree_seek_key(&all->wide->nodes, tree, &id, id.ms);
    if (!equal) tree_prev(tree);
    return tree_item(tree);
}

/* Another node hangs where the place's did, which is not freed. */
static void put_node(struct stream_object *all, struct place *place, struct stream_node *node)
{
    if (all->wide == NULL) {
        all->only = node;
    } else {
        if (all->wide->tail == place->node) all->wide->tail = node;
        tree_replace(&all->wide->nodes, &place->tree, node);
    }
    place->node = node;
}

/* Puts a private copy in the place of a node a frozen view shares. */
static void own_node(struct stream_edit *edit, struct place *place)
{
    struct stream_node *old = place->node;
    if (epoch_is_private(edit->epochs, old->epoch)) return;
    put_node(value_stream(&edit->stream), place, stream_node_copy(old, edit->epochs));
    epoch_retire(edit->epochs, old->epoch, (struct garbage){mem_free, old});
}

/* A wide stream's place then is the node that followed. */
static void drop_node(struct stream_edit *edit, struct place *place)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct stream_node *old = place->node;
    if (all->wide) {
        struct tree_cursor last;
        tree_remove(&all->wide->nodes, &place->tree);
        place->node = tree_item(&place->tree);
        if (all->wide->tail == old)
            all->wide->tail = tree_last(&all->wide->nodes, &last) ? tree_item(&last) : NULL;
    } else {
        all->only = place->node = NULL;
    }
    epoch_retire(edit->epochs, old->epoch, (struct garbage){mem_free, old});
}

/* --- reading --- */

static void enter_node(struct stream_cursor *cursor, const struct stream_node *node)
{
    cursor->node = node;
    if (node) cursor->at = cursor->reversed ? stream_node_end(node) : node->entries_at;
}

void stream_range(const struct value *stream, struct stream_cursor *cursor, struct stream_id from,
                  struct stream_id to, bool reversed)
{
    const struct stream_node *node =
        seek_node(value_stream(stream), &cursor->tree, reversed ? to : from);
    cursor->from = from;
    cursor->to = to;
    cursor->reversed = reversed;
    cursor->pairs_left = 0;
    enter_node(cursor, stream_id_cmp(from, to) <= 0 ? node : NULL);
}

static void leave_node(struct stream_cursor *cursor)
{
    bool more = cursor->reversed ? tree_prev(&cursor->tree) : tree_next(&cursor->tree);
    enter_node(cursor, more ? tree_item(&cursor->tree) : NULL);
}

/* The entry to look at next, live or not; false at the end of all nodes. */
static bool step_forward(struct stream_cursor *cursor, struct stream_record *record)
{
    while (cursor->node) {
        if (cursor->at == PACKED_NONE) {
            size_t items = cursor->names_apart ? cursor->pairs_left : cursor->pairs_left * 2;
            size_t at = cursor->names_apart ? cursor->value_at : cursor->name_at;
            cursor->at = stream_node_after(cursor->node, at, items);
        }
        if (cursor->at < stream_node_end(cursor->node)) {
            stream_node_read(cursor->node, cursor->at, record);
            cursor->at = PACKED_NONE;
            return true;
        }
        leave_node(cursor);
    }
    return false;
}

static bool step_back(struct stream_cursor *cursor, struct stream_record *record)
{
    while (cursor->node) {
        cursor->at = stream_node_before(cursor->node, cursor->at);
        if (cursor->at) {
            stream_node_read(cursor->node, cursor->at, record);
            return true;
        }
        leave_node(cursor);
    }
    return false;
}

/* Where the pairs of an entry are. */
static void begin_pairs(struct stream_cursor *cursor, const struct stream_record *record)
{
    cursor->names_apart = record->names_apart;
    cursor->pairs_left = record->pairs;
    cursor->name_at = cursor->value_at = record->body;
}

bool stream_next(struct stream_cursor *cursor, struct stream_id *id, size_t *pairs)
{
    struct stream_record record;
    while (cursor->reversed ? step_back(cursor, &record) : step_forward(cursor, &record)) {
        begin_pairs(cursor, &record);
        bool below = stream_id_cmp(record.id, cursor->from) < 0;
        bool above = stream_id_cmp(record.id, cursor->to) > 0;
        if (record.deleted || (cursor->reversed ? above : below)) continue;
        if (above || below) break;
        if (record.names_apart) cursor->name_at = stream_node_names(cursor->node);
        *id = record.id;
        *pairs = record.pairs;
        return true;
    }
    cursor->node = NULL;
    return false;
}

bool stream_next_pair(struct stream_cursor *cursor, struct stream_pair *pair)
{
    if (cursor->pairs_left == 0) return false;
    struct packed run = stream_node_run(cursor->node);
    pair->name = packed_step(&run, &cursor->name_at, pair->name_room);
    if (!cursor->names_apart) cursor->value_at = cursor->name_at;
    /* Neither is the last item of the run: the count of the entry's items follows. */
    pair->value = packed_step(&run, &cursor->value_at, pair->value_room);
    if (!cursor->names_apart) cursor->name_at = cursor->value_at;
    cursor->pairs_left--;
    return true;
}

bool stream_has(const struct value *stream, struct stream_id id)
{
    struct stream_cursor cursor;
    size_t pairs;
    stream_range(stream, &cursor, id, id, false);
    return stream_next(&cursor, &id, &pairs);
}

/* --- appending --- */

static struct stream_node *tail_of(const struct stream_object *all)
{
    return all->wide ? all->wide->tail : all->only;
}

static void seek_tail(struct stream_object *all, struct place *place)
{
    place->node = tail_of(all);
    place->tree.levels = 0;
    if (all->wide) tree_last(&all->wide->nodes, &place->tree);
}

/* The tail may have moved when it grew or shrank. */
static void put_tail(struct stream_object *all, struct stream_node *old, struct stream_node *tail)
{
    struct place place;
    if (old == tail) return;
    seek_tail(all, &place);
    place.node = old;
    put_node(all, &place, tail);
}

static struct stream_node *own_tail(struct stream_edit *edit)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct stream_node *tail = tail_of(all);
    if (epoch_is_private(edit->epochs, tail->epoch)) return tail;
    struct place place;
    seek_tail(all, &place);
    own_node(edit, &place);
    return place.node;
}

static void hang_behind(struct stream_edit *edit, struct stream_node *node)
{
    struct stream_object *all = value_stream(&edit->stream);
    if (all->wide == NULL && all->only == NULL) {
        all->only = node;
    } else {
        struct stream_wide *wide = stream_widen(edit);
        tree_append(&wide->nodes, node);
        wide->tail = node;
    }
}

static bool append_to_tail(struct stream_edit *edit, struct stream_id id, const struct str *pairs,
                           size_t pair_count)
{
    struct stream_node *old = own_tail(edit), *tail = old;
    bool done = stream_node_append(&tail, id, pairs, pair_count);
    put_tail(value_stream(&edit->stream), old, tail);
    return done;
}

/* The tail is left for good: it need not have room for more. */
static void settle_tail(struct stream_edit *edit)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct stream_node *old = tail_of(all), *tail = old;
    if (tail == NULL || !epoch_is_private(edit->epochs, tail->epoch)) return;
    stream_node_settle(&tail);
    put_tail(all, old, tail);
}

static bool append_node(struct stream_edit *edit, struct stream_id id, const struct str *pairs,
                        size_t pair_count)
{
    struct stream_node *node = stream_node_new(edit->epochs, id, pairs, pair_count);
    if (node == NULL) return false;
    if (!stream_node_append(&node, id, pairs, pair_count)) {
        mem_free(node);
        return false;
    }
    settle_tail(edit);
    hang_behind(edit, node);
    return true;
}

enum stream_append stream_append(struct stream_edit *edit, struct stream_id id,
                                 const struct str *pairs, size_t pair_count)
{
    struct stream_object *all = value_stream(&edit->stream);
    const struct stream_node *tail = tail_of(all);
    size_t bytes = 0;
    if (stream_id_cmp(id, all->last) <= 0) return STREAM_ID_TOO_SMALL;
    for (size_t i = 0; i < pair_count * 2; i++) {
        if (__builtin_add_overflow(bytes, pairs[i].len, &bytes)) return STREAM_TOO_LARGE;
    }
    bool fits = tail && stream_node_takes(tail, &edit->limits, bytes);
    bool done = fits ? append_to_tail(edit, id, pairs, pair_count)
                     : append_node(edit, id, pairs, pair_count);
    if (!done) return STREAM_TOO_LARGE;
    if (all->len++ == 0) all->first = id;
    all->last = id;
    all->added++;
    return STREAM_APPENDED;
}

/* --- adopting and removing --- */

/* Finds the first live entry anew. */
static void tell_first(struct stream_object *all, const struct value *stream)
{
    struct stream_cursor cursor;
    size_t pairs;
    all->first = STREAM_ID_MIN;
    if (all->len == 0) return;
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, false);
    stream_next(&cursor, &all->first, &pairs);
}

bool stream_adopt_node(struct stream_edit *edit, struct stream_node *node)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct stream_record record;
    size_t at = stream_node_end(node);
    ASSERT(node->live > 0);
    if (all->len > 0 && stream_id_cmp(node->first, all->last) <= 0) {
        mem_free(node);
        return false;
    }
    hang_behind(edit, node);
    do {
        at = stream_node_before(node, at);
        stream_node_read(node, at, &record);
    } while (record.deleted);
    all->last = record.id;
    all->len += node->live;
    if (all->len == node->live) tell_first(all, &edit->stream);
    return true;
}

/* Where the live entry is; PACKED_NONE when there is none. */
static size_t find_in_node(const struct stream_node *node, struct stream_id id)
{
    struct stream_record record;
    for (size_t at = node->entries_at; at < stream_node_end(node);
         at = stream_node_after(node, record.body, stream_record_items(&record))) {
        stream_node_read(node, at, &record);
        if (!record.deleted && stream_id_cmp(record.id, id) == 0) return at;
    }
    return PACKED_NONE;
}

static size_t delete_at(struct stream_edit *edit, struct place *place, size_t at)
{
    own_node(edit, place);
    struct stream_node *node = place->node;
    at = stream_node_delete(&node, at);
    if (node != place->node) put_node(value_stream(&edit->stream), place, node);
    return at;
}

bool stream_delete(struct stream_edit *edit, struct stream_id id)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct place place;
    place.node = seek_node(all, &place.tree, id);
    size_t at = place.node ? find_in_node(place.node, id) : PACKED_NONE;
    if (at == PACKED_NONE) return false;
    if (place.node->live == 1)
        drop_node(edit, &place);
    else
        delete_at(edit, &place, at);
    all->len--;
    if (stream_id_cmp(id, all->deleted) > 0) all->deleted = id;
    if (stream_id_cmp(id, all->first) == 0) tell_first(all, &edit->stream);
    return true;
}

/* --- trimming --- */

/* The last entry of a node, a deleted one too. */
static struct stream_id last_in_node(const struct stream_node *node)
{
    struct stream_record record;
    stream_node_read(node, stream_node_before(node, stream_node_end(node)), &record);
    return record.id;
}

static bool goes_whole(const struct stream_object *all, const struct stream_node *node,
                       const struct stream_trim *trim)
{
    switch (trim->by) {
    case STREAM_KEEP_LEN:
        return all->len - node->live >= trim->len;
    case STREAM_KEEP_FROM:
        return stream_id_cmp(last_in_node(node), trim->from) < 0;
    }
    return false;
}

static bool entry_stays(const struct stream_object *all, struct stream_id id,
                        const struct stream_trim *trim)
{
    switch (trim->by) {
    case STREAM_KEEP_LEN:
        return all->len <= trim->len;
    case STREAM_KEEP_FROM:
        return stream_id_cmp(id, trim->from) >= 0;
    }
    return true;
}

/* Entries go one by one from the first node that does not go as a whole. */
static void trim_in_node(struct stream_edit *edit, struct place *place,
                         const struct stream_trim *trim)
{
    struct stream_object *all = value_stream(&edit->stream);
    for (size_t at = place->node->entries_at; at < stream_node_end(place->node);) {
        struct stream_record record;
        stream_node_read(place->node, at, &record);
        if (entry_stays(all, record.id, trim)) return;
        if (!record.deleted) {
            all->len--;
            if (place->node->live == 1) {
                drop_node(edit, place);
                return;
            }
            at = delete_at(edit, place, at);
            stream_node_read(place->node, at, &record);
        }
        at = stream_node_after(place->node, record.body, stream_record_items(&record));
    }
}

uint64_t stream_trim(struct stream_edit *edit, const struct stream_trim *trim)
{
    struct stream_object *all = value_stream(&edit->stream);
    struct place place;
    uint64_t before = all->len;
    seek_first(all, &place);
    while (place.node && (trim->by != STREAM_KEEP_LEN || all->len > trim->len)) {
        uint64_t gone = before - all->len;
        if (trim->limit && gone + place.node->live > trim->limit) break;
        if (goes_whole(all, place.node, trim)) {
            all->len -= place.node->live;
            drop_node(edit, &place);
            continue;
        }
        if (!trim->approximate) trim_in_node(edit, &place, trim);
        break;
    }
    if (all->len != before) tell_first(all, &edit->stream);
    return before - all->len;
}

void stream_set_facts(struct stream_edit *edit, const struct stream_facts *facts)
{
    struct stream_object *all = value_stream(&edit->stream);
    all->last = facts->last;
    all->deleted = facts->deleted;
    all->added = facts->added;
}
