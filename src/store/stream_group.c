#include "store/stream_group.h"

#include "base/assert.h"
#include "base/mem.h"

enum {
    WEIGHT_ENOUGH = 1 << 16,
    REMOVED_SHARE = 8, /* from an eighth on, keeping the rest is faster than removing one by one */
};

/* --- order --- */

/* Integers in the order of names. */
static uint64_t text_hint(struct str text)
{
    uint64_t hint = 0;
    for (size_t i = 0; i < 8; i++) hint = hint << 8 | (i < text.len ? (uint8_t)text.ptr[i] : 0);
    return hint;
}

static struct str group_name(const void *item)
{
    return stream_name_str(((const struct stream_group *)item)->name);
}

static struct str consumer_name(const void *item)
{
    return stream_name_str(((const struct stream_consumer *)item)->name);
}

static int compare_group(const void *key, const void *item)
{
    return str_cmp(*(const struct str *)key, group_name(item));
}

static uint64_t group_hint(const void *item)
{
    return text_hint(group_name(item));
}

static int compare_consumer(const void *key, const void *item)
{
    return str_cmp(*(const struct str *)key, consumer_name(item));
}

static uint64_t consumer_hint(const void *item)
{
    return text_hint(consumer_name(item));
}

static int compare_pending(const void *key, const void *item)
{
    return stream_id_cmp(*(const struct stream_id *)key, ((const struct stream_pending *)item)->id);
}

static uint64_t pending_hint(const void *item)
{
    return ((const struct stream_pending *)item)->id.ms;
}

static const struct tree_ops groups_by_name = {.compare = compare_group, .hint = group_hint};
static const struct tree_ops consumers_by_name = {.compare = compare_consumer,
                                                  .hint = consumer_hint};
static const struct tree_ops pendings_by_id = {.compare = compare_pending, .hint = pending_hint};

static bool seek_name(const struct tree *tree, struct tree_cursor *cursor, struct str name)
{
    return tree_seek_key(tree, cursor, &name, text_hint(name));
}

static bool seek_id(const struct tree *pendings, struct tree_cursor *cursor, struct stream_id id)
{
    return tree_seek_key(pendings, cursor, &id, id.ms);
}

/* --- objects --- */

static struct stream_name *new_name(const struct epochs *epochs, struct str text)
{
    struct stream_name *name = mem_alloc(sizeof(*name) + text.len);
    *name = (struct stream_name){.epoch = epochs->now, .len = (uint32_t)text.len};
    if (text.len) memcpy(name->bytes, text.ptr, text.len);
    return name;
}

static struct stream_group *new_group(struct epochs *epochs, struct str name)
{
    struct stream_group *group = mem_alloc(sizeof(*group));
    *group = (struct stream_group){.epoch = epochs->now, .name = new_name(epochs, name)};
    tree_init(&group->pendings, &pendings_by_id, epochs);
    tree_init(&group->consumers, &consumers_by_name, epochs);
    return group;
}

static struct stream_consumer *new_consumer(struct epochs *epochs, struct str name)
{
    struct stream_consumer *consumer = mem_alloc(sizeof(*consumer));
    *consumer = (struct stream_consumer){
        .epoch = epochs->now, .name = new_name(epochs, name), .active_ms = STREAM_NEVER_ACTIVE};
    tree_init(&consumer->pendings, &pendings_by_id, epochs);
    return consumer;
}

static struct stream_pending *new_pending(const struct epochs *epochs,
                                          const struct stream_delivery *delivery,
                                          const struct stream_name *owner)
{
    struct stream_pending *pending = mem_alloc(sizeof(*pending));
    *pending = (struct stream_pending){.epoch = epochs->now,
                                       .id = delivery->id,
                                       .delivered_ms = delivery->delivered_ms,
                                       .deliveries = delivery->deliveries,
                                       .owner = owner};
    return pending;
}

/* Without what is pending. */
static void consumer_free(void *item)
{
    struct stream_consumer *consumer = item;
    tree_deinit(&consumer->pendings, NULL);
    mem_free(consumer->name);
    mem_free(consumer);
}

