#include "store/members.h"

#include "base/mem.h"

enum { INTEGER_TEXT_MAX = 20, INTSET_MAX = 1 << 30 };

/* --- intset objects --- */

static void intset_object_free(void *object)
{
    struct intset_object *all = object;
    intset_deinit(&all->integers);
    mem_free(all);
}

static const struct object_ops intset_ops;

static struct intset_object *new_intset(const struct epochs *epochs)
{
    struct intset_object *fresh = mem_alloc(sizeof(*fresh));
    fresh->object = (struct object){.ops = &intset_ops, .epoch = epochs->now};
    return fresh;
}

static struct value intset_value(struct intset_object *object)
{
    return (struct value){.type = TYPE_SET, .encoding = ENC_INTSET, .object = &object->object};
}

struct value intset_object_from(const struct epochs *epochs, struct str bytes)
{
    struct intset_object *fresh = new_intset(epochs);
    intset_init_copy(&fresh->integers, bytes);
    return intset_value(fresh);
}

static struct object *intset_duplicate(const struct object *object, struct epochs *epochs)
{
    const struct intset_object *old = (const void *)object;
    return intset_object_from(epochs, intset_bytes(&old->integers)).object;
}

static size_t intset_memory(const struct object *object, size_t samples)
{
    (void)samples;
    const struct intset_object *all = (const void *)object;
    return mem_usable(all) + mem_usable(all->integers.bytes);
}

static size_t intset_weight(const struct object *object)
{
    return intset_len(&((const struct intset_object *)(const void *)object)->integers);
}

static const struct table *intset_prefetch(const struct object *object)
{
    const struct intset_object *all = (const void *)object;
    mem_prefetch(all->integers.bytes);
    return NULL;
}

static const struct object_ops intset_ops = {
    .free = intset_object_free,
    .clone = intset_duplicate,
    .free_top = intset_object_free,
    .copy = intset_duplicate,
    .memory = intset_memory,
    .weight = intset_weight,
    .prefetch = intset_prefetch,
};

static struct value empty_intset(const struct epochs *epochs)
{
    struct intset_object *fresh = new_intset(epochs);
    intset_init(&fresh->integers);
    return intset_value(fresh);
}

/* --- reading --- */

static bool parse_integer(struct str name, int64_t *number)
{
    return name.len <= INTEGER_TEXT_MAX && num_parse_i64(name, number);
}

size_t members_len(const struct value *set)
{
    if (set->encoding == ENC_TABLE) return value_table(set)->len;
    if (set->encoding == ENC_INTSET) return intset_len(value_intset(set));
    return packed_len(value_packed(set));
}

bool members_has(const struct value *set, struct str name)
{
    if (set->encoding == ENC_TABLE) {
        const struct table *table = value_table(set);
        return table_find(table, name, table_hash(table, name)) != NULL;
    }
    if (set->encoding == ENC_INTSET) {
        int64_t number;
        return parse_integer(name, &number) && intset_has(value_intset(set), number);
    }
    const struct packed *packed = value_packed(set);
    return packed_find(packed, packed_first(packed), name, 0) != PACKED_NONE;
}

static void view_integer(struct member *member, int64_t number)
{
    member->name = str_of(member->room, num_format_i64(member->room, number));
}

static bool next_of_intset(const struct intset *set, struct members_cursor *cursor,
                           struct member *member)
{
    if (cursor->at >= intset_len(set)) return false;
    view_integer(member, intset_get(set, cursor->at++));
    return true;
}

static bool next_of_packed(const struct packed *packed, struct members_cursor *cursor,
                           struct member *member)
{
    if (!cursor->is_started) cursor->at = packed_first(packed);
    cursor->is_started = true;
    if (cursor->at == PACKED_NONE) return false;
    member->name = packed_step(packed, &cursor->at, member->room);
    return true;
}

bool members_next(const struct value *set, struct members_cursor *cursor, struct member *member)
{
    if (set->encoding == ENC_INTSET) return next_of_intset(value_intset(set), cursor, member);
    if (set->encoding == ENC_PACKED) return next_of_packed(value_packed(set), cursor, member);
    const struct entry *entry = table_next(value_table(set), &cursor->table);
    if (entry) member->name = entry_key(entry);
    return entry != NULL;
}

void members_random(const struct value *set, struct prng *prng, struct member *member)
{
    if (set->encoding == ENC_TABLE) {
        member->name = entry_key(table_random(value_table(set), prng));
        return;
    }
    size_t index = prng_below(prng, members_len(set));
    if (set->encoding == ENC_INTSET) {
        view_integer(member, intset_get(value_intset(set), index));
        return;
    }
    const struct packed *packed = value_packed(set);
    member->name = packed_text(packed, packed_seek(packed, (int64_t)index), member->room);
}

static void pick_of_table(const struct table *table, struct prng *prng, size_t count,
                          members_visit *visit, void *context)
{
    struct entry **picked = mem_alloc((count + 1) * sizeof(struct entry *));
    table_pick(table, prng, picked, count);
    for (size_t i = 0; i < count; i++) {
        struct member member = {.name = entry_key(picked[i])};
        visit(context, &member);
    }
    mem_free(picked);
}

