#include "link/feed_stream.h"

#include "link/replica_feed.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>

enum { PIECES = 64, AGE_MS = 1000, MIB = 1 << 20 };

static const char OTHER_HISTORY[] = "our history is another one now";
static const char NO_ROOM[] =
    "memory may keep no more of what it lacks, and the disk takes nothing";

/* Behind more than this a replica's bytes go to disk ... */
static int64_t far_behind(const struct feeds *feeds)
{
    return feeds->journal->window_bytes + feeds->memory_bytes / 2;
}

/* ... and behind less it goes on from memory. */
static int64_t near_behind(const struct feeds *feeds)
{
    return feeds->journal->window_bytes + feeds->memory_bytes / 4;
}

static bool is_gone(const struct feed *feed)
{
    return session_is(&feed->client->session, SESSION_CLOSE_ASAP);
}

static int64_t behind(const struct feed *feed)
{
    return feed->feeds->journal->end - feed->cursor.offset;
}

/* --- coming and going --- */

struct journal_range feeds_kept(const struct feeds *feeds)
{
    struct journal_range kept = journal_range(feeds->journal);
    if (spool_is_active(&feeds->spool)) kept.start = MIN(kept.start, feeds->spool.start);
    return kept;
}

enum feed_origin feed_stream_begin(struct feed *feed, int64_t offset)
{
    bool in_memory = false;
    if (feed->past == NULL)
        in_memory = journal_cursor_attach(&feed->cursor, feed->feeds->journal, offset, HOLDS_ALL);
    feed->cursor.offset = offset;
    feed->is_on_disk = !in_memory;
    if (in_memory) return FEED_FROM_MEMORY;
    return feed->past ? FEED_FROM_INCREMENTS : FEED_FROM_SPOOL;
}

static bool reads_increments(const struct feed *feed)
{
    return feed->past && past_uses_increments(feed->past);
}

/* What it was sent and has not confirmed may be lost on the way: it asks for that again. */
static int64_t needs_from(const struct feed *feed)
{
    return feed->progress.has_acked ? feed->progress.acked : feed->cursor.offset;
}

static bool needs_spool(const struct feed *feed)
{
    if (feed->is_on_disk) return !reads_increments(feed);
    return feed->progress.has_acked && feed->progress.acked < feed->on_disk_until;
}

/* A replica whose link breaks while it is behind is likely to come back for the rest. */
void feed_stream_end(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    if (spool_is_active(&feeds->spool) && needs_spool(feed)) {
        int64_t from = needs_from(feed);
        bool is_first = feeds->away_until_ms == 0;
        feeds->away_from = is_first ? from : MIN(feeds->away_from, from);
        feeds->away_until_ms = loop_now_us(feeds->loop) / 1000 + feeds->timeout_ms;
    }
    journal_cursor_detach(&feed->cursor);
    past_free(feed->past);
    feed->past = NULL;
    feed->is_on_disk = false;
}

/* --- flowing --- */

/* False when the socket takes no more for now, or never again. */
static bool send_pieces(struct feed *feed, const struct iovec *pieces, int count, size_t *sent)
{
    struct client *client = feed->client;
    ssize_t written = conn_writev(client->conn, pieces, count);
    if (written == -EAGAIN) {
        client_want_write(client, true);
        return false;
    }
    if (written < 0) {
        client_close_soon(client, CLOSED_ERROR);
        return false;
    }
    client->clients->bytes_out += (uint64_t)written;
    client->bytes_out += (uint64_t)written;
    feed->feeds->bytes_out += (uint64_t)written;
    client->clients->writes++;
    *sent = (size_t)written;
    return true;
}

/* True when everything there was has been sent. */
static bool flow_from_memory(struct feed *feed)
{
    struct iovec pieces[PIECES];
    size_t sent;
    while (journal_cursor_lag(&feed->cursor) > 0) {
        int count = journal_cursor_peek(&feed->cursor, pieces, PIECES);
        if (!send_pieces(feed, pieces, count, &sent)) return false;
        journal_cursor_advance(&feed->cursor, sent);
        progress_sent(&feed->progress, feed->cursor.offset);
    }
    return true;
}