static void consumer_free_deep(void *item)
{
    struct stream_consumer *consumer = item;
    tree_deinit(&consumer->pendings, mem_free);
    mem_free(consumer->name);
    mem_free(consumer);
}

static void group_free(void *item)
{
    struct stream_group *group = item;
    tree_deinit(&group->consumers, consumer_free);
    tree_deinit(&group->pendings, mem_free);
    mem_free(group->name);
    mem_free(group);
}

static void retire_pending(const struct stream_edit *edit, struct stream_pending *pending)
{
    epoch_retire(edit->epochs, pending->epoch, (struct garbage){mem_free, pending});
}

/* --- all groups of a stream --- */

void stream_groups_init(struct tree *groups, struct epochs *epochs)
{
    tree_init(groups, &groups_by_name, epochs);
}

void stream_groups_deinit(struct tree *groups)
{
    tree_deinit(groups, group_free);
}

/* Ids grow, so each pending entry goes behind the others in both trees. */
static void copy_pendings(struct stream_group *to, const struct stream_group *from,
                          const struct epochs *epochs)
{
    struct tree_cursor at, owner_at;
    for (bool more = tree_first(&from->pendings, &at); more; more = tree_next(&at)) {
        const struct stream_pending *old = tree_item(&at);
        struct stream_delivery delivery = {old->id, old->delivered_ms, old->deliveries};
        bool found = seek_name(&to->consumers, &owner_at, stream_name_str(old->owner));
        ASSERT(found);
        struct stream_consumer *owner = tree_item(&owner_at);
        struct stream_pending *copy = new_pending(epochs, &delivery, owner->name);
        tree_append(&to->pendings, copy);
        tree_append(&owner->pendings, copy);
    }
}

static struct stream_group *copy_group(const struct stream_group *old, struct epochs *epochs)
{
    struct stream_group *group = new_group(epochs, stream_name_str(old->name));
    struct tree_cursor at;
    group->last = old->last;
    group->entries_read = old->entries_read;
    for (bool more = tree_first(&old->consumers, &at); more; more = tree_next(&at)) {
        const struct stream_consumer *of_old = tree_item(&at);
        struct stream_consumer *consumer = new_consumer(epochs, stream_name_str(of_old->name));
        consumer->seen_ms = of_old->seen_ms;
        consumer->active_ms = of_old->active_ms;
        tree_append(&group->consumers, consumer);
    }
    copy_pendings(group, old, epochs);
    return group;
}

void stream_groups_copy(struct tree *to, const struct tree *from)
{
    struct tree_cursor at;
    for (bool more = tree_first(from, &at); more; more = tree_next(&at))
        tree_append(to, copy_group(tree_item(&at), to->epochs));
}

static size_t pendings_memory(const struct tree *pendings)
{
    struct tree_cursor at;
    if (!tree_first(pendings, &at)) return 0;
    return pendings->node_bytes + pendings->len * mem_usable(tree_item(&at));
}

static size_t group_memory(const struct stream_group *group, size_t samples)
{
    struct tree_cursor at;
    size_t bytes = 0, seen = 0;
    for (bool more = tree_first(&group->consumers, &at); more && (samples == 0 || seen < samples);
         more = tree_next(&at)) {
        const struct stream_consumer *consumer = tree_item(&at);
        bytes += mem_usable(consumer) + mem_usable(consumer->name) + consumer->pendings.node_bytes;
        seen++;
    }
    double share = seen ? (double)bytes / (double)seen : 0;
    return mem_usable(group) + mem_usable(group->name) + pendings_memory(&group->pendings) +
           group->consumers.node_bytes + (size_t)(share * (double)group->consumers.len);
}

size_t stream_groups_memory(const struct tree *groups, size_t samples)
{
    struct tree_cursor at;
    size_t bytes = 0, seen = 0;
    for (bool more = tree_first(groups, &at); more && (samples == 0 || seen < samples);
         more = tree_next(&at)) {
        bytes += group_memory(tree_item(&at), samples);
        seen++;
    }
    double share = seen ? (double)bytes / (double)seen : 0;
    return groups->node_bytes + (size_t)(share * (double)groups->len);
}

