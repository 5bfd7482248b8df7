/* Proves: a blob lives until its last reference goes, on whichever thread that is; that it begins
 * empty with the room it was asked for; that views show what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/blob.h"

#include <pthread.h>

enum { HOLDERS = 4, TURNS = 20000 };

static void it_begins_empty_with_its_room(void **state)
{
    static const size_t ROOMS[] = {0, 1, 191, 4096, 3 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof(ROOMS) / sizeof(ROOMS[0]); i++) {
        struct blob *blob = blob_new(ROOMS[i], 7);
        assert_true(blob->capacity >= ROOMS[i]);
        assert_int_equal(blob->len, 0);
        assert_int_equal(blob->epoch, 7);
        memset(blob->bytes, 'x', blob->capacity);
        blob->len = blob->capacity;
        assert_int_equal(blob_str(blob).len, blob->capacity);
        assert_ptr_equal(blob_str(blob).ptr, blob->bytes);
        blob_unref(blob);
    }
}

static void it_lives_until_the_last_reference_goes(void **state)
{
    int64_t before = mem_thread_balance();
    struct blob *blob = blob_new(1 << 20, 1);
    (void)state;
    assert_ptr_equal(blob_ref(blob), blob);
    memcpy(blob->bytes, "bytes", 5);
    blob->len = 5;
    blob_unref(blob);
    assert_true(str_eq(blob_str(blob), STR("bytes")));
    assert_true(mem_thread_balance() >= before + (1 << 20));
    blob_unref(blob);
    assert_true(mem_thread_balance() < before + (1 << 20));
}

static void *hold_and_let_go(void *argument)
{
    struct blob *blob = argument;
    for (int i = 0; i < TURNS; i++) {
        blob_ref(blob);
        if (blob->bytes[0] != 'b') return blob;
        blob_unref(blob);
    }
    blob_unref(blob);
    return NULL;
}

/* The sanitizers see a double free, a leak or a race. */
static void any_thread_may_drop_it(void **state)
{
    pthread_t threads[HOLDERS];
    struct blob *blob = blob_new(16, 1);
    (void)state;
    blob->bytes[0] = 'b';
    blob->len = 1;
    for (int i = 0; i < HOLDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_let_go, blob_ref(blob)), 0);
    blob_unref(blob);
    for (int i = 0; i < HOLDERS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_empty_with_its_room),
        cmocka_unit_test(it_lives_until_the_last_reference_goes),
        cmocka_unit_test(any_thread_may_drop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
