#include "unit/io/echo.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void session_end(struct echo_session *session, int result)
{
    struct echo_server *server = session->server;
    server->last_result = result;
    server->ended++;
    conn_close(session->conn);
    list_remove(&session->link);
    buf_deinit(&session->waiting);
    mem_free(session);
}

/* Returns false when the session ended. */
static bool session_flush(struct echo_session *session)
{
    while (session->waiting.len > 0) {
        /* In two pieces, so that writev has something to gather. */
        size_t half = session->waiting.len / 2;
        struct iovec pieces[2] = {{session->waiting.ptr, half},
                                  {session->waiting.ptr + half, session->waiting.len - half}};
        ssize_t taken = conn_writev(session->conn, pieces, 2);
        if (taken == -EAGAIN) break;
        if (taken < 0) {
            session_end(session, (int)taken);
            return false;
        }
        if ((size_t)taken < session->waiting.len) session->server->partial_writes++;
        buf_consume(&session->waiting, (size_t)taken);
    }
    conn_want_write(session->conn, session->waiting.len > 0);
    if (session->waiting.len > 256 * 1024)
        conn_pause_reading(session->conn);
    else
        conn_resume_reading(session->conn);
    return true;
}

static void note_peer(struct echo_session *session)
{
    struct echo_server *server = session->server;
    if (server->peer[0]) return;
    conn_peer(session->conn, server->peer);
    conn_local(session->conn, server->local);
    conn_tls_peer_name(session->conn, server->peer_name, sizeof(server->peer_name));
}

static void on_session_readable(void *ctx)
{
    struct echo_session *session = ctx;
    size_t size = session->server->read_size;
    ssize_t got = conn_read(session->conn, buf_reserve(&session->waiting, size), size);
    if (got == -EAGAIN) return;
    if (got <= 0) {
        session_end(session, (int)got);
        return;
    }
    note_peer(session);
    session->waiting.len += (size_t)got;
    session_flush(session);
}

static void on_session_writable(void *ctx)
{
    session_flush(ctx);
}

static const struct conn_events session_events = {on_session_readable, on_session_writable};

static void on_accept(void *ctx, struct conn *conn)
{
    struct echo_server *server = ctx;
    server->accepted++;
    if (server->closes_at_once) {
        conn_close(conn);
        return;
    }
    struct echo_session *session = mem_new(struct echo_session);
    session->server = server;
    session->conn = conn;
    list_append(&server->sessions, &session->link);
    if (server->keeps_silent) conn_pause_reading(conn);
    conn_start(conn, &session_events, session);
}

void echo_listen(struct echo_server *server, struct io_fixture *fixture,
                 struct listener_options options)
{
    struct buf why = {0};
    server->fixture = fixture;
    list_init(&server->sessions);
    if (server->read_size == 0) server->read_size = 16 * 1024;
    options.on_accept = on_accept;
    options.ctx = server;
    int error = listener_open(&server->listener, fixture->loop, &options, &why);
    if (error != 0) fail_msg("%s", buf_c(&why));
    buf_deinit(&why);
}

void echo_stop(struct echo_server *server)
{
    LIST_FOREACH(at, after, &server->sessions)
    {
        session_end(LIST_ENTRY(at, struct echo_session, link), 0);
    }
    listener_close(server->listener);
    server->listener = NULL;
}

static unsigned char pattern(size_t position)
{
    return (unsigned char)((position * 2654435761u) >> 13);
}

static void client_end(struct echo_client *client, int error)
{
    client->error = error;
    client->is_ended = true;
    conn_close(client->conn);
    client->conn = NULL;
}

static void on_client_writable(void *ctx)
{
    struct echo_client *client = ctx;
    unsigned char bytes[64 * 1024];
    while (client->sent < client->total) {
        size_t len = client->total - client->sent;
        if (len > sizeof(bytes)) len = sizeof(bytes);
        for (size_t i = 0; i < len; i++) bytes[i] = pattern(client->sent + i);
        struct iovec piece = {bytes, len};
        ssize_t taken = conn_writev(client->conn, &piece, 1);
        if (taken == -EAGAIN) break;
        if (taken < 0) {
            client_end(client, (int)taken);
            return;
        }
        if ((size_t)taken < len) client->partial_writes++;
        client->sent += (size_t)taken;
    }
    conn_want_write(client->conn, client->sent < client->total);
}

static void on_client_readable(void *ctx)
{
    struct echo_client *client = ctx;
    unsigned char bytes[10000];
    ssize_t got = conn_read(client->conn, bytes, sizeof(bytes));
    if (got == -EAGAIN) return;
    if (got <= 0) {
        client_end(client, (int)got);
        return;
    }
    for (ssize_t i = 0; i < got; i++)
        if (bytes[i] != pattern(client->received + (size_t)i)) client->wrong_bytes++;
    client->received += (size_t)got;
}

static const struct conn_events client_events = {on_client_readable, on_client_writable};

static void on_connect(void *ctx, const struct connect_result *result)
{
    struct echo_client *client = ctx;
    snprintf(client->why, sizeof(client->why), "%s", result->why);
    if (result->conn == NULL) {
        client->error = result->error;
        client->is_ended = true;
        return;
    }
    client->is_connected = true;
    client->conn = result->conn;
    conn_want_write(client->conn, true);
    conn_start(client->conn, &client_events, client);
}

void echo_connect(struct echo_client *client, struct io_fixture *fixture,
                  struct connect_options options, size_t total)
{
    client->fixture = fixture;
    client->total = total;
    connect_start(fixture->loop, &options, on_connect, client);
}

void echo_hang_up(struct echo_client *client)
{
    if (client->conn) conn_close(client->conn);
    client->conn = NULL;
}
