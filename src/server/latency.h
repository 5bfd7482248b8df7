/* The latency monitor: spikes of named events ("command", "expire-cycle") above a threshold.
 *
 * Per event it keeps the worst of each second, for the last LATENCY_SAMPLES seconds that had one.
 * Time comes in with each note. Event names must be constants of the program. */
#ifndef SKEIN_SERVER_LATENCY_H
#define SKEIN_SERVER_LATENCY_H

#include "base/map.h"

enum { LATENCY_SAMPLES = 160 };

struct latency_sample {
    int64_t time_s, ms;
};

struct latency_event {
    struct latency_sample samples[LATENCY_SAMPLES]; /* a ring */
    int count, next;
    int64_t highest_ms; /* ever */
};

struct latency {
    struct map events; /* name -> struct latency_event */
};

void latency_deinit(struct latency *latency);
void latency_note(struct latency *latency, const char *event, struct latency_sample sample);
/* NULL when the event was never noted. */
const struct latency_event *latency_find(const struct latency *latency, struct str event);
/* Forgets one event; false when there is nothing to forget. */
bool latency_reset(struct latency *latency, struct str event);
/* The i-th sample, the oldest first; i < count. */
struct latency_sample latency_sample_at(const struct latency_event *event, int i);

struct latency_summary {
    int64_t high_ms, low_ms, mean_ms;
    int64_t mean_deviation_ms;
    double period_s; /* between two spikes, on the average */
};
struct latency_summary latency_summarise(const struct latency_event *event, int64_t now_s);

#endif
