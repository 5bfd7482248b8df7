/* What is read as a number is written and read back as the same number; an integer has one text
 * only. */
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) abort();
}

static void try_integers(struct str text)
{
    char out[NUM_I64_MAX];
    int64_t number;
    uint64_t positive;
    double fraction;
    if (num_parse_u64(text, &positive)) {
        check(str_eq(str_of(out, num_format_u64(out, positive)), text));
        check(num_parse_double(text, &fraction));
    }
    if (num_parse_i64(text, &number)) {
        check(str_eq(str_of(out, num_format_i64(out, number)), text));
        check(num_parse_double(text, &fraction) && fraction == (double)number);
    }
}

static void try_double(struct str text)
{
    char out[NUM_SHORT_MAX];
    double number, again;
    if (!num_parse_double(text, &number)) return;
    size_t len = num_format_double(out, number);
    check(!isnan(number) && len < NUM_SHORT_MAX);
    check(num_parse_double(str_of(out, len), &again));
    check(number == again && signbit(number) == signbit(again));
}

/* Plain decimals keep seventeen places, so reading them back gives a number that is written alike.
 */
static void try_long_double(struct str text)
{
    static char out[NUM_DOUBLE_MAX], second[NUM_DOUBLE_MAX];
    long double number, again;
    if (!num_parse_long_double(text, &number)) return;
    size_t len = num_format_human(out, number);
    check(len > 0 && len < NUM_DOUBLE_MAX);
    check(num_parse_long_double(str_of(out, len), &again));
    size_t second_len = num_format_human(second, again);
    check(fabsl(again - number) <= 1e-16L || isinf(number) || fabsl(again / number - 1) < 1e-18L);
    check(str_eq(str_of(out, len), str_of(second, second_len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = mem_alloc(size);
    memcpy(exact, data, size);
    try_integers(str_of(exact, size));
    try_double(str_of(exact, size));
    try_long_double(str_of(exact, size));
    mem_free(exact);
    return 0;
}
