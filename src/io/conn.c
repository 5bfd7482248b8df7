#include "io/conn.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/channel.h"
#include "io/conn_new.h"
#include "io/socket.h"
#include "io/tls_session.h"
#include "io/transport.h"
#include "io/uv_loop.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>

struct conn {
    uv_poll_t poll;
    struct loop *loop;
    struct channel channel;
    const struct conn_events *events;
    void *ctx;
    struct loop_task more; /* reading goes on without an event of the socket */
    union address peer;
    int polled; /* what the loop watches for */
    int depth;  /* callbacks of this conn that are running */
    int error;  /* a failed handshake; reads and writes return it */
    bool is_unix, is_reading, is_writing, is_lent, is_closed, is_released;
};

static void watch(struct conn *conn);

static struct tls_session *tls_of(const struct conn *conn)
{
    return conn->channel.transport.tls;
}

static bool is_shaking_hands(const struct conn *conn)
{
    return tls_of(conn) && !tls_of(conn)->is_established && conn->error == 0;
}

static bool can_read_more(const struct conn *conn)
{
    return conn->is_reading && !conn->is_lent &&
           (conn->error != 0 || (tls_of(conn) && tls_of(conn)->may_have_input));
}

/* The memory of a closed conn stays until the loop let go of it and no callback of it runs. */
static void on_released(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    conn->is_released = true;
    if (conn->depth == 0) mem_free(conn);
}

static void leave(struct conn *conn)
{
    if (--conn->depth > 0) return;
    if (conn->is_released)
        mem_free(conn);
    else if (!conn->is_closed) {
        if (can_read_more(conn)) loop_add_task(conn->loop, &conn->more);
        watch(conn);
    }
}

static void deliver(struct conn *conn, bool readable, bool writable)
{
    conn->depth++;
    if (readable && conn->is_reading && !conn->is_lent) conn->events->on_readable(conn->ctx);
    if (writable && !conn->is_closed && conn->is_writing && !conn->is_lent)
        conn->events->on_writable(conn->ctx);
    leave(conn);
}

static void on_more(void *ctx)
{
    struct conn *conn = ctx;
    if (can_read_more(conn)) deliver(conn, true, false);
}

static void shake_hands(struct conn *conn)
{
    int result = tls_session_handshake(tls_of(conn));
    if (result != -EAGAIN && result != 0) conn->error = result;
    if (result == -EAGAIN)
        watch(conn);
    else
        deliver(conn, conn->error != 0, true);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct conn *conn = handle->data;
    loop_woke(conn->loop);
    bool readable = events & UV_READABLE, writable = events & UV_WRITABLE;
    if (status < 0) {
        /* libuv has stopped watching; the owner learns the reason from the socket itself. */
        conn->polled = 0;
        readable = writable = true;
    }
    if (is_shaking_hands(conn)) {
        shake_hands(conn);
        return;
    }
    struct tls_session *tls = tls_of(conn);
    bool can_read = readable || (tls && tls->read_wants_write && writable);
    bool can_write = writable || (tls && tls->write_wants_read && readable);
    deliver(conn, can_read, can_write);
}

static int wanted_events(const struct conn *conn)
{
    const struct tls_session *tls = tls_of(conn);
    if (conn->events == NULL || conn->is_lent || conn->error != 0) return 0;
    if (is_shaking_hands(conn)) return tls->handshake_wants_write ? UV_WRITABLE : UV_READABLE;
    int events = (conn->is_reading ? UV_READABLE : 0) | (conn->is_writing ? UV_WRITABLE : 0);
    if (tls && conn->is_reading && tls->read_wants_write) events |= UV_WRITABLE;
    if (tls && conn->is_writing && tls->write_wants_read) events |= UV_READABLE;
    return events;
}

/* Inside a callback the wishes may still change, so the loop is told once, at its end. */
static void watch(struct conn *conn)
{
    if (conn->depth > 0) return;
    int events = wanted_events(conn);
    if (events == conn->polled) return;
    conn->polled = events;
    if (events == 0)
        uv_poll_stop(&conn->poll);
    else
        uv_poll_start(&conn->poll, events, on_poll);
}

struct conn *conn_new(struct loop *loop, int fd, const union address *peer)
{
    struct conn *conn = mem_new(struct conn);
    conn->channel.transport.fd = fd;
    if (uv_poll_init(&loop->uv, &conn->poll, fd) != 0) {
        transport_close(&conn->channel.transport);
        mem_free(conn);
        return NULL;
    }
    conn->poll.data = conn;
    conn->loop = loop;
    conn->more = (struct loop_task){.fn = on_more, .ctx = conn};
    conn->is_reading = true;
    conn->is_unix = peer == NULL;
    if (peer) conn->peer = *peer;
    return conn;
}

void conn_add_tls(struct conn *conn, struct tls_session *tls)
{
    conn->channel.transport.tls = tls;
    watch(conn);
}

int conn_error(const struct conn *conn)
{
    return conn->error;
}

void conn_start(struct conn *conn, const struct conn_events *events, void *ctx)
{
    conn->events = events;
    conn->ctx = ctx;
    if (can_read_more(conn)) loop_add_task(conn->loop, &conn->more);
    watch(conn);
}

