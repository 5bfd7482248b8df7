/* Proves: allocation is metered per thread, zeroed when asked, aligned when asked, and copies
 * end with a NUL. */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

static void the_balance_follows_what_is_held(void **state)
{
    (void)state;
    int64_t before = mem_thread_balance();
    char *held = mem_alloc(1000);
    assert_true(mem_usable(held) >= 1000);
    assert_int_equal(mem_thread_balance() - before, mem_usable(held));
    held = mem_realloc(held, 5000);
    assert_int_equal(mem_thread_balance() - before, mem_usable(held));
    char *zeroes = mem_calloc(100);
    for (int i = 0; i < 100; i++) assert_int_equal(zeroes[i], 0);
    mem_free(zeroes);
    mem_free(held);
    mem_free(NULL);
    assert_int_equal(mem_thread_balance(), before);
    assert_int_equal(mem_usable(NULL), 0);
}

static void nothing_is_still_something_to_free(void **state)
{
    (void)state;
    void *a = mem_alloc(0), *b = mem_calloc(0), *c = mem_realloc(NULL, 0);
    assert_true(a && b && c && a != b);
    mem_free(a);
    mem_free(b);
    mem_free(mem_realloc(c, 0));
}

static void alignment_is_kept_for_any_size(void **state)
{
    (void)state;
    for (size_t size = 1; size < 300; size += 13) {
        char *at = mem_aligned(64, size);
        assert_int_equal((uintptr_t)at % 64, 0);
        memset(at, 1, size);
        mem_free(at);
    }
}

static void copies_end_with_a_nul(void **state)
{
    (void)state;
    char *copy = mem_strndup("abcdef", 3);
    assert_string_equal(copy, "abc");
    mem_free(copy);
    copy = mem_strndup(NULL, 0);
    assert_string_equal(copy, "");
    mem_free(copy);
    copy = mem_strdup("xyz");
    assert_string_equal(copy, "xyz");
    mem_free(copy);
}

static void *free_elsewhere(void *held)
{
    static _Thread_local int64_t balance;
    int64_t before = mem_thread_balance();
    mem_free(held);
    balance = mem_thread_balance() - before;
    return (void *)(intptr_t)balance;
}

static void what_another_thread_frees_is_on_its_balance(void **state)
{
    (void)state;
    int64_t before = mem_thread_balance();
    void *held = mem_alloc(100000), *result;
    int64_t size = (int64_t)mem_usable(held);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_elsewhere, held), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal((intptr_t)result, -size);
    assert_true(mem_thread_balance() - before >= size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_balance_follows_what_is_held),
        cmocka_unit_test(nothing_is_still_something_to_free),
        cmocka_unit_test(alignment_is_kept_for_any_size),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test(what_another_thread_frees_is_on_its_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
