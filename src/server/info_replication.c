/* INFO's section of replication: our role, those we feed, whom we follow, and where we are. */
#include "server/info.h"
#include "server/server.h"

#include <sys/param.h>

static int64_t now_ms(const struct server *server)
{
    return loop_now_us(server->loop) / 1000;
}

/* --- our master --- */

static void write_loading_left(struct server *server, struct buf *out)
{
    struct receive_progress at = receive_progress(server->replication.link.receiver);
    int64_t elapsed_ms = now_ms(server) - at.began_us / 1000;
    buf_printf(out, "master_sync_read_keys:%llu\r\nmaster_sync_left_seconds:%lld\r\n",
               (unsigned long long)at.keys, (long long)sync_left_s(at.done, at.total, elapsed_ms));
}

static void write_loading(struct server *server, struct buf *out)
{
    const struct master_link *link = &server->replication.link;
    if (link->receiver == NULL) return;
    int64_t total = (int64_t)receive_total(link->receiver);
    int64_t bytes = (int64_t)receive_bytes(link->receiver);
    double percent = total > 0 ? (double)bytes * 100 / (double)total : 0;
    buf_printf(out,
               "master_sync_total_bytes:%lld\r\nmaster_sync_read_bytes:%lld\r\n"
               "master_sync_left_bytes:%lld\r\nmaster_sync_perc:%.2f\r\n"
               "master_sync_last_io_seconds_ago:0\r\n",
               (long long)total, (long long)bytes, (long long)(total > 0 ? total - bytes : -bytes),
               percent);
    write_loading_left(server, out);
}

static void write_master(struct server *server, struct buf *out)
{
    const struct master_link *link = &server->replication.link;
    const struct config_repl *config = &server->config.repl;
    bool is_up = link->state == LINK_UP;
    long long offset = link->has_history || is_up ? server->journal.end : 1;
    buf_printf(out,
               "master_host:%.*s\r\nmaster_port:%d\r\nmaster_link_status:%s\r\n"
               "master_last_io_seconds_ago:%lld\r\nmaster_sync_in_progress:%d\r\n"
               "slave_read_repl_offset:%lld\r\nslave_repl_offset:%lld\r\n",
               STR_ARG(buf_str(&link->host)), link->port, is_up ? "up" : "down",
               (long long)master_link_silence_s(link), link->receiver != NULL, offset, offset);
    write_loading(server, out);
    if (!is_up) {
        buf_printf(out, "master_link_down_since_seconds:%lld\r\n",
                   (long long)(now_ms(server) - link->down_since_ms) / 1000);
    }
    buf_printf(out, "slave_priority:%d\r\nslave_read_only:%d\r\nreplica_announced:%d\r\n",
               config->priority, config->read_only, config->announced);
}

/* --- our replicas --- */

static void write_replicas(struct server *server, struct buf *out)
{
    const struct feeds *feeds = &server->replication.feeds;
    const struct config_repl *config = &server->config.repl;
    char address[CONN_ADDRESS_MAX];
    size_t number = 0;
    buf_printf(out, "connected_slaves:%zu\r\n", feeds->listed);
    if (config->min_replicas_to_write > 0 && config->min_replicas_max_lag_s > 0) {
        buf_printf(out, "min_slaves_good_slaves:%zu\r\n",
                   feeds_count_good(feeds, config->min_replicas_max_lag_s));
    }
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (!feed->is_listed || session_is(&feed->client->session, SESSION_CLOSE_ASAP)) continue;
        bool is_online = feed->progress.state == REPLICA_ONLINE;
        buf_printf(out, "slave%zu:ip=%s,port=%d,state=%s,offset=%lld,lag=%lld\r\n", number++,
                   feed_address(feed, address), feed->port,
                   replica_state_name(feed->progress.state), (long long)feed->progress.acked,
                   is_online ? (long long)progress_lag_s(&feed->progress, now_ms(server)) : 0);
    }
}

/* --- our history --- */

static void write_history(struct server *server, struct buf *out)
{
    const struct lineage *lineage = replication_lineage(server);
    bool has_past = lineage->ancestor_count > 0;
    const char *second =
        has_past ? lineage->ancestors[0].id.text : "0000000000000000000000000000000000000000";
    long long second_end = has_past ? offset_to_wire(lineage->ancestors[0].end) : -1;
    struct journal_range kept = journal_range(&server->journal);
    bool is_active = server->journal_readers != 0;
    buf_printf(out,
               "master_failover_state:%s\r\nmaster_replid:%s\r\nmaster_replid2:%s\r\n"
               "master_repl_offset:%lld\r\nsecond_repl_offset:%lld\r\n",
               failover_state_name(server->replication.failover.state), lineage->id.text, second,
               (long long)server->journal.end, second_end);
    buf_printf(out,
               "repl_backlog_active:%d\r\nrepl_backlog_size:%lld\r\n"
               "repl_backlog_first_byte_offset:%lld\r\nrepl_backlog_histlen:%lld\r\n",
               is_active, (long long)server->config.repl.backlog_size,
               is_active ? (long long)offset_to_wire(kept.start) : 0,
               is_active ? (long long)(kept.end - kept.start) : 0);
}

/* What slow replicas cost, and where those that continued were served from. */
static void write_kept(struct server *server, struct buf *out)
{
    const struct feeds *feeds = &server->replication.feeds;
    const struct feeds_stats *stats = &feeds->stats;
    buf_printf(out,
               "repl_journal_memory_bytes:%zu\r\nrepl_journal_disk_bytes:%lld\r\n"
               "repl_journal_spilled_bytes:%llu\r\nrepl_replicas_on_disk:%zu\r\n"
               "repl_partial_from_memory:%llu\r\nrepl_partial_from_spool:%llu\r\n"
               "repl_partial_from_aof:%llu\r\n",
               journal_memory(&server->journal), (long long)spool_bytes(&feeds->spool),
               (unsigned long long)feeds->spool.written, feeds_count_on_disk(feeds),
               (unsigned long long)stats->partial_from[FEED_FROM_MEMORY],
               (unsigned long long)stats->partial_from[FEED_FROM_SPOOL],
               (unsigned long long)stats->partial_from[FEED_FROM_INCREMENTS]);
}

void info_replication(struct server *server, struct buf *out)
{
    bool is_replica = replication_is_replica(server);
    buf_append_c(out, is_replica ? "role:slave\r\n" : "role:master\r\n");
    if (is_replica) write_master(server, out);
    write_replicas(server, out);
    write_history(server, out);
    write_kept(server, out);
}