void conn_close(struct conn *conn)
{
    if (conn == NULL) return;
    ASSERT(!conn->is_closed && !conn->is_lent);
    conn->is_closed = true;
    conn->is_reading = conn->is_writing = false;
    loop_cancel_task(&conn->more);
    uv_close((uv_handle_t *)&conn->poll, on_released); /* stops watching at once */
    transport_close(&conn->channel.transport);
}

ssize_t conn_read(struct conn *conn, void *bytes, size_t size)
{
    DEBUG_ASSERT(!conn->is_closed && !conn->is_lent);
    if (conn->error != 0) return conn->error;
    if (tls_of(conn) == NULL) return transport_read(&conn->channel.transport, bytes, size);
    if (!tls_of(conn)->is_established) return -EAGAIN;
    conn->depth++;
    ssize_t result = transport_read(&conn->channel.transport, bytes, size);
    leave(conn);
    return result;
}

ssize_t conn_writev(struct conn *conn, const struct iovec *pieces, int count)
{
    DEBUG_ASSERT(!conn->is_closed && !conn->is_lent);
    if (conn->error != 0) return conn->error;
    if (tls_of(conn) == NULL) return transport_writev(&conn->channel.transport, pieces, count);
    if (!tls_of(conn)->is_established) return -EAGAIN;
    ssize_t result = transport_writev(&conn->channel.transport, pieces, count);
    watch(conn);
    return result;
}

void conn_want_write(struct conn *conn, bool wanted)
{
    conn->is_writing = wanted;
    watch(conn);
}

void conn_pause_reading(struct conn *conn)
{
    conn->is_reading = false;
    watch(conn);
}

void conn_resume_reading(struct conn *conn)
{
    conn->is_reading = true;
    if (can_read_more(conn)) loop_add_task(conn->loop, &conn->more);
    watch(conn);
}

void conn_shutdown_writing(struct conn *conn)
{
    if (tls_of(conn)) tls_session_end(tls_of(conn));
    shutdown(conn_fd(conn), SHUT_WR);
}

struct channel *conn_lend(struct conn *conn)
{
    ASSERT(!conn->is_closed && !conn->is_lent && !is_shaking_hands(conn));
    conn->is_lent = true;
    loop_cancel_task(&conn->more);
    watch(conn);
    return &conn->channel;
}

void conn_reclaim(struct conn *conn)
{
    ASSERT(conn->is_lent);
    conn->is_lent = false;
    if (can_read_more(conn)) loop_add_task(conn->loop, &conn->more);
    watch(conn);
}

static const char *unix_text(const struct conn *conn, const char *suffix, char *out)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    address_unix_path(conn_fd(conn), path);
    snprintf(out, CONN_ADDRESS_MAX, "%s%s", path[0] ? path : "?", suffix);
    return out;
}

static union address local_of(const struct conn *conn)
{
    union address local = {.family = AF_UNSPEC};
    socklen_t len = sizeof(local);
    if (getsockname(conn_fd(conn), &local.any, &len) != 0) local.family = AF_UNSPEC;
    return local;
}

_Static_assert((int)CONN_ADDRESS_MAX >= (int)ADDRESS_TEXT_MAX, "addresses fit");

const char *conn_peer(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    if (conn->is_unix) return unix_text(conn, ":0", out);
    address_format(&conn->peer, out);
    return out;
}

const char *conn_local(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    if (conn->is_unix) return unix_text(conn, ":0", out);
    union address local = local_of(conn);
    address_format(&local, out);
    return out;
}

const char *conn_peer_host(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    if (conn->is_unix) return unix_text(conn, "", out);
    address_format_host(&conn->peer, out);
    return out;
}

const char *conn_local_host(const struct conn *conn, char out[CONN_ADDRESS_MAX])
{
    if (conn->is_unix) return unix_text(conn, "", out);
    union address local = local_of(conn);
    address_format_host(&local, out);
    return out;
}

int conn_peer_port(const struct conn *conn)
{
    return address_port(&conn->peer);
}

int conn_local_port(const struct conn *conn)
{
    union address local = local_of(conn);
    return conn->is_unix ? 0 : address_port(&local);
}

bool conn_is_unix(const struct conn *conn)
{
    return conn->is_unix;
}

bool conn_is_loopback(const struct conn *conn)
{
    return conn->is_unix || address_is_loopback(&conn->peer);
}

int conn_fd(const struct conn *conn)
{
    return conn->channel.transport.fd;
}

bool conn_is_tls(const struct conn *conn)
{
    return tls_of(conn) != NULL;
}

bool conn_is_established(const struct conn *conn)
{
    return tls_of(conn) == NULL || tls_of(conn)->is_established;
}

bool conn_tls_peer_name(const struct conn *conn, char *out, size_t size)
{
    return tls_of(conn) && tls_session_peer_name(tls_of(conn), out, size);
}

const char *conn_tls_error(const struct conn *conn)
{
    return tls_of(conn) ? tls_of(conn)->error : "";
}

void conn_set_nodelay(struct conn *conn, bool on)
{
    socket_set_nodelay(conn_fd(conn), on);
}

int conn_set_keepalive(struct conn *conn, int seconds)
{
    return conn->is_unix ? 0 : socket_set_keepalive(conn_fd(conn), seconds);
}

int conn_unsent_bytes(const struct conn *conn)
{
    int bytes = 0;
    return ioctl(conn_fd(conn), SIOCOUTQ, &bytes) == 0 ? bytes : -errno;
}
