/* Proves: the verdict on every kind of PSYNC, at and around each border; and that
 * whatever is asked, no replica continues at a byte that is not kept or not shared. */
#include "base/prng.h"
#include "repl/guard.h"
#include "repl/resync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ID_OWN   "1111111111111111111111111111111111111111"
#define ID_PAST  "2222222222222222222222222222222222222222"
#define ID_OLDER "3333333333333333333333333333333333333333"
#define ID_OTHER "4444444444444444444444444444444444444444"

/* Our history ends at 1000; ID_PAST was it up to 600, ID_OLDER up to 300; bytes from 200 on are
 * kept. */
static struct lineage lineage_with_past(void)
{
    struct lineage lineage = {.offset = 1000, .ancestor_count = 2};
    repl_id_parse(STR(ID_OWN), &lineage.id);
    repl_id_parse(STR(ID_PAST), &lineage.ancestors[0].id);
    repl_id_parse(STR(ID_OLDER), &lineage.ancestors[1].id);
    lineage.ancestors[0].end = 600;
    lineage.ancestors[1].end = 300;
    return lineage;
}

static const struct {
    const char *id, *first_wanted;
    enum resync_verdict verdict;
} cases[] = {
    {"?", "-1", RESYNC_FULL_FIRST},
    {"?", "5", RESYNC_FULL_FIRST},
    {"?", "x", RESYNC_FULL_MALFORMED},
    {ID_OWN, "1001", RESYNC_CONTINUE},
    {ID_OWN, "1002", RESYNC_FULL_AHEAD},
    {ID_OWN, "9223372036854775807", RESYNC_FULL_AHEAD},
    {ID_OWN, "9223372036854775808", RESYNC_FULL_MALFORMED},
    {ID_OWN, "201", RESYNC_CONTINUE},
    {ID_OWN, "200", RESYNC_FULL_TOO_OLD},
    {ID_OWN, "1", RESYNC_FULL_TOO_OLD},
    {ID_OWN, "0", RESYNC_FULL_MALFORMED},
    {ID_OWN, "-1", RESYNC_FULL_MALFORMED},
    {ID_OWN, "-9223372036854775808", RESYNC_FULL_MALFORMED},
    {ID_OWN, "", RESYNC_FULL_MALFORMED},
    {ID_PAST, "601", RESYNC_CONTINUE},
    {ID_PAST, "602", RESYNC_FULL_DIVERGED},
    {ID_PAST, "201", RESYNC_CONTINUE},
    {ID_PAST, "200", RESYNC_FULL_TOO_OLD},
    {ID_OLDER, "301", RESYNC_CONTINUE},
    {ID_OLDER, "302", RESYNC_FULL_DIVERGED},
    {ID_OTHER, "501", RESYNC_FULL_UNKNOWN_ID},
    {"111", "501", RESYNC_FULL_MALFORMED},
};

static void every_request_gets_its_verdict(void **state)
{
    (void)state;
    struct lineage lineage = lineage_with_past();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct resync_request request =
            resync_parse(str_from_c(cases[i].id), str_from_c(cases[i].first_wanted));
        enum resync_verdict verdict =
            resync_decide(&lineage, (struct journal_range){200, 1000}, &request);
        if (verdict != cases[i].verdict) {
            fail_msg("PSYNC %s %s: %s", cases[i].id, cases[i].first_wanted,
                     resync_verdict_name(verdict));
        }
    }
}

static void a_journal_that_keeps_nothing_serves_who_is_up_to_date(void **state)
{
    (void)state;
    struct lineage lineage = lineage_with_past();
    struct journal_range nothing = {1000, 1000};
    struct resync_request request = resync_parse(STR(ID_OWN), STR("1001"));
    assert_int_equal(resync_decide(&lineage, nothing, &request), RESYNC_CONTINUE);
    request = resync_parse(STR(ID_OWN), STR("1000"));
    assert_int_equal(resync_decide(&lineage, nothing, &request), RESYNC_FULL_TOO_OLD);
}

static void nobody_continues_at_a_byte_that_is_not_shared_and_kept(void **state)
{
    (void)state;
    struct lineage lineage = lineage_with_past();
    static const char *const ids[] = {ID_OWN, ID_PAST, ID_OLDER, ID_OTHER};
    static const int64_t shared[] = {1000, 600, 300, 0};
    struct prng prng;
    prng_init(&prng, 5);
    for (int i = 0; i < 20000; i++) {
        size_t which = prng_below(&prng, 4);
        int64_t offset = (int64_t)prng_below(&prng, 1100);
        int64_t start = (int64_t)prng_below(&prng, 1001);
        char text[32];
        snprintf(text, sizeof(text), "%lld", (long long)offset + 1);
        struct resync_request request = resync_parse(str_from_c(ids[which]), str_from_c(text));
        enum resync_verdict verdict =
            resync_decide(&lineage, (struct journal_range){start, 1000}, &request);
        bool sound = which < 3 && offset <= shared[which] && offset >= start;
        assert_int_equal(verdict == RESYNC_CONTINUE, sound);
    }
}

static void who_goes_back_does_so_to_the_end_of_what_is_shared(void **state)
{
    static const struct {
        const char *id, *first_wanted;
        int64_t quiet, place; /* no place: it cannot go back */
    } tails[] = {
        {ID_PAST, "651", 500, 600},  {ID_PAST, "602", 600, 600},  {ID_PAST, "651", 601, -1},
        {ID_PAST, "601", 500, -1},   {ID_OWN, "1051", 900, 1000}, {ID_OWN, "1001", 900, -1},
        {ID_OLDER, "501", 250, 300}, {ID_OTHER, "651", 0, -1},    {"?", "-1", 0, -1},
        {ID_PAST, "200", 100, -1},   {ID_PAST, "x", 0, -1},
    };
    struct lineage lineage = lineage_with_past();
    struct journal_range kept = {200, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
        struct resync_request request =
            resync_parse(str_from_c(tails[i].id), str_from_c(tails[i].first_wanted));
        int64_t place = -1;
        bool goes = resync_goes_back(&lineage, kept, &request, tails[i].quiet, &place);
        assert_int_equal(goes, tails[i].place >= 0);
        if (goes) assert_int_equal(place, tails[i].place);
    }
    struct resync_request request = resync_parse(STR(ID_OLDER), STR("501"));
    int64_t place;
    kept.start = 301;
    assert_false(resync_goes_back(&lineage, kept, &request, 250, &place));
}

static void only_a_replica_with_data_that_comes_back_to_an_empty_stranger_is_guarded(void **state)
{
    (void)state;
    int refused = 0;
    for (unsigned bits = 0; bits < 32; bits++) {
        struct guard_case facts = {.enabled = bits & 1,
                                   .ordered = bits & 2,
                                   .same_history = bits & 4,
                                   .own_keys = bits & 8 ? 10 : 0,
                                   .masters_keys = bits & 16 ? 1 : 0};
        enum guard_verdict verdict = guard_decide(&facts);
        assert_non_null(guard_verdict_name(verdict));
        if (verdict == GUARD_REFUSED) {
            refused++;
            assert_int_equal(bits, 1 | 8);
        }
    }
    assert_int_equal(refused, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_gets_its_verdict),
        cmocka_unit_test(a_journal_that_keeps_nothing_serves_who_is_up_to_date),
        cmocka_unit_test(nobody_continues_at_a_byte_that_is_not_shared_and_kept),
        cmocka_unit_test(who_goes_back_does_so_to_the_end_of_what_is_shared),
        cmocka_unit_test(only_a_replica_with_data_that_comes_back_to_an_empty_stranger_is_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
