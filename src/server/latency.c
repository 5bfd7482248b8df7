#include "server/latency.h"

#include "base/mem.h"

#include <stdlib.h>

void latency_deinit(struct latency *latency)
{
    map_deinit(&latency->events, mem_free);
}

static struct latency_event *event_named(struct latency *latency, struct str name)
{
    struct latency_event *event = map_get(&latency->events, name);
    if (event == NULL) {
        event = mem_new(struct latency_event);
        map_put(&latency->events, name, event);
    }
    return event;
}

void latency_note(struct latency *latency, const char *name, struct latency_sample sample)
{
    struct latency_event *event = event_named(latency, str_from_c(name));
    if (sample.ms > event->highest_ms) event->highest_ms = sample.ms;
    struct latency_sample *last =
        &event->samples[(event->next + LATENCY_SAMPLES - 1) % LATENCY_SAMPLES];
    if (event->count && last->time_s == sample.time_s) {
        if (sample.ms > last->ms) last->ms = sample.ms;
        return;
    }
    event->samples[event->next] = sample;
    event->next = (event->next + 1) % LATENCY_SAMPLES;
    if (event->count < LATENCY_SAMPLES) event->count++;
}

const struct latency_event *latency_find(const struct latency *latency, struct str event)
{
    return map_get(&latency->events, event);
}

bool latency_reset(struct latency *latency, struct str name)
{
    struct latency_event *event = map_remove(&latency->events, name);
    mem_free(event);
    return event != NULL;
}

struct latency_sample latency_sample_at(const struct latency_event *event, int i)
{
    return event->samples[(event->next - event->count + i + LATENCY_SAMPLES) % LATENCY_SAMPLES];
}

struct latency_summary latency_summarise(const struct latency_event *event, int64_t now_s)
{
    struct latency_summary summary = {0};
    int64_t sum = 0, deviations = 0;
    for (int i = 0; i < event->count; i++) {
        int64_t ms = latency_sample_at(event, i).ms;
        if (i == 0 || ms < summary.low_ms) summary.low_ms = ms;
        if (ms > summary.high_ms) summary.high_ms = ms;
        sum += ms;
    }
    if (event->count == 0) return summary;
    summary.mean_ms = sum / event->count;
    for (int i = 0; i < event->count; i++) {
        deviations += llabs(latency_sample_at(event, i).ms - summary.mean_ms);
    }
    summary.mean_deviation_ms = deviations / event->count;
    int64_t span_s = now_s - latency_sample_at(event, 0).time_s;
    summary.period_s = (double)(span_s > 0 ? span_s : 1) / event->count;
    return summary;
}