void members_pick(const struct value *set, struct prng *prng, size_t count, members_visit *visit,
                  void *context)
{
    size_t len = members_len(set);
    if (set->encoding == ENC_TABLE && count < len) {
        pick_of_table(value_table(set), prng, count, visit, context);
        return;
    }
    struct selection selection = {.left = len, .needed = count < len ? count : len};
    struct members_cursor cursor = {0};
    struct member member;
    while (selection.needed && members_next(set, &cursor, &member)) {
        if (selection_takes(&selection, prng)) visit(context, &member);
    }
}

/* --- changing the form --- */

static struct entry *new_entry(const struct members_edit *edit, struct str name)
{
    struct value bare = {.type = TYPE_NONE, .encoding = ENC_NONE};
    return entry_new(name, bare, NO_EXPIRY, edit->store->epochs.now);
}

static void become_table(struct members_edit *edit)
{
    struct value old = edit->set;
    struct members_cursor cursor = {0};
    struct member member;
    edit->set = table_object_new(TYPE_SET, edit->store);
    struct table *table = value_table(&edit->set);
    while (members_next(&old, &cursor, &member)) {
        table_insert(table, new_entry(edit, member.name), table_hash(table, member.name));
    }
    old.object->ops->free(old.object);
}

static void become_packed(struct members_edit *edit)
{
    struct value old = edit->set;
    const struct intset *integers = value_intset(&old);
    edit->set = packed_object_new(TYPE_SET, &edit->store->epochs);
    for (size_t i = 0; i < intset_len(integers); i++) {
        packed_append_i64(value_packed(&edit->set), intset_get(integers, i));
    }
    old.object->ops->free(old.object);
}

/* The longest text among integers that are in order is that of the first or the last. */
static size_t longest_text(const struct intset *set)
{
    char room[NUM_I64_MAX];
    size_t len = intset_len(set);
    if (len == 0) return 0;
    size_t first = num_format_i64(room, intset_get(set, 0));
    size_t last = num_format_i64(room, intset_get(set, len - 1));
    return first > last ? first : last;
}

static size_t integers_max(const struct members_edit *edit)
{
    return edit->limits.integers < INTSET_MAX ? edit->limits.integers : INTSET_MAX;
}

void members_begin(struct members_edit *edit, struct str first, size_t expected)
{
    int64_t number;
    if (parse_integer(first, &number) && expected <= integers_max(edit))
        edit->set = empty_intset(&edit->store->epochs);
    else if (expected <= edit->limits.entries)
        edit->set = packed_object_new(TYPE_SET, &edit->store->epochs);
    else
        edit->set = table_object_new(TYPE_SET, edit->store);
}

void members_expect(struct members_edit *edit, size_t more)
{
    bool is_packed = edit->set.encoding == ENC_PACKED;
    bool is_intset = edit->set.encoding == ENC_INTSET;
    bool too_many =
        (is_packed && more > edit->limits.entries) || (is_intset && more > integers_max(edit));
    if (too_many) become_table(edit);
}

/* --- writing --- */

static bool add_to_table(struct members_edit *edit, struct str name)
{
    struct table *table = value_table(&edit->set);
    uint64_t hash = table_hash(table, name);
    if (table_find(table, name, hash)) return false;
    table_insert(table, new_entry(edit, name), hash);
    return true;
}

/* Whether one more member, which is no integer or not the first, may be in a packed set of
 * `len`. */
static bool may_be_packed(const struct members_edit *edit, size_t len, struct str name)
{
    return len < edit->limits.entries && name.len <= edit->limits.bytes;
}

static bool add_to_packed(struct members_edit *edit, struct str name)
{
    struct packed *packed = value_packed(&edit->set);
    if (packed_find(packed, packed_first(packed), name, 0)) return false;
    if (may_be_packed(edit, packed_len(packed), name) && packed_fits(packed, name.len)) {
        packed_append(packed, name);
        return true;
    }
    become_table(edit);
    return add_to_table(edit, name);
}

static bool add_to_intset(struct members_edit *edit, struct str name)
{
    struct intset *set = value_intset(&edit->set);
    int64_t number;
    if (parse_integer(name, &number)) {
        if (!intset_add(set, number)) return false;
        if (intset_len(set) > integers_max(edit)) become_table(edit);
        return true;
    }
    if (may_be_packed(edit, intset_len(set), name) && longest_text(set) <= edit->limits.bytes) {
        become_packed(edit);
        return add_to_packed(edit, name);
    }
    become_table(edit);
    return add_to_table(edit, name);
}

bool members_add(struct members_edit *edit, struct str name)
{
    if (edit->set.encoding == ENC_TABLE) return add_to_table(edit, name);
    if (edit->set.encoding == ENC_INTSET) return add_to_intset(edit, name);
    return add_to_packed(edit, name);
}

bool members_remove(struct members_edit *edit, struct str name)
{
    if (edit->set.encoding == ENC_TABLE) return table_drop(value_table(&edit->set), name);
    if (edit->set.encoding == ENC_INTSET) {
        int64_t number;
        return parse_integer(name, &number) && intset_remove(value_intset(&edit->set), number);
    }
    struct packed *packed = value_packed(&edit->set);
    size_t at = packed_find(packed, packed_first(packed), name, 0);
    if (at) packed_remove(packed, at, 1);
    return at != PACKED_NONE;
}
