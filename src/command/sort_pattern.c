#include "command/sort_pattern.h"

#include "command/lookup.h"

struct sort_pattern sort_pattern_parse(struct str text)
{
    ptrdiff_t star = str_find_char(text, '*');
    if (str_eq(text, STR("#"))) return (struct sort_pattern){.names = SORT_ELEMENT};
    if (star < 0) return (struct sort_pattern){.names = SORT_NOTHING};
    struct sort_pattern pattern = {.names = SORT_KEY,
                                   .prefix = str_first(text, (size_t)star),
                                   .suffix = str_from(text, (size_t)star + 1)};
    ptrdiff_t arrow = str_find(pattern.suffix, STR("->"));
    if (arrow < 0 || (size_t)arrow + 2 == pattern.suffix.len) return pattern;
    pattern.field = str_from(pattern.suffix, (size_t)arrow + 2);
    pattern.suffix = str_first(pattern.suffix, (size_t)arrow);
    return pattern;
}

static bool find_field(const struct entry *entry, struct str name, struct sort_found *found)
{
    struct value hash = entry_value(entry);
    if (hash.type != TYPE_HASH || !fields_get(&hash, name, &found->field)) return false;
    found->text = found->field.value;
    found->is_in_room = found->text.ptr == found->field.value_room;
    return true;
}

static bool find_string(const struct entry *entry, struct sort_found *found)
{
    if (entry_type(entry) != TYPE_STRING) return false;
    string_view(&found->string, entry);
    found->text = found->string.bytes;
    found->is_in_room = found->text.ptr == found->string.room;
    return true;
}

bool sort_pattern_find(struct call *call, const struct sort_pattern *pattern, struct str element,
                       struct buf *key, struct sort_found *found)
{
    found->text = element;
    found->is_in_room = false;
    if (pattern->names != SORT_KEY) return pattern->names == SORT_ELEMENT;
    buf_clear(key);
    buf_append_str(key, pattern->prefix);
    buf_append_str(key, element);
    buf_append_str(key, pattern->suffix);
    const struct entry *entry = lookup(call, buf_str(key), LOOKUP_READ);
    if (entry == NULL) return false;
    return pattern->field.len ? find_field(entry, pattern->field, found)
                              : find_string(entry, found);
}
