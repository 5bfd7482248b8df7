#include "server/families.h"

#include "command/families.h"
#include "script/families.h"

const struct command *const all_families[] = {
    acl_commands,         bitmap_commands,   client_commands,
    command_commands,     config_commands,   connection_commands,
    database_commands,    debug_commands,    dump_commands,
    eval_commands,        expire_commands,   failover_commands,
    fcall_commands,       function_commands, generic_commands,
    geo_commands,         hash_commands,     hll_commands,
    info_commands,        latency_commands,  list_commands,
    lolwut_commands,      memory_commands,   module_commands,
    monitor_commands,     multi_commands,    object_commands,
    persistence_commands, pubsub_commands,   scan_commands,
    script_commands,      set_commands,      replication_commands,
    shutdown_commands,    slowlog_commands,  sort_commands,
    status_commands,      wait_commands,     stream_commands,
    string_commands,      zset_commands,     NULL,
};
