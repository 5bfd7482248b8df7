#include "link/replica_feed.h"

#include "base/mem.h"
#include "io/file.h"
#include "io/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/param.h>

enum { US_PER_MS = 1000, LIFE_MS = 1000 };

static int64_t now_ms(const struct feeds *feeds)
{
    return loop_now_us(feeds->loop) / US_PER_MS;
}

void feeds_tell(const struct feeds *feeds, bool is_warning, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    feeds->hooks.log(feeds->hooks.owner, is_warning, text);
}

const char *feed_address(const struct feed *feed, char out[CONN_ADDRESS_MAX])
{
    if (feed->ip.len) {
        snprintf(out, CONN_ADDRESS_MAX, "%.*s", (int)feed->ip.len, feed->ip.ptr);
        return out;
    }
    return conn_peer_host(feed->client->conn, out);
}

struct feed_name feed_name(const struct feed *feed)
{
    struct feed_name name;
    char address[CONN_ADDRESS_MAX];
    snprintf(name.text, sizeof(name.text), "%s:%d", feed_address(feed, address), feed->port);
    return name;
}

/* --- coming and going --- */

static struct feed *feed_of(struct feeds *feeds, struct client *client)
{
    if (client->feed) return client->feed;
    struct feed *feed = mem_new(struct feed);
    feed->feeds = feeds;
    feed->client = client;
    progress_init(&feed->progress, now_ms(feeds));
    list_append(&feeds->all, &feed->node);
    client->feed = feed;
    return feed;
}

static void list_feed(struct feed *feed)
{
    if (feed->is_listed) return;
    feed->is_listed = true;
    /* Its snapshot was a sign of life. */
    if (feed->feeds->listed++ == 0) feed->feeds->pinged_ms = now_ms(feed->feeds);
    feed->client->session.flags |= SESSION_REPLICA;
    conn_set_keepalive(feed->client->conn, 0);
    if (feed->feeds->collects_packets) conn_set_nodelay(feed->client->conn, false);
}

static void free_feed(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    feed_stream_end(feed);
    list_remove(&feed->node);
    if (feed->is_listed && --feeds->listed == 0) feeds->idle_since_ms = now_ms(feeds);
    feeds->acks_changed = true;
    feed->client->feed = NULL;
    buf_deinit(&feed->ip);
    mem_free(feed);
}

void feeds_leave(struct client *client)
{
    struct feed *feed = client->feed;
    if (feed == NULL) return;
    if (feed->is_listed) {
        feeds_tell(feed->feeds, true, "Connection with replica %s lost.", feed_name(feed).text);
    }
    if (feed->is_lent)
        full_sync_abandon(feed->feeds->running, feed);
    else
        free_feed(feed);
}

void feed_drop(struct feed *feed, const char *why)
{
    if (session_is(&feed->client->session, SESSION_CLOSE_ASAP)) return;
    feeds_tell(feed->feeds, true, "Disconnecting replica %s: %s", feed_name(feed).text, why);
    client_close_soon(feed->client, CLOSED_BY_US);
}

void feeds_cut_all(struct feeds *feeds)
{
    feeds->signs = (struct journal_range){0};
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->is_listed) feed_drop(feed, "our history is another one now");
    }
}

/* --- the stream --- */

static bool is_gone(const struct feed *feed)
{
    return session_is(&feed->client->session, SESSION_CLOSE_ASAP);
}

/* --- what replicas say --- */

void feeds_announce(struct feeds *feeds, struct client *client, const struct replconf *said)
{
    struct feed *feed = feed_of(feeds, client);
    if (said->has_port) feed->port = said->port;
    if (said->has_ip) {
        buf_clear(&feed->ip);
        buf_append_str(&feed->ip, said->ip);
    }
    if (said->has_rdb_only) feed->rdb_only = said->rdb_only;
    if (said->has_node) feed->node_id = said->node;
    if (said->has_quiet) feed->quiet = said->quiet;
    feed->has_quiet |= said->has_quiet;
    if (said->has_filter) feed->request.filter = said->filter;
    feed->capabilities |= said->capabilities;
    feed->request.takes_marks = (feed->capabilities & REPLCONF_CAPA_EOF) != 0;
}

