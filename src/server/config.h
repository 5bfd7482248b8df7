/* The settings of one server, as redis.conf, the command line and CONFIG SET write them.
 *
 * Plain data: the rest of the server reads the fields, only config_*.c writes them, through the
 * rows of the option tables (config_option.h). Every directive's value lives in exactly one field.
 *
 * - Text fields are owned, NUL-terminated and never NULL; an unset text is "".
 * - Sizes are bytes, times carry their unit in the name, 0 means what redis.conf says it means.
 * - A pointer into a struct config is valid until that option changes (CONFIG SET, REPLICAOF).
 * - Nothing here logs, reads files or knows a socket. */
#ifndef SKEIN_SERVER_CONFIG_H
#define SKEIN_SERVER_CONFIG_H

#include "base/buf.h"
#include "base/str.h"

/* Several words of one directive. */
struct config_words {
    char **words;
    size_t count;
};

/* --- network and processes --- */

struct config_net {
    struct config_words
        bind; /* addresses; a leading '-' means "skip it if the machine does not have it" */
    char *bind_source_addr; /* local address of our own outgoing connections */
    char *unixsocket;
    unsigned unixsocketperm; /* 0: leave what the umask gives */
    int port;                /* 0: no plain TCP */
    int tcp_backlog;
    int tcp_keepalive_s;
    bool protected_mode;
    unsigned socket_mark_id;
    int io_threads;
    bool io_threads_do_reads;
};

enum config_tls_auth { CONFIG_TLS_AUTH_NO, CONFIG_TLS_AUTH_YES, CONFIG_TLS_AUTH_OPTIONAL };

enum config_tls_name { CONFIG_TLS_NAME_NO, CONFIG_TLS_NAME_AUTO, CONFIG_TLS_NAME_YES };

struct config_tls {
    int port; /* 0: no TLS */
    enum config_tls_auth auth_clients;
    bool replication; /* our link to a master uses TLS */
    enum config_tls_name replication_verify_name;
    char *replication_name; /* whose certificate a master shows; "": that of the host we follow */
    bool cluster;
    char *cert_file, *key_file, *key_file_pass;
    char *client_cert_file, *client_key_file, *client_key_file_pass;
    char *dh_params_file;
    char *ca_cert_file, *ca_cert_dir;
    char *protocols; /* "TLSv1.2 TLSv1.3"; "" is the library's default */
    char *ciphers, *ciphersuites;
    bool prefer_server_ciphers;
    bool session_caching;
    int session_cache_size;
    int session_cache_timeout_s;
};

enum config_supervised {
    CONFIG_SUPERVISED_NO,
    CONFIG_SUPERVISED_AUTO,
    CONFIG_SUPERVISED_SYSTEMD,
    CONFIG_SUPERVISED_UPSTART
};
enum config_oom_score { CONFIG_OOM_NO, CONFIG_OOM_RELATIVE, CONFIG_OOM_ABSOLUTE };
/* How a SIGINT or SIGTERM ends the server; flags, 0 is "default". */
enum config_shutdown {
    CONFIG_SHUTDOWN_SAVE = 1,
    CONFIG_SHUTDOWN_NOSAVE = 2,
    CONFIG_SHUTDOWN_NOW = 4,
    CONFIG_SHUTDOWN_FORCE = 8
};
enum { CONFIG_OOM_VALUES = 3 };

struct config_process {
    char *dir; /* working directory; absolute once the server has changed to it */
    bool daemonize;
    enum config_supervised supervised;
    char *pidfile;
    int databases;
    int hz;
    bool dynamic_hz;
    bool activerehashing;
    bool set_proc_title;
    char *proc_title_template;
    bool always_show_logo;
    char *ignore_warnings;
    char *locale_collate;
    bool disable_thp;
    enum config_oom_score oom_score_adj;
    int oom_score_adj_values[CONFIG_OOM_VALUES]; /* master, replica, background child */
    int shutdown_timeout_s;
    unsigned shutdown_on_sigint, shutdown_on_sigterm; /* enum config_shutdown flags */
    char *server_cpulist, *bio_cpulist, *aof_rewrite_cpulist, *bgsave_cpulist;
    bool crash_log_enabled;
    bool crash_memcheck_enabled;
    bool use_exit_on_panic;
    int watchdog_period_ms;
};

