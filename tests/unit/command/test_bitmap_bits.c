/* Proves: counting, searching, fields and whole-string operations give what going through the bits
 * one by one gives, at every alignment, and never look beyond the bytes. */
#include "command/bitmap_bits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/prng.h"

enum { BYTES = 120, BITS = BYTES * 8 };

/* In an allocation of exactly its size, so that sanitizers see any step beyond. Mostly long runs
 * of equal bytes, so that whole words are skipped. */
static char *random_bytes(struct prng *prng)
{
    char *bytes = mem_alloc(BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        uint64_t kind = prng_below(prng, 12);
        bytes[i] = kind == 0 ? (char)prng_next(prng) : kind < 4 && i ? bytes[i - 1] : '\0';
        if (kind > 7) bytes[i] = '\xff';
    }
    if (prng_below(prng, 3) == 0) memset(bytes, prng_below(prng, 2) ? 0xff : 0, BYTES - 10);
    return bytes;
}

static bool bit_of(const char *bytes, uint64_t at)
{
    return ((unsigned char)bytes[at / 8] & (0x80 >> at % 8)) != 0;
}

static void bits_are_numbered_from_the_highest_of_the_first_byte(void **state)
{
    (void)state;
    char bytes[] = {'\x80', '\x01'};
    struct str view = str_of(bytes, sizeof(bytes));
    for (uint64_t at = 0; at < 20; at++) {
        assert_int_equal(bits_test(view, at), at == 0 || at == 15);
    }
    bits_put(bytes, 8, true);
    bits_put(bytes, 15, false);
    bits_put(bytes, 0, true);
    assert_memory_equal(bytes, "\x80\x80", 2);
}

static void counts_and_searches_agree_with_a_walk_over_the_bits(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 3);
    for (int round = 0; round < 4000; round++) {
        char *bytes = random_bytes(&prng);
        struct str view = str_of(bytes, BYTES);
        uint64_t from = prng_below(&prng, BITS), to = from + prng_below(&prng, BITS + 1 - from);
        uint64_t set = 0, first[2] = {to, to};
        for (uint64_t at = to; at > from; at--) {
            bool on = bit_of(bytes, at - 1);
            set += on;
            first[on] = at - 1;
        }
        assert_int_equal(bits_count(view, from, to), set);
        assert_int_equal(bits_find(view, from, to, true), first[1]);
        assert_int_equal(bits_find(view, from, to, false), first[0]);
        mem_free(bytes);
    }
}

static void a_field_reads_back_and_its_neighbours_stay(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 4);
    for (int round = 0; round < 4000; round++) {
        char *bytes = random_bytes(&prng), before[BYTES];
        memcpy(before, bytes, BYTES);
        unsigned width = 1 + (unsigned)prng_below(&prng, 64);
        uint64_t at = prng_below(&prng, BITS - width + 1), value = prng_next(&prng);
        bits_store(bytes, BYTES, at, width, value);
        uint64_t kept = width == 64 ? value : value & (((uint64_t)1 << width) - 1);
        assert_int_equal(bits_load(str_of(bytes, BYTES), at, width), kept);
        for (uint64_t i = 0; i < BITS; i++) {
            bool inside = i >= at && i < at + width;
            bool expected = inside ? kept >> (at + width - 1 - i) & 1 : bit_of(before, i);
            assert_int_equal(bit_of(bytes, i), expected);
        }
        mem_free(bytes);
    }
}

static void fields_beyond_the_end_read_as_zeroes(void **state)
{
    (void)state;
    struct str view = STR("\xff");
    assert_int_equal(bits_load(view, 4, 8), 0xf0);
    assert_int_equal(bits_load(view, 8, 64), 0);
    assert_int_equal(bits_load(view, (uint64_t)1 << 40, 5), 0);
    assert_int_equal(bits_load((struct str){0}, 0, 64), 0);
}

static char combined(enum bits_operation operation, char a, char b)
{
    switch (operation) {
    case BITS_AND:
        return (char)(a & b);
    case BITS_OR:
        return (char)(a | b);
    case BITS_XOR:
        return (char)(a ^ b);
    case BITS_NOT:
        return (char)~a;
    }
    return 0;
}

/* Lengths around the size of the blocks in which the work is done. */
static void strings_combine_as_if_filled_up_with_zeroes(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 15, 16383, 16384, 16385, 40000};
    enum { COUNT = sizeof(lengths) / sizeof(lengths[0]), LONGEST = 40000 };
    struct prng prng;
    prng_init(&prng, 5);
    char *out = mem_alloc(LONGEST), *expected = mem_alloc(LONGEST);
    for (int round = 0; round < 60; round++) {
        enum bits_operation operation = (enum bits_operation)(round % 4);
        size_t count = operation == BITS_NOT ? 1 : 1 + prng_below(&prng, 4), longest = 0;
        struct str sources[4];
        for (size_t i = 0; i < count; i++) {
            size_t len = lengths[prng_below(&prng, COUNT)];
            char *bytes = mem_alloc(len + 1);
            for (size_t j = 0; j < len; j++) bytes[j] = (char)prng_next(&prng);
            sources[i] = str_of(bytes, len);
            if (len > longest) longest = len;
        }
        for (size_t j = 0; j < longest; j++) {
            char byte = j < sources[0].len ? sources[0].ptr[j] : '\0';
            if (operation == BITS_NOT) byte = combined(operation, byte, 0);
            for (size_t i = 1; i < count; i++) {
                byte = combined(operation, byte, j < sources[i].len ? sources[i].ptr[j] : '\0');
            }
            expected[j] = byte;
        }
        bits_combine(operation, sources, count, out, longest);
        assert_memory_equal(out, expected, longest);
        for (size_t i = 0; i < count; i++) mem_free((char *)(uintptr_t)sources[i].ptr);
    }
    mem_free(out);
    mem_free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_numbered_from_the_highest_of_the_first_byte),
        cmocka_unit_test(counts_and_searches_agree_with_a_walk_over_the_bits),
        cmocka_unit_test(a_field_reads_back_and_its_neighbours_stay),
        cmocka_unit_test(fields_beyond_the_end_read_as_zeroes),
        cmocka_unit_test(strings_combine_as_if_filled_up_with_zeroes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
