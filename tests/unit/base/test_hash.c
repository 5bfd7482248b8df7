/* Proves: the hash is SipHash with one and three rounds, keyed; folded names hash alike. The
 * values were computed by CPython, whose strings are hashed by the same function. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    size_t len;
    uint64_t zero_key, other_key;
};

static const struct row ROWS[] = {
    {1, 0x44bc103b1f8540edu, 0xc5ba16338dba92fcu},   {2, 0x59c293a98a99f70bu, 0x30f43b171008640cu},
    {3, 0x711b47561b9b33e2u, 0xb364cfab2b13f083u},   {4, 0xd18e60eb59380f69u, 0x6dbca0339a2ca97fu},
    {5, 0x4983680039fb2f34u, 0xfc5a423d1c5c38c8u},   {6, 0xb646f9a3ed9bf441u, 0x77f86aee7b467f73u},
    {7, 0x9fff4ac9ef420232u, 0x01915f68145b0be4u},   {8, 0xcaf590d4e8867659u, 0x1721b5c05ad48aaeu},
    {9, 0xdbc958e03a783083u, 0x1a09ba1edb5ebb02u},   {15, 0xade679b8aedd64c4u, 0xa453419aaac73d8fu},
    {16, 0xd16eb79de4d128d0u, 0x8937f007a4a02b3fu},  {17, 0x64aa3c973ae91df5u, 0xd3e6fb76ab1577bau},
    {63, 0x1bc1438de96eb7e0u, 0xf5da462cf816a878u},  {64, 0x5567a64c7eaaba34u, 0x02e62a4dea6e809eu},
    {100, 0xe7e90a1389544e65u, 0x4c9afe71dfd93b4au},
};

static void the_reference_values_are_computed(void **state)
{
    (void)state;
    const struct hash_seed other = {0x7acf78c71621b6feu, 0xed62c1e85b536394u};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        unsigned char bytes[101];
        size_t len = ROWS[i].len;
        for (size_t at = 0; at < len; at++) bytes[1 + at] = (unsigned char)(at * 7 + len);
        assert_int_equal(hash_bytes((struct hash_seed){0, 0}, bytes + 1, len), ROWS[i].zero_key);
        assert_int_equal(hash_bytes(other, bytes + 1, len), ROWS[i].other_key);
    }
}

static void names_hash_alike_in_any_case_and_differ_in_anything_else(void **state)
{
    (void)state;
    const struct hash_seed seed = {1, 2};
    char lower[200], upper[200];
    for (size_t len = 0; len <= sizeof(lower); len++) {
        for (size_t i = 0; i < len; i++) {
            lower[i] = (char)('a' + i % 26);
            upper[i] = (char)('A' + i % 26);
        }
        uint64_t hash = hash_nocase(seed, str_of(lower, len));
        assert_int_equal(hash, hash_nocase(seed, str_of(upper, len)));
        if (len == 0) continue;
        upper[len / 2] = '_';
        assert_int_not_equal(hash, hash_nocase(seed, str_of(upper, len)));
        assert_int_not_equal(hash, hash_nocase((struct hash_seed){1, 3}, str_of(lower, len)));
        assert_int_not_equal(hash, hash_nocase(seed, str_of(lower, len - 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_values_are_computed),
        cmocka_unit_test(names_hash_alike_in_any_case_and_differ_in_anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
