#include "link/master_link.h"

#include "base/mem.h"
#include "io/conn.h"
#include "io/entropy.h"
#include "link/master_stream.h"
#include "repl/sync_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/param.h>

enum { READ_SIZE = 64 * 1024, US_PER_MS = 1000, TICK_MS = 100, ACK_MS = 1000 };

static int64_t now_ms(const struct master_link *link)
{
    return loop_now_us(link->loop) / US_PER_MS;
}

static void tell(const struct master_link *link, bool is_warning, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(const struct master_link *link, bool is_warning, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    link->hooks.log(link->hooks.owner, is_warning, text);
}

static void attempt(void *context);

/* --- ends --- */

static void close_conn(struct master_link *link)
{
    if (link->connecting) connect_cancel(link->connecting);
    link->connecting = NULL;
    if (link->conn) conn_close(link->conn);
    link->conn = NULL;
    link->wants_write = false;
    buf_clear(&link->in);
    buf_clear(&link->out);
    master_stream_reset(link);
}

/* Whatever goes on ends; a receiver keeps the connection until its worker has let go. */
static void stop(struct master_link *link)
{
    enum master_link_state before = link->state;
    timer_stop(&link->retry);
    if (link->receiver) {
        link->is_abandoned = true;
        receive_cancel(link->receiver);
    } else {
        close_conn(link);
    }
    link->state = LINK_PAUSED;
    if (before != LINK_UP) return;
    link->down_since_ms = now_ms(link);
    bool was_stable = backoff_broke(&link->backoff, now_ms(link) - link->up_since_ms);
    link->knows_master = was_stable && link->path_len > 0;
    link->hooks.state_changed(link->hooks.owner);
}

static void pause_then_retry(struct master_link *link, int64_t max_ms)
{
    int64_t wait_ms = backoff_next(&link->backoff, max_ms, entropy_u64());
    timer_start(link->loop, &link->retry, wait_ms, 0, attempt, link);
}

static void fail(struct master_link *link, const char *why)
{
    link->failure = why;
    stop(link);
    pause_then_retry(link, BACKOFF_FAILED_MAX_MS);
}

static void fail_for_now(struct master_link *link, const char *why)
{
    link->failure = why;
    stop(link);
    pause_then_retry(link, BACKOFF_AWAY_MAX_MS);
}

void master_link_cut(struct master_link *link, const char *why)
{
    if (link->state == LINK_OFF || link->state == LINK_PAUSED) return;
    tell(link, true, "Connection with master lost: %s.", why);
    fail(link, why);
}

/* --- writing --- */

static void write_out(struct master_link *link)
{
    if (link->conn == NULL || link->receiver) return;
    while (link->out.len) {
        struct iovec piece = {link->out.ptr, link->out.len};
        ssize_t written = conn_writev(link->conn, &piece, 1);
        if (written == -EAGAIN) break;
        if (written < 0) {
            master_link_cut(link, strerror((int)-written));
            return;
        }
        buf_consume(&link->out, (size_t)written);
    }
    bool wanted = link->out.len > 0;
    if (wanted != link->wants_write) conn_want_write(link->conn, wanted);
    link->wants_write = wanted;
}

static void append_number(struct buf *out, int64_t number)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);
    buf_printf(out, "$%d\r\n%s\r\n", len, digits);
}

static int64_t fsynced(const struct master_link *link)
{
    return link->hooks.fsynced ? link->hooks.fsynced(link->hooks.owner) : -1;
}

/* Masters before 7.2 pass over what stands behind the offset. */
static void send_ack(struct master_link *link)
{
    int64_t on_disk = fsynced(link);
    buf_printf(&link->out, "*%d\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n", on_disk < 0 ? 3 : 5);
    append_number(&link->out, link->journal->end);
    if (on_disk >= 0) {
        buf_append_c(&link->out, "$4\r\nFACK\r\n");
        append_number(&link->out, on_disk);
    }
    link->acked_ms = now_ms(link);
    link->acked_to = link->journal->end;
    link->owes_ack = false;
    write_out(link);
}

/* After GETACK: at once what we have, and again when the disk has it. */
static void answer_getack(struct master_link *link)
{
    int64_t on_disk = fsynced(link), end = link->journal->end;
    link->owes_fsync = on_disk >= 0 && on_disk < end ? end : 0;
    send_ack(link);
}