static void fetch_increments(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    struct increment_files files = {0};
    feeds->hooks.list_increments(feeds->hooks.owner, &files);
    if (past_wanted(feed->past) < files.end) past_fetch_increments(feed->past, &files);
    increment_files_deinit(&files);
}

static void fetch(struct feed *feed)
{
    struct past_piece pieces[PAST_PIECES];
    if (!past_can_fetch(feed->past)) return;
    if (past_uses_increments(feed->past)) {
        fetch_increments(feed);
        return;
    }
    int count = spool_find(&feed->feeds->spool, past_wanted(feed->past), pieces, PAST_PIECES);
    if (count > 0) past_fetch(feed->past, pieces, count);
}

/* Nothing more can be read: all was, or the append-only file is there no more. */
static bool is_at_end_of_files(const struct feed *feed)
{
    const struct feeds *feeds = feed->feeds;
    struct increment_files files = {0};
    feeds->hooks.list_increments(feeds->hooks.owner, &files);
    bool is_at_end = past_wanted(feed->past) >= files.end;
    increment_files_deinit(&files);
    return is_at_end;
}

/* All that was read has been sent, and memory has the rest. */
static bool can_return(const struct feed *feed)
{
    const struct feeds *feeds = feed->feeds;
    int64_t offset = past_offset(feed->past);
    bool is_through = past_can_fetch(feed->past) && past_wanted(feed->past) == offset;
    bool waits_for_disk = past_uses_increments(feed->past)
                              ? !is_at_end_of_files(feed)
                              : spool_is_active(&feeds->spool) && feeds->spool.error == 0;
    if (!is_through || !range_serves(journal_kept(feeds->journal), offset)) return false;
    return behind(feed) <= near_behind(feeds) || !waits_for_disk;
}

/* What memory does not have and no file will bring. */
static bool is_stuck(const struct feed *feed)
{
    if (!past_uses_increments(feed->past) || past_is_reading(feed->past)) return false;
    return past_can_fetch(feed->past) && is_at_end_of_files(feed);
}

static void return_to_memory(struct feed *feed)
{
    struct feed_name name = feed_name(feed);
    int64_t offset = past_offset(feed->past);
    past_free(feed->past);
    feed->past = NULL;
    feed->on_disk_until = offset;
    feed_stream_begin(feed, offset);
    feeds_tell(feed->feeds, false,
               "Replica %s has read what was kept for it on disk: it goes on from memory at "
               "offset %lld.",
               name.text, (long long)offset);
}

static bool flow_from_disk(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    struct str bytes;
    size_t sent;
    if (feed->past == NULL)
        feed->past = past_new(feeds->workers, feeds->disk_lane, feed->cursor.offset);
    while ((bytes = past_peek(feed->past)).len) {
        fetch(feed);
        struct iovec piece = {(void *)(uintptr_t)bytes.ptr, bytes.len};
        if (!send_pieces(feed, &piece, 1, &sent)) return false;
        past_take(feed->past, sent);
        feed->cursor.offset = past_offset(feed->past);
        progress_sent(&feed->progress, feed->cursor.offset);
    }
    if (past_error(feed->past)) {
        feed_drop(feed, past_reason(feed->past));
        return false;
    }
    if (!can_return(feed)) {
        fetch(feed);
        if (!is_stuck(feed)) return true;
        feed_drop(feed, "the append-only file does not have what it lacks any more");
        return false;
    }
    return_to_memory(feed);
    return flow_from_memory(feed);
}

void feed_flow(struct feed *feed)
{
    struct client *client = feed->client;
    if (is_gone(feed) || feed->is_lent) return;
    if (feed->cursor.state == CURSOR_FALLEN) {
        feed_drop(feed, OTHER_HISTORY);
        return;
    }
    if (!progress_may_flow(&feed->progress) || client->out.len) return;
    if (feed->is_on_disk ? flow_from_disk(feed) : flow_from_memory(feed))
        client_want_write(client, false);
}

/* --- ahead of the journal --- */

static bool has_everything(const struct feed *feed)
{
    const struct client *client = feed->client;
    if (is_gone(feed) || feed->is_lent || feed->is_on_disk || client->wants_write) return false;
    return feed->cursor.state == CURSOR_READING && journal_cursor_lag(&feed->cursor) == 0 &&
           progress_may_flow(&feed->progress) && client->out.len == 0;
}

