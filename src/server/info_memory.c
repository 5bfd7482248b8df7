/* INFO about memory. */
#include "base/mem.h"
#include "io/process.h"
#include "script/library.h"
#include "server/info.h"
#include "server/memory_report.h"
#include "server/server.h"

struct memory_facts {
    struct memory_report report;
    uint64_t system_total, max, lazyfree_pending, replication_buffers;
    uint64_t vm, script_bytes, script_count, function_count, library_count;
    const char *policy, *allocator;
};

#define FIELD(name_, kind_, member_) INFO_FIELD(name_, kind_, memory_facts, member_)

static const struct info_field fields[] = {
    FIELD("used_memory", INFO_COUNT, report.used),
    FIELD("used_memory_human", INFO_SIZE, report.used),
    FIELD("used_memory_rss", INFO_COUNT, report.rss),
    FIELD("used_memory_rss_human", INFO_SIZE, report.rss),
    FIELD("used_memory_peak", INFO_COUNT, report.peak),
    FIELD("used_memory_peak_human", INFO_SIZE, report.peak),
    FIELD("used_memory_peak_perc", INFO_PERCENT, report.peak_percent),
    FIELD("used_memory_overhead", INFO_COUNT, report.overhead),
    FIELD("used_memory_startup", INFO_COUNT, report.startup),
    FIELD("used_memory_dataset", INFO_COUNT, report.dataset),
    FIELD("used_memory_dataset_perc", INFO_PERCENT, report.dataset_percent),
    FIELD("allocator_allocated", INFO_COUNT, report.allocated),
    FIELD("allocator_active", INFO_COUNT, report.active),
    FIELD("allocator_resident", INFO_COUNT, report.resident),
    FIELD("total_system_memory", INFO_COUNT, system_total),
    FIELD("total_system_memory_human", INFO_SIZE, system_total),
    FIELD("used_memory_lua", INFO_COUNT, vm),
    FIELD("used_memory_vm_eval", INFO_COUNT, vm),
    FIELD("used_memory_lua_human", INFO_SIZE, vm),
    FIELD("used_memory_scripts_eval", INFO_COUNT, script_bytes),
    FIELD("number_of_cached_scripts", INFO_COUNT, script_count),
    FIELD("number_of_functions", INFO_COUNT, function_count),
    FIELD("number_of_libraries", INFO_COUNT, library_count),
    INFO_ALWAYS("used_memory_vm_functions", "0"),
    FIELD("used_memory_vm_total", INFO_COUNT, vm),
    FIELD("used_memory_vm_total_human", INFO_SIZE, vm),
    INFO_ALWAYS("used_memory_functions", "0"),
    FIELD("used_memory_scripts", INFO_COUNT, script_bytes),
    FIELD("used_memory_scripts_human", INFO_SIZE, script_bytes),
    FIELD("maxmemory", INFO_COUNT, max),
    FIELD("maxmemory_human", INFO_SIZE, max),
    FIELD("maxmemory_policy", INFO_TEXT, policy),
    FIELD("allocator_frag_ratio", INFO_RATIO, report.allocator_fragmentation),
    FIELD("allocator_frag_bytes", INFO_NUMBER, report.allocator_fragmentation_bytes),
    FIELD("allocator_rss_ratio", INFO_RATIO, report.allocator_rss),
    FIELD("allocator_rss_bytes", INFO_NUMBER, report.allocator_rss_bytes),
    FIELD("rss_overhead_ratio", INFO_RATIO, report.rss_overhead),
    FIELD("rss_overhead_bytes", INFO_NUMBER, report.rss_overhead_bytes),
    FIELD("mem_fragmentation_ratio", INFO_RATIO, report.fragmentation),
    FIELD("mem_fragmentation_bytes", INFO_NUMBER, report.fragmentation_bytes),
    INFO_ALWAYS("mem_not_counted_for_evict", "0"),
    FIELD("mem_replication_backlog", INFO_COUNT, report.backlog),
    FIELD("mem_total_replication_buffers", INFO_COUNT, replication_buffers),
    FIELD("mem_clients_slaves", INFO_COUNT, report.replicas),
    FIELD("mem_clients_normal", INFO_COUNT, report.clients),
    INFO_ALWAYS("mem_cluster_links", "0"),
    INFO_ALWAYS("mem_aof_buffer", "0"),
    FIELD("mem_allocator", INFO_TEXT, allocator),
    INFO_ALWAYS("active_defrag_running", "0"),
    FIELD("lazyfree_pending_objects", INFO_COUNT, lazyfree_pending),
    INFO_ALWAYS("lazyfreed_objects", "0"),
    {0},
};
#undef FIELD

static const char *policy_name(enum config_maxmemory_policy policy)
{
    static const char *const NAMES[] = {
        [CONFIG_POLICY_VOLATILE_LRU] = "volatile-lru",
        [CONFIG_POLICY_VOLATILE_LFU] = "volatile-lfu",
        [CONFIG_POLICY_VOLATILE_RANDOM] = "volatile-random",
        [CONFIG_POLICY_VOLATILE_TTL] = "volatile-ttl",
        [CONFIG_POLICY_ALLKEYS_LRU] = "allkeys-lru",
        [CONFIG_POLICY_ALLKEYS_LFU] = "allkeys-lfu",
        [CONFIG_POLICY_ALLKEYS_RANDOM] = "allkeys-random",
        [CONFIG_POLICY_NOEVICTION] = "noeviction",
    };
    return NAMES[policy];
}

static void read_scripts(struct memory_facts *facts, const struct script_engine *engine)
{
    facts->vm = engine->used;
    facts->script_bytes = engine->cache_bytes;
    facts->script_count = engine->cache.len;
    facts->function_count = engine->libraries->functions.len;
    facts->library_count = engine->libraries->libraries.len;
}

void info_memory(struct server *server, struct buf *out)
{
    struct memory_facts facts = {
        .system_total = process_total_memory_bytes(),
        .max = server->config.memory.maxmemory,
        .lazyfree_pending = worker_pending(server->workers, LANE_FREE),
        .policy = policy_name(server->config.memory.policy),
        .allocator = mem_allocator_name(),
    };
    memory_report_read(&facts.report, server);
    facts.replication_buffers = facts.report.backlog + facts.report.replicas;
    read_scripts(&facts, server->host.scripts);
    info_write(out, fields, &facts);
}