void master_link_on_fsync(struct master_link *link)
{
    if (link->state != LINK_UP || link->owes_fsync == 0 || fsynced(link) < link->owes_fsync) return;
    link->owes_fsync = 0;
    send_ack(link);
}

/* --- up --- */

static void go_up(struct master_link *link)
{
    link->state = LINK_UP;
    link->up_since_ms = link->heard_ms = now_ms(link);
    link->owes_fsync = 0;
    link->is_ordered = false;
    link->guard_holds = false;
    link->has_history = true;
    link->failure = NULL;
    master_stream_reset(link);
    link->path_len = link->handshake.path_len;
    memcpy(link->path, link->handshake.path, sizeof(link->path));
    link->hooks.state_changed(link->hooks.owner);
}

static bool is_disk_missed(const struct master_link *link)
{
    return link->needs_disk && link->in.len &&
           (link->executor->state & (GATE_DISK_ERROR | GATE_LOG_ERROR)) != 0;
}

static void apply_stream(struct master_link *link)
{
    if (is_disk_missed(link)) {
        master_link_cut(link, "our disk cannot be written to");
        return;
    }
    const char *fault = master_stream_apply(link);
    if (fault) {
        tell(link, true, "The stream of our master is refused: %s.", fault);
        link->has_history = false;
        master_link_cut(link, fault);
    } else if (link->owes_ack) {
        answer_getack(link);
    }
}

/* --- the snapshot --- */

static void refuse_snapshot(struct master_link *link, struct receive_result *result)
{
    const struct rdb_fault *fault = &result->read.fault;
    switch (result->verdict) {
    case RECEIVE_DAMAGED:
        tell(link, true, "Internal error in RDB: the snapshot is damaged at offset %llu: %s",
             (unsigned long long)fault->offset, fault->reason);
        break;
    case RECEIVE_REFUSED:
        tell(link, true, "MASTER aborted replication with an error: %s", buf_c(&result->words));
        break;
    case RECEIVE_LOST:
    case RECEIVE_INVALID:
    case RECEIVE_TOO_BIG:
    case RECEIVE_DONE:
    case RECEIVE_VERDICTS:
        tell(link, true, "Internal error in RDB: %s, at byte %llu",
             receive_verdict_name(result->verdict), (unsigned long long)result->bytes);
        break;
    }
    tell(link, true, "Failed trying to load the MASTER synchronization DB, ours is kept");
    link->stats.bad_snapshots +=
        result->verdict == RECEIVE_DAMAGED || result->verdict == RECEIVE_INVALID;
    link->stats.big_snapshots += result->verdict == RECEIVE_TOO_BIG;
    store_free(link->loading);
    link->loading = NULL;
    fail(link, receive_verdict_name(result->verdict));
}

static uint64_t count_keys(const struct store *store)
{
    uint64_t keys = 0;
    for (int i = 0; i < store->db_count; i++) keys += store->dbs[i].table.len;
    return keys;
}

static enum guard_verdict ask_guard(const struct master_link *link)
{
    int64_t end;
    struct guard_case facts = {
        .enabled = link->guards_empty_master,
        .ordered = link->is_ordered,
        .same_history = lineage_shared_end(link->lineage, &link->handshake.master_id, &end),
        .own_keys = link->hooks.count_keys(link->hooks.owner),
        .masters_keys = count_keys(link->loading),
    };
    return guard_decide(&facts);
}

/* What the stream has selected where the snapshot ends. */
static void select_database(struct master_link *link, int64_t db)
{
    link->session.db = db > 0 && db < link->executor->host->store->db_count ? (int)db : 0;
    journal_note_db(link->journal, link->session.db);
}

/* Our history is now the master's, at the place of its snapshot, where its stream has `db`
 * selected. */
static void adopt_history(struct master_link *link, int64_t db)
{
    struct handshake *handshake = &link->handshake;
    struct repl_id id = handshake->master_id;
    if (!repl_id_is_set(&id)) {
        unsigned char random[20];
        entropy_fill(random, sizeof(random));
        id = repl_id_make(random);
        handshake->offset = 0;
    }
    lineage_adopt(link->lineage, id, handshake->offset);
    journal_reset(link->journal, handshake->offset);
    link->quiet = link->journal->end;
    select_database(link, db);
    link->hooks.history_changed(link->hooks.owner, true);
}