void feeds_acknowledge(struct feeds *feeds, struct client *client, int64_t offset, int64_t fsynced)
{
    struct feed *feed = client->feed;
    if (feed == NULL) return;
    enum ack_verdict verdict = progress_ack(&feed->progress, offset, fsynced, now_ms(feeds));
    switch (verdict) {
    case ACK_IGNORED:
        break;
    case ACK_FIRST:
        feeds_tell(feeds, false, "Replica %s acknowledged the snapshot: the stream flows.",
                   feed_name(feed).text);
        feeds->acks_changed = true;
        break;
    case ACK_TAKEN:
        feeds->acks_changed = true;
        break;
    case ACK_FORGED:
    case ACK_BACKWARDS:
        feeds->stats.bad_acks++;
        feed_drop(feed, verdict == ACK_FORGED ? "it acknowledged what it was never sent"
                                              : "it takes back what it acknowledged");
        break;
    }
}

/* --- PSYNC --- */

static const char *const origin_names[FEED_ORIGINS] = {
    [FEED_FROM_MEMORY] = "memory",
    [FEED_FROM_SPOOL] = "the spool on disk",
    [FEED_FROM_INCREMENTS] = "the append-only file",
};

static void continue_at(struct feed *feed, int64_t offset, bool is_quiet)
{
    struct feeds *feeds = feed->feeds;
    bool knows_ids = (feed->capabilities & REPLCONF_CAPA_PSYNC2) != 0;
    char line[96 + REPL_ID_LEN], place[32] = "";
    if (is_quiet) snprintf(place, sizeof(place), " %lld", (long long)offset);
    int len = snprintf(line, sizeof(line), "+CONTINUE%s%s%s\r\n", knows_ids ? " " : "",
                       knows_ids ? feeds->lineage->id.text : "", knows_ids ? place : "");
    chain_append(&feed->client->out, line, (size_t)len);
    client_wants_flush(feed->client);
    enum feed_origin origin = feed_stream_begin(feed, offset);
    progress_continue(&feed->progress, offset, now_ms(feeds));
    list_feed(feed);
    feeds->stats.partial_ok++;
    feeds->stats.partial_from[origin]++;
    feeds_tell(feeds, false,
               "Partial resynchronization request from %s accepted. Sending %lld bytes of backlog "
               "starting from offset %lld, out of %s.",
               feed_name(feed).text, (long long)(feeds->journal->end - offset),
               (long long)offset_to_wire(offset), origin_names[origin]);
}

/* A replica that comes again has lost its other connection, whatever ours still believes. */
static void evict_twins(struct feed *feed)
{
    if (!repl_id_is_set(&feed->node_id)) return;
    LIST_FOREACH(at, after, &feed->feeds->all)
    {
        struct feed *other = LIST_ENTRY(at, struct feed, node);
        if (other != feed && other->is_listed && repl_id_eq(&other->node_id, &feed->node_id))
            feed_drop(other, "it came back on another connection");
    }
}

static void queue_for_snapshot(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    feed->request.since_ms = now_ms(feeds);
    progress_queue(&feed->progress, now_ms(feeds));
    list_feed(feed);
    feeds->stats.full++;
}

static void refuse_partial(struct feed *feed, enum resync_verdict verdict)
{
    struct feeds *feeds = feed->feeds;
    feeds->stats.partial_refused += verdict != RESYNC_FULL_FIRST;
    feeds_tell(feeds, false, "Full resync for replica %s: %s", feed_name(feed).text,
               resync_verdict_name(verdict));
    queue_for_snapshot(feed);
}