void feeds_send_ahead(struct feeds *feeds, struct str bytes)
{
    struct iovec piece = {(void *)(uintptr_t)bytes.ptr, bytes.len};
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        size_t sent;
        if (!has_everything(feed) || !send_pieces(feed, &piece, 1, &sent)) continue;
        feed->ahead = (int64_t)sent;
        progress_sent(&feed->progress, feed->cursor.offset + feed->ahead);
    }
}

void feeds_settle_ahead(struct feeds *feeds)
{
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        int64_t ahead = feed->ahead;
        feed->ahead = 0;
        if (ahead == 0 || feed->cursor.state != CURSOR_READING) continue;
        if (ahead > journal_cursor_lag(&feed->cursor))
            feed_drop(feed, "it was sent what we cannot do");
        else
            journal_cursor_advance(&feed->cursor, (size_t)ahead);
    }
}

/* --- searching --- */

bool feed_search_begin(struct feed *feed, int64_t offset)
{
    struct feeds *feeds = feed->feeds;
    struct increment_files files = {0};
    feeds->hooks.list_increments(feeds->hooks.owner, &files);
    bool may_have = files.count > 0 && offset < files.end;
    if (may_have) {
        feed->past = past_new(feeds->workers, feeds->disk_lane, offset);
        past_use_increments(feed->past, feeds->lineage);
        past_fetch_increments(feed->past, &files);
    }
    increment_files_deinit(&files);
    return may_have;
}

enum feed_search feed_search_state(const struct feed *feed)
{
    if (past_is_reading(feed->past)) return SEARCH_GOES_ON;
    bool has_bytes = past_wanted(feed->past) > past_offset(feed->past);
    return has_bytes ? SEARCH_FOUND : SEARCH_FAILED;
}

const char *feed_search_end(struct feed *feed)
{
    const char *reason = past_reason(feed->past);
    past_free(feed->past);
    feed->past = NULL;
    return reason;
}

bool feeds_read_increments(const struct feeds *feeds)
{
    LIST_FOREACH(at, after, &feeds->all)
    {
        if (reads_increments(LIST_ENTRY(at, struct feed, node))) return true;
    }
    return false;
}

/* --- to disk --- */

static bool is_in_memory(const struct feed *feed)
{
    return feed->cursor.state == CURSOR_READING && !is_gone(feed);
}

static void begin_if_due(struct feeds *feeds)
{
    int64_t oldest = feeds->journal->end;
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (is_in_memory(feed)) oldest = MIN(oldest, feed->cursor.offset);
    }
    int64_t lag = feeds->journal->end - oldest;
    if (lag <= far_behind(feeds)) return;
    spool_begin(&feeds->spool, oldest);
    feeds_tell(feeds, false,
               "A replica is %lld MB behind: what repl-journal-memory has no room for goes to "
               "disk, from offset %lld on.",
               (long long)lag / MIB, (long long)oldest);
}

/* Its bytes are in a file now: memory need not keep them. */
static void move_to_disk(struct feed *feed)
{
    const struct spool *spool = &feed->feeds->spool;
    int64_t offset = feed->cursor.offset;
    if (!is_in_memory(feed) || behind(feed) <= near_behind(feed->feeds)) return;
    if (offset < spool->start || offset >= spool->end) return;
    journal_cursor_detach(&feed->cursor);
    feed->is_on_disk = true;
    feeds_tell(feed->feeds, false, "Replica %s is %lld MB behind: it reads from disk.",
               feed_name(feed).text, (long long)behind(feed) / MIB);
}

static void end_spool(struct feeds *feeds)
{
    feeds_tell(feeds, false, "No replica needs the stream on disk any more (%lld MB were kept).",
               (long long)spool_bytes(&feeds->spool) / MIB);
    spool_end(&feeds->spool);
    feeds->away_until_ms = 0;
}

