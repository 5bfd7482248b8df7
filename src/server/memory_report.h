/* Where the memory goes: what INFO memory, MEMORY STATS and MEMORY DOCTOR tell. */
#ifndef SKEIN_SERVER_MEMORY_REPORT_H
#define SKEIN_SERVER_MEMORY_REPORT_H

#include <stdint.h>

struct server;

/* Bytes, unless the name says otherwise. */
struct memory_report {
    uint64_t used, peak, startup, rss;
    uint64_t clients;  /* connections and their buffers */
    uint64_t tables;   /* pages and directories of the databases */
    uint64_t backlog;  /* of the journal, as long as replicas want one: up to repl-backlog-size */
    uint64_t replicas; /* what it keeps beyond that, for those that are behind */
    uint64_t overhead; /* startup and all of these */
    uint64_t dataset;  /* the rest */
    uint64_t keys;     /* how many */
    uint64_t bytes_per_key;
    double peak_percent, dataset_percent;

    uint64_t allocated, active, resident; /* the allocator's view */
    double allocator_fragmentation, allocator_rss, rss_overhead, fragmentation; /* ratios */
    int64_t allocator_fragmentation_bytes, allocator_rss_bytes, rss_overhead_bytes;
    int64_t fragmentation_bytes;
};

void memory_report_read(struct memory_report *report, struct server *server);

#endif
