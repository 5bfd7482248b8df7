#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* So many digits a double holds without loss. */
enum { EXACT_DIGITS = 15 };

size_t num_format_u64(char *out, uint64_t number)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    char digits[20];
    size_t at = sizeof(digits);
    while (number >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + number * 2, 2);
    } else {
        digits[--at] = (char)('0' + number);
    }
    memcpy(out, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

size_t num_format_i64(char *out, int64_t number)
{
    if (number >= 0) return num_format_u64(out, (uint64_t)number);
    *out = '-';
    return 1 + num_format_u64(out + 1, 0 - (uint64_t)number);
}

static bool fits_integer(double number)
{
    return number > -4503599627370496.0 && number < 4503599627370496.0 &&
           number == (double)(int64_t)number && !(number == 0 && signbit(number));
}

size_t num_format_double(char *out, double number)
{
    if (isnan(number)) return (size_t)sprintf(out, "nan");
    if (isinf(number)) return (size_t)sprintf(out, number < 0 ? "-inf" : "inf");
    if (fits_integer(number)) return num_format_i64(out, (int64_t)number);
    return (size_t)sprintf(out, "%.17g", number);
}

size_t num_format_human(char *out, long double number)
{
    if (isinf(number)) return (size_t)sprintf(out, number < 0 ? "-inf" : "inf");
    int written = snprintf(out, NUM_DOUBLE_MAX, "%.17Lf", number);
    size_t len = written > 0 ? (size_t)written : 0;
    if (memchr(out, '.', len)) {
        while (out[len - 1] == '0') len--;
        if (out[len - 1] == '.') len--;
    }
    if (len == 2 && out[0] == '-' && out[1] == '0') {
        out[0] = '0';
        len = 1;
    }
    return len;
}

static bool parse_digits(struct str s, uint64_t *number)
{
    if (s.len == 0 || s.len > 20) return false;
    if (s.ptr[0] == '0' && s.len > 1) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';
        if (digit > 9) return false;
        if (__builtin_mul_overflow(value, 10u, &value)) return false;
        if (__builtin_add_overflow(value, digit, &value)) return false;
    }
    *number = value;
    return true;
}

bool num_parse_u64(struct str s, uint64_t *number)
{
    return parse_digits(s, number);
}

bool num_parse_i64(struct str s, int64_t *number)
{
    bool negative = s.len && s.ptr[0] == '-';
    uint64_t magnitude = 0;
    if (!parse_digits(negative ? str_from(s, 1) : s, &magnitude)) return false;
    if (negative) {
        if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1) return false;
        *number = (int64_t)(0 - magnitude);
    } else {
        if (magnitude > INT64_MAX) return false;
        *number = (int64_t)magnitude;
    }
    return true;
}

/* Copies into NUL-terminated room, because strtod knows no length. */
static bool terminated(struct str s, char *room, size_t size)
{
    if (s.len == 0 || s.len >= size) return false;
    if (s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r')) return false;
    memcpy(room, s.ptr, s.len);
    room[s.len] = '\0';
    return true;
}

bool num_parse_double(struct str s, double *number)
{
    char room[NUM_DOUBLE_MAX], *end = NULL;
    int64_t integer;
    if (s.len <= EXACT_DIGITS && num_parse_i64(s, &integer)) {
        *number = (double)integer;
        return true;
    }
    if (!terminated(s, room, sizeof(room))) return false;
    errno = 0;
    double value = strtod(room, &end);
    if ((size_t)(end - room) != s.len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *number = value;
    return true;
}

bool num_parse_long_double(struct str s, long double *number)
{
    char room[NUM_DOUBLE_MAX], *end = NULL;
    if (!terminated(s, room, sizeof(room))) return false;
    errno = 0;
    long double value = strtold(room, &end);
    if ((size_t)(end - room) != s.len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *number = value;
    return true;
}
