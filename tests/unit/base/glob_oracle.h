/* A matcher that does what Redis's does, one character at a time and without any thought of
 * speed: every star tries every length. For short texts only; shared by the unit test and the
 * fuzz target. */
#ifndef SKEIN_TESTS_GLOB_ORACLE_H
#define SKEIN_TESTS_GLOB_ORACLE_H

#include "base/str.h"

#include <ctype.h>

static inline int oracle_fold(char byte, bool nocase)
{
    signed char c = (signed char)byte;
    return nocase && c >= 'A' && c <= 'Z' ? tolower(c) : c;
}

/* Is `c` in the class behind the bracket? *pattern moves behind the class. */
static inline bool oracle_class(struct str *pattern, char c, bool nocase)
{
    struct str p = str_from(*pattern, 1);
    bool negated = p.len && p.ptr[0] == '^', found = false;
    int wanted = oracle_fold(c, nocase);
    if (negated) p = str_from(p, 1);
    while (p.len && p.ptr[0] != ']') {
        if (p.ptr[0] == '\\' && p.len >= 2) {
            found = found || oracle_fold(p.ptr[1], nocase) == wanted;
            p = str_from(p, 2);
        } else if (p.len >= 3 && p.ptr[1] == '-') {
            signed char a = (signed char)p.ptr[0], b = (signed char)p.ptr[2];
            int low = oracle_fold((char)(a < b ? a : b), nocase);
            int high = oracle_fold((char)(a < b ? b : a), nocase);
            found = found || (low <= wanted && wanted <= high);
            p = str_from(p, 3);
        } else {
            found = found || oracle_fold(p.ptr[0], nocase) == wanted;
            p = str_from(p, 1);
        }
    }
    *pattern = str_from(p, 1);
    return found != negated;
}

static inline bool oracle_rest(struct str pattern, struct str text, bool nocase)
{
    if (pattern.len == 0) return text.len == 0;
    if (pattern.ptr[0] == '*') {
        for (size_t taken = 0; taken <= text.len; taken++) {
            if (oracle_rest(str_from(pattern, 1), str_from(text, taken), nocase)) return true;
        }
        return false;
    }
    if (text.len == 0) return false;
    char c = text.ptr[0];
    bool matches;
    if (pattern.ptr[0] == '[') {
        matches = oracle_class(&pattern, c, nocase);
    } else {
        bool any = pattern.ptr[0] == '?';
        if (pattern.ptr[0] == '\\' && pattern.len >= 2) pattern = str_from(pattern, 1);
        matches = any || oracle_fold(pattern.ptr[0], nocase) == oracle_fold(c, nocase);
        pattern = str_from(pattern, 1);
    }
    return matches && oracle_rest(pattern, str_from(text, 1), nocase);
}

static inline bool oracle_match(struct str pattern, struct str text, bool nocase)
{
    if (text.len == 0) return pattern.len == 0;
    return oracle_rest(pattern, text, nocase);
}

#endif
