/* Proves: a text is found only as long as it is the last one of its slot, and is never taken for
 * another, however alike; long texts are not kept; EVAL answers the same the second time, and
 * after the cache was flushed. */
#include "base/mem.h"
#include "unit/script/world.h"

enum { TEXTS = 2000 };

/* Texts of one length that differ in two bytes somewhere. */
static struct str text_of(size_t i, char *room)
{
    memset(room, '-', 200);
    room[i % 199] = (char)('a' + i / 199);
    return str_of(room, 200);
}

static struct script *script_of(size_t i)
{
    return (struct script *)(uintptr_t)(i + 1);
}

static void alike_texts_are_told_apart(void **state)
{
    (void)state;
    static struct recent_scripts recent;
    char room[200];
    size_t kept = 0;
    int64_t before = mem_thread_balance();
    for (size_t i = 0; i < TEXTS; i++) {
        assert_null(recent_find(&recent, text_of(i, room)));
        recent_put(&recent, text_of(i, room), script_of(i));
        assert_ptr_equal(recent_find(&recent, text_of(i, room)), script_of(i));
    }
    for (size_t i = 0; i < TEXTS; i++) {
        const struct script *found = recent_find(&recent, text_of(i, room));
        if (found) assert_ptr_equal(found, script_of(i));
        kept += found != NULL;
    }
    assert_in_range(kept, RECENT_SLOTS / 2, RECENT_SLOTS);
    recent_forget(&recent);
    for (size_t i = 0; i < TEXTS; i++) assert_null(recent_find(&recent, text_of(i, room)));
    assert_int_equal(mem_thread_balance(), before);
}

static void empty_and_short_texts_are_kept_and_long_ones_are_not(void **state)
{
    (void)state;
    static struct recent_scripts recent;
    static char text[RECENT_TEXT_MAX + 1];
    memset(text, ' ', sizeof(text));
    static const size_t lengths[] = {0, 1, 7, 8, 9, RECENT_TEXT_MAX, RECENT_TEXT_MAX + 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct str one = str_of(text, lengths[i]);
        assert_null(recent_find(&recent, one));
        recent_put(&recent, one, script_of(i));
        assert_ptr_equal(recent_find(&recent, one),
                         lengths[i] > RECENT_TEXT_MAX ? NULL : script_of(i));
    }
    recent_forget(&recent);
}

static void eval_answers_the_same_again_and_after_a_flush(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    for (int round = 0; round < 3; round++) {
        assert_string_equal(world_eval(&h, "return redis.call('incr', 'k') * 0 + 7"), ":7\r\n");
        assert_string_equal(world_eval(&h, "return redis.call('incr', 'k') * 0 + 8"), ":8\r\n");
        if (round == 1) script_cache_flush(h.host.scripts, true);
    }
    assert_string_equal(world_eval(&h, "return redis.call('get', 'k')"), "$1\r\n6\r\n");
    world_deinit(&h);
}

static void numbers_become_the_text_they_always_became(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"redis.call('set','n',0) return redis.call('get','n')", "$1\r\n0\r\n"},
        {"redis.call('set','n',-17) return redis.call('get','n')", "$3\r\n-17\r\n"},
        {"redis.call('set','n',0.1) return redis.call('get','n')",
         "$19\r\n0.10000000000000001\r\n"},
        {"redis.call('set','n',999999999999999) return redis.call('get','n')",
         "$15\r\n999999999999999\r\n"},
        {"redis.call('set','n',2^53) return redis.call('get','n')", "$16\r\n9007199254740992\r\n"},
        {"redis.call('set','n',1e17) return redis.call('get','n')", "$5\r\n1e+17\r\n"});
    world_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_texts_are_told_apart),
        cmocka_unit_test(empty_and_short_texts_are_kept_and_long_ones_are_not),
        cmocka_unit_test(eval_answers_the_same_again_and_after_a_flush),
        cmocka_unit_test(numbers_become_the_text_they_always_became),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
