#include "store/zset.h"

#include "base/assert.h"
#include "base/mem.h"

#include <stdlib.h>

static bool is_big(const struct value *zset)
{
    return zset->encoding == ENC_TREE;
}

/* --- order --- */

/* Integers in the order of scores; both zeros are equal. */
static uint64_t score_hint(double score)
{
    uint64_t bits;
    double zero_is_positive = score + 0.0;
    memcpy(&bits, &zero_is_positive, sizeof(bits));
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t entry_hint(const void *item)
{
    return score_hint(entry_score(item));
}

/* What a place in the order is looked for by. */
struct place {
    enum { AT_MEMBER, AT_SCORE, AT_NAME } by;
    double score;
    struct str name;
    bool behind; /* AT_SCORE, AT_NAME: what is equal comes before the place */
};

static int compare_place(const void *key, const void *item)
{
    const struct place *place = key;
    const struct entry *entry = item;
    if (place->by != AT_NAME) {
        double score = entry_score(entry);
        if (place->score != score) return place->score < score ? -1 : 1;
        if (place->by == AT_SCORE) return place->behind ? 1 : -1;
        return str_cmp(place->name, entry_key(entry));
    }
    int order = str_cmp(place->name, entry_key(entry));
    if (order) return order;
    return place->behind ? 1 : -1;
}

static const struct tree_ops by_score = {.compare = compare_place, .hint = entry_hint};

static bool seek_place(const struct tree *tree, struct tree_cursor *cursor, struct place place)
{
    return tree_seek_key(tree, cursor, &place, score_hint(place.score));
}

static struct place place_of(const struct entry *entry)
{
    return (struct place){.score = entry_score(entry), .name = entry_key(entry)};
}

/* To an entry that is in the tree. */
static void seek_entry(const struct tree *tree, struct tree_cursor *cursor,
                       const struct entry *entry)
{
    struct place place = place_of(entry);
    bool found = tree_seek_item(tree, cursor, &place, entry);
    ASSERT(found);
}

static void link_entry(struct tree *tree, struct entry *entry)
{
    struct tree_cursor cursor;
    seek_place(tree, &cursor, place_of(entry));
    tree_insert(tree, &cursor, entry);
}

/* --- objects --- */

static void zset_free(void *object)
{
    struct zset_object *all = object;
    tree_deinit(&all->tree, NULL);
    table_deinit(&all->table, mem_free);
    mem_free(all);
}

static const struct object_ops zset_ops;

static struct zset_object *new_object(struct epochs *epochs, struct hash_seed seed)
{
    struct zset_object *fresh = mem_alloc(sizeof(*fresh));
    fresh->object = (struct object){.ops = &zset_ops, .epoch = epochs->now};
    table_init(&fresh->table, epochs, seed);
    tree_init(&fresh->tree, &by_score, epochs);
    return fresh;
}

static struct object *zset_clone(const struct object *object, struct epochs *epochs)
{
    const struct zset_object *old = (const void *)object;
    struct zset_object *fresh = new_object(epochs, old->table.seed);
    fresh->table = old->table;
    fresh->tree = old->tree;
    return &fresh->object;
}

static struct entry *new_entry(const struct epochs *epochs, struct str name, double score)
{
    struct value value = {.type = TYPE_NONE, .encoding = ENC_DOUBLE, .score = score};
    return entry_new(name, value, NO_EXPIRY, epochs->now);
}

static struct object *zset_copy(const struct object *object, struct epochs *epochs)
{
    const struct zset_object *old = (const void *)object;
    struct zset_object *fresh = new_object(epochs, old->table.seed);
    struct tree_cursor cursor;
    for (bool more = tree_first(&old->tree, &cursor); more; more = tree_next(&cursor)) {
        const struct entry *entry = tree_item(&cursor);
        struct entry *copy = new_entry(epochs, entry_key(entry), entry_score(entry));
        table_insert(&fresh->table, copy, table_hash(&old->table, entry_key(entry)));
        tree_append(&fresh->tree, copy);
    }
    return &fresh->object;
}

static size_t zset_memory(const struct object *object, size_t samples)
{
    const struct zset_object *all = (const void *)object;
    struct tree_cursor cursor;
    size_t bytes = 0, seen = 0;
    for (bool more = tree_first(&all->tree, &cursor); more && (samples == 0 || seen < samples);
         more = tree_next(&cursor)) {
        bytes += entry_memory(tree_item(&cursor));
        seen++;
    }
    double share = seen ? (double)bytes / (double)seen : 0;
    return mem_usable(all) + all->table.page_bytes + all->tree.node_bytes +
           (size_t)(share * (double)all->tree.len);
}

static size_t zset_weight(const struct object *object)
{
    return ((const struct zset_object *)(const void *)object)->tree.len;
}

static const struct table *zset_prefetch(const struct object *object)
{
    const struct zset_object *all = (const void *)object;
    mem_prefetch(all->table.directory);
    mem_prefetch(all->tree.root);
    return &all->table;
}

static const struct object_ops zset_ops = {
    .free = zset_free,
    .clone = zset_clone,
    .free_top = mem_free,
    .copy = zset_copy,
    .memory = zset_memory,
    .weight = zset_weight,
    .prefetch = zset_prefetch,
};

struct value zset_new(struct store *store)
{
    return packed_object_new(TYPE_ZSET, &store->epochs);
}

struct value zset_new_big(struct store *store)
{
    struct object *object = &new_object(&store->epochs, store->seed)->object;
    return (struct value){.type = TYPE_ZSET, .encoding = ENC_TREE, .object = object};
}

/* --- reading --- */

size_t zset_len(const struct value *zset)
{
    return is_big(zset) ? value_zset(zset)->tree.len : packed_len(value_packed(zset)) / 2;
}

/* The score at `*at`, which then is the member behind it. */
static double take_score(const struct packed *packed, size_t *at)
{
    struct packed_item item = packed_take(packed, at);
    double score = 0;
    if (item.is_integer) return (double)item.integer;
    num_parse_double(item.bytes, &score);
    return score;
}

/* The score that stands behind the member at `at`. */
static double packed_score(const struct packed *packed, size_t at)
{
    at = packed_next(packed, at);
    return take_score(packed, &at);
}

static size_t next_pair(const struct packed *packed, size_t at)
{
    return packed_next(packed, packed_next(packed, at));
}

static size_t find_packed(const struct packed *packed, struct str name)
{
    return packed_find(packed, packed_first(packed), name, 1);
}

static struct entry *find_entry(const struct value *zset, struct str name)
{
    const struct table *table = &value_zset(zset)->table;
    return table_find(table, name, table_hash(table, name));
}

bool zset_score(const struct value *zset, struct str name, double *score)
{
    if (is_big(zset)) {
        const struct entry *entry = find_entry(zset, name);
        if (entry) *score = entry_score(entry);
        return entry != NULL;
    }
    size_t at = find_packed(value_packed(zset), name);
    if (at) *score = packed_score(value_packed(zset), at);
    return at != PACKED_NONE;
}

bool zset_rank(const struct value *zset, struct str name, size_t *rank, double *score)
{
    *rank = 0;
    if (is_big(zset)) {
        const struct tree *tree = &value_zset(zset)->tree;
        const struct entry *entry = find_entry(zset, name);
        struct tree_cursor cursor;
        if (entry == NULL) return false;
        *score = entry_score(entry);
        seek_entry(tree, &cursor, entry);
        *rank = tree_position(tree, &cursor);
        return true;
    }
    const struct packed *packed = value_packed(zset);
    for (size_t at = packed_first(packed); at; at = next_pair(packed, at)) {
        if (packed_is(packed, at, name)) {
            *score = packed_score(packed, at);
            return true;
        }
        ++*rank;
    }
    return false;
}

static size_t rank_of_place(const struct value *zset, struct place place)
{
    const struct tree *tree = &value_zset(zset)->tree;
    struct tree_cursor cursor;
    if (place.by == AT_NAME && tree_first(tree, &cursor))
        place.score = entry_score(tree_item(&cursor));
    seek_place(tree, &cursor, place);
    return tree_position(tree, &cursor);
}

size_t zset_rank_of_score(const struct value *zset, double score, bool equal_too)
{
    if (is_big(zset))
        return rank_of_place(zset, (struct place){AT_SCORE, score, STR(""), equal_too});
    const struct packed *packed = value_packed(zset);
    size_t rank = 0;
    for (size_t at = packed_first(packed); at; at = next_pair(packed, at)) {
        double found = packed_score(packed, at);
        if (found > score || (found == score && !equal_too)) break;
        rank++;
    }
    return rank;
}

size_t zset_rank_of_name(const struct value *zset, struct str name, bool equal_too)
{
    if (is_big(zset)) return rank_of_place(zset, (struct place){AT_NAME, 0, name, equal_too});
    const struct packed *packed = value_packed(zset);
    char room[NUM_I64_MAX];
    size_t rank = 0;
    for (size_t at = packed_first(packed); at; at = next_pair(packed, at)) {
        int order = str_cmp(packed_text(packed, at, room), name);
        if (order > 0 || (order == 0 && !equal_too)) break;
        rank++;
    }
    return rank;
}

bool zset_seek(const struct value *zset, struct zset_cursor *cursor, size_t rank)
{
    size_t rest;
    cursor->packed = NULL;
    if (is_big(zset)) return tree_seek(&value_zset(zset)->tree, &cursor->tree, rank, &rest);
    cursor->packed = value_packed(zset);
    cursor->at = rank < INT64_MAX / 2 ? packed_seek(cursor->packed, (int64_t)rank * 2) : 0;
    return cursor->at != PACKED_NONE;
}

bool zset_next(struct zset_cursor *cursor)
{
    if (cursor->packed == NULL) return tree_next(&cursor->tree);
    cursor->at = next_pair(cursor->packed, cursor->at);
    return cursor->at != PACKED_NONE;
}

bool zset_prev(struct zset_cursor *cursor)
{
    if (cursor->packed == NULL) return tree_prev(&cursor->tree);
    size_t score_at = packed_prev(cursor->packed, cursor->at);
    cursor->at = score_at ? packed_prev(cursor->packed, score_at) : PACKED_NONE;
    return cursor->at != PACKED_NONE;
}

void zset_of_entry(const struct entry *entry, struct ranked *member)
{
    member->name = entry_key(entry);
    member->score = entry_score(entry);
}

void zset_get(const struct zset_cursor *cursor, struct ranked *member)
{
    if (cursor->packed == NULL) {
        zset_of_entry(tree_item(&cursor->tree), member);
        return;
    }
    member->name = packed_text(cursor->packed, cursor->at, member->room);
    member->score = packed_score(cursor->packed, cursor->at);
}

bool zset_walk(const struct value *zset, struct zset_walk *walk, struct ranked *member)
{
    bool more = walk->is_started ? zset_next(&walk->cursor) : zset_seek(zset, &walk->cursor, 0);
    walk->is_started = true;
    if (more) zset_get(&walk->cursor, member);
    return more;
}

/* --- writing, packed --- */

/* Where a member with this score belongs. */
static size_t packed_place(const struct packed *packed, struct str name, double score)
{
    char room[NUM_I64_MAX];
    for (size_t at = packed_first(packed), next; at; at = next) {
        next = packed_next(packed, at);
        double found = take_score(packed, &next);
        if (found < score) continue;
        if (found > score || str_cmp(packed_text(packed, at, room), name) > 0) return at;
    }
    return packed_end(packed);
}

/* A pair before the item at `at`. A zero loses its sign, as it does in Redis. */
static void packed_put(struct packed *packed, size_t at, struct str name, double score)
{
    char digits[NUM_DOUBLE_MAX];
    struct str text = str_of(digits, num_format_double(digits, score + 0.0));
    packed_insert_pair(packed, at, name, text);
}

/* --- writing, tree --- */

static void link_new(struct zset_object *all, struct str name, double score)
{
    struct entry *entry = new_entry(all->tree.epochs, name, score);
    table_insert(&all->table, entry, table_hash(&all->table, name));
    link_entry(&all->tree, entry);
}

/* The entry with another score: itself, or a copy that takes its place in the table. */
static struct entry *rescored(struct zset_object *all, struct entry *entry, double score)
{
    struct epochs *epochs = all->tree.epochs;
    if (epoch_is_private(epochs, entry->epoch)) {
        entry_set_slot(entry, &score);
        return entry;
    }
    struct entry *fresh = new_entry(epochs, entry_key(entry), score);
    table_replace(&all->table, entry, fresh, table_hash(&all->table, entry_key(entry)));
    epoch_retire(epochs, entry->epoch, (struct garbage){mem_free, entry});
    return fresh;
}

static void move_entry(struct zset_object *all, struct entry *entry, double score)
{
    struct tree_cursor cursor;
    seek_entry(&all->tree, &cursor, entry);
    tree_remove(&all->tree, &cursor);
    link_entry(&all->tree, rescored(all, entry, score));
}

/* Takes an entry that the tree has lost out of the table. */
static void drop_entry(struct zset_object *all, struct entry *entry)
{
    table_remove(&all->table, entry, table_hash(&all->table, entry_key(entry)));
    epoch_retire(all->tree.epochs, entry->epoch, (struct garbage){mem_free, entry});
}

/* --- the other form --- */

static bool fits_packed(const struct zset_edit *edit, struct str name, size_t len)
{
    return len <= edit->limits.entries && name.len <= edit->limits.bytes &&
           packed_fits(value_packed(&edit->zset), name.len + NUM_I64_MAX * 4);
}

static void become_big(struct zset_edit *edit)
{
    struct value old = edit->zset;
    struct zset_walk walk = {0};
    struct ranked member;
    edit->zset = zset_new_big(edit->store);
    struct zset_object *all = value_zset(&edit->zset);
    while (zset_walk(&old, &walk, &member)) {
        struct entry *entry = new_entry(&edit->store->epochs, member.name, member.score);
        table_insert(&all->table, entry, table_hash(&all->table, member.name));
        tree_append(&all->tree, entry);
    }
    old.object->ops->free(old.object);
}

void zset_add(struct zset_edit *edit, struct str name, double score)
{
    if (!is_big(&edit->zset)) {
        if (fits_packed(edit, name, zset_len(&edit->zset) + 1)) {
            struct packed *packed = value_packed(&edit->zset);
            packed_put(packed, packed_place(packed, name, score), name, score);
            return;
        }
        become_big(edit);
    }
    link_new(value_zset(&edit->zset), name, score);
}

void zset_rescore(struct zset_edit *edit, struct str name, double score)
{
    if (is_big(&edit->zset)) {
        move_entry(value_zset(&edit->zset), find_entry(&edit->zset, name), score);
        return;
    }
    struct packed *packed = value_packed(&edit->zset);
    packed_remove(packed, find_packed(packed, name), 2);
    packed_put(packed, packed_place(packed, name, score), name, score);
}

bool zset_remove(struct zset_edit *edit, struct str name)
{
    if (!is_big(&edit->zset)) {
        struct packed *packed = value_packed(&edit->zset);
        size_t at = find_packed(packed, name);
        if (at) packed_remove(packed, at, 2);
        return at != PACKED_NONE;
    }
    struct zset_object *all = value_zset(&edit->zset);
    struct entry *entry = find_entry(&edit->zset, name);
    struct tree_cursor cursor;
    if (entry == NULL) return false;
    seek_entry(&all->tree, &cursor, entry);
    tree_remove(&all->tree, &cursor);
    drop_entry(all, entry);
    return true;
}

void zset_remove_range(struct zset_edit *edit, size_t rank, size_t count)
{
    struct tree_cursor cursor;
    size_t rest;
    if (count == 0) return;
    if (!is_big(&edit->zset)) {
        struct packed *packed = value_packed(&edit->zset);
        packed_remove(packed, packed_seek(packed, (int64_t)rank * 2), count * 2);
        return;
    }
    struct zset_object *all = value_zset(&edit->zset);
    tree_seek(&all->tree, &cursor, rank, &rest);
    for (size_t i = 0; i < count; i++) drop_entry(all, tree_remove(&all->tree, &cursor));
}

/* --- gathering --- */

struct entry *zset_gather(struct zset_edit *edit, struct str name, double score)
{
    struct table *table = &value_zset(&edit->zset)->table;
    struct entry *entry = new_entry(&edit->store->epochs, name, score);
    table_insert(table, entry, table_hash(table, name));
    return entry;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *first = *(struct entry *const *)a, *second = *(struct entry *const *)b;
    double x = entry_score(first), y = entry_score(second);
    if (x != y) return x < y ? -1 : 1;
    return str_cmp(entry_key(first), entry_key(second));
}

/* The entries of a table in the order of a sorted set, and how long the longest name is. */
static struct entry **sorted_entries(const struct table *table, size_t *longest)
{
    struct entry **list = mem_alloc(table->len * sizeof(*list) + 1);
    struct table_cursor cursor = {0};
    size_t len = 0;
    *longest = 0;
    for (struct entry *entry; (entry = table_next(table, &cursor));) {
        list[len++] = entry;
        struct str name = entry_key(entry);
        if (name.len > *longest) *longest = name.len;
    }
    qsort(list, len, sizeof(*list), compare_entries);
    return list;
}

static void become_packed(struct zset_edit *edit, struct entry *const *list, size_t len)
{
    struct value old = edit->zset;
    edit->zset = zset_new(edit->store);
    struct packed *packed = value_packed(&edit->zset);
    for (size_t i = 0; i < len; i++)
        packed_put(packed, packed_end(packed), entry_key(list[i]), entry_score(list[i]));
    old.object->ops->free(old.object);
}

void zset_order(struct zset_edit *edit)
{
    struct zset_object *all = value_zset(&edit->zset);
    size_t longest, len = all->table.len;
    struct entry **list = sorted_entries(&all->table, &longest);
    if (len <= edit->limits.entries && longest <= edit->limits.bytes) {
        become_packed(edit, list, len);
    } else {
        for (size_t i = 0; i < len; i++) tree_append(&all->tree, list[i]);
    }
    mem_free(list);
}
