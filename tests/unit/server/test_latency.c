/* Proves: the latency monitor: one sample per second, the last 160, and what is said of them. */
#include "server/latency_report.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct latency latency;

static int teardown(void **state)
{
    (void)state;
    latency_deinit(&latency);
    return 0;
}

static void note(int64_t time_s, int64_t ms)
{
    latency_note(&latency, "command", (struct latency_sample){time_s, ms});
}

static const struct latency_event *command(void)
{
    return latency_find(&latency, STR("command"));
}

static void a_second_keeps_its_worst(void **state)
{
    (void)state;
    note(10, 5);
    note(10, 9);
    note(10, 7);
    note(11, 1);
    assert_int_equal(command()->count, 2);
    assert_int_equal(latency_sample_at(command(), 0).ms, 9);
    assert_int_equal(latency_sample_at(command(), 1).ms, 1);
    assert_int_equal(command()->highest_ms, 9);
}

static void the_oldest_samples_are_forgotten_the_worst_ever_is_not(void **state)
{
    (void)state;
    note(1, 1000);
    for (int i = 0; i < LATENCY_SAMPLES; i++) note(100 + i, 10 + i);
    assert_int_equal(command()->count, LATENCY_SAMPLES);
    assert_int_equal(latency_sample_at(command(), 0).time_s, 100);
    assert_int_equal(latency_sample_at(command(), LATENCY_SAMPLES - 1).ms, 10 + 159);
    assert_int_equal(command()->highest_ms, 1000);
    assert_int_equal(latency_summarise(command(), 300).high_ms, 169);
}

static void a_summary_is_of_the_samples_kept(void **state)
{
    (void)state;
    note(100, 10);
    note(105, 30);
    struct latency_summary summary = latency_summarise(command(), 110);
    assert_int_equal(summary.low_ms, 10);
    assert_int_equal(summary.high_ms, 30);
    assert_int_equal(summary.mean_ms, 20);
    assert_int_equal(summary.mean_deviation_ms, 10);
    assert_true(summary.period_s > 4.9 && summary.period_s < 5.1);
}

static void events_are_forgotten_one_by_one(void **state)
{
    (void)state;
    note(1, 1);
    assert_false(latency_reset(&latency, STR("other")));
    assert_true(latency_reset(&latency, STR("command")));
    assert_null(command());
}

static void a_graph_has_a_column_per_spike_the_worst_up_to_the_top(void **state)
{
    (void)state;
    struct buf text = {0};
    note(100, 10);
    note(105, 30);
    latency_graph_write(command(), "command", 110, &text);
    struct str rest = buf_str(&text), line;
    assert_true(str_split(&rest, '\n', &line));
    assert_true(str_eq(line, STR("command - high 30 ms, low 10 ms (all time high 30 ms)")));
    assert_true(str_split(&rest, '\n', &line));
    assert_true(str_split(&rest, '\n', &line) && str_eq(line, STR(" #")));
    assert_true(str_split(&rest, '\n', &line) && str_eq(line, STR(" #")));
    assert_true(str_split(&rest, '\n', &line) && str_eq(line, STR(" #")));
    assert_true(str_split(&rest, '\n', &line) && str_eq(line, STR("_#")));
    assert_true(str_starts_with(rest, STR("\n15\n0s\ns \n")));
    buf_deinit(&text);
}

static bool doctor_says(int64_t threshold_ms, const char *words)
{
    struct buf text = {0};
    struct latency_settings settings = {threshold_ms, 10000};
    latency_doctor_write(&latency, &settings, 110, &text);
    bool said = strstr(buf_c(&text), words) != NULL;
    buf_deinit(&text);
    return said;
}

static void the_doctor_knows_whether_it_could_see_anything(void **state)
{
    (void)state;
    assert_true(doctor_says(0, "is off"));
    assert_true(doctor_says(1, "no complaints"));
    note(100, 10);
    assert_true(doctor_says(1, "- command: 1 spikes, 10 ms on average"));
    assert_true(doctor_says(1, "slowlog-log-slower-than 1000 "));
    assert_false(doctor_says(100, "slowlog-log-slower-than"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_second_keeps_its_worst, teardown),
        cmocka_unit_test_teardown(the_oldest_samples_are_forgotten_the_worst_ever_is_not, teardown),
        cmocka_unit_test_teardown(a_summary_is_of_the_samples_kept, teardown),
        cmocka_unit_test_teardown(events_are_forgotten_one_by_one, teardown),
        cmocka_unit_test_teardown(a_graph_has_a_column_per_spike_the_worst_up_to_the_top, teardown),
        cmocka_unit_test_teardown(the_doctor_knows_whether_it_could_see_anything, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