enum config_loglevel {
    CONFIG_LOG_DEBUG,
    CONFIG_LOG_VERBOSE,
    CONFIG_LOG_NOTICE,
    CONFIG_LOG_WARNING,
    CONFIG_LOG_NOTHING
};

struct config_log {
    enum config_loglevel level;
    char *file; /* "": standard output */
    bool syslog_enabled;
    char *syslog_ident;
    int syslog_facility;                /* LOG_LOCAL0... of <syslog.h> */
    int64_t slowlog_log_slower_than_us; /* negative: off */
    uint64_t slowlog_max_len;
    int64_t latency_monitor_threshold_ms; /* 0: off */
    bool latency_tracking;
    struct config_percentiles {
        double *values;
        size_t count;
    } latency_percentiles;
};

/* --- who may do what --- */

enum config_pubsub_default { CONFIG_PUBSUB_RESETCHANNELS, CONFIG_PUBSUB_ALLCHANNELS };
enum config_allow { CONFIG_ALLOW_NO, CONFIG_ALLOW_YES, CONFIG_ALLOW_LOCAL };

struct config_rename {
    char *from;
    char *to; /* "": the command is removed */
};

struct config_security {
    struct buf requirepass; /* any bytes, as masterauth */
    char *aclfile;
    enum config_pubsub_default acl_pubsub_default; /* what a new user gets */
    int64_t acllog_max_len;
    enum config_allow enable_protected_configs;
    enum config_allow enable_debug_command;
    enum config_allow enable_module_command;
    struct config_users {
        struct config_words *lines; /* the arguments of each `user` line: name, rule, rule, ... */
        size_t count;
    } users;
    struct config_renames {
        struct config_rename *items;
        size_t count;
    } renames;
};

/* --- clients --- */

enum config_client_class {
    CONFIG_CLIENT_NORMAL,
    CONFIG_CLIENT_REPLICA,
    CONFIG_CLIENT_PUBSUB,
    CONFIG_CLIENT_CLASSES
};

struct config_output_limit {
    uint64_t hard_bytes;
    uint64_t soft_bytes;
    int64_t soft_s;
};

struct config_clients {
    unsigned maxclients;
    int timeout_s; /* idle clients; 0: never */
    struct config_output_limit output_limits[CONFIG_CLIENT_CLASSES];
    uint64_t query_buffer_limit;
    int64_t proto_max_bulk_len;
    int64_t maxmemory_clients; /* bytes; negative: minus a percentage of maxmemory; 0: no limit */
    uint64_t tracking_table_max_keys;
    int notify_keyspace_events; /* enum config_notify flags */
    int64_t busy_reply_threshold_ms;
    int64_t gather_us; /* the longest that requests of many clients wait for more; 0: never */
    bool lua_enable_deprecated_api;
};

