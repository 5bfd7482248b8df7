/* INFO about what happened: totals, rates, commands, errors, latencies. */
#include "server/info.h"
#include "server/server.h"

/* --- stats --- */

struct stats_facts {
    struct feeds_stats syncs;
    uint64_t connections, requests, bytes_in, bytes_out, rejected_connections;
    uint64_t local_expiring, expired, expire_capped, expire_ms, evicted, evicted_clients;
    uint64_t eviction_exceeded_ms, hits, misses, channels, patterns, shard_channels;
    uint64_t tracked_keys, tracked_items, tracked_prefixes, errors, reads, writes;
    uint64_t stream_errors;
    uint64_t denied[ACL_LOG_REASONS];
    uint64_t query_limit_closes, output_limit_closes, requests_per_s;
    uint64_t repl_in, repl_out;
    double input_kib_s, output_kib_s, repl_in_kib_s, repl_out_kib_s;
};

#define FIELD(name_, kind_, member_) INFO_FIELD(name_, kind_, stats_facts, member_)

static const struct info_field stats_fields[] = {
    FIELD("total_connections_received", INFO_COUNT, connections),
    FIELD("total_commands_processed", INFO_COUNT, requests),
    FIELD("instantaneous_ops_per_sec", INFO_COUNT, requests_per_s),
    FIELD("total_net_input_bytes", INFO_COUNT, bytes_in),
    FIELD("total_net_output_bytes", INFO_COUNT, bytes_out),
    FIELD("total_net_repl_input_bytes", INFO_COUNT, repl_in),
    FIELD("total_net_repl_output_bytes", INFO_COUNT, repl_out),
    FIELD("instantaneous_input_kbps", INFO_RATIO, input_kib_s),
    FIELD("instantaneous_output_kbps", INFO_RATIO, output_kib_s),
    FIELD("instantaneous_input_repl_kbps", INFO_RATIO, repl_in_kib_s),
    FIELD("instantaneous_output_repl_kbps", INFO_RATIO, repl_out_kib_s),
    FIELD("rejected_connections", INFO_COUNT, rejected_connections),
    FIELD("sync_full", INFO_COUNT, syncs.full),
    FIELD("sync_partial_ok", INFO_COUNT, syncs.partial_ok),
    FIELD("sync_partial_err", INFO_COUNT, syncs.partial_refused),
    FIELD("expired_keys", INFO_COUNT, expired),
    INFO_ALWAYS("expired_stale_perc", "0.00"),
    FIELD("expired_time_cap_reached_count", INFO_COUNT, expire_capped),
    FIELD("expire_cycle_cpu_milliseconds", INFO_COUNT, expire_ms),
    FIELD("evicted_keys", INFO_COUNT, evicted),
    FIELD("evicted_clients", INFO_COUNT, evicted_clients),
    FIELD("total_eviction_exceeded_time", INFO_COUNT, eviction_exceeded_ms),
    INFO_ALWAYS("current_eviction_exceeded_time", "0"),
    FIELD("keyspace_hits", INFO_COUNT, hits),
    FIELD("keyspace_misses", INFO_COUNT, misses),
    FIELD("pubsub_channels", INFO_COUNT, channels),
    FIELD("pubsub_patterns", INFO_COUNT, patterns),
    FIELD("pubsubshard_channels", INFO_COUNT, shard_channels),
    INFO_ALWAYS("latest_fork_usec", "0"),
    INFO_ALWAYS("total_forks", "0"),
    INFO_ALWAYS("migrate_cached_sockets", "0"),
    FIELD("slave_expires_tracked_keys", INFO_COUNT, local_expiring),
    INFO_ALWAYS("active_defrag_hits", "0"),
    INFO_ALWAYS("active_defrag_misses", "0"),
    INFO_ALWAYS("active_defrag_key_hits", "0"),
    INFO_ALWAYS("active_defrag_key_misses", "0"),
    INFO_ALWAYS("total_active_defrag_time", "0"),
    INFO_ALWAYS("current_active_defrag_time", "0"),
    FIELD("tracking_total_keys", INFO_COUNT, tracked_keys),
    FIELD("tracking_total_items", INFO_COUNT, tracked_items),
    FIELD("tracking_total_prefixes", INFO_COUNT, tracked_prefixes),
    FIELD("unexpected_error_replies", INFO_COUNT, stream_errors),
    FIELD("total_error_replies", INFO_COUNT, errors),
    INFO_ALWAYS("dump_payload_sanitizations", "0"),
    FIELD("total_reads_processed", INFO_COUNT, reads),
    FIELD("total_writes_processed", INFO_COUNT, writes),
    INFO_ALWAYS("io_threaded_reads_processed", "0"),
    INFO_ALWAYS("io_threaded_writes_processed", "0"),
    FIELD("client_query_buffer_limit_disconnections", INFO_COUNT, query_limit_closes),
    FIELD("client_output_buffer_limit_disconnections", INFO_COUNT, output_limit_closes),
    INFO_ALWAYS("reply_buffer_shrinks", "0"),
    INFO_ALWAYS("reply_buffer_expands", "0"),
    FIELD("acl_access_denied_auth", INFO_COUNT, denied[ACL_LOG_AUTH]),
    FIELD("acl_access_denied_cmd", INFO_COUNT, denied[ACL_LOG_COMMAND]),
    FIELD("acl_access_denied_key", INFO_COUNT, denied[ACL_LOG_KEY]),
    FIELD("acl_access_denied_channel", INFO_COUNT, denied[ACL_LOG_CHANNEL]),
    {0},
};
#undef FIELD

