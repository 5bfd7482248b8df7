#include "server/config_filename.h"
#include "server/config_kind.h"

static const struct config_name sanitize[] = {
    {"no", CONFIG_SANITIZE_NO},
    {"yes", CONFIG_SANITIZE_YES},
    {"clients", CONFIG_SANITIZE_CLIENTS},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"save", CONFIG_AT(snapshot.save), .kind = &config_kind_save,
     .initial = "3600 1 300 100 60 10000", .flags = CONFIG_MULTI | CONFIG_OR_NONE | CONFIG_ADDS_UP,
     .change = CONFIG_CHANGE_SAVE},
    {"dbfilename", TEXT(snapshot.dbfilename), .initial = "dump.rdb", .flags = CONFIG_PROTECTED,
     .check = config_check_filename},
    {"rdbcompression", BOOL(snapshot.rdbcompression), .initial = "yes"},
    {"rdbchecksum", BOOL(snapshot.rdbchecksum), .initial = "yes", .flags = CONFIG_IMMUTABLE},
    {"stop-writes-on-bgsave-error", BOOL(snapshot.stop_writes_on_bgsave_error), .initial = "yes"},
    {"rdb-save-incremental-fsync", BOOL(snapshot.rdb_save_incremental_fsync), .initial = "yes"},
    {"rdb-del-sync-files", BOOL(snapshot.rdb_del_sync_files), .initial = "no",
     .not_yet = "a synchronisation leaves no file behind, on neither side"},
    {"sanitize-dump-payload", ENUM(snapshot.sanitize_dump_payload, sanitize), .initial = "no",
     .not_yet = "everything that is loaded or restored is always checked"},
    {"rdb-key-save-delay", NUMBER(snapshot.key_save_delay_us, INT_MIN, INT_MAX), .initial = "0",
     .flags = CONFIG_HIDDEN},
    {"key-load-delay", NUMBER(snapshot.key_load_delay_us, INT_MIN, INT_MAX), .initial = "0",
     .flags = CONFIG_HIDDEN},
    {"loading-process-events-interval-bytes",
     NUMBER(snapshot.loading_process_events_interval_bytes, 1024, INT_MAX), .initial = "2097152",
     .flags = CONFIG_HIDDEN,
     .not_yet = "loading runs beside the loop, which is never kept waiting"},
};

CONFIG_AREA(snapshot, "Snapshots", options);
