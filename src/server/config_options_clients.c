#include "server/config_kind.h"

static const struct config_option options[] = {
    {"maxclients", NUMBER(clients.maxclients, 1, UINT_MAX), .initial = "10000",
     .change = CONFIG_CHANGE_MAXCLIENTS},
    {"client-output-buffer-limit", CONFIG_AT(clients.output_limits),
     .kind = &config_kind_output_limits,
     .initial = "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
     .flags = CONFIG_MULTI | CONFIG_OR_NONE | CONFIG_AMENDS},
    {"client-query-buffer-limit", MEMORY(clients.query_buffer_limit, 1024 * 1024, INT64_MAX),
     .initial = "1gb"},
    {"proto-max-bulk-len", MEMORY(clients.proto_max_bulk_len, 1024 * 1024, INT64_MAX),
     .initial = "512mb"},
    {"maxmemory-clients", MEMORY_OR_PERCENT(clients.maxmemory_clients), .initial = "0",
     .change = CONFIG_CHANGE_CLIENT_MEMORY},
    {"tracking-table-max-keys", NUMBER(clients.tracking_table_max_keys, 0, INT64_MAX),
     .initial = "1000000", .change = CONFIG_CHANGE_TRACKING},
    {"notify-keyspace-events", LETTERS(clients.notify_keyspace_events), .initial = "",
     .change = CONFIG_CHANGE_KEYSPACE_EVENTS},
    {"busy-reply-threshold", NUMBER(clients.busy_reply_threshold_ms, 0, INT64_MAX),
     .initial = "5000", .alias = "lua-time-limit"},
    {"client-gather-us", NUMBER(clients.gather_us, 0, 1000), .initial = "100"},
    {"lua-enable-deprecated-api", BOOL(clients.lua_enable_deprecated_api), .initial = "no",
     .flags = CONFIG_IMMUTABLE | CONFIG_HIDDEN, .not_yet = "scripts see the current API only"},
    {"lua-replicate-commands", .kind = &config_kind_ignored,
     .flags = CONFIG_FILE_ONLY | CONFIG_KEEP_LINES,
     .not_yet = "scripts are always replicated by their effects"},
};

CONFIG_AREA(clients, "Clients and scripts", options);
