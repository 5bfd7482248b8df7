#include "server/config_filename.h"
#include "server/config_kind.h"

static const struct config_name fsync_policies[] = {
    {"everysec", CONFIG_FSYNC_EVERYSEC},
    {"always", CONFIG_FSYNC_ALWAYS},
    {"no", CONFIG_FSYNC_NO},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"appendonly", BOOL(aof.enabled), .initial = "no", .change = CONFIG_CHANGE_APPENDONLY},
    {"appendfilename", TEXT(aof.filename), .initial = "appendonly.aof", .flags = CONFIG_IMMUTABLE,
     .check = config_check_filename},
    {"appenddirname", TEXT(aof.dirname), .initial = "appendonlydir", .flags = CONFIG_IMMUTABLE,
     .check = config_check_filename},
    {"appendfsync", ENUM(aof.fsync, fsync_policies), .initial = "everysec",
     .change = CONFIG_CHANGE_APPENDFSYNC},
    {"no-appendfsync-on-rewrite", BOOL(aof.no_fsync_on_rewrite), .initial = "no"},
    {"auto-aof-rewrite-percentage", NUMBER(aof.auto_rewrite_percentage, 0, INT_MAX),
     .initial = "100"},
    {"auto-aof-rewrite-min-size", MEMORY(aof.auto_rewrite_min_size, 0, INT64_MAX),
     .initial = "64mb"},
    {"aof-load-truncated", BOOL(aof.load_truncated), .initial = "yes"},
    {"aof-use-rdb-preamble", BOOL(aof.use_rdb_preamble), .initial = "yes"},
    {"aof-timestamp-enabled", BOOL(aof.timestamp_enabled), .initial = "no"},
    {"aof-rewrite-incremental-fsync", BOOL(aof.rewrite_incremental_fsync), .initial = "yes"},
    {"aof-disable-auto-gc", BOOL(aof.disable_auto_gc), .initial = "no"},
    {"repl-journal-retention", MEMORY(aof.retention_bytes, 0, INT64_MAX), .initial = "0"},
    {"repl-journal-retention-age", NUMBER(aof.retention_s, 0, INT64_MAX), .initial = "0"},
};

CONFIG_AREA(aof, "Append-only file", options);