static void take_snapshot(struct master_link *link, struct receive_result *result)
{
    struct store *store = link->loading;
    bool is_refused = ask_guard(link) == GUARD_REFUSED;
    link->loading = NULL;
    if (is_refused) {
        link->stats.guard_refusals++;
        link->guard_holds = true;
        tell(link, true,
             "Our master has lost its history and is empty: its data is refused and "
             "ours is kept. REPLICAOF, given again, takes it.");
        store_free(store);
        fail(link, "guard-refused");
        return;
    }
    if (!link->hooks.adopt(link->hooks.owner, store, result)) {
        store_free(store);
        fail(link, "functions-refused");
        return;
    }
    adopt_history(link, result->read.facts.replication_db);
    tell(link, false, "MASTER <-> REPLICA sync: Finished with success, %llu keys in %.2f seconds",
         (unsigned long long)result->read.keys, (double)result->duration_us / 1e6);
    go_up(link);
    if (!repl_id_is_set(&link->handshake.master_id)) link->has_history = false;
    buf_append_str(&link->in, buf_str(&result->stream));
    if (result->by_mark) send_ack(link);
    if (link->state == LINK_UP) apply_stream(link);
}

static void on_received(void *context, struct receive_result *result)
{
    struct master_link *link = context;
    link->bytes_in += receive_bytes(link->receiver);
    link->receiver = NULL;
    if (!link->is_abandoned && link->executor->depth) {
        tell(link, true, "MASTER <-> REPLICA sync: a script runs, its data cannot be replaced");
        store_free(link->loading);
        link->loading = NULL;
        fail(link, "script-runs");
        return;
    }
    if (!link->is_abandoned) {
        if (result->verdict == RECEIVE_DONE)
            take_snapshot(link, result);
        else
            refuse_snapshot(link, result);
        return;
    }
    link->is_abandoned = false;
    store_free(link->loading);
    link->loading = NULL;
    close_conn(link);
    /* Whoever abandoned it may have asked for another attempt meanwhile. */
    if (link->state == LINK_PAUSED && !timer_is_running(&link->retry))
        pause_then_retry(link, BACKOFF_FAILED_MAX_MS);
}

static void load_snapshot(struct master_link *link)
{
    struct rdb_read_options options;
    struct handshake *handshake = &link->handshake;
    link->loading = link->hooks.prepare(link->hooks.owner, &options);
    write_out(link);
    if (link->state != LINK_TALKING) return;
    link->state = LINK_LOADING;
    tell(link, false, "Full resync from master: %s:%lld", handshake->master_id.text,
         (long long)handshake->offset);
    tell(link, false, "MASTER <-> REPLICA sync: Loading DB in memory, beside the old one");
    struct receive_order order = {
        .conn = link->conn,
        .pending = buf_str(&link->in),
        .store = link->loading,
        .options = options,
        .max_len = link->max_snapshot,
        .timeout_ms = (int)link->timeout_ms,
        .key_delay_us = link->key_delay_us,
        .on_end = on_received,
        .context = link,
    };
    link->receiver = receive_begin(link->workers, link->lane, &order);
    buf_clear(&link->in);
    link->hooks.state_changed(link->hooks.owner);
}

/* --- talking --- */

/* The signs of life of another master are given up: this one tells of its own. */
static void forget_tail(struct master_link *link)
{
    int64_t offset = link->handshake.offset;
    if (offset >= link->journal->end) return;
    journal_reset(link->journal, offset);
    link->lineage->offset = offset;
    journal_note_db(link->journal, link->session.db);
    link->hooks.history_changed(link->hooks.owner, true);
}

static void go_on_with_stream(struct master_link *link)
{
    const struct repl_id *id = &link->handshake.master_id;
    forget_tail(link);
    tell(link, false, "Successful partial resynchronization with master.");
    if (repl_id_is_set(id) && !repl_id_eq(id, &link->lineage->id)) {
        link->lineage->offset = link->journal->end;
        lineage_follow(link->lineage, *id);
        link->quiet = link->journal->end;
        tell(link, true, "Master replication ID changed to %s", id->text);
        link->hooks.history_changed(link->hooks.owner, false);
    }
    go_up(link);
    apply_stream(link);
}

static void give_up_talking(struct master_link *link)
{
    const struct handshake *handshake = &link->handshake;
    const char *name = handshake_failure_name(handshake->failure);
    if (handshake->failure == HANDSHAKE_TIMED_OUT)
        tell(link, true, "Timeout connecting to the MASTER...");
    tell(link, true, "Handshake with master failed at %s: %s %s",
         handshake_row_name(handshake->row), name, handshake->error);
    if (handshake_is_away(handshake->failure))
        fail_for_now(link, name);
    else
        fail(link, name);
}