static bool begin_search(struct feed *feed, const struct resync_request *request)
{
    if (!feed_search_begin(feed, request->offset)) return false;
    feed->is_searching = true;
    feed->wanted = *request;
    feeds_tell(feed->feeds, false,
               "Memory has no more what replica %s lacks from offset %lld on: the append-only file "
               "may have it.",
               feed_name(feed).text, (long long)offset_to_wire(request->offset));
    return true;
}

/* History may have changed while the worker looked. */
static void end_search(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    enum feed_search state = feed_search_state(feed);
    if (state == SEARCH_GOES_ON || is_gone(feed)) return;
    feed->is_searching = false;
    struct journal_range found = {feed->wanted.offset, feeds->journal->end};
    feeds->lineage->offset = feeds->journal->end;
    enum resync_verdict verdict = resync_decide(feeds->lineage, found, &feed->wanted);
    if (state == SEARCH_FOUND && verdict == RESYNC_CONTINUE) {
        continue_at(feed, feed->wanted.offset, false);
        return;
    }
    feeds_tell(feeds, false, "Replica %s cannot go on from the append-only file: %s",
               feed_name(feed).text, feed_search_end(feed));
    refuse_partial(feed, verdict == RESYNC_CONTINUE ? RESYNC_FULL_TOO_OLD : verdict);
}

static bool goes_back(const struct feed *feed, const struct resync_request *request, int64_t *place)
{
    const struct feeds *feeds = feed->feeds;
    return feed->has_quiet &&
           resync_goes_back(feeds->lineage, feeds_kept(feeds), request, feed->quiet, place);
}

void feeds_sync(struct feeds *feeds, struct client *client, const struct resync_request *request)
{
    struct feed *feed = feed_of(feeds, client);
    int64_t place;
    if (feed->is_listed || feed->is_searching) return;
    feed->wants_psync = request != NULL;
    feed->progress.is_silent = request == NULL || feed->rdb_only;
    feeds->lineage->offset = feeds->journal->end;
    evict_twins(feed);
    feeds_tell(feeds, false, "Replica %s asks for synchronization", feed_name(feed).text);
    if (request == NULL) {
        queue_for_snapshot(feed);
        return;
    }
    enum resync_verdict verdict = resync_decide(feeds->lineage, feeds_kept(feeds), request);
    if (verdict == RESYNC_CONTINUE)
        continue_at(feed, request->offset, false);
    else if (goes_back(feed, request, &place))
        continue_at(feed, place, true);
    else if (verdict != RESYNC_FULL_TOO_OLD || !begin_search(feed, request))
        refuse_partial(feed, verdict);
}

/* --- snapshots --- */

static bool is_waiting(const struct feed *feed)
{
    return feed->progress.state == REPLICA_WAITING && !is_gone(feed);
}

static void end_one(struct feeds *feeds, const struct full_sync_target *target, bool by_mark,
                    bool done)
{
    struct feed *feed = target->owner;
    feed->is_lent = false;
    feed->client->is_lent = false;
    if (is_gone(feed)) {
        conn_pause_reading(feed->client->conn);
        free_feed(feed);
    } else if (!done || target->failed) {
        feed_drop(feed, "the snapshot did not reach it");
    } else if (feed->rdb_only) {
        feed->client->session.flags |= SESSION_CLOSE_AFTER_REPLY;
        client_wants_flush(feed->client);
    } else {
        progress_ready(&feed->progress, by_mark, now_ms(feeds));
        feeds_tell(feeds, false, "Synchronization with replica %s succeeded", feed_name(feed).text);
    }
}

/* In the words by which others follow what a master does. */
static void tell_of_transfer(const struct feeds *feeds, const struct full_sync_order *order)
{
    size_t up = 0;
    for (size_t i = 0; i < order->target_count; i++) {
        const struct feed *feed = order->targets[i].owner;
        up += !order->targets[i].failed && !is_gone(feed);
    }
    if (up)
        feeds_tell(feeds, false,
                   "Diskless rdb transfer, done reading from pipe, %zu replicas still up.", up);
    else
        feeds_tell(feeds, false, "Diskless rdb transfer, last replica dropped.");
}

