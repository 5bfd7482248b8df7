/* Proves: histograms, rates and counters by error. */
#include "server/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void a_bucket_ends_where_the_next_one_begins(void **state)
{
    (void)state;
    for (int bucket = 0; bucket + 1 < HISTOGRAM_BUCKETS; bucket++) {
        struct histogram histogram = {0};
        histogram_add(&histogram, histogram_bucket_limit(bucket));
        assert_int_equal(histogram.buckets[bucket], 1);
        histogram_add(&histogram, histogram_bucket_limit(bucket) + 1);
        assert_int_equal(histogram.buckets[bucket + 1], 1);
    }
}

static void limits_are_within_an_eighth_of_the_time(void **state)
{
    (void)state;
    for (int64_t us = 1; us < 1000000000; us = us * 9 / 8 + 1) {
        struct histogram histogram = {0};
        histogram_add(&histogram, us);
        double limit = histogram_percentile(&histogram, 50);
        assert_true(limit >= (double)us && limit <= (double)us * 1.125);
    }
}

static void extreme_times_find_a_bucket(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MAX);
    assert_int_equal(histogram.buckets[0], 1);
    assert_int_equal(histogram.buckets[HISTOGRAM_BUCKETS - 1], 1);
}

static void percentiles_split_what_was_added(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    assert_true(histogram_percentile(&histogram, 99) == 0);
    for (int i = 0; i < 99; i++) histogram_add(&histogram, 1);
    histogram_add(&histogram, 7);
    assert_true(histogram_percentile(&histogram, 50) == 1);
    assert_true(histogram_percentile(&histogram, 99) == 1);
    assert_true(histogram_percentile(&histogram, 99.9) == 7);
    assert_true(histogram_percentile(&histogram, 100) == 7);
}

static uint64_t errors_named(const struct stats *stats, const char *prefix)
{
    const uint64_t *count = map_get(&stats->errors, str_from_c(prefix));
    return count ? *count : 0;
}

static void errors_are_counted_by_their_first_word(void **state)
{
    (void)state;
    struct stats stats;
    stats_init(&stats, 1);
    stats_error(&stats, STR("ERR one"));
    stats_error(&stats, STR("ERR two"));
    stats_error(&stats, STR("WRONGTYPE Operation"));
    stats_error(&stats, STR("ALONE"));
    assert_int_equal(errors_named(&stats, "ERR"), 2);
    assert_int_equal(errors_named(&stats, "WRONGTYPE"), 1);
    assert_int_equal(errors_named(&stats, "ALONE"), 1);
    assert_int_equal(stats.error_replies, 4);
    stats_reset(&stats);
    assert_int_equal(errors_named(&stats, "ERR"), 0);
    stats_deinit(&stats);
}

static void invented_error_words_do_not_fill_the_memory(void **state)
{
    (void)state;
    struct stats stats;
    stats_init(&stats, 1);
    for (int i = 0; i < 1000; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "E%d", i);
        stats_error(&stats, str_of(text, (size_t)len));
    }
    assert_true(stats.errors.len <= 128);
    assert_int_equal(stats.error_replies, 1000);
    stats_deinit(&stats);
}

static void a_rate_is_the_mean_of_the_last_samples(void **state)
{
    (void)state;
    struct rate rate = {0};
    for (int i = 0; i <= RATE_SAMPLES; i++) {
        rate_sample(&rate, (uint64_t)i * 10, 1000000 + (int64_t)i * 100000);
    }
    assert_true(rate_mean(&rate) > 99.9 && rate_mean(&rate) < 100.1);
    for (int i = 1; i <= RATE_SAMPLES; i++) {
        rate_sample(&rate, RATE_SAMPLES * 10, 3000000 + (int64_t)i * 100000);
    }
    assert_true(rate_mean(&rate) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_ends_where_the_next_one_begins),
        cmocka_unit_test(limits_are_within_an_eighth_of_the_time),
        cmocka_unit_test(extreme_times_find_a_bucket),
        cmocka_unit_test(percentiles_split_what_was_added),
        cmocka_unit_test(errors_are_counted_by_their_first_word),
        cmocka_unit_test(invented_error_words_do_not_fill_the_memory),
        cmocka_unit_test(a_rate_is_the_mean_of_the_last_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
