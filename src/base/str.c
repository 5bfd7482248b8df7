#include "base/str.h"

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (char_lower(a.ptr[i]) != char_lower(b.ptr[i])) return false;
    }
    return true;
}

bool str_is(struct str s, const char *word)
{
    for (size_t i = 0; i < s.len; i++) {
        if (word[i] == '\0' || char_lower(s.ptr[i]) != char_lower(word[i])) return false;
    }
    return word[s.len] == '\0';
}

int str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_first(s, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

ptrdiff_t str_find_char(struct str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? at - s.ptr : -1;
}

ptrdiff_t str_find(struct str haystack, struct str needle)
{
    if (needle.len == 0) return 0;
    const char *at =
        haystack.len ? memmem(haystack.ptr, haystack.len, needle.ptr, needle.len) : NULL;
    return at ? at - haystack.ptr : -1;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0])) s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
    return s;
}

bool str_split(struct str *rest, char separator, struct str *part)
{
    if (rest->ptr == NULL) return false;
    ptrdiff_t at = str_find_char(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = (struct str){NULL, 0};
    } else {
        *part = str_first(*rest, (size_t)at);
        *rest = str_from(*rest, (size_t)at + 1);
    }
    return true;
}