static void on_sync_end(void *context, const struct full_sync_order *order, bool done)
{
    struct feeds *feeds = context;
    feeds->bytes_out += full_sync_progress(feeds->running).bytes * order->target_count;
    feeds->running = NULL;
    if (order->by_mark) tell_of_transfer(feeds, order);
    for (size_t i = 0; i < order->target_count; i++) {
        end_one(feeds, &order->targets[i], order->by_mark, done);
    }
}

/* What was to be written, then the answer to PSYNC, which names the snapshot's place. */
static struct full_sync_target target_of(struct feed *feed, int64_t offset)
{
    struct full_sync_target target = {.conn = feed->client->conn, .owner = feed};
    struct chain *out = &feed->client->out;
    if (out->len) chain_copy(out, buf_reserve(&target.before, out->len));
    target.before.len = out->len;
    chain_consume(out, out->len);
    if (!feed->wants_psync) return target;
    buf_printf(&target.before, "+FULLRESYNC %s %lld\r\n", feed->feeds->lineage->id.text,
               (long long)offset);
    return target;
}

static void take_part(struct feeds *feeds, struct full_sync_order *order, struct feed *feed)
{
    if (!feed->awaits_save) feed_stream_begin(feed, feeds->journal->end);
    int64_t offset = feed->cursor.offset;
    feed->awaits_save = false;
    order->targets[order->target_count++] = target_of(feed, offset);
    progress_begin(&feed->progress, offset, now_ms(feeds));
    client_want_write(feed->client, false);
    feed->is_lent = feed->client->is_lent = true;
    feeds_tell(feeds, false, "Full resync of replica %s begins at offset %lld",
               feed_name(feed).text, (long long)offset);
}

static bool can_lend(const struct feed *feed)
{
    return is_waiting(feed) && !feed->awaits_save && conn_is_established(feed->client->conn);
}

static void begin_snapshot(struct feeds *feeds, enum sync_way way, const struct feed *oldest)
{
    struct full_sync_order order = {
        .by_mark = way == SYNC_TO_SOCKET,
        .filter = oldest->request.filter,
        .timeout_ms = (int)feeds->timeout_ms,
        .bytes_per_s = feeds->sync_bytes_per_s,
        .on_end = on_sync_end,
        .context = feeds,
    };
    order.targets = mem_calloc((feeds->listed + 1) * sizeof(*order.targets));
    feeds->lineage->offset = feeds->journal->end;
    feeds->hooks.freeze(feeds->hooks.owner, &order);
    order.options.replication.id = feeds->lineage->id.text;
    order.options.replication.offset = feeds->journal->end;
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (can_lend(feed) && sync_takes_part(way, &oldest->request, &feed->request))
            take_part(feeds, &order, feed);
    }
    if (order.by_mark)
        feeds_tell(feeds, false, "Background RDB transfer started by pid %ld", process_id());
    feeds->running = full_sync_begin(feeds->workers, feeds->lane, &order);
}

/* --- the file of a save --- */

/* Its stream is kept from the save's place on, while it waits for the file. */
static void join_save(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    struct sync_save save;
    bool wants_file = sync_choose_way(&feeds->plan, &feed->request, 1) == SYNC_TO_FILE;
    if (!can_lend(feed) || !wants_file) return;
    if (!feeds->hooks.running_save(feeds->hooks.owner, &save)) return;
    struct journal_range kept = feeds_kept(feeds);
    kept.start = MIN(kept.start, journal_kept(feeds->journal).start);
    enum join_verdict verdict = sync_can_join(&save, &feed->request, kept);
    feeds_tell(feeds, false, "Replica %s and the save that runs, of offset %lld: %s",
               feed_name(feed).text, (long long)save.offset, join_verdict_name(verdict));
    if (verdict != JOIN_YES) return;
    feed->awaits_save = true;
    feeds->saved_id = feeds->lineage->id;
    feed_stream_begin(feed, save.offset);
}

