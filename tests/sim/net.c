#include "sim/net.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/address.h"
#include "io/channel.h"
#include "io/connect.h"
#include "io/listener.h"
#include "sim/loop.h"
#include "sim/node.h"
#include "sim/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

enum { WINDOW_MIN = 2048, WINDOW_MAX = 256 * 1024, RETRY_US = 200 * MS, PIECES_MAX = 4 };

enum segment_kind { SEGMENT_DATA, SEGMENT_END, SEGMENT_RESET };

struct segment {
    struct list node;
    enum segment_kind kind;
    int64_t due_us;
    size_t len;
    char bytes[];
};

struct channel {
    struct conn *conn;
    struct lane *waiting;
    bool is_aborted;
};

struct conn {
    struct list node;      /* of its loop */
    struct sim_loop *loop; /* NULL: the outside */
    struct node *at;       /* NULL: the outside */
    struct conn *peer;     /* NULL: it is gone */
    struct node *peer_at;
    union address local, remote;
    const struct conn_events *events;
    void *ctx;
    struct channel channel;

    struct list flying; /* towards us, in order */
    struct sim_event arrival;
    struct buf arrived;
    size_t flying_bytes, window;
    int64_t delay_us, last_due_us;
    bool has_ended; /* the peer's stream */
    int error;

    bool is_reading, is_writing, is_lent, is_closed;
};

struct listener {
    struct node *node;
    void (*on_accept)(void *ctx, struct conn *conn);
    void *ctx;
    int port;
    struct conn *pending[32];
    size_t pending_count;
};

/* --- waking --- */

static bool is_readable(const struct conn *conn)
{
    return conn->arrived.len || conn->has_ended || conn->error;
}

static size_t room_of(const struct conn *conn)
{
    const struct conn *peer = conn->peer;
    if (peer == NULL) return WINDOW_MIN;
    size_t used = peer->arrived.len + peer->flying_bytes;
    return used < peer->window ? peer->window - used : 0;
}

static bool is_ready(const struct conn *conn)
{
    if (conn->is_closed || conn->is_lent || conn->events == NULL) return false;
    if (conn->is_reading && is_readable(conn)) return true;
    return conn->is_writing && (conn->error || room_of(conn));
}

static void wake(struct conn *conn)
{
    if (conn->is_closed) return;
    if (conn->is_lent) {
        if (conn->channel.waiting) lane_wake(conn->channel.waiting);
    } else if (conn->loop) {
        if (is_ready(conn)) sim_loop_wake(conn->loop);
    } else if (is_readable(conn)) {
        conn->events->on_readable(conn->ctx);
    }
}

/* --- travelling --- */

static bool is_parted(const struct conn *conn)
{
    if (conn->at == NULL || conn->peer_at == NULL) return false;
    return sim->is_cut[conn->at->index][conn->peer_at->index];
}

/* A machine without power answers nothing; once it is back it knows nothing of the stream. */
static bool must_wait(const struct conn *conn)
{
    const struct segment *next = LIST_ENTRY(conn->flying.next, struct segment, node);
    bool is_dark = conn->peer_at && conn->peer_at->state == NODE_DARK;
    return is_parted(conn) || (is_dark && next->kind == SEGMENT_RESET);
}

static void forget_flying(struct conn *conn)
{
    LIST_FOREACH(at, after, &conn->flying)
    {
        list_remove(at);
        mem_free(LIST_ENTRY(at, struct segment, node));
    }
    conn->flying_bytes = 0;
    event_cancel(&conn->arrival);
}

static void take_segment(struct conn *conn, const struct segment *segment)
{
    switch (segment->kind) {
    case SEGMENT_DATA:
        buf_append(&conn->arrived, segment->bytes, segment->len);
        conn->flying_bytes -= segment->len;
        break;
    case SEGMENT_END:
        conn->has_ended = true;
        break;
    case SEGMENT_RESET:
        conn->error = -ECONNRESET;
        break;
    }
}

static void arrive(void *ctx)
{
    struct conn *conn = ctx;
    if (!list_is_empty(&conn->flying) && must_wait(conn)) {
        event_set(&conn->arrival, sim->now_us + RETRY_US, arrive, conn);
        return;
    }
    while (!list_is_empty(&conn->flying)) {
        struct segment *segment = LIST_ENTRY(conn->flying.next, struct segment, node);
        if (segment->due_us > sim->now_us) {
            event_set(&conn->arrival, segment->due_us, arrive, conn);
            break;
        }
        list_remove(&segment->node);
        take_segment(conn, segment);
        mem_free(segment);
    }
    wake(conn);
}