static void talk(struct master_link *link, enum handshake_event_kind kind, struct str line)
{
    struct handshake_event event = {kind, now_ms(link), line};
    bool handing_over = link->handshake.settings.failover;
    enum handshake_verdict verdict = handshake_step(&link->handshake, &event, &link->out);
    if (handing_over && verdict != HANDSHAKE_GO_ON)
        link->hooks.handed_over(link->hooks.owner, verdict != HANDSHAKE_FAILED);
    if (link->state != LINK_TALKING) return;
    switch (verdict) {
    case HANDSHAKE_GO_ON:
        write_out(link);
        break;
    case HANDSHAKE_FAILED:
        give_up_talking(link);
        break;
    case HANDSHAKE_LOAD:
    case HANDSHAKE_CONTINUE:
        break;
    }
    if (verdict == HANDSHAKE_LOAD) load_snapshot(link);
    if (verdict == HANDSHAKE_CONTINUE) go_on_with_stream(link);
}

static void talk_lines(struct master_link *link)
{
    while (link->state == LINK_TALKING) {
        struct str in = buf_str(&link->in), line;
        enum line_verdict verdict = handshake_next_line(&in, &line);
        if (verdict == LINE_MORE) return;
        if (verdict == LINE_TOO_LONG) {
            master_link_cut(link, "a line without end");
            return;
        }
        char copy[HANDSHAKE_LINE_MAX + 1];
        if (line.len) memcpy(copy, line.ptr, line.len);
        buf_consume(&link->in, link->in.len - in.len);
        talk(link, HANDSHAKE_ON_LINE, str_of(copy, line.len));
    }
}

/* --- events of the connection --- */

/* A master that does not like our certificate says so after the handshake of TLS. */
static void on_end(struct master_link *link, const char *why)
{
    const char *refusal = conn_tls_error(link->conn);
    if (refusal[0]) tell(link, true, "Error condition on socket for SYNC: tls: %s", refusal);
    if (link->state == LINK_TALKING)
        talk(link, HANDSHAKE_ON_CLOSE, (struct str){0});
    else
        master_link_cut(link, why);
}

static void on_readable(void *context)
{
    struct master_link *link = context;
    /* A script runs around this turn: what it reads must not change under it. */
    if (link->executor->depth || link->executor->has_ended) return;
    char *room = buf_reserve(&link->in, READ_SIZE);
    ssize_t len = conn_read(link->conn, room, READ_SIZE);
    if (len == -EAGAIN) return;
    if (len <= 0) {
        on_end(link, len == 0 ? "it closed the connection" : strerror((int)-len));
        return;
    }
    link->in.len += (size_t)len;
    link->bytes_in += (uint64_t)len;
    link->heard_ms = now_ms(link);
    if (link->state == LINK_TALKING)
        talk_lines(link);
    else if (link->state == LINK_UP)
        apply_stream(link);
}

static void on_writable(void *context)
{
    write_out(context);
}

static void on_connected(void *context, const struct connect_result *result)
{
    static const struct conn_events events = {on_readable, on_writable};
    struct master_link *link = context;
    link->connecting = NULL;
    if (result->conn == NULL) {
        tell(link, true, "Error condition on socket for SYNC: %s", result->why);
        fail_for_now(link, "connect");
        return;
    }
    link->conn = result->conn;
    link->state = LINK_TALKING;
    conn_start(link->conn, &events, link);
    tell(link, false, "MASTER <-> REPLICA sync started");
    talk(link, HANDSHAKE_ON_CONNECT, (struct str){0});
}

static void attempt(void *context)
{
    struct master_link *link = context;
    /* A worker still holds the connection of the attempt before. */
    if (link->receiver) return;
    struct handshake_settings settings = {.timeout_ms = link->timeout_ms};
    struct connect_options options = {.host = buf_c(&link->host), .port = link->port};
    link->lineage->offset = link->journal->end;
    if (link->has_history) {
        settings.id = link->lineage->id;
        settings.offset = link->journal->end;
        settings.quiet = MIN(link->quiet, link->journal->end);
    }
    link->hooks.settings(link->hooks.owner, &settings, &options);
    /* Only masters of ours tell a path. What they refuse once is asked step by step. */
    settings.ahead = link->knows_master && link->has_history && !settings.failover;
    link->knows_master = false;
    handshake_init(&link->handshake, &settings, now_ms(link));
    tell(link, false, "Connecting to MASTER %s:%d", options.host, options.port);
    link->state = LINK_CONNECTING;
    link->heard_ms = now_ms(link);
    link->connecting = connect_start(link->loop, &options, on_connected, link);
}

