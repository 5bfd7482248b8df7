/* The matcher agrees with one that tries everything, on texts short enough for that; on long
 * ones it ends in time.
 *
 * The first byte says how long the pattern is and whether case counts. */
#include "base/glob.h"
#include "unit/base/glob_oracle.h"

#include <stdlib.h>

enum { NAIVE_STARS = 6, NAIVE_TEXT = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_stars(struct str pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < pattern.len; i++) count += pattern.ptr[i] == '*';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct str rest = str_of((const char *)data + 1, size - 1);
    bool nocase = data[0] & 1;
    struct str pattern = str_first(rest, data[0] >> 1), text = str_from(rest, data[0] >> 1);
    bool matches = nocase ? glob_match_nocase(pattern, text) : glob_match(pattern, text);
    if (count_stars(pattern) > NAIVE_STARS || text.len > NAIVE_TEXT) return 0;
    if (matches != oracle_match(pattern, text, nocase)) abort();
    return 0;
}