size_t stream_groups_weight(const struct tree *groups)
{
    struct tree_cursor at;
    size_t weight = 0;
    for (bool more = tree_first(groups, &at); more && weight < WEIGHT_ENOUGH;
         more = tree_next(&at)) {
        const struct stream_group *group = tree_item(&at);
        weight += 1 + group->pendings.len + group->consumers.len;
    }
    return weight;
}

/* --- reading --- */

static const struct tree *groups_of(const struct value *stream)
{
    const struct stream_wide *wide = value_stream(stream)->wide;
    return wide ? &wide->groups : NULL;
}

size_t stream_group_count(const struct value *stream)
{
    const struct tree *groups = groups_of(stream);
    return groups ? groups->len : 0;
}

const struct stream_group *stream_group_find(const struct value *stream, struct str name)
{
    struct tree_cursor at;
    const struct tree *groups = groups_of(stream);
    return groups && seek_name(groups, &at, name) ? tree_item(&at) : NULL;
}

const struct stream_consumer *stream_consumer_find(const struct stream_group *group,
                                                   struct str name)
{
    struct tree_cursor at;
    return seek_name(&group->consumers, &at, name) ? tree_item(&at) : NULL;
}

static const void *next_named(const struct tree *tree, struct stream_name_cursor *cursor)
{
    bool starts = !cursor->is_started;
    cursor->is_started = true;
    bool more = starts ? tree_first(tree, &cursor->tree) : tree_next(&cursor->tree);
    return more ? tree_item(&cursor->tree) : NULL;
}

const struct stream_group *stream_group_next(const struct value *stream,
                                             struct stream_name_cursor *cursor)
{
    const struct tree *groups = groups_of(stream);
    return groups ? next_named(groups, cursor) : NULL;
}

const struct stream_consumer *stream_consumer_next(const struct stream_group *group,
                                                   struct stream_name_cursor *cursor)
{
    return next_named(&group->consumers, cursor);
}

const struct stream_pending *stream_pending_find(const struct tree *pendings, struct stream_id id)
{
    struct tree_cursor at;
    return seek_id(pendings, &at, id) ? tree_item(&at) : NULL;
}

const struct stream_pending *stream_pending_from(const struct tree *pendings,
                                                 struct tree_cursor *cursor, struct stream_id id)
{
    seek_id(pendings, cursor, id);
    return tree_item(cursor);
}

const struct stream_pending *stream_pending_next(struct tree_cursor *cursor)
{
    return tree_next(cursor) ? tree_item(cursor) : NULL;
}

const struct stream_pending *stream_pending_last(const struct tree *pendings)
{
    struct tree_cursor at;
    return tree_last(pendings, &at) ? tree_item(&at) : NULL;
}

/* --- how far a group is --- */

/* Whether XDEL may have made a hole at or behind the id. */
static bool has_hole_from(const struct stream_object *stream, struct stream_id id)
{
    if (stream->len == 0 || stream_id_is_zero(stream->deleted)) return false;
    return stream_id_cmp(id, stream->deleted) <= 0;
}

int64_t stream_entries_up_to(const struct stream_object *stream, struct stream_id id)
{
    int to_last = stream_id_cmp(id, stream->last), to_first = stream_id_cmp(id, stream->first);
    if (stream->added == 0) return 0;
    if (to_last == 0 || (to_last < 0 && stream->len == 0)) return (int64_t)stream->added;
    if (to_last > 0) return STREAM_READ_UNKNOWN;
    bool has_hole =
        !stream_id_is_zero(stream->deleted) && stream_id_cmp(stream->deleted, stream->first) >= 0;
    if (has_hole || to_first > 0) return STREAM_READ_UNKNOWN;
    return (int64_t)(stream->added - stream->len) + (to_first == 0 ? 1 : 0);
}

