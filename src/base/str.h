/* A view of bytes that somebody else owns.
 *
 * Passed by value everywhere; the bytes may hold NUL and are never assumed to end with one. A
 * view is valid for as long as its owner says so. Nothing here allocates. */
#ifndef SKEIN_BASE_STR_H
#define SKEIN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

/* A view of a string literal. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* The same where a constant initialiser is needed. */
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
/* The two arguments of a "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct str str_of(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

/* A view of a NUL-terminated string; NULL gives the empty view. */
static inline struct str str_from_c(const char *c)
{
    return (struct str){c, c ? strlen(c) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline struct str str_from(struct str s, size_t start)
{
    return start >= s.len ? (struct str){s.ptr + s.len, 0}
                          : (struct str){s.ptr + start, s.len - start};
}

static inline struct str str_first(struct str s, size_t len)
{
    return (struct str){s.ptr, len < s.len ? len : s.len};
}

/* ASCII letters compare equal in either case. */
bool str_eq_nocase(struct str a, struct str b);
/* Compares with a NUL-terminated word, ASCII case ignored: the usual test for an option of a
 * command. */
bool str_is(struct str s, const char *word);
/* Orders bytes like memcmp, a prefix first. */
int str_cmp(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* The position of the first occurrence, or -1. */
ptrdiff_t str_find_char(struct str s, char c);
ptrdiff_t str_find(struct str haystack, struct str needle);
/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Cuts the part before the first `separator` off *rest and returns it; *rest then starts behind
 * the separator. Returns false when *rest was already used up (its ptr is NULL). */
bool str_split(struct str *rest, char separator, struct str *part);

static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
