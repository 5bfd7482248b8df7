/* INFO's section of what only we tell: why a replica does not follow, how far snapshots on their
 * way are, what peers claimed that cannot be. */
#include "server/info.h"
#include "server/server.h"

struct skein_facts {
    const char *guard, *failure;
    struct master_link_stats refused;
    uint64_t bad_acks, local_changes, waiting_for_replicas;
};

#define FIELD(name_, kind_, member_) INFO_FIELD(name_, kind_, skein_facts, member_)

static const struct info_field skein_fields[] = {
    FIELD("skein_guard", INFO_TEXT, guard),
    FIELD("skein_guard_refusals", INFO_COUNT, refused.guard_refusals),
    FIELD("skein_link_failure", INFO_TEXT, failure),
    FIELD("skein_stream_unknown", INFO_COUNT, refused.unknown),
    FIELD("skein_stream_forbidden", INFO_COUNT, refused.forbidden),
    FIELD("skein_stream_failed", INFO_COUNT, refused.failed),
    FIELD("skein_snapshots_bad", INFO_COUNT, refused.bad_snapshots),
    FIELD("skein_snapshots_too_big", INFO_COUNT, refused.big_snapshots),
    FIELD("skein_local_changes", INFO_COUNT, local_changes),
    FIELD("skein_acks_cut", INFO_COUNT, bad_acks),
    FIELD("skein_waits", INFO_COUNT, waiting_for_replicas),
    {0},
};

/* "holds": our master came back empty, and we keep our data until somebody orders otherwise. */
static const char *guard_state(const struct master_link *link)
{
    if (!link->guards_empty_master) return "off";
    return link->guard_holds ? "holds" : "on";
}

/* Snapshots on their way to replicas: skein_sync0:ip=127.0.0.1,port=6380,state=send_bulk,... */
static void write_syncs(struct server *server, struct buf *out)
{
    const struct feeds *feeds = &server->replication.feeds;
    char address[CONN_ADDRESS_MAX];
    size_t number = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (!feed->is_listed || feed->progress.state == REPLICA_ONLINE) continue;
        buf_printf(out, "skein_sync%zu:ip=%s,port=%d,state=%s", number++,
                   feed_address(feed, address), feed->port,
                   replica_state_name(feed->progress.state));
        if (feed->is_lent) {
            struct full_sync_progress done = full_sync_progress(feeds->running);
            buf_printf(out, ",keys=%llu,total=%llu,bytes=%llu,seconds=%.1f,left=%.1f",
                       (unsigned long long)done.keys, (unsigned long long)done.keys_total,
                       (unsigned long long)done.bytes, done.seconds, done.seconds_left);
        }
        buf_append_c(out, "\r\n");
    }
}

void info_skein(struct server *server, struct buf *out)
{
    const struct master_link *link = &server->replication.link;
    const struct feeds *feeds = &server->replication.feeds;
    struct skein_facts facts = {
        .guard = guard_state(link),
        .failure = link->failure ? link->failure : "none",
        .refused = link->stats,
        .local_changes = server->replication.local_changes,
        .bad_acks = feeds->stats.bad_acks,
        .waiting_for_replicas = feeds->gate.waiting,
    };
    info_write(out, skein_fields, &facts);
    write_syncs(server, out);
}