bool stream_group_lag(const struct stream_object *stream, const struct stream_group *group,
                      int64_t *lag)
{
    *lag = 0;
    if (stream->added == 0) return true;
    int64_t read = group->entries_read;
    if (read == STREAM_READ_UNKNOWN || has_hole_from(stream, group->last))
        read = stream_entries_up_to(stream, group->last);
    if (read == STREAM_READ_UNKNOWN) return false;
    *lag = (int64_t)(stream->added - (uint64_t)read);
    return true;
}

/* --- writing --- */

struct stream_group *stream_group_open(struct stream_edit *edit, struct str name)
{
    struct stream_wide *wide = value_stream(&edit->stream)->wide;
    struct tree_cursor at;
    if (wide == NULL || !seek_name(&wide->groups, &at, name)) return NULL;
    struct stream_group *group = tree_item(&at);
    if (epoch_is_private(edit->epochs, group->epoch)) return group;
    struct stream_group *copy = mem_alloc(sizeof(*copy));
    *copy = *group;
    copy->epoch = edit->epochs->now;
    tree_replace(&wide->groups, &at, copy);
    epoch_retire(edit->epochs, group->epoch, (struct garbage){mem_free, group});
    return copy;
}

struct stream_group *stream_group_create(struct stream_edit *edit, struct str name,
                                         struct stream_id last, int64_t entries_read)
{
    struct stream_wide *wide = stream_widen(edit);
    struct tree_cursor at;
    if (seek_name(&wide->groups, &at, name)) return NULL;
    struct stream_group *group = new_group(edit->epochs, name);
    group->last = last;
    group->entries_read = entries_read;
    tree_insert(&wide->groups, &at, group);
    return group;
}

bool stream_group_destroy(struct stream_edit *edit, struct str name)
{
    struct stream_wide *wide = value_stream(&edit->stream)->wide;
    struct tree_cursor at;
    if (wide == NULL || !seek_name(&wide->groups, &at, name)) return false;
    void *group = tree_remove(&wide->groups, &at);
    epoch_retire_big(edit->epochs, 0, (struct garbage){group_free, group});
    return true;
}

void stream_group_deliver(const struct stream_edit *edit, struct stream_group *group,
                          struct stream_id id)
{
    const struct stream_object *stream = value_stream(&edit->stream);
    if (stream_id_cmp(id, group->last) <= 0) return;
    if (group->entries_read != STREAM_READ_UNKNOWN && !has_hole_from(stream, id))
        group->entries_read++;
    else if (stream->added)
        group->entries_read = stream_entries_up_to(stream, id);
    group->last = id;
}

struct stream_consumer *stream_consumer_open(struct stream_edit *edit, struct stream_group *group,
                                             struct str name)
{
    struct tree_cursor at;
    if (!seek_name(&group->consumers, &at, name)) return NULL;
    struct stream_consumer *consumer = tree_item(&at);
    if (epoch_is_private(edit->epochs, consumer->epoch)) return consumer;
    struct stream_consumer *copy = mem_alloc(sizeof(*copy));
    *copy = *consumer;
    copy->epoch = edit->epochs->now;
    tree_replace(&group->consumers, &at, copy);
    epoch_retire(edit->epochs, consumer->epoch, (struct garbage){mem_free, consumer});
    return copy;
}

struct stream_consumer *stream_consumer_create(struct stream_edit *edit, struct stream_group *group,
                                               struct str name, int64_t now_ms)
{
    struct tree_cursor at;
    if (seek_name(&group->consumers, &at, name)) return NULL;
    struct stream_consumer *consumer = new_consumer(edit->epochs, name);
    consumer->seen_ms = now_ms;
    tree_insert(&group->consumers, &at, consumer);
    return consumer;
}

/* Takes a pending entry that is there out of a tree. */
static struct stream_pending *take_out(struct tree *pendings, struct stream_id id)
{
    struct tree_cursor at;
    bool found = seek_id(pendings, &at, id);
    ASSERT(found);
    return tree_remove(pendings, &at);
}

static void free_nodes(void *tree)
{
    tree_deinit(tree, NULL);
    mem_free(tree);
}

/* A consumer who goes had much of what is pending: what others have goes to a new tree, and the
 * old one is freed elsewhere. */
