#include "server/latency_report.h"

#include <stdio.h>

/* --- graph --- */

enum { GRAPH_COLUMNS = 80, GRAPH_ROWS = 4, LEVELS_PER_ROW = 3, AGE_LETTERS = 8 };

/* The sign of a column in a row that it fills by `level` of LEVELS_PER_ROW. */
static char sign(int level)
{
    static const char SIGNS[] = " _o#";
    if (level < 0) level = 0;
    return SIGNS[level > LEVELS_PER_ROW ? LEVELS_PER_ROW : level];
}

/* "12s", "5m", "3h", "2d". */
static void age_text(int64_t seconds, char out[AGE_LETTERS])
{
    static const struct {
        int64_t below, unit;
        char letter;
    } units[] = {{60, 1, 's'}, {3600, 60, 'm'}, {86400, 3600, 'h'}, {INT64_MAX, 86400, 'd'}};
    size_t i = 0;
    while (seconds >= units[i].below) i++;
    snprintf(out, AGE_LETTERS, "%lld%c", (long long)(seconds / units[i].unit) % 100000,
             units[i].letter);
}

struct graph {
    const struct latency_event *event;
    int first, columns; /* the samples shown */
    int64_t low_ms, high_ms;
};

/* How high a column stands, at least one level. */
static int level_of(const struct graph *graph, int column)
{
    int64_t ms = latency_sample_at(graph->event, graph->first + column).ms;
    int64_t range = graph->high_ms - graph->low_ms;
    int64_t steps = GRAPH_ROWS * LEVELS_PER_ROW - 1;
    return 1 + (int)(range ? (ms - graph->low_ms) * steps / range : 0);
}

static void draw_bars(const struct graph *graph, struct buf *out)
{
    for (int row = GRAPH_ROWS - 1; row >= 0; row--) {
        for (int column = 0; column < graph->columns; column++) {
            buf_append_char(out, sign(level_of(graph, column) - row * LEVELS_PER_ROW));
        }
        buf_append_char(out, '\n');
    }
}

/* Ages are written downwards, a letter per line. */
static void draw_ages(const struct graph *graph, int64_t now_s, struct buf *out)
{
    bool more = true;
    for (int line = 0; line < AGE_LETTERS && more; line++) {
        more = false;
        for (int column = 0; column < graph->columns; column++) {
            struct latency_sample sample = latency_sample_at(graph->event, graph->first + column);
            char age[AGE_LETTERS] = {0};
            age_text(now_s > sample.time_s ? now_s - sample.time_s : 0, age);
            bool ended = line >= (int)strlen(age);
            buf_append_char(out, ended ? ' ' : age[line]);
            more |= !ended;
        }
        buf_append_char(out, '\n');
    }
}

void latency_graph_write(const struct latency_event *event, const char *name, int64_t now_s,
                         struct buf *out)
{
    struct latency_summary summary = latency_summarise(event, now_s);
    struct graph graph = {.event = event,
                          .columns = event->count < GRAPH_COLUMNS ? event->count : GRAPH_COLUMNS,
                          .low_ms = summary.low_ms,
                          .high_ms = summary.high_ms};
    graph.first = event->count - graph.columns;
    buf_printf(out, "%s - high %lld ms, low %lld ms (all time high %lld ms)\n", name,
               (long long)summary.high_ms, (long long)summary.low_ms, (long long)event->highest_ms);
    for (int i = 0; i < GRAPH_COLUMNS; i++) buf_append_char(out, '-');
    buf_append_char(out, '\n');
    draw_bars(&graph, out);
    buf_append_char(out, '\n');
    draw_ages(&graph, now_s, out);
}

/* --- doctor --- */

/* What usually helps against spikes of an event. */
static const struct advice {
    const char *event, *text;
} advices[] = {
    {"command", "Look at SLOWLOG GET for the requests themselves. Commands that touch a whole big "
                "collection, KEYS and long scripts are the usual ones; the SCAN family and UNLINK "
                "do the same in small steps."},
    {"fast-command", "Commands that should take microseconds took long: the machine is short of "
                     "CPU time or swaps. Look at the load, at steal time and at swapping."},
    {"expire-cycle", "Many keys expire in the same moment. Spread their times, or lower "
                     "active-expire-effort."},
    {"eviction-cycle", "Writes need more memory than maxmemory leaves. Raise maxmemory, or set "
                       "lazyfree-lazy-eviction to yes."},
    {"aof-fsync-always", "The disk is slow in making writes durable. Use a faster disk, or "
                         "appendfsync everysec."},
    {"aof-write", "The disk or the file system makes write(2) wait. Look for other programs that "
                  "write much to it."},
};

static void describe(const struct latency_event *event, struct str name, int64_t now_s,
                     struct buf *out)
{
    struct latency_summary summary = latency_summarise(event, now_s);
    buf_printf(out,
               "- %.*s: %d spikes, %lld ms on average (mean deviation %lld ms), one every "
               "%.2f seconds; the worst ever took %lld ms.\n",
               STR_ARG(name), event->count, (long long)summary.mean_ms,
               (long long)summary.mean_deviation_ms, summary.period_s,
               (long long)event->highest_ms);
}

static void advise(const struct latency *latency, const struct latency_settings *settings,
                   struct buf *out)
{
    buf_append_c(out, "\nWhat may help:\n\n");
    if (settings->slower_than_us < 0 || settings->slower_than_us / 1000 > settings->threshold_ms) {
        buf_printf(out,
                   "- The slow log does not see all of these: CONFIG SET "
                   "slowlog-log-slower-than %lld000 makes it.\n",
                   (long long)settings->threshold_ms);
    }
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (!latency_find(latency, str_from_c(advices[i].event))) continue;
        buf_printf(out, "- %s: %s\n", advices[i].event, advices[i].text);
    }
}

void latency_doctor_write(const struct latency *latency, const struct latency_settings *settings,
                          int64_t now_s, struct buf *out)
{
    if (settings->threshold_ms == 0) {
        buf_append_c(out, "The latency monitor is off. To let it watch, give it a threshold in "
                          "milliseconds: CONFIG SET latency-monitor-threshold 100.\n");
        return;
    }
    if (latency->events.len == 0) {
        buf_printf(out,
                   "Nothing took longer than %lld ms since the monitor was turned on or "
                   "reset: no complaints.\n",
                   (long long)settings->threshold_ms);
        return;
    }
    buf_append_c(out, "There were latency spikes:\n\n");
    struct map_cursor cursor = {0};
    struct str name;
    void *event;
    while (map_next(&latency->events, &cursor, &name, &event)) describe(event, name, now_s, out);
    advise(latency, settings, out);
}