/* The letters of notify-keyspace-events. */
enum config_notify {
    CONFIG_NOTIFY_KEYSPACE = 1 << 0,  /* K */
    CONFIG_NOTIFY_KEYEVENT = 1 << 1,  /* E */
    CONFIG_NOTIFY_GENERIC = 1 << 2,   /* g */
    CONFIG_NOTIFY_STRING = 1 << 3,    /* $ */
    CONFIG_NOTIFY_LIST = 1 << 4,      /* l */
    CONFIG_NOTIFY_SET = 1 << 5,       /* s */
    CONFIG_NOTIFY_HASH = 1 << 6,      /* h */
    CONFIG_NOTIFY_ZSET = 1 << 7,      /* z */
    CONFIG_NOTIFY_EXPIRED = 1 << 8,   /* x */
    CONFIG_NOTIFY_EVICTED = 1 << 9,   /* e */
    CONFIG_NOTIFY_STREAM = 1 << 10,   /* t */
    CONFIG_NOTIFY_KEY_MISS = 1 << 11, /* m, not part of A */
    CONFIG_NOTIFY_MODULE = 1 << 12,   /* d */
    CONFIG_NOTIFY_NEW = 1 << 13,      /* n, not part of A */
    CONFIG_NOTIFY_ALL = CONFIG_NOTIFY_GENERIC | CONFIG_NOTIFY_STRING | CONFIG_NOTIFY_LIST |
                        CONFIG_NOTIFY_SET | CONFIG_NOTIFY_HASH | CONFIG_NOTIFY_ZSET |
                        CONFIG_NOTIFY_EXPIRED | CONFIG_NOTIFY_EVICTED | CONFIG_NOTIFY_STREAM |
                        CONFIG_NOTIFY_MODULE /* A */
};

/* --- memory and encodings --- */

enum config_maxmemory_policy {
    CONFIG_POLICY_VOLATILE_LRU,
    CONFIG_POLICY_VOLATILE_LFU,
    CONFIG_POLICY_VOLATILE_RANDOM,
    CONFIG_POLICY_VOLATILE_TTL,
    CONFIG_POLICY_ALLKEYS_LRU,
    CONFIG_POLICY_ALLKEYS_LFU,
    CONFIG_POLICY_ALLKEYS_RANDOM,
    CONFIG_POLICY_NOEVICTION
};

struct config_memory {
    uint64_t maxmemory; /* 0: no limit */
    enum config_maxmemory_policy policy;
    int maxmemory_samples;
    int maxmemory_eviction_tenacity;
    int lfu_log_factor;
    int lfu_decay_time_min;
    int active_expire_effort;
    bool lazyfree_lazy_eviction;
    bool lazyfree_lazy_expire;
    bool lazyfree_lazy_server_del;
    bool lazyfree_lazy_user_del;
    bool lazyfree_lazy_user_flush;
    bool jemalloc_bg_thread;
    bool activedefrag;
    uint64_t defrag_ignore_bytes;
    int defrag_threshold_lower_percent, defrag_threshold_upper_percent;
    int defrag_cycle_min_percent, defrag_cycle_max_percent;
    uint64_t defrag_max_scan_fields;
};

struct config_encoding {
    uint64_t hash_max_listpack_entries, hash_max_listpack_value;
    int list_max_listpack_size; /* negative: -1 (4 kB) to -5 (64 kB) per node */
    int list_compress_depth;
    uint64_t set_max_intset_entries;
    uint64_t set_max_listpack_entries, set_max_listpack_value;
    uint64_t zset_max_listpack_entries, zset_max_listpack_value;
    uint64_t hll_sparse_max_bytes;
    uint64_t stream_node_max_bytes;
    int64_t stream_node_max_entries;
};

/* --- persistence --- */

struct config_save_point {
    int64_t seconds;
    int changes;
};

enum config_sanitize { CONFIG_SANITIZE_NO, CONFIG_SANITIZE_YES, CONFIG_SANITIZE_CLIENTS };

struct config_snapshot {
    struct config_save_points {
        struct config_save_point *items;
        size_t count;
    } save;
    char *dbfilename;
    bool rdbcompression;
    bool rdbchecksum;
    bool rdb_del_sync_files;
    bool rdb_save_incremental_fsync;
    bool stop_writes_on_bgsave_error;
    enum config_sanitize sanitize_dump_payload;
    int key_save_delay_us; /* debugging aids: slow down; negative: once per |n| keys */
    int key_load_delay_us;
    int64_t loading_process_events_interval_bytes;
};

enum config_fsync { CONFIG_FSYNC_NO, CONFIG_FSYNC_ALWAYS, CONFIG_FSYNC_EVERYSEC };

