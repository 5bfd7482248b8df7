/* INFO about the data: keys, persistence, replication, and what there is not. */
#include "server/info.h"
#include "server/server.h"

#include <sys/param.h>

/* --- persistence --- */

struct persistence_facts {
    int64_t loading, async_loading, last_save_s;
    uint64_t changes;
};

static const struct info_field persistence_fields[] = {
    INFO_FIELD("loading", INFO_NUMBER, persistence_facts, loading),
    INFO_FIELD("async_loading", INFO_NUMBER, persistence_facts, async_loading),
    INFO_ALWAYS("current_cow_peak", "0"),
    INFO_ALWAYS("current_cow_size", "0"),
    INFO_ALWAYS("current_cow_size_age", "0"),
    INFO_ALWAYS("current_fork_perc", "0.00"),
    INFO_ALWAYS("current_save_keys_processed", "0"),
    INFO_ALWAYS("current_save_keys_total", "0"),
    INFO_FIELD("rdb_changes_since_last_save", INFO_COUNT, persistence_facts, changes),
    INFO_ALWAYS("rdb_bgsave_in_progress", "0"),
    INFO_FIELD("rdb_last_save_time", INFO_NUMBER, persistence_facts, last_save_s),
    INFO_ALWAYS("rdb_last_bgsave_status", "ok"),
    INFO_ALWAYS("rdb_last_bgsave_time_sec", "-1"),
    INFO_ALWAYS("rdb_current_bgsave_time_sec", "-1"),
    INFO_ALWAYS("rdb_saves", "0"),
    INFO_ALWAYS("rdb_last_cow_size", "0"),
    INFO_ALWAYS("rdb_last_load_keys_expired", "0"),
    INFO_ALWAYS("rdb_last_load_keys_loaded", "0"),
    INFO_ALWAYS("aof_enabled", "0"),
    INFO_ALWAYS("aof_rewrite_in_progress", "0"),
    INFO_ALWAYS("aof_rewrite_scheduled", "0"),
    INFO_ALWAYS("aof_last_rewrite_time_sec", "-1"),
    INFO_ALWAYS("aof_current_rewrite_time_sec", "-1"),
    INFO_ALWAYS("aof_last_bgrewrite_status", "ok"),
    INFO_ALWAYS("aof_rewrites", "0"),
    INFO_ALWAYS("aof_rewrites_consecutive_failures", "0"),
    INFO_ALWAYS("aof_last_write_status", "ok"),
    INFO_ALWAYS("aof_last_cow_size", "0"),
    INFO_ALWAYS("module_fork_in_progress", "0"),
    INFO_ALWAYS("module_fork_last_cow_size", "0"),
    {0},
};

void info_persistence(struct server *server, struct buf *out)
{
    struct persistence_facts facts = {
        .loading = (server->executor.state & GATE_LOADING) != 0,
        .async_loading = (server->executor.state & GATE_ASYNC_LOADING) != 0,
        .last_save_s = server->started_wall_ms / 1000,
        .changes = server->changes_since_save,
    };
    info_write(out, persistence_fields, &facts);
}

/* --- replication --- */

struct replication_facts {
    const char *id;
    int64_t backlog_size;
};

static const struct info_field replication_fields[] = {
    INFO_ALWAYS("role", "master"),
    INFO_ALWAYS("connected_slaves", "0"),
    INFO_ALWAYS("master_failover_state", "no-failover"),
    INFO_FIELD("master_replid", INFO_TEXT, replication_facts, id),
    INFO_ALWAYS("master_replid2", "0000000000000000000000000000000000000000"),
    INFO_ALWAYS("master_repl_offset", "0"),
    INFO_ALWAYS("second_repl_offset", "-1"),
    INFO_ALWAYS("repl_backlog_active", "0"),
    INFO_FIELD("repl_backlog_size", INFO_NUMBER, replication_facts, backlog_size),
    INFO_ALWAYS("repl_backlog_first_byte_offset", "0"),
    INFO_ALWAYS("repl_backlog_histlen", "0"),
    {0},
};

void info_replication(struct server *server, struct buf *out)
{
    struct replication_facts facts = {server->replication_id, server->config.repl.backlog_size};
    info_write(out, replication_fields, &facts);
}

/* --- what there is not --- */

void info_modules(struct server *server, struct buf *out)
{
    (void)server;
    (void)out;
}

void info_cluster(struct server *server, struct buf *out)
{
    (void)server;
    buf_append_c(out, "cluster_enabled:0\r\n");
}

/* --- keyspace --- */

enum { TTL_SAMPLES = 16 };

/* The mean time to live of keys that expire, from a few of them. */
static int64_t sample_ttl_ms(struct server *server, const struct keyspace *ks)
{
    if (ks->volatile_len == 0) return 0;
    int64_t sum_ms = 0, samples = MIN(TTL_SAMPLES, (int64_t)ks->volatile_len);
    for (int64_t i = 0; i < samples; i++) {
        const struct entry *entry = table_random_volatile(&ks->table, &server->store->prng);
        if (entry == NULL) return 0;
        int64_t left_ms = entry_expire_at(entry) - server->host.now_ms;
        if (left_ms > 0) sum_ms += left_ms / samples;
    }
    return sum_ms;
}

void info_keyspace(struct server *server, struct buf *out)
{
    for (int i = 0; i < server->store->db_count; i++) {
        const struct keyspace *ks = &server->store->dbs[i];
        if (ks->table.len == 0) continue;
        buf_printf(out, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld\r\n", i, ks->table.len,
                   ks->volatile_len, (long long)sample_ttl_ms(server, ks));
    }
}