static int64_t travel_us(const struct conn *to, size_t len)
{
    int64_t us = to->delay_us + sim_between(0, to->delay_us / 2);
    if (to->at && to->at->bytes_per_s) us += (int64_t)len * SECOND / to->at->bytes_per_s;
    return us;
}

/* `to` will hear this, behind what is under way already. */
static void send_segment(struct conn *to, enum segment_kind kind, const void *bytes, size_t len)
{
    struct segment *segment = mem_alloc(sizeof(*segment) + len);
    int64_t from_us = sim->now_us;
    if (to->at && to->at->bytes_per_s && to->last_due_us > from_us) from_us = to->last_due_us;
    int64_t due_us = from_us + travel_us(to, len);
    if (due_us < to->last_due_us) due_us = to->last_due_us;
    to->last_due_us = due_us;
    *segment = (struct segment){.kind = kind, .due_us = due_us, .len = len};
    if (len) memcpy(segment->bytes, bytes, len);
    list_append(&to->flying, &segment->node);
    to->flying_bytes += len;
    event_hasten(&to->arrival, due_us, arrive, to);
}

/* --- conns --- */

static union address address_of(const char *host, int port)
{
    union address address = {.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
    inet_pton(AF_INET, host, &address.v4.sin_addr);
    return address;
}

static struct conn *conn_make(struct node *at, struct node *peer_at)
{
    struct conn *conn = mem_new(struct conn);
    list_init(&conn->node);
    list_init(&conn->flying);
    conn->at = at;
    conn->peer_at = peer_at;
    conn->loop = at ? at->loop : NULL;
    if (conn->loop) list_append(&conn->loop->conns, &conn->node);
    conn->channel.conn = conn;
    conn->is_reading = true;
    conn->window = (size_t)sim_between(WINDOW_MIN, WINDOW_MAX);
    if (at && at->bytes_per_s) conn->window = WINDOW_MIN;
    return conn;
}

/* Two ends; the first is `from`'s. */
static struct conn *conn_pair(struct node *from, struct node *to, struct conn **other)
{
    static const char outside[] = "10.0.1.1";
    int port = (int)sim_between(20000, 60000);
    int64_t delay_us = sim_one_in(8) ? sim_between(5 * MS, 80 * MS) : sim_between(20, 2 * MS);
    struct conn *near = conn_make(from, to), *far = conn_make(to, from);
    near->peer = far;
    far->peer = near;
    near->local = far->remote = address_of(from ? from->host : outside, port);
    near->remote = far->local = address_of(to->host, NODE_PORT);
    near->delay_us = far->delay_us = delay_us;
    *other = far;
    return near;
}

static void free_conn(struct conn *conn)
{
    forget_flying(conn);
    list_remove(&conn->node);
    buf_deinit(&conn->arrived);
    mem_free(conn);
}

void net_bury(struct sim_loop *loop)
{
    LIST_FOREACH(at, after, &loop->conns)
    {
        struct conn *conn = LIST_ENTRY(at, struct conn, node);
        if (conn->is_closed) free_conn(conn);
    }
}

void conn_start(struct conn *conn, const struct conn_events *events, void *ctx)
{
    conn->events = events;
    conn->ctx = ctx;
    wake(conn);
}

static void leave_peer(struct conn *conn, enum segment_kind how)
{
    struct conn *peer = conn->peer;
    if (peer == NULL) return;
    peer->peer = NULL;
    conn->peer = NULL;
    send_segment(peer, how, NULL, 0);
}

void conn_close(struct conn *conn)
{
    if (conn == NULL) return;
    ASSERT(!conn->is_closed && !conn->is_lent);
    conn->is_closed = true;
    leave_peer(conn, conn->arrived.len ? SEGMENT_RESET : SEGMENT_END);
    forget_flying(conn);
    if (conn->loop == NULL) free_conn(conn);
}

static size_t some_of(size_t len)
{
    return len > 1 && sim_one_in(4) ? 1 + sim_below(len) : len;
}

static ssize_t take(struct conn *conn, void *bytes, size_t size)
{
    if (conn->at && conn->at->state == NODE_GHOST) return -ECONNRESET;
    if (conn->arrived.len) {
        bool was_full = conn->peer && room_of(conn->peer) == 0;
        size_t len = some_of(size < conn->arrived.len ? size : conn->arrived.len);
        memcpy(bytes, conn->arrived.ptr, len);
        buf_consume(&conn->arrived, len);
        if (was_full && conn->peer) wake(conn->peer);
        return (ssize_t)len;
    }
    if (conn->error) return conn->error;
    return conn->has_ended ? 0 : -EAGAIN;
}

ssize_t conn_read(struct conn *conn, void *bytes, size_t size)
{
    ASSERT(!conn->is_closed && !conn->is_lent);
    return take(conn, bytes, size);
}

/* The bytes leave in pieces that know nothing of where requests begin. */
static void send_bytes(struct conn *conn, const char *bytes, size_t len)
{
    for (int pieces = 1; len; pieces++) {
        size_t part = pieces < PIECES_MAX ? some_of(len) : len;
        send_segment(conn->peer, SEGMENT_DATA, bytes, part);
        bytes += part;
        len -= part;
    }
}

static ssize_t give(struct conn *conn, const struct iovec *pieces, int count)
{
    size_t room = some_of(room_of(conn)), given = 0;
    bool is_heard = conn->peer && !(conn->at && (conn->at->is_doomed || !node_is_up(conn->at)));
    if (conn->at && conn->at->state == NODE_GHOST) return -ECONNRESET;
    if (conn->error) return conn->error;
    for (int i = 0; i < count && given < room; i++) {
        size_t len = pieces[i].iov_len < room - given ? pieces[i].iov_len : room - given;
        if (is_heard && len) send_bytes(conn, pieces[i].iov_base, len);
        given += len;
    }
    if (given == 0) return -EAGAIN;
    /* Nobody is there any more: the answer to what was sent says so. */
    if (conn->peer == NULL && !conn->has_ended && list_is_empty(&conn->flying))
        send_segment(conn, SEGMENT_RESET, NULL, 0);
    else if (conn->peer == NULL && conn->has_ended)
        conn->error = -EPIPE;
    return (ssize_t)given;
}

ssize_t conn_writev(struct conn *conn, const struct iovec *pieces, int count)
{
    ASSERT(!conn->is_closed && !conn->is_lent);
    return give(conn, pieces, count);
}

void conn_want_write(struct conn *conn, bool wanted)
{
    conn->is_writing = wanted;
    wake(conn);
}

void conn_pause_reading(struct conn *conn)
{
    conn->is_reading = false;
}

void conn_resume_reading(struct conn *conn)
{
    conn->is_reading = true;
    wake(conn);
}

/* --- the turn of a loop --- */

static void deliver(struct conn *conn)
{
    if (conn->is_reading && is_readable(conn)) conn->events->on_readable(conn->ctx);
    bool wants = !conn->is_closed && !conn->is_lent && conn->is_writing;
    if (wants && (conn->error || room_of(conn))) conn->events->on_writable(conn->ctx);
}

void net_deliver_ready(struct sim_loop *loop)
{
    LIST_FOREACH(at, after, &loop->conns)
    {
        struct conn *conn = LIST_ENTRY(at, struct conn, node);
        if (is_ready(conn)) deliver(conn);
    }
}

bool net_has_ready(const struct sim_loop *loop)
{
    const struct listener *listener = loop->node->listener;
    if (listener && listener->pending_count) return true;
    for (struct list *at = loop->conns.next; at != &loop->conns; at = at->next)
        if (is_ready(LIST_ENTRY(at, struct conn, node))) return true;
    return false;
}

/* --- facts about a conn --- */

const char *conn_peer(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    address_format(&conn->remote, out);
    return out;
}

const char *conn_local(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    address_format(&conn->local, out);
    return out;
}

const char *conn_peer_host(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    address_format_host(&conn->remote, out);
    return out;
}

const char *conn_local_host(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    address_format_host(&conn->local, out);
    return out;
}

int conn_peer_port(const struct conn *conn)
{
    return address_port(&conn->remote);
}

int conn_local_port(const struct conn *conn)
{
    return address_port(&conn->local);
}

bool conn_is_unix(const struct conn *conn)
{
    (void)conn;
    return false;
}

bool conn_is_loopback(const struct conn *conn)
{
    (void)conn;
    return false;
}

int conn_fd(const struct conn *conn)
{
    (void)conn;
    return 3;
}

bool conn_is_tls(const struct conn *conn)
{
    (void)conn;
    return false;
}

bool conn_is_established(const struct conn *conn)
{
    (void)conn;
    return true;
}

bool conn_tls_peer_name(const struct conn *conn, char *out, size_t size)
{
    (void)conn;
    (void)out;
    (void)size;
    return false;
}

const char *conn_tls_error(const struct conn *conn)
{
    (void)conn;
    return "";
}

int conn_set_keepalive(struct conn *conn, int seconds)
{
    (void)conn;
    (void)seconds;
    return 0;
}

void conn_set_nodelay(struct conn *conn, bool on)
{
    (void)conn;
    (void)on;
}

int conn_unsent_bytes(const struct conn *conn)
{
    return conn->peer ? (int)conn->peer->flying_bytes : 0;
}

/* --- channels --- */

struct channel *conn_lend(struct conn *conn)
{
    ASSERT(!conn->is_closed && !conn->is_lent);
    conn->is_lent = true;
    conn->channel.is_aborted = false;
    return &conn->channel;
}

void conn_reclaim(struct conn *conn)
{
    ASSERT(conn->is_lent && conn->channel.waiting == NULL);
    conn->is_lent = false;
    if (conn->channel.is_aborted && conn->error == 0) conn->error = -ECONNABORTED;
    wake(conn);
}

/* Parks the job until something happened to the stream; false when the time is over. */
static bool wait_for_stream(struct channel *channel, int64_t deadline_us)
{
    struct lane *lane = lane_current();
    if (lane == NULL || lane_is_hurried(lane) || sim->now_us >= deadline_us) return false;
    channel->waiting = lane;
    lane_sleep_until(deadline_us);
    channel->waiting = NULL;
    return true;
}

static int64_t deadline_of(int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : sim->now_us + (int64_t)timeout_ms * MS;
}

ssize_t channel_read(struct channel *channel, void *bytes, size_t size, int timeout_ms)
{
    int64_t deadline_us = deadline_of(timeout_ms);
    for (;;) {
        if (channel->is_aborted) return -ECONNABORTED;
        ssize_t got = take(channel->conn, bytes, size);
        if (got != -EAGAIN) return got;
        if (!wait_for_stream(channel, deadline_us)) return -ETIMEDOUT;
    }
}

int channel_write(struct channel *channel, const void *bytes, size_t len, int timeout_ms)
{
    const char *from = bytes;
    int64_t deadline_us = deadline_of(timeout_ms);
    while (len) {
        struct iovec piece = {(void *)(uintptr_t)from, len};
        if (channel->is_aborted) return -ECONNABORTED;
        ssize_t given = give(channel->conn, &piece, 1);
        if (given == -EAGAIN) {
            if (!wait_for_stream(channel, deadline_us)) return -ETIMEDOUT;
            continue;
        }
        if (given < 0) return (int)given;
        from += given;
        len -= (size_t)given;
        deadline_us = deadline_of(timeout_ms);
    }
    return 0;
}

void channel_abort(struct channel *channel)
{
    channel->is_aborted = true;
    if (channel->waiting) lane_wake(channel->waiting);
}

/* --- listening and connecting --- */

int listener_open(struct listener **listener, struct loop *loop,
                  const struct listener_options *options, struct buf *why)
{
    struct listener *opened = mem_new(struct listener);
    (void)why;
    *opened = (struct listener){.node = sim_loop_of(loop)->node,
                                .on_accept = options->on_accept,
                                .ctx = options->ctx,
                                .port = options->port};
    opened->node->listener = *listener = opened;
    return 0;
}

void listener_close(struct listener *listener)
{
    if (listener == NULL) return;
    for (size_t i = 0; i < listener->pending_count; i++) conn_close(listener->pending[i]);
    listener->node->listener = NULL;
    mem_free(listener);
}

void listener_set_tls(struct listener *listener, struct tls_context *tls)
{
    (void)listener;
    (void)tls;
}

int listener_port(const struct listener *listener)
{
    return listener->port;
}

void net_accept_pending(struct node *node)
{
    struct listener *listener = node->listener;
    size_t count = listener ? listener->pending_count : 0;
    for (size_t i = 0; i < count; i++) listener->on_accept(listener->ctx, listener->pending[i]);
    if (count) listener->pending_count = 0;
}

static bool is_listening(const struct node *node)
{
    return node_is_up(node) && node->listener &&
           node->listener->pending_count <
               sizeof(node->listener->pending) / sizeof(node->listener->pending[0]);
}

static void enqueue(struct node *node, struct conn *conn)
{
    node->listener->pending[node->listener->pending_count++] = conn;
    sim_loop_wake(node->loop);
}

struct conn *net_dial(struct node *node)
{
    struct conn *far;
    if (!is_listening(node)) return NULL;
    struct conn *near = conn_pair(NULL, node, &far);
    enqueue(node, far);
    return near;
}

struct connecting {
    struct sim_event attempt;
    struct sim_loop *loop;
    char host[64];
    void (*done)(void *ctx, const struct connect_result *result);
    void *ctx;
    struct connect_result result;
    struct loop_message over;
};

static void tell_result(void *ctx)
{
    struct connecting connecting = *(struct connecting *)ctx;
    mem_free(ctx);
    connecting.done(connecting.ctx, &connecting.result);
}

static void finish(struct connecting *connecting, struct conn *conn, int error)
{
    connecting->result = (struct connect_result){conn, error, error ? "connect" : NULL};
    connecting->over = (struct loop_message){.fn = tell_result, .ctx = connecting};
    loop_post_message(&connecting->loop->loop, &connecting->over);
}

static void attempt(void *ctx)
{
    struct connecting *connecting = ctx;
    struct node *from = connecting->loop->node, *to = node_find(connecting->host);
    bool is_silent = to && (to->state == NODE_DARK || sim->is_cut[from->index][to->index]);
    if (is_silent) {
        event_set(&connecting->attempt, sim->now_us + SECOND, attempt, connecting);
    } else if (to == NULL || !is_listening(to)) {
        finish(connecting, NULL, -ECONNREFUSED);
    } else {
        struct conn *far, *near = conn_pair(from, to, &far);
        enqueue(to, far);
        finish(connecting, near, 0);
    }
}

struct connecting *connect_start(struct loop *loop, const struct connect_options *options,
                                 void (*done)(void *ctx, const struct connect_result *result),
                                 void *ctx)
{
    struct connecting *connecting = mem_new(struct connecting);
    connecting->loop = sim_loop_of(loop);
    snprintf(connecting->host, sizeof(connecting->host), "%s", options->host);
    connecting->done = done;
    connecting->ctx = ctx;
    list_init(&connecting->over.link);
    event_set(&connecting->attempt, sim->now_us + sim_between(50, 5 * MS), attempt, connecting);
    return connecting;
}

void connect_cancel(struct connecting *connecting)
{
    event_cancel(&connecting->attempt);
    list_remove(&connecting->over.link);
    if (connecting->result.conn) conn_close(connecting->result.conn);
    mem_free(connecting);
}

/* --- what fate does --- */

/* Bytes under way are lost from some point on, and both ends hear of it or only find out. */
static void lose_rest(struct conn *conn, bool is_told)
{
    LIST_FOREACH(at, after, &conn->flying)
    {
        struct segment *segment = LIST_ENTRY(at, struct segment, node);
        if (segment->kind == SEGMENT_DATA && sim_one_in(2)) continue;
        while (at != &conn->flying) {
            struct list *next = at->next;
            segment = LIST_ENTRY(at, struct segment, node);
            conn->flying_bytes -= segment->len;
            list_remove(at);
            mem_free(segment);
            at = next;
        }
        break;
    }
    if (is_told) send_segment(conn, SEGMENT_RESET, NULL, 0);
}

static void part_ends(struct conn *conn, bool is_told)
{
    struct conn *peer = conn->peer;
    if (peer == NULL) return;
    conn->peer = peer->peer = NULL;
    lose_rest(peer, is_told || peer->loop == NULL);
    lose_rest(conn, is_told || conn->loop == NULL);
}

void net_drop_node(struct node *node, bool silently)
{
    for (struct list *at = node->loop->conns.next; at != &node->loop->conns; at = at->next)
        part_ends(LIST_ENTRY(at, struct conn, node), !silently);
}

void net_break(struct node *a, struct node *b)
{
    if (a->loop == NULL || b->loop == NULL) return;
    for (struct list *at = a->loop->conns.next; at != &a->loop->conns; at = at->next) {
        struct conn *conn = LIST_ENTRY(at, struct conn, node);
        if (conn->peer_at == b) part_ends(conn, true);
    }
}

void net_part(struct node *a, struct node *b, bool is_cut)
{
    sim->is_cut[a->index][b->index] = sim->is_cut[b->index][a->index] = is_cut;
}
