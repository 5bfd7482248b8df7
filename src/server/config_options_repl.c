#include "server/config_kind.h"

enum { BACKLOG_MIN = 16 * 1024, JOURNAL_MEMORY_MIN = 1024 * 1024 };

static const struct config_name diskless_load[] = {
    {"disabled", CONFIG_DISKLESS_LOAD_DISABLED},
    {"on-empty-db", CONFIG_DISKLESS_LOAD_ON_EMPTY_DB},
    {"swapdb", CONFIG_DISKLESS_LOAD_SWAPDB},
    {NULL, 0},
};

static const struct config_name propagation_error[] = {
    {"ignore", CONFIG_PROPAGATION_IGNORE},
    {"panic", CONFIG_PROPAGATION_PANIC},
    {"panic-on-replicas", CONFIG_PROPAGATION_PANIC_ON_REPLICAS},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"replicaof", CONFIG_AT(repl.master), .kind = &config_kind_master, .alias = "slaveof",
     .flags = CONFIG_IMMUTABLE | CONFIG_MULTI},
    {"masteruser", TEXT(repl.masteruser), .flags = CONFIG_SECRET},
    {"masterauth", BYTES(repl.masterauth), .flags = CONFIG_SECRET},
    {"repl-timeout", NUMBER(repl.timeout_s, 1, INT_MAX), .initial = "60"},
    {"repl-ping-replica-period", NUMBER(repl.ping_replica_period_s, 1, INT_MAX), .initial = "10",
     .alias = "repl-ping-slave-period"},
    {"repl-backlog-size", MEMORY_CLAMPED(repl.backlog_size, BACKLOG_MIN, INT64_MAX),
     .initial = "1mb", .change = CONFIG_CHANGE_BACKLOG},
    {"repl-backlog-ttl", NUMBER(repl.backlog_ttl_s, 0, INT64_MAX), .initial = "3600"},
    {"repl-journal-memory", MEMORY_CLAMPED(repl.journal_memory, JOURNAL_MEMORY_MIN, INT64_MAX),
     .initial = "64mb", .change = CONFIG_CHANGE_BACKLOG},
    {"repl-diskless-sync", BOOL(repl.diskless_sync), .initial = "yes"},
    {"repl-diskless-sync-delay", NUMBER(repl.diskless_sync_delay_s, 0, INT_MAX), .initial = "0"},
    {"repl-diskless-sync-max-replicas", NUMBER(repl.diskless_sync_max_replicas, 0, INT_MAX),
     .initial = "0"},
    {"repl-diskless-load", ENUM(repl.diskless_load, diskless_load), .initial = "disabled",
     .not_yet = "a replica always loads beside its old data and then swaps"},
    {"repl-disable-tcp-nodelay", BOOL(repl.disable_tcp_nodelay), .initial = "no"},
    {"replica-serve-stale-data", BOOL(repl.serve_stale_data), .initial = "yes",
     .alias = "slave-serve-stale-data"},
    {"replica-read-only", BOOL(repl.read_only), .initial = "yes", .alias = "slave-read-only",
     .change = CONFIG_CHANGE_REPLICA},
    {"replica-ignore-maxmemory", BOOL(repl.ignore_maxmemory), .initial = "yes",
     .alias = "slave-ignore-maxmemory"},
    {"replica-ignore-disk-write-errors", BOOL(repl.ignore_disk_write_errors), .initial = "no"},
    {"replica-lazy-flush", BOOL(repl.lazy_flush), .initial = "no", .alias = "slave-lazy-flush",
     .not_yet = "replaced data is always freed in the background"},
    {"replica-priority", NUMBER(repl.priority, 0, INT_MAX), .initial = "100",
     .alias = "slave-priority", .change = CONFIG_CHANGE_REPLICA},
    {"replica-announced", BOOL(repl.announced), .initial = "yes", .change = CONFIG_CHANGE_REPLICA},
    {"replica-announce-ip", TEXT(repl.announce_ip), .alias = "slave-announce-ip",
     .change = CONFIG_CHANGE_REPLICA},
    {"replica-announce-port", PORT(repl.announce_port), .initial = "0",
     .alias = "slave-announce-port", .change = CONFIG_CHANGE_REPLICA},
    {"min-replicas-to-write", NUMBER(repl.min_replicas_to_write, 0, INT_MAX), .initial = "0",
     .alias = "min-slaves-to-write", .change = CONFIG_CHANGE_MIN_REPLICAS},
    {"min-replicas-max-lag", NUMBER(repl.min_replicas_max_lag_s, 0, INT_MAX), .initial = "10",
     .alias = "min-slaves-max-lag", .change = CONFIG_CHANGE_MIN_REPLICAS},
    {"repl-guard-empty-master", BOOL(repl.guard_empty_master), .initial = "yes"},
    {"repl-max-rdb-size", MEMORY(repl.max_rdb_size, 0, INT64_MAX), .initial = "0"},
    {"repl-sync-max-rate", MEMORY(repl.sync_max_rate, 0, INT64_MAX), .initial = "0"},
    {"propagation-error-behavior", ENUM(repl.propagation_error_behavior, propagation_error),
     .initial = "ignore"},
};

CONFIG_AREA(repl, "Replication", options);
