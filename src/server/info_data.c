/* INFO about the data: keys, persistence, replication, and what there is not. */
#include "server/info.h"
#include "server/server.h"

#include <sys/param.h>

/* --- persistence --- */

struct persistence_facts {
    int64_t loading, async_loading, last_save_s, is_saving, last_duration_s, current_duration_s;
    int64_t log_is_on, log_is_rewriting, log_is_scheduled, log_last_s, log_current_s;
    int64_t log_size, log_base_size, log_pending_rewrite, log_buffer, log_pending_sync;
    uint64_t log_rewrites, log_failures, log_delayed;
    const char *log_rewrite_status, *log_write_status;
    uint64_t changes, saves, save_keys, save_keys_total, load_keys, load_expired;
    const char *last_status;
    double save_percent;
};

struct loading_facts {
    int64_t began_s, eta_s;
    uint64_t total_bytes, used_memory, loaded_bytes;
    double percent;
};

static const struct info_field persistence_fields[] = {
    INFO_FIELD("loading", INFO_NUMBER, persistence_facts, loading),
    INFO_FIELD("async_loading", INFO_NUMBER, persistence_facts, async_loading),
    INFO_ALWAYS("current_cow_peak", "0"),
    INFO_ALWAYS("current_cow_size", "0"),
    INFO_ALWAYS("current_cow_size_age", "0"),
    INFO_FIELD("current_fork_perc", INFO_RATIO, persistence_facts, save_percent),
    INFO_FIELD("current_save_keys_processed", INFO_COUNT, persistence_facts, save_keys),
    INFO_FIELD("current_save_keys_total", INFO_COUNT, persistence_facts, save_keys_total),
    INFO_FIELD("rdb_changes_since_last_save", INFO_COUNT, persistence_facts, changes),
    INFO_FIELD("rdb_bgsave_in_progress", INFO_NUMBER, persistence_facts, is_saving),
    INFO_FIELD("rdb_last_save_time", INFO_NUMBER, persistence_facts, last_save_s),
    INFO_FIELD("rdb_last_bgsave_status", INFO_TEXT, persistence_facts, last_status),
    INFO_FIELD("rdb_last_bgsave_time_sec", INFO_NUMBER, persistence_facts, last_duration_s),
    INFO_FIELD("rdb_current_bgsave_time_sec", INFO_NUMBER, persistence_facts, current_duration_s),
    INFO_FIELD("rdb_saves", INFO_COUNT, persistence_facts, saves),
    INFO_ALWAYS("rdb_last_cow_size", "0"),
    INFO_FIELD("rdb_last_load_keys_expired", INFO_COUNT, persistence_facts, load_expired),
    INFO_FIELD("rdb_last_load_keys_loaded", INFO_COUNT, persistence_facts, load_keys),
    INFO_FIELD("aof_enabled", INFO_NUMBER, persistence_facts, log_is_on),
    INFO_FIELD("aof_rewrite_in_progress", INFO_NUMBER, persistence_facts, log_is_rewriting),
    INFO_FIELD("aof_rewrite_scheduled", INFO_NUMBER, persistence_facts, log_is_scheduled),
    INFO_FIELD("aof_last_rewrite_time_sec", INFO_NUMBER, persistence_facts, log_last_s),
    INFO_FIELD("aof_current_rewrite_time_sec", INFO_NUMBER, persistence_facts, log_current_s),
    INFO_FIELD("aof_last_bgrewrite_status", INFO_TEXT, persistence_facts, log_rewrite_status),
    INFO_FIELD("aof_rewrites", INFO_COUNT, persistence_facts, log_rewrites),
    INFO_FIELD("aof_rewrites_consecutive_failures", INFO_COUNT, persistence_facts, log_failures),
    INFO_FIELD("aof_last_write_status", INFO_TEXT, persistence_facts, log_write_status),
    INFO_ALWAYS("aof_last_cow_size", "0"),
    INFO_ALWAYS("module_fork_in_progress", "0"),
    INFO_ALWAYS("module_fork_last_cow_size", "0"),
    {0},
};

/* Only while the file is on. */
static const struct info_field log_fields[] = {
    INFO_FIELD("aof_current_size", INFO_NUMBER, persistence_facts, log_size),
    INFO_FIELD("aof_base_size", INFO_NUMBER, persistence_facts, log_base_size),
    INFO_FIELD("aof_pending_rewrite", INFO_NUMBER, persistence_facts, log_pending_rewrite),
    INFO_FIELD("aof_buffer_length", INFO_NUMBER, persistence_facts, log_buffer),
    INFO_FIELD("aof_pending_bio_fsync", INFO_NUMBER, persistence_facts, log_pending_sync),
    INFO_FIELD("aof_delayed_fsync", INFO_COUNT, persistence_facts, log_delayed),
    {0},
};