/* --- time --- */

static void on_tick(void *context)
{
    struct master_link *link = context;
    int64_t now = now_ms(link);
    bool is_silent = now - link->heard_ms > link->timeout_ms;
    switch (link->state) {
    case LINK_OFF:
    case LINK_PAUSED:
    case LINK_LOADING:
    case LINK_STATES:
        break;
    case LINK_CONNECTING:
        if (!is_silent) break;
        tell(link, true, "Timeout connecting to the MASTER...");
        master_link_cut(link, "connecting took too long");
        break;
    case LINK_TALKING:
        handshake_set_timeout(&link->handshake, link->timeout_ms);
        talk(link, HANDSHAKE_ON_TICK, (struct str){0});
        break;
    case LINK_UP:
        if (is_silent)
            master_link_cut(link, "it has been silent for longer than repl-timeout");
        else if (now - link->acked_ms >= ACK_MS || link->acked_to != link->journal->end)
            send_ack(link);
        break;
    }
}

/* --- orders --- */

void master_link_follow(struct master_link *link, struct str host, int port, bool ordered)
{
    bool was_off = link->state == LINK_OFF;
    stop(link);
    if (was_off) link->down_since_ms = now_ms(link);
    buf_clear(&link->host);
    buf_append_str(&link->host, host);
    link->port = port;
    link->is_ordered = ordered;
    link->knows_master = false;
    link->guard_holds = false;
    link->failure = NULL;
    link->path_len = 0;
    backoff_reset(&link->backoff);
    timer_start(link->loop, &link->tick, TICK_MS, TICK_MS, on_tick, link);
    if (link->receiver == NULL) pause_then_retry(link, BACKOFF_AWAY_MAX_MS);
}

void master_link_leave(struct master_link *link)
{
    if (link->state == LINK_OFF) return;
    stop(link);
    timer_stop(&link->tick);
    link->state = LINK_OFF;
    link->path_len = 0;
}

int64_t master_link_silence_s(const struct master_link *link)
{
    return link->state == LINK_UP ? (now_ms(link) - link->heard_ms) / 1000 : -1;
}

const char *master_link_state_name(const struct master_link *link)
{
    static const char *const names[LINK_STATES] = {
        [LINK_OFF] = "none",          [LINK_PAUSED] = "connect", [LINK_CONNECTING] = "connecting",
        [LINK_TALKING] = "handshake", [LINK_LOADING] = "sync",   [LINK_UP] = "connected",
    };
    return names[link->state];
}

void master_link_init(struct master_link *link, struct loop *loop)
{
    *link = (struct master_link){.loop = loop, .max_snapshot = INT64_MAX};
    link->batch = batch_new();
    session_init(&link->session, 0, &link->replies);
    link->session.flags |= SESSION_MASTER;
    link->session.authenticated = true;
    request_parser_init(&link->parser);
}

void master_link_deinit(struct master_link *link)
{
    timer_stop(&link->retry);
    timer_stop(&link->tick);
    close_conn(link);
    session_deinit(&link->session);
    chain_deinit(&link->replies);
    batch_free(link->batch);
    request_parser_deinit(&link->parser);
    buf_deinit(&link->host);
    buf_deinit(&link->in);
    buf_deinit(&link->out);
}

void master_link_report(const struct master_link *link)
{
    if (link->receiver == NULL) return;
    struct receive_progress at = receive_progress(link->receiver);
    int64_t elapsed_ms = loop_now_us(link->loop) / US_PER_MS - at.began_us / US_PER_MS;
    tell(link, false,
         "MASTER <-> REPLICA sync: %llu MB and %llu keys so far, %.0f%% of it, %lld seconds left",
         (unsigned long long)receive_bytes(link->receiver) >> 20, (unsigned long long)at.keys,
         at.total ? (double)at.done * 100 / (double)at.total : 0,
         (long long)sync_left_s(at.done, at.total, elapsed_ms));
}
