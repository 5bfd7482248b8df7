/* What happened since the start (or CONFIG RESETSTAT): counters, times per command, errors by
 * prefix, rates.
 *
 * Filled by the hooks of execute and the clients, read by INFO and LATENCY HISTOGRAM. */
#ifndef SKEIN_SERVER_STATS_H
#define SKEIN_SERVER_STATS_H

#include "base/map.h"
#include "command/execute.h"

/* Durations in buckets of powers of two of microseconds, eight per power: enough for percentiles
 * within 12%. */
enum { HISTOGRAM_SUB = 8, HISTOGRAM_BUCKETS = 32 * HISTOGRAM_SUB };

struct histogram {
    uint64_t count;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, int64_t us);
/* The duration below which `percentile` (0..100) of all lie; 0 when empty. */
double histogram_percentile(const struct histogram *histogram, double percentile);
/* Upper bound of a bucket, in microseconds. */
int64_t histogram_bucket_limit(int bucket);

struct command_stats {
    uint64_t calls, usec, rejected, failed;
    struct histogram *latency; /* NULL until the first call, or when latency-tracking is off */
};

enum { RATE_SAMPLES = 16 };

/* A rate over the last samples, of a counter that only grows. */
struct rate {
    uint64_t last;
    int64_t last_us;
    double samples[RATE_SAMPLES];
    int next;
};
void rate_sample(struct rate *rate, uint64_t counter, int64_t now_us);
double rate_mean(const struct rate *rate);

struct stats {
    struct command_stats *commands; /* by command id */
    int command_count;
    struct map errors; /* prefix -> uint64_t */
    uint64_t error_replies;
    uint64_t requests, connections, rejected_connections;
    uint64_t evicted_keys, evicted_clients, expired_stale, expire_cycles_capped;
    int64_t expire_cycle_us, eviction_exceeded_us;
    uint64_t peak_memory;
    struct rate request_rate, input_rate, output_rate, repl_in_rate, repl_out_rate;
    uint64_t net_in_base, net_out_base; /* counters of the clients at the last reset */
};

void stats_init(struct stats *stats, int command_count);
void stats_deinit(struct stats *stats);
void stats_reset(struct stats *stats);
/* A command ran. */
void stats_command(struct stats *stats, const struct outcome *outcome, bool track_latency);
/* An error was answered: counts it under its prefix ("ERR", "WRONGTYPE"). Prefixes are bounded
 * in number. */
void stats_error(struct stats *stats, struct str error);

#endif
