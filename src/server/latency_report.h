/* The latency monitor in words and pictures: LATENCY DOCTOR and GRAPH. */
#ifndef SKEIN_SERVER_LATENCY_REPORT_H
#define SKEIN_SERVER_LATENCY_REPORT_H

#include "base/buf.h"
#include "server/latency.h"

/* Columns of spikes, the oldest left, over how long ago each was. */
void latency_graph_write(const struct latency_event *event, const char *name, int64_t now_s,
                         struct buf *out);

struct latency_settings {
    int64_t threshold_ms;   /* 0: the monitor is off */
    int64_t slower_than_us; /* of the slow log; negative: off */
};
void latency_doctor_write(const struct latency *latency, const struct latency_settings *settings,
                          int64_t now_s, struct buf *out);

#endif
