#include "server/config_kind.h"

static const struct config_name policies[] = {
    {"volatile-lru", CONFIG_POLICY_VOLATILE_LRU},
    {"volatile-lfu", CONFIG_POLICY_VOLATILE_LFU},
    {"volatile-random", CONFIG_POLICY_VOLATILE_RANDOM},
    {"volatile-ttl", CONFIG_POLICY_VOLATILE_TTL},
    {"allkeys-lru", CONFIG_POLICY_ALLKEYS_LRU},
    {"allkeys-lfu", CONFIG_POLICY_ALLKEYS_LFU},
    {"allkeys-random", CONFIG_POLICY_ALLKEYS_RANDOM},
    {"noeviction", CONFIG_POLICY_NOEVICTION},
    {NULL, 0},
};

#define ALWAYS_LAZY "big values are always freed in the background, small ones at once"
#define NO_DEFRAG   "memory is not defragmented yet"

static const struct config_option options[] = {
    {"maxmemory", MEMORY(memory.maxmemory, 0, INT64_MAX), .initial = "0",
     .change = CONFIG_CHANGE_MAXMEMORY},
    {"maxmemory-policy", ENUM(memory.policy, policies), .initial = "noeviction",
     .change = CONFIG_CHANGE_MAXMEMORY},
    {"maxmemory-samples", NUMBER(memory.maxmemory_samples, 1, INT_MAX), .initial = "5"},
    {"maxmemory-eviction-tenacity", NUMBER(memory.maxmemory_eviction_tenacity, 0, 100),
     .initial = "10"},
    {"lfu-log-factor", NUMBER(memory.lfu_log_factor, 0, INT_MAX), .initial = "10"},
    {"lfu-decay-time", NUMBER(memory.lfu_decay_time_min, 0, INT_MAX), .initial = "1"},
    {"active-expire-effort", NUMBER(memory.active_expire_effort, 1, 10), .initial = "1"},
    {"lazyfree-lazy-eviction", BOOL(memory.lazyfree_lazy_eviction), .initial = "no",
     .not_yet = ALWAYS_LAZY},
    {"lazyfree-lazy-expire", BOOL(memory.lazyfree_lazy_expire), .initial = "no",
     .not_yet = ALWAYS_LAZY},
    {"lazyfree-lazy-server-del", BOOL(memory.lazyfree_lazy_server_del), .initial = "no",
     .not_yet = ALWAYS_LAZY},
    {"lazyfree-lazy-user-del", BOOL(memory.lazyfree_lazy_user_del), .initial = "no",
     .not_yet = ALWAYS_LAZY},
    {"lazyfree-lazy-user-flush", BOOL(memory.lazyfree_lazy_user_flush), .initial = "no",
     .not_yet = ALWAYS_LAZY},
    {"jemalloc-bg-thread", BOOL(memory.jemalloc_bg_thread), .initial = "yes",
     .change = CONFIG_CHANGE_ALLOCATOR, .not_yet = "the allocator keeps its own defaults"},
    {"activedefrag", BOOL(memory.activedefrag), .initial = "no", .change = CONFIG_CHANGE_DEFRAG,
     .not_yet = NO_DEFRAG},
    {"active-defrag-ignore-bytes", MEMORY(memory.defrag_ignore_bytes, 1, INT64_MAX),
     .initial = "100mb", .not_yet = NO_DEFRAG},
    {"active-defrag-threshold-lower", NUMBER(memory.defrag_threshold_lower_percent, 0, 1000),
     .initial = "10", .not_yet = NO_DEFRAG},
    {"active-defrag-threshold-upper", NUMBER(memory.defrag_threshold_upper_percent, 0, 1000),
     .initial = "100", .not_yet = NO_DEFRAG},
    {"active-defrag-cycle-min", NUMBER(memory.defrag_cycle_min_percent, 1, 99), .initial = "1",
     .not_yet = NO_DEFRAG},
    {"active-defrag-cycle-max", NUMBER(memory.defrag_cycle_max_percent, 1, 99), .initial = "25",
     .not_yet = NO_DEFRAG},
    {"active-defrag-max-scan-fields", NUMBER(memory.defrag_max_scan_fields, 1, INT64_MAX),
     .initial = "1000", .not_yet = NO_DEFRAG},
};

CONFIG_AREA(memory, "Memory, eviction and expiry", options);