static void keep_others(struct stream_edit *edit, struct stream_group *group,
                        const struct stream_consumer *consumer)
{
    struct tree *old = mem_alloc(sizeof(*old));
    struct tree_cursor at;
    *old = group->pendings;
    tree_init(&group->pendings, &pendings_by_id, edit->epochs);
    bool more = consumer->pendings.len < old->len && tree_first(old, &at);
    for (; more; more = tree_next(&at)) {
        struct stream_pending *pending = tree_item(&at);
        if (pending->owner != consumer->name) tree_append(&group->pendings, pending);
    }
    epoch_retire_big(edit->epochs, 0, (struct garbage){free_nodes, old});
}

static void remove_each(struct stream_group *group, const struct stream_consumer *consumer)
{
    struct tree_cursor at;
    bool more = tree_first(&consumer->pendings, &at);
    for (; more; more = tree_next(&at))
        take_out(&group->pendings, ((const struct stream_pending *)tree_item(&at))->id);
}

bool stream_consumer_delete(struct stream_edit *edit, struct stream_group *group, struct str name,
                            size_t *pending)
{
    struct tree_cursor at;
    *pending = 0;
    if (!seek_name(&group->consumers, &at, name)) return false;
    struct stream_consumer *consumer = tree_remove(&group->consumers, &at);
    *pending = consumer->pendings.len;
    if (consumer->pendings.len > group->pendings.len / REMOVED_SHARE)
        keep_others(edit, group, consumer);
    else
        remove_each(group, consumer);
    epoch_retire_big(edit->epochs, 0, (struct garbage){consumer_free_deep, consumer});
    return true;
}

/* --- what is pending --- */

/* Most are given in the order of ids, so the end is looked at first. */
static bool seek_pending(const struct tree *pendings, struct tree_cursor *cursor,
                         struct stream_id id)
{
    if (!tree_last(pendings, cursor)) return false;
    const struct stream_pending *last = tree_item(cursor);
    if (stream_id_cmp(id, last->id) <= 0) return seek_id(pendings, cursor, id);
    tree_end(pendings, cursor);
    return false;
}

static void put_in(struct tree *pendings, struct stream_pending *pending)
{
    struct tree_cursor at;
    if (seek_pending(pendings, &at, pending->id))
        tree_replace(pendings, &at, pending);
    else
        tree_insert(pendings, &at, pending);
}

static struct stream_consumer *owner_of(struct stream_edit *edit, struct stream_group *group,
                                        const struct stream_pending *pending)
{
    struct stream_consumer *owner =
        stream_consumer_open(edit, group, stream_name_str(pending->owner));
    ASSERT(owner);
    return owner;
}

void stream_pending_put(struct stream_edit *edit, struct stream_group *group,
                        struct stream_consumer *consumer, const struct stream_delivery *delivery)
{
    struct tree_cursor at;
    bool exists = seek_pending(&group->pendings, &at, delivery->id);
    struct stream_pending *old = exists ? tree_item(&at) : NULL;
    bool stays = old && old->owner == consumer->name;
    if (stays && epoch_is_private(edit->epochs, old->epoch)) {
        old->delivered_ms = delivery->delivered_ms;
        old->deliveries = delivery->deliveries;
        return;
    }
    struct stream_pending *fresh = new_pending(edit->epochs, delivery, consumer->name);
    if (old)
        tree_replace(&group->pendings, &at, fresh);
    else
        tree_insert(&group->pendings, &at, fresh);
    if (old && !stays) take_out(&owner_of(edit, group, old)->pendings, old->id);
    put_in(&consumer->pendings, fresh);
    if (old) retire_pending(edit, old);
}

bool stream_pending_remove(struct stream_edit *edit, struct stream_group *group,
                           struct stream_id id)
{
    struct tree_cursor at;
    if (!seek_id(&group->pendings, &at, id)) return false;
    struct stream_pending *old = tree_remove(&group->pendings, &at);
    take_out(&owner_of(edit, group, old)->pendings, id);
    retire_pending(edit, old);
    return true;
}
