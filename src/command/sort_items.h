/* The elements SORT works on: loaded from a list, a set or a sorted set, given their weights, and
 * put in order.
 *
 * Elements and weights are views of the data; only digits that stand nowhere are kept here. So an
 * item costs the same whatever patterns name, and nothing may be written while items live. The
 * order is total: it is the same on every server that has the same data. */
#ifndef SKEIN_COMMAND_SORT_ITEMS_H
#define SKEIN_COMMAND_SORT_ITEMS_H

#include "command/sort_pattern.h"

struct sort_item {
    struct str element;
    union {
        struct str text; /* alphabetically; no pointer: there is none */
        double weight;
    };
    size_t index;
};

struct sort_digits; /* a block of them */

struct sort_items {
    struct sort_item *list;
    size_t count;
    bool is_set; /* loaded in an order that means nothing */
    struct sort_digits *digits;
};

/* Which of them, half open; the end comes first when they are loaded backwards. */
struct sort_window {
    size_t from, to;
    bool backwards;
};

size_t sort_items_available(const struct value *source);
/* `source` is NULL or a value of one of the three types. A set is always loaded whole. */
void sort_items_load(struct sort_items *items, const struct value *source,
                     const struct sort_window *window);
void sort_items_deinit(struct sort_items *items);

struct sort_order {
    const struct sort_pattern *by; /* NULL: the elements themselves */
    bool alphabetical, descending;
};
/* False when a weight is no number. */
bool sort_items_order(struct sort_items *items, struct call *call, const struct sort_order *order);

#endif