/* What nobody needs goes. */
static void trim_or_end(struct feeds *feeds)
{
    int64_t needed = INT64_MAX;
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (needs_spool(feed)) needed = MIN(needed, needs_from(feed));
        /* On its way there. */
        if (is_in_memory(feed) && behind(feed) > near_behind(feeds))
            needed = MIN(needed, feed->cursor.offset);
    }
    if (feeds->away_until_ms && feeds->away_until_ms < loop_now_us(feeds->loop) / 1000)
        feeds->away_until_ms = 0;
    if (feeds->away_until_ms) needed = MIN(needed, feeds->away_from);
    if (needed == INT64_MAX)
        end_spool(feeds);
    else
        spool_trim(&feeds->spool, needed);
}

static void forget_spool(struct feeds *feeds, const char *why)
{
    LIST_FOREACH(at, after, &feeds->all)
    {
        struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->is_on_disk) feed_drop(feed, why);
    }
    spool_end(&feeds->spool);
    feeds->away_until_ms = 0;
}

static void tell_error(struct feeds *feeds)
{
    int error = feeds->spool.error;
    if (error && error != feeds->told_error) {
        feeds_tell(feeds, true, "What slow replicas need cannot be written to disk: %s",
                   strerror(-error));
    }
    feeds->told_error = error;
}

void feeds_spill(struct feeds *feeds)
{
    struct spool *spool = &feeds->spool;
    if (spool->cursor.state == CURSOR_FALLEN) forget_spool(feeds, OTHER_HISTORY);
    if (!spool_is_active(spool)) begin_if_due(feeds);
    if (!spool_is_active(spool)) return;
    spool_pump(spool, near_behind(feeds));
    LIST_FOREACH(at, after, &feeds->all)
    {
        move_to_disk(LIST_ENTRY(at, struct feed, node));
    }
    trim_or_end(feeds);
    tell_error(feeds);
}

/* --- what a replica may cost --- */

static bool exceeds_memory(const struct feeds *feeds, int64_t held)
{
    return held > feeds->journal->window_bytes + feeds->memory_bytes;
}

void feeds_age(struct feeds *feeds, int64_t now_ms)
{
    struct spool *spool = &feeds->spool;
    if (now_ms - feeds->aged_ms < AGE_MS) return;
    feeds->aged_ms = now_ms;
    feeds->aged_end = feeds->young_end;
    feeds->young_end = feeds->journal->end;
    journal_trim(feeds->journal);
    spool_retry(spool);
    if (spool->error && exceeds_memory(feeds, journal_cursor_lag(&spool->cursor)))
        forget_spool(feeds, NO_ROOM);
}

/* Where memory begins to keep something for it. */
static int64_t kept_from(const struct feed *feed)
{
    const struct spool *spool = &feed->feeds->spool;
    if (reads_increments(feed)) return feed->feeds->journal->end;
    return feed->is_on_disk ? MAX(feed->cursor.offset, spool->end) : feed->cursor.offset;
}

static bool is_over(uint64_t limit, int64_t held, const struct feeds *feeds)
{
    /* The backlog is there whether a replica reads or not. */
    return limit && held > 0 && (uint64_t)held > MAX(limit, (uint64_t)feeds->journal->window_bytes);
}

bool feed_check_held(struct feed *feed, int64_t now_ms)
{
    const struct feeds *feeds = feed->feeds;
    const struct output_limit *limit = &feeds->clients->limits.output[CLIENT_REPLICA];
    if (is_gone(feed) || !(feed->is_on_disk || is_in_memory(feed))) return true;
    /* What came within the last second had no time to leave. */
    int64_t held = feeds->aged_end - kept_from(feed);
    if (!is_over(limit->soft_bytes, held, feeds))
        feed->over_since_ms = 0;
    else if (feed->over_since_ms == 0)
        feed->over_since_ms = now_ms;
    bool over_soft = feed->over_since_ms && now_ms - feed->over_since_ms > limit->soft_s * 1000;
    if (is_over(limit->hard_bytes, held, feeds) || over_soft) {
        feeds->clients->output_limit_closes++;
        feed_drop(feed, "it is over the limits of client-output-buffer-limit");
        return false;
    }
    if (feeds->spool.error == 0 || !exceeds_memory(feeds, held)) return true;
    feed_drop(feed, NO_ROOM);
    return false;
}

size_t feeds_count_on_disk(const struct feeds *feeds)
{
    size_t count = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        count += LIST_ENTRY(at, struct feed, node)->is_on_disk;
    }
    return count;
}
