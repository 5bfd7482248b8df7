/* Proves: an entry gives back the key, value and expiry it was made with, in every encoding; its
 * access changes nothing else; what it owns is freed with it, and a blob when its last reference
 * goes. */
#include "store/entry.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_shape_is_given_back(void **state)
{
    (void)state;
    int64_t before = mem_thread_balance();
    static const struct str keys[] = {STR_INIT(""), STR_INIT("k"),
                                      STR_INIT("a\0key of some length")};
    static const int64_t expiries[] = {NO_EXPIRY, 0, 1, INT64_MAX};
    const struct value values[] = {
        {.type = TYPE_NONE, .encoding = ENC_NONE},
        {.type = TYPE_STRING, .encoding = ENC_EMBEDDED, .bytes = STR_INIT("")},
        {.type = TYPE_STRING, .encoding = ENC_EMBEDDED, .bytes = STR_INIT("va\0lue")},
        {.type = TYPE_STRING, .encoding = ENC_EMBEDDED_RAW, .bytes = STR_INIT("raw")},
        {.type = TYPE_STRING, .encoding = ENC_INT, .integer = INT64_MIN},
        {.type = TYPE_NONE, .encoding = ENC_DOUBLE, .score = -0.5},
    };
    for (size_t i = 0; i < 3 * 4 * 6; i++) {
        struct str key = keys[i % 3];
        int64_t expiry = expiries[i / 3 % 4];
        const struct value *value = &values[i / 12];
        struct entry *entry = entry_new(key, *value, expiry, 7);
        struct value found = entry_value(entry);
        bool is_member = value->type == TYPE_NONE;
        if (!is_member) entry_set_access(entry, ENTRY_ACCESS_MASK);
        if (!is_member) entry_set_access(entry, 0x123456);
        assert_true(str_eq(entry_key(entry), key));
        assert_int_equal(entry_expire_at(entry), expiry);
        assert_int_equal(entry_has_expiry(entry), expiry != NO_EXPIRY);
        assert_int_equal(entry_type(entry), value->type);
        assert_int_equal(entry_encoding(entry), value->encoding);
        if (!is_member) assert_int_equal(entry_access(entry), 0x123456);
        assert_int_equal(entry->epoch, 7);
        if (encoding_has_slot(value->encoding))
            assert_int_equal(found.integer, value->integer);
        else
            assert_true(str_eq(found.bytes, value->bytes));
        assert_true(entry_memory(entry) >= sizeof(*entry) + key.len);
        entry_free_deep(entry);
    }
    entry_free_deep(NULL);
    assert_int_equal(mem_thread_balance(), before);
}

/* Lengths around the largest that fit in a short member's word, key and value in turn. */
static void members_of_any_length_are_given_back_and_short_ones_are_small(void **state)
{
    (void)state;
    static char bytes[5000];
    static const size_t lengths[] = {0, 1, 4094, 4095, 4096, 5000};
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < 36; i++) {
        struct str key = {bytes, lengths[i % 6]}, val = {bytes, lengths[i / 6]};
        struct value value = {.type = TYPE_NONE, .encoding = ENC_EMBEDDED, .bytes = val};
        struct entry *entry = entry_new(key, value, NO_EXPIRY, 1);
        assert_true(str_eq(entry_key(entry), key));
        assert_true(str_eq(entry_value(entry).bytes, val));
        assert_int_equal((uintptr_t)entry % 16, 0);
        entry_free_deep(entry);
    }
    struct value score = {.type = TYPE_NONE, .encoding = ENC_DOUBLE, .score = 1};
    struct entry *member = entry_new(STR("sixteen letters!"), score, NO_EXPIRY, 1);
    assert_int_equal(entry_key(member).ptr + 16 - (char *)member, 32);
    entry_free_deep(member);
}

static void a_slot_is_overwritten_in_place(void **state)
{
    (void)state;
    struct value value = {.type = TYPE_STRING, .encoding = ENC_INT, .integer = 1};
    struct entry *entry = entry_new(STR("key"), value, 99, 1);
    value.integer = -5;
    entry_set_slot(entry, &value.integer);
    assert_int_equal(entry_value(entry).integer, -5);
    assert_int_equal(entry_expire_at(entry), 99);
    assert_true(str_eq(entry_key(entry), STR("key")));
    entry_free_deep(entry);
}

static void a_blob_lives_until_its_last_reference_goes(void **state)
{
    (void)state;
    int64_t before = mem_thread_balance();
    struct blob *blob = blob_new(1000, 3);
    assert_int_equal(blob->len, 0);
    assert_int_equal(blob->capacity, 1000);
    memcpy(blob->bytes, "bytes", 5);
    blob->len = 5;
    struct value value = {.type = TYPE_STRING, .encoding = ENC_BLOB, .blob = blob_ref(blob)};
    struct entry *entry = entry_new(STR("k"), value, NO_EXPIRY, 3);
    assert_true(entry_memory(entry) >= 1000);
    entry_free_deep(entry);
    assert_true(str_eq(blob_str(blob), STR("bytes")));
    assert_true(mem_thread_balance() > before);
    blob_unref(blob);
    blob_unref(NULL);
    assert_int_equal(mem_thread_balance(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_given_back),
        cmocka_unit_test(members_of_any_length_are_given_back_and_short_ones_are_small),
        cmocka_unit_test(a_slot_is_overwritten_in_place),
        cmocka_unit_test(a_blob_lives_until_its_last_reference_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
