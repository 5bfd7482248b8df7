#include "server/config_filename.h"
#include "server/config_kind.h"

static const struct config_name fsync_policies[] = {
    {"everysec", CONFIG_FSYNC_EVERYSEC},
    {"always", CONFIG_FSYNC_ALWAYS},
    {"no", CONFIG_FSYNC_NO},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"appendonly", BOOL(aof.enabled), .initial = "no", .change = CONFIG_CHANGE_APPENDONLY,
     .not_yet = "the append-only file is not there yet"},
    {"appendfilename", TEXT(aof.filename), .initial = "appendonly.aof", .flags = CONFIG_IMMUTABLE,
     .check = config_check_filename, .not_yet = "the append-only file is not there yet"},
    {"appenddirname", TEXT(aof.dirname), .initial = "appendonlydir", .flags = CONFIG_IMMUTABLE,
     .check = config_check_filename, .not_yet = "the append-only file is not there yet"},
    {"appendfsync", ENUM(aof.fsync, fsync_policies), .initial = "everysec",
     .change = CONFIG_CHANGE_APPENDFSYNC, .not_yet = "the append-only file is not there yet"},
    {"no-appendfsync-on-rewrite", BOOL(aof.no_fsync_on_rewrite), .initial = "no",
     .not_yet = "a sync never makes the commands wait"},
    {"auto-aof-rewrite-percentage", NUMBER(aof.auto_rewrite_percentage, 0, INT_MAX),
     .initial = "100", .not_yet = "the append-only file is not there yet"},
    {"auto-aof-rewrite-min-size", MEMORY(aof.auto_rewrite_min_size, 0, INT64_MAX),
     .initial = "64mb", .not_yet = "the append-only file is not there yet"},
    {"aof-load-truncated", BOOL(aof.load_truncated), .initial = "yes",
     .not_yet = "the append-only file is not there yet"},
    {"aof-use-rdb-preamble", BOOL(aof.use_rdb_preamble), .initial = "yes",
     .not_yet = "the base of the log is always a snapshot in RDB form"},
    {"aof-timestamp-enabled", BOOL(aof.timestamp_enabled), .initial = "no",
     .not_yet = "the append-only file is not there yet"},
    {"aof-rewrite-incremental-fsync", BOOL(aof.rewrite_incremental_fsync), .initial = "yes",
     .not_yet = "the append-only file is not there yet"},
    {"aof-disable-auto-gc", BOOL(aof.disable_auto_gc), .initial = "no",
     .not_yet = "the append-only file is not there yet"},
};

CONFIG_AREA(aof, "Append-only file", options);
