#include "base/glob.h"

/* Where the matcher stands. Only the last star needs to be remembered: if what follows it fails,
 * letting that star take one more character is the only choice that can still succeed, so
 * earlier stars are never revisited. */
struct matcher {
    struct str pattern, text;
    size_t p, t;
    bool nocase;
};

static signed char fold(const struct matcher *m, char c)
{
    return (signed char)(m->nocase ? char_lower(c) : c);
}

/* The ends of a range may stand in either order. Bytes above 127 come before all others, and the
 * ends are ordered before letters are folded: Redis does both, and a pattern must choose the
 * same keys here. */
static bool in_range(const struct matcher *m, signed char c, char first, char last)
{
    bool in_order = (signed char)first <= (signed char)last;
    return c >= fold(m, in_order ? first : last) && c <= fold(m, in_order ? last : first);
}

/* Consumes the class that starts at m->p ('[') and tells whether `c` is in it. An unclosed class
 * ends with the pattern. */
static bool match_class(struct matcher *m, signed char c)
{
    struct str p = m->pattern;
    size_t at = m->p + 1;
    bool negated = at < p.len && p.ptr[at] == '^', found = false;
    if (negated) at++;
    while (at < p.len && p.ptr[at] != ']') {
        if (p.ptr[at] == '\\' && at + 1 < p.len) {
            at++;
            found |= fold(m, p.ptr[at]) == c;
        } else if (at + 2 < p.len && p.ptr[at + 1] == '-') {
            found |= in_range(m, c, p.ptr[at], p.ptr[at + 2]);
            at += 2;
        } else {
            found |= fold(m, p.ptr[at]) == c;
        }
        at++;
    }
    m->p = at < p.len ? at + 1 : p.len;
    return found != negated;
}

/* Matches one text character with the pattern element at m->p, which is no star, and moves
 * behind both. */
static bool match_one(struct matcher *m)
{
    signed char c = fold(m, m->text.ptr[m->t]);
    char element = m->pattern.ptr[m->p];
    bool matched;
    if (element == '[') {
        matched = match_class(m, c);
    } else {
        if (element == '\\' && m->p + 1 < m->pattern.len)
            element = m->pattern.ptr[++m->p];
        else if (element == '?')
            element = m->text.ptr[m->t];
        matched = fold(m, element) == c;
        m->p++;
    }
    m->t++;
    return matched;
}

static bool match(struct matcher m)
{
    size_t star = SIZE_MAX, star_text = 0;
    if (m.text.len == 0) return m.pattern.len == 0;
    while (m.t < m.text.len) {
        if (m.p < m.pattern.len && m.pattern.ptr[m.p] == '*') {
            star = ++m.p;
            star_text = m.t;
            if (star == m.pattern.len) return true;
            continue;
        }
        if (m.p < m.pattern.len && match_one(&m)) continue;
        if (star == SIZE_MAX) return false;
        m.p = star;
        m.t = ++star_text;
    }
    while (m.p < m.pattern.len && m.pattern.ptr[m.p] == '*') m.p++;
    return m.p == m.pattern.len;
}

bool glob_match(struct str pattern, struct str text)
{
    return match((struct matcher){.pattern = pattern, .text = text});
}

bool glob_match_nocase(struct str pattern, struct str text)
{
    return match((struct matcher){.pattern = pattern, .text = text, .nocase = true});
}