bool feeds_await_save(const struct feeds *feeds)
{
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->awaits_save && !is_gone(feed)) return true;
    }
    return false;
}

/* They wait for a snapshot of their own again. */
static void forget_save(struct feeds *feeds)
{
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (!feed->awaits_save) continue;
        feed_stream_end(feed);
        feed->awaits_save = false;
    }
}

static void drop_saved(struct feeds *feeds)
{
    if (feeds->saved_fd >= 0) file_close(feeds->saved_fd);
    feeds->saved_fd = -1;
}

void feeds_save_ended(struct feeds *feeds, int fd)
{
    drop_saved(feeds);
    feeds->saved_fd = fd;
    if (fd < 0) forget_save(feeds);
}

static void send_saved(struct feeds *feeds)
{
    struct full_sync_order order = {
        .fd = feeds->saved_fd,
        .timeout_ms = (int)feeds->timeout_ms,
        .bytes_per_s = feeds->sync_bytes_per_s,
        .on_end = on_sync_end,
        .context = feeds,
    };
    order.targets = mem_calloc((feeds->listed + 1) * sizeof(*order.targets));
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->awaits_save && is_waiting(feed)) take_part(feeds, &order, feed);
    }
    feeds->saved_fd = -1;
    feeds->running = full_sync_begin(feeds->workers, feeds->lane, &order);
}

static void plan_saved(struct feeds *feeds)
{
    bool is_ours = repl_id_eq(&feeds->saved_id, &feeds->lineage->id);
    if (feeds->saved_fd < 0 || feeds->running) return;
    if (is_ours && feeds_await_save(feeds)) {
        send_saved(feeds);
        return;
    }
    forget_save(feeds);
    drop_saved(feeds);
}

static void nothing(void *context)
{
    (void)context;
}

/* Before the loop sleeps again the snapshot is planned anew. */
static void wake_at(struct feeds *feeds, int64_t at_ms)
{
    if (timer_is_running(&feeds->begins) || at_ms == INT64_MAX) return;
    timer_start(feeds->loop, &feeds->begins, at_ms - now_ms(feeds), 0, nothing, feeds);
}

static void plan_snapshot(struct feeds *feeds)
{
    /* A request that runs around this turn has changed data of which the stream knows nothing. */
    bool is_between_units = feeds->clients->executor->depth == 0;
    if (feeds->listed == 0 || feeds->running || !is_between_units) return;
    struct sync_request *waiting = NULL;
    const struct feed *oldest = NULL;
    size_t count = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        join_save(feed);
        if (!can_lend(feed)) continue;
        waiting = mem_realloc(waiting, (count + 1) * sizeof(*waiting));
        waiting[count++] = feed->request;
        if (!oldest || feed->request.since_ms < oldest->request.since_ms) oldest = feed;
    }
    int64_t begin_at = sync_begin_at(&feeds->plan, waiting, count, 0);
    if (count && begin_at <= now_ms(feeds))
        begin_snapshot(feeds, sync_choose_way(&feeds->plan, waiting, count), oldest);
    else if (count)
        wake_at(feeds, begin_at);
    mem_free(waiting);
}

/* --- periodic --- */

static void append_sign(struct feeds *feeds, struct str bytes)
{
    if (feeds->signs.end != feeds->journal->end) feeds->signs.start = feeds->journal->end;
    journal_append(feeds->journal, bytes);
    feeds->signs.end = feeds->journal->end;
}

int64_t feeds_quiet(const struct feeds *feeds)
{
    int64_t end = feeds->journal->end, start = feeds->signs.start;
    return feeds->signs.end == end && end - start <= RESYNC_QUIET_MAX ? start : end;
}

