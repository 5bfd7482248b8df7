/* Proves: the checksum is the one of RDB files, with and without ISA-L, and can be continued
 * anywhere. */
#include "base/crc64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_known_value_is_computed(void **state)
{
    (void)state;
    assert_int_equal(crc64(0, "123456789", 9), 0xe9c6d914c4b8d9caULL);
    assert_int_equal(crc64_portable(0, "123456789", 9), 0xe9c6d914c4b8d9caULL);
    assert_int_equal(crc64(7, "", 0), 7);
}

static void both_ways_agree_wherever_the_bytes_are_cut(void **state)
{
    (void)state;
    unsigned char bytes[1000];
    for (size_t i = 0; i < sizeof(bytes); i++) bytes[i] = (unsigned char)(i * 131 + i / 7);
    uint64_t whole = crc64_portable(0, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint64_t first = crc64(0, bytes, cut);
        assert_int_equal(crc64(first, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_value_is_computed),
        cmocka_unit_test(both_ways_agree_wherever_the_bytes_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
