/* Patterns of SORT's BY and GET: which key (and which field of a hash) they mean for an element.
 *
 *     #            the element itself
 *     weight_*     the string at the key with the element in the place of the first '*'
 *     data_*->age  the field of the hash at that key
 *
 * A pattern without '*' names nothing. */
#ifndef SKEIN_COMMAND_SORT_PATTERN_H
#define SKEIN_COMMAND_SORT_PATTERN_H

#include "command/string.h"
#include "store/fields.h"

/* Views into the pattern's text. */
struct sort_pattern {
    enum { SORT_NOTHING, SORT_ELEMENT, SORT_KEY } names;
    struct str prefix, suffix;
    struct str field; /* empty: the key holds a string */
};
struct sort_pattern sort_pattern_parse(struct str text);

/* What a pattern named. Not to be copied: the text may point into the rooms. It lives until the
 * key it comes from is written to. */
struct sort_found {
    struct str text;
    bool is_in_room;
    struct string_view string;
    struct field field;
};
/* False when there is no such key or field, or it is of another type. `key` is room for names. */
bool sort_pattern_find(struct call *call, const struct sort_pattern *pattern, struct str element,
                       struct buf *key, struct sort_found *found);

#endif
