/* Numbers to text and back, exactly as Redis's protocol and commands understand them.
 *
 * Parsing is strict: the whole view must be the number, without white space, plus sign or
 * leading zeros for integers. */
#ifndef SKEIN_BASE_NUM_H
#define SKEIN_BASE_NUM_H

#include "base/str.h"

enum { NUM_I64_MAX = 21, NUM_SHORT_MAX = 32, NUM_DOUBLE_MAX = 5 * 1024 };

/* Writes digits (no NUL) and returns how many; the room must be NUM_I64_MAX. */
size_t num_format_i64(char *out, int64_t number);
size_t num_format_u64(char *out, uint64_t number);
/* Seventeen significant digits, as Redis 7.0 replies: the text reads back as the same double,
 * but is not the shortest that does. "inf", "-inf", "nan". The room must be NUM_SHORT_MAX. */
size_t num_format_double(char *out, double number);
/* A long double in plain decimal without trailing zeros, as INCRBYFLOAT stores it. The room must
 * be NUM_DOUBLE_MAX. */
size_t num_format_human(char *out, long double number);

bool num_parse_i64(struct str s, int64_t *number);
bool num_parse_u64(struct str s, uint64_t *number);
/* Accepts what strtod does (hexadecimal, a plus sign and infinities too), but no white space, no
 * NaN and nothing that overflows or vanishes. Texts of NUM_DOUBLE_MAX bytes and more are
 * refused. */
bool num_parse_double(struct str s, double *number);
bool num_parse_long_double(struct str s, long double *number);

static inline bool num_add_i64(int64_t a, int64_t b, int64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline bool num_mul_i64(int64_t a, int64_t b, int64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#endif