void feeds_collect_acks(struct feeds *feeds)
{
    struct gate_replica *replicas = mem_calloc((feeds->listed + 1) * sizeof(*replicas));
    size_t count = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (!feed->progress.has_acked || is_gone(feed)) continue;
        replicas[count++] = (struct gate_replica){feed->progress.acked, feed->progress.fsynced};
    }
    gate_set_replicas(&feeds->gate, replicas, count);
    mem_free(replicas);
    feeds->acks_changed = false;
}

void feeds_want_acks(struct feeds *feeds)
{
    feeds->acks_wanted = true;
}

void feeds_before_sleep(struct feeds *feeds)
{
    if (list_is_empty(&feeds->all)) {
        if (feeds->spool.cursor.state != CURSOR_DETACHED) feeds_spill(feeds);
        return;
    }
    plan_saved(feeds);
    plan_snapshot(feeds);
    if (feeds->acks_wanted && feeds->listed) {
        append_sign(feeds, STR("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"));
    }
    feeds->acks_wanted = false;
    feeds_spill(feeds);
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->is_searching) end_search(feed);
        if (!feed->client->wants_write) feed_flow(feed);
    }
}

static void tend(struct feed *feed, bool tell_life)
{
    struct feeds *feeds = feed->feeds;
    if (is_gone(feed)) return;
    if (!feed_check_held(feed, now_ms(feeds))) return;
    if (feed->is_lent) return; /* the worker has timeouts of its own */
    if (progress_is_lost(&feed->progress, now_ms(feeds), feeds->timeout_ms)) {
        feeds_tell(feeds, true, "Disconnecting timedout replica (streaming sync): %s",
                   feed_name(feed).text);
        feed_drop(feed, "it has been silent for longer than repl-timeout");
    } else if (tell_life && (is_waiting(feed) || feed->is_searching)) {
        chain_append(&feed->client->out, "\n", 1);
        client_wants_flush(feed->client);
    }
}

void feeds_cron(struct feeds *feeds, bool is_master)
{
    int64_t now = now_ms(feeds);
    bool tell_life = now - feeds->alive_ms >= LIFE_MS;
    if (tell_life) feeds->alive_ms = now;
    feeds_age(feeds, now);
    LIST_FOREACH(at, after, &feeds->all)
    {
        tend(LIST_ENTRY(at, struct feed, node), tell_life);
    }
    if (!is_master || feeds->listed == 0 || now - feeds->pinged_ms < feeds->ping_period_ms) return;
    feeds->pinged_ms = now;
    append_sign(feeds, STR("*1\r\n$4\r\nPING\r\n"));
}

void feeds_tell_progress(const struct feeds *feeds)
{
    if (feeds->running == NULL) return;
    struct full_sync_progress done = full_sync_progress(feeds->running);
    feeds_tell(feeds, false,
               "Full resync: %llu MB sent in %.0f seconds, %.0f%% of it, about %.0f seconds left",
               (unsigned long long)done.bytes >> 20, done.seconds, done.percent, done.seconds_left);
}

size_t feeds_count_good(const struct feeds *feeds, int64_t max_lag_s)
{
    size_t good = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        good += !is_gone(feed) && progress_is_good(&feed->progress, now_ms(feeds), max_lag_s);
    }
    return good;
}

void feeds_init(struct feeds *feeds, struct clients *clients)
{
    *feeds = (struct feeds){.clients = clients, .loop = clients->loop, .saved_fd = -1};
    list_init(&feeds->all);
    spool_init(&feeds->spool);
    gate_init(&feeds->gate);
}

void feeds_stop(struct feeds *feeds)
{
    if (feeds->running) full_sync_cancel(feeds->running);
    spool_end(&feeds->spool);
}

void feeds_deinit(struct feeds *feeds)
{
    timer_stop(&feeds->begins);
    drop_saved(feeds);
    gate_deinit(&feeds->gate);
}