static void gather_counters(struct stats_facts *facts, const struct stats *stats)
{
    facts->connections = stats->connections;
    facts->requests = stats->requests;
    facts->rejected_connections = stats->rejected_connections;
    facts->expire_capped = stats->expire_cycles_capped;
    facts->expire_ms = (uint64_t)stats->expire_cycle_us / 1000;
    facts->evicted = stats->evicted_keys;
    facts->evicted_clients = stats->evicted_clients;
    facts->eviction_exceeded_ms = (uint64_t)stats->eviction_exceeded_us / 1000;
    facts->errors = stats->error_replies;
    facts->requests_per_s = (uint64_t)rate_mean(&stats->request_rate);
    facts->input_kib_s = rate_mean(&stats->input_rate) / 1024;
    facts->output_kib_s = rate_mean(&stats->output_rate) / 1024;
    facts->repl_in_kib_s = rate_mean(&stats->repl_in_rate) / 1024;
    facts->repl_out_kib_s = rate_mean(&stats->repl_out_rate) / 1024;
}

static void gather_clients(struct stats_facts *facts, const struct server *server)
{
    const struct clients *clients = &server->clients;
    facts->syncs = server->replication.feeds.stats;
    facts->repl_in = server->replication.link.bytes_in;
    facts->repl_out = server->replication.feeds.bytes_out;
    facts->stream_errors = server->replication.link.errors;
    facts->bytes_in = clients->bytes_in - server->stats.net_in_base;
    facts->bytes_out = clients->bytes_out - server->stats.net_out_base;
    facts->reads = clients->reads;
    facts->writes = clients->writes;
    facts->query_limit_closes = clients->query_limit_closes;
    facts->output_limit_closes = clients->output_limit_closes;
}

void info_stats(struct server *server, struct buf *out)
{
    struct stats_facts facts = {
        .expired = server->host.stats.expired,
        .local_expiring = server->upkeep.local_expiry.keys.len,
        .hits = server->host.stats.hits,
        .misses = server->host.stats.misses,
        .channels = pubsub_topic_count(&server->pubsub, PUBSUB_CHANNEL),
        .patterns = pubsub_topic_count(&server->pubsub, PUBSUB_PATTERN),
        .shard_channels = pubsub_topic_count(&server->pubsub, PUBSUB_SHARD),
        .tracked_keys = server->tracking.keys.len,
        .tracked_items = server->tracking.item_count,
        .tracked_prefixes = server->tracking.prefixes.len,
    };
    gather_counters(&facts, &server->stats);
    gather_clients(&facts, server);
    memcpy(facts.denied, server->acl.log.denied, sizeof(facts.denied));
    info_write(out, stats_fields, &facts);
}

/* --- by command --- */

void info_commandstats(struct server *server, struct buf *out)
{
    for (int i = 0; i < server->registry.count; i++) {
        const struct command_stats *stats = &server->stats.commands[i];
        if (!stats->calls && !stats->rejected && !stats->failed) continue;
        double mean = stats->calls ? (double)stats->usec / (double)stats->calls : 0;
        buf_printf(out,
                   "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,"
                   "failed_calls=%llu\r\n",
                   server->registry.refs[i]->full_name, (unsigned long long)stats->calls,
                   (unsigned long long)stats->usec, mean, (unsigned long long)stats->rejected,
                   (unsigned long long)stats->failed);
    }
}

static void write_percentiles(const struct histogram *histogram,
                              const struct config_percentiles *percentiles, struct buf *out)
{
    for (size_t i = 0; i < percentiles->count; i++) {
        double percentile = percentiles->values[i];
        buf_printf(out, "%sp%.15g=%.3f", i ? "," : "", percentile,
                   histogram_percentile(histogram, percentile));
    }
}

void info_latencystats(struct server *server, struct buf *out)
{
    for (int i = 0; i < server->registry.count; i++) {
        const struct histogram *histogram = server->stats.commands[i].latency;
        if (histogram == NULL || histogram->count == 0) continue;
        buf_printf(out, "latency_percentiles_usec_%s:", server->registry.refs[i]->full_name);
        write_percentiles(histogram, &server->config.log.latency_percentiles, out);
        buf_append_c(out, "\r\n");
    }
}

/* --- by error --- */

/* What separates lines, names and sections must not stand in a name, which clients can choose. */
static void write_safe(struct str name, struct buf *out)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool separates = c == ':' || c == '#' || c == '\r' || c == '\n';
        buf_append_char(out, separates ? '_' : c);
    }
}

void info_errorstats(struct server *server, struct buf *out)
{
    struct map_cursor cursor = {0};
    struct str prefix;
    void *count;
    while (map_next(&server->stats.errors, &cursor, &prefix, &count)) {
        buf_append_c(out, "errorstat_");
        write_safe(prefix, out);
        buf_printf(out, ":count=%llu\r\n", (unsigned long long)*(uint64_t *)count);
    }
}