struct config_aof {
    bool enabled; /* appendonly */
    char *filename;
    char *dirname;
    enum config_fsync fsync;
    bool no_fsync_on_rewrite;
    int auto_rewrite_percentage; /* 0: never by itself */
    int64_t auto_rewrite_min_size;
    bool load_truncated;
    bool use_rdb_preamble;
    bool timestamp_enabled;
    bool rewrite_incremental_fsync;
    bool disable_auto_gc;
    int64_t retention_bytes, retention_s; /* of increments that a base replaced */
};

/* --- replication --- */

enum config_diskless_load {
    CONFIG_DISKLESS_LOAD_DISABLED,
    CONFIG_DISKLESS_LOAD_ON_EMPTY_DB,
    CONFIG_DISKLESS_LOAD_SWAPDB
};
enum config_propagation_error {
    CONFIG_PROPAGATION_IGNORE,
    CONFIG_PROPAGATION_PANIC,
    CONFIG_PROPAGATION_PANIC_ON_REPLICAS
};

struct config_master {
    char *host; /* "": we are a master */
    int port;
};

struct config_repl {
    struct config_master
        master; /* replicaof; the server keeps it up to date with config_set_master */
    char *masteruser;
    struct buf masterauth;
    int timeout_s;
    int ping_replica_period_s;
    int64_t backlog_size;
    int64_t backlog_ttl_s;  /* 0: never */
    int64_t journal_memory; /* for readers of the stream that are behind, beyond the backlog */
    bool diskless_sync;
    int diskless_sync_delay_s;
    int diskless_sync_max_replicas;
    enum config_diskless_load diskless_load;
    bool disable_tcp_nodelay;
    bool serve_stale_data;
    bool read_only;
    bool ignore_maxmemory;
    bool ignore_disk_write_errors;
    bool lazy_flush;
    int priority;
    bool announced;
    char *announce_ip;
    int announce_port;
    int min_replicas_to_write;
    int min_replicas_max_lag_s;
    enum config_propagation_error propagation_error_behavior;
    bool guard_empty_master;
    int64_t sync_max_rate; /* bytes per second; 0: no limit */
    int64_t max_rdb_size;  /* of a master's snapshot; 0: no limit */
};

/* There is no cluster mode: the values are kept so that CONFIG GET and REWRITE tell the truth. */
struct config_cluster {
    bool enabled; /* always false: "yes" is refused */
    char *config_file;
    int64_t node_timeout_ms;
    int port;
    char *announce_ip, *announce_hostname, *announce_human_nodename;
    int announce_port, announce_tls_port, announce_bus_port;
    int migration_barrier;
    int replica_validity_factor;
    bool replica_no_failover;
    bool require_full_coverage;
    bool allow_reads_when_down;
    bool allow_pubsubshard_when_down;
    bool allow_replica_migration;
    uint64_t link_sendbuf_limit;
    enum config_endpoint {
        CONFIG_ENDPOINT_IP,
        CONFIG_ENDPOINT_HOSTNAME,
        CONFIG_ENDPOINT_UNKNOWN
    } endpoint;
};

struct config {
    char *file; /* absolute path of the file read at start, for CONFIG REWRITE; "" without */
    struct config_net net;
    struct config_tls tls;
    struct config_process process;
    struct config_log log;
    struct config_security security;
    struct config_clients clients;
    struct config_memory memory;
    struct config_encoding encoding;
    struct config_snapshot snapshot;
    struct config_aof aof;
    struct config_repl repl;
    struct config_cluster cluster;
};

/* All options at their defaults. */
void config_init(struct config *config);
void config_deinit(struct config *config);

/* What REPLICAOF changed while running, for CONFIG GET and REWRITE; host "" makes a master. */
void config_set_master(struct config *config, struct str host, int port);
/* "user" or "local0" to "local7". */
const char *config_syslog_facility(const struct config *config);
/* For fields the server itself changes while running: dir made absolute, requirepass by ACL, ... */
void config_set_text(char **field, struct str text);

#endif
