/* Glob patterns of KEYS, SCAN, PSUBSCRIBE, ACL and CONFIG GET: * ? [a-z] [^a] and \ as escape.
 *
 * The work is bounded by pattern length times text length, so no pattern explodes. The empty
 * text matches the empty pattern alone, as in Redis; whoever wants a lone star to take it asks
 * glob_is_all first. */
#ifndef SKEIN_BASE_GLOB_H
#define SKEIN_BASE_GLOB_H

#include "base/str.h"

bool glob_match(struct str pattern, struct str text);
bool glob_match_nocase(struct str pattern, struct str text);
/* True for a pattern that matches everything without looking. */
static inline bool glob_is_all(struct str pattern)
{
    return pattern.len == 1 && pattern.ptr[0] == '*';
}

#endif