static const struct info_field loading_fields[] = {
    INFO_FIELD("loading_start_time", INFO_NUMBER, loading_facts, began_s),
    INFO_FIELD("loading_total_bytes", INFO_COUNT, loading_facts, total_bytes),
    INFO_FIELD("loading_rdb_used_mem", INFO_COUNT, loading_facts, used_memory),
    INFO_FIELD("loading_loaded_bytes", INFO_COUNT, loading_facts, loaded_bytes),
    INFO_FIELD("loading_loaded_perc", INFO_RATIO, loading_facts, percent),
    INFO_FIELD("loading_eta_seconds", INFO_NUMBER, loading_facts, eta_s),
    {0},
};

static double percent_of(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* What is left at the pace so far; a second when nothing is known. */
static int64_t eta_s(const struct loading_facts *facts, int64_t elapsed_s)
{
    if (facts->loaded_bytes == 0) return 1;
    double left = (double)(facts->total_bytes - facts->loaded_bytes);
    return (int64_t)((double)elapsed_s * left / (double)facts->loaded_bytes);
}

static bool is_loading(struct server *server, struct loading_facts *facts)
{
    const struct persistence *persistence = &server->persistence;
    int64_t done, total;
    if (append_file_load_progress(server, &done, &total, &facts->began_s)) {
        facts->total_bytes = (uint64_t)total;
        facts->loaded_bytes = (uint64_t)MIN(done, total);
        return true;
    }
    if (!persistence->load) return false;
    const struct rdb_progress *progress = load_progress(persistence->load);
    *facts = (struct loading_facts){
        .began_s = persistence->load_began_s,
        .total_bytes = load_size(persistence->load),
        .used_memory = progress->used_memory,
        .loaded_bytes = MIN(progress->bytes, load_size(persistence->load)),
    };
    return true;
}

static void write_loading(struct server *server, struct buf *out)
{
    struct loading_facts facts = {0};
    if (!is_loading(server, &facts)) return;
    facts.percent = percent_of(facts.loaded_bytes, facts.total_bytes);
    facts.eta_s = eta_s(&facts, server->host.now_ms / 1000 - facts.began_s);
    info_write(out, loading_fields, &facts);
}

/* A base of the append-only file counts its keys like a snapshot, which goes first. */
static void note_save(const struct server *server, struct persistence_facts *facts)
{
    const struct save *save = server->persistence.save;
    facts->current_duration_s = -1;
    facts->is_saving = save != NULL || server->replication.feeds.running != NULL;
    if (save) {
        facts->current_duration_s = (loop_now_us(server->loop) - save_began_us(save)) / 1000000;
    }
    if (save == NULL) save = server->append_file.base;
    if (save == NULL) return;
    const struct rdb_progress *progress = save_progress(save);
    facts->save_keys = progress->keys;
    facts->save_keys_total = progress->keys_total;
    facts->save_percent = percent_of(facts->save_keys, facts->save_keys_total);
}

static void note_log(const struct server *server, struct persistence_facts *facts)
{
    const struct append_file *file = &server->append_file;
    const struct aof *aof = &file->aof;
    bool is_rewriting = aof_is_rewriting(aof) && aof->rewrite.step != AOF_STEP_CLEANING;
    facts->log_rewrite_status = file->rewrite_failed ? "err" : "ok";
    facts->log_write_status = aof_accepts(aof) ? "ok" : "err";
    facts->log_last_s = aof->rewrites + aof->failures ? aof->last_rewrite_us / 1000000 : -1;
    facts->log_current_s = -1;
    facts->log_is_on = server->config.aof.enabled;
    facts->log_is_scheduled = file->is_scheduled;
    facts->log_is_rewriting = is_rewriting;
    if (is_rewriting) {
        facts->log_current_s = (loop_now_us(server->loop) - aof->rewrite.began_us) / 1000000;
    }
    facts->log_rewrites = aof->rewrites;
    facts->log_failures = aof->failures;
    facts->log_size = aof_size(aof);
    facts->log_base_size = aof->base_bytes;
    facts->log_buffer = journal_cursor_lag(&aof->writer.cursor);
    facts->log_pending_sync = aof->syncing != NULL;
    facts->log_delayed = aof->delayed_syncs;
}

void info_persistence(struct server *server, struct buf *out)
{
    const struct persistence *persistence = &server->persistence;
    struct persistence_facts facts = {
        .loading = (server->executor.state & GATE_LOADING) != 0,
        .async_loading = server->replication.link.state == LINK_LOADING,
        .last_save_s = persistence->last_save_s,
        .last_duration_s = persistence->last_duration_s,
        .last_status = persistence->failed ? "err" : "ok",
        .saves = persistence->saves,
        .load_keys = persistence->last_load_keys,
        .load_expired = persistence->last_load_expired,
        .changes = server->changes_since_save,
    };
    note_save(server, &facts);
    note_log(server, &facts);
    info_write(out, persistence_fields, &facts);
    if (facts.log_is_on) info_write(out, log_fields, &facts);
    write_loading(server, out);
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
