#include "command/sort_items.h"

#include "base/mem.h"
#include "store/members.h"
#include "store/sequence.h"
#include "store/zset.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS_PER_BLOCK = 1000 };

struct sort_digits {
    struct sort_digits *next;
    size_t used;
    char rooms[DIGITS_PER_BLOCK][NUM_I64_MAX];
};

/* --- loading --- */

static struct str keep_digits(struct sort_items *items, struct str digits)
{
    struct sort_digits *block = items->digits;
    if (block == NULL || block->used == DIGITS_PER_BLOCK) {
        block = mem_new(struct sort_digits);
        block->next = items->digits;
        block->used = 0;
        items->digits = block;
    }
    char *room = block->rooms[block->used++];
    memcpy(room, digits.ptr, digits.len);
    return str_of(room, digits.len);
}

/* `room` is where digits stand that are not part of the data. */
static void add(struct sort_items *items, struct str element, const char *room)
{
    if (element.ptr == room) element = keep_digits(items, element);
    items->list[items->count] = (struct sort_item){.element = element, .index = items->count};
    items->count++;
}

static void load_list(struct sort_items *items, const struct value *list,
                      const struct sort_window *window)
{
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    size_t first = window->backwards ? window->to - 1 : window->from;
    bool more = sequence_seek(list, &cursor, first);
    for (size_t left = window->to - window->from; left && more; left--) {
        add(items, sequence_element(&cursor, room), room);
        more = window->backwards ? sequence_prev(&cursor) : sequence_next(&cursor);
    }
}

static void load_zset(struct sort_items *items, const struct value *zset,
                      const struct sort_window *window)
{
    struct zset_cursor cursor;
    struct ranked member;
    size_t first = window->backwards ? window->to - 1 : window->from;
    bool more = zset_seek(zset, &cursor, first);
    for (size_t left = window->to - window->from; left && more; left--) {
        zset_get(&cursor, &member);
        add(items, member.name, member.room);
        more = window->backwards ? zset_prev(&cursor) : zset_next(&cursor);
    }
}

static void load_set(struct sort_items *items, const struct value *set)
{
    struct members_cursor cursor = {0};
    struct member member;
    items->is_set = true;
    while (members_next(set, &cursor, &member)) add(items, member.name, member.room);
}

size_t sort_items_available(const struct value *source)
{
    if (source == NULL) return 0;
    if (source->type == TYPE_LIST) return sequence_len(source);
    return source->type == TYPE_ZSET ? zset_len(source) : members_len(source);
}

void sort_items_load(struct sort_items *items, const struct value *source,
                     const struct sort_window *window)
{
    *items = (struct sort_items){0};
    if (source == NULL) return;
    bool is_set = source->type == TYPE_SET;
    size_t count = is_set ? members_len(source) : window->to - window->from;
    if (count == 0) return;
    items->list = mem_alloc(count * sizeof(struct sort_item));
    if (is_set)
        load_set(items, source);
    else if (source->type == TYPE_LIST)
        load_list(items, source, window);
    else
        load_zset(items, source, window);
}

void sort_items_deinit(struct sort_items *items)
{
    mem_free(items->list);
    while (items->digits) {
        struct sort_digits *next = items->digits->next;
        mem_free(items->digits);
        items->digits = next;
    }
}

/* --- weights --- */

/* A number as strtod reads it: blanks before it are fine, so is nothing at all, and a NUL ends
 * it. */
static bool parse_weight(struct str text, double *weight)
{
    *weight = 0;
    ptrdiff_t end = str_find_char(text, '\0');
    if (end >= 0) text = str_first(text, (size_t)end);
    if (text.len == 0) return true;
    while (text.len && (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')))
        text = str_from(text, 1);
    return num_parse_double(text, weight);
}

static bool weigh(struct sort_items *items, const struct sort_order *order, struct sort_item *item,
                  const struct sort_found *found)
{
    if (!order->alphabetical) return parse_weight(found->text, &item->weight);
    item->text = found->is_in_room ? keep_digits(items, found->text) : found->text;
    if (item->text.ptr == NULL) item->text.ptr = "";
    return true;
}

/* What a pattern does not find weighs nothing. All are looked up, also after one that is no
 * number. */
static bool weigh_all(struct sort_items *items, struct call *call, const struct sort_order *order)
{
    struct buf key = {0};
    struct sort_found found;
    struct sort_pattern self = {.names = SORT_ELEMENT};
    const struct sort_pattern *by = order->by ? order->by : &self;
    bool sound = true;
    for (size_t i = 0; i < items->count; i++) {
        struct sort_item *item = &items->list[i];
        if (order->alphabetical)
            item->text = (struct str){0};
        else
            item->weight = 0;
        if (sort_pattern_find(call, by, item->element, &key, &found) &&
            !weigh(items, order, item, &found))
            sound = false;
    }
    buf_deinit(&key);
    return sound;
}

/* --- order --- */

struct comparison {
    const struct sort_order *order;
    bool is_set;
};

static int compare_texts(struct str a, struct str b)
{
    if (a.ptr && b.ptr) return str_cmp(a, b);
    return (a.ptr != NULL) - (b.ptr != NULL);
}

/* Elements with the same text at their keys stay as they were, but a set has no order to keep. */
static int compare(const void *a, const void *b, void *context)
{
    const struct sort_item *first = a, *second = b;
    const struct comparison *comparison = context;
    const struct sort_order *order = comparison->order;
    int result;
    if (order->alphabetical)
        result = compare_texts(first->text, second->text);
    else
        result = (first->weight > second->weight) - (first->weight < second->weight);
    if (result == 0 && (!order->alphabetical || comparison->is_set))
        result = str_cmp(first->element, second->element);
    if (result) return order->descending ? -result : result;
    return (first->index > second->index) - (first->index < second->index);
}

bool sort_items_order(struct sort_items *items, struct call *call, const struct sort_order *order)
{
    struct comparison comparison = {.order = order, .is_set = items->is_set};
    if (!weigh_all(items, call, order)) return false;
    if (items->count)
        qsort_r(items->list, items->count, sizeof(struct sort_item), compare, &comparison);
    return true;
}
