#include "link/migration.h"

#include "io/conn.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>

enum { READ_SIZE = 16 * 1024, WRITE_SIZE = 1024 * 1024 };

static void close_all(struct migration *migration)
{
    timer_stop(&migration->silence);
    if (migration->connecting) connect_cancel(migration->connecting);
    migration->connecting = NULL;
    if (migration->conn) conn_close(migration->conn);
    migration->conn = NULL;
    buf_deinit(&migration->out);
}

void migration_deinit(struct migration *migration)
{
    close_all(migration);
    reply_parser_deinit(&migration->parser);
}

static void end(struct migration *migration, enum migration_end how)
{
    close_all(migration);
    migration->hooks.on_end(migration->hooks.owner, how);
}

/* How many bytes may be sent by now. */
static size_t may_send(const struct migration *migration)
{
    bool greets = migration->answered < migration->greeting_count;
    return greets ? migration->greeting_bytes : migration->out.len;
}

static void on_silence(void *context)
{
    struct migration *migration = context;
    if (migration->conn == NULL)
        end(migration, MIGRATION_NOT_CONNECTED);
    else if (migration->sent < may_send(migration))
        end(migration, MIGRATION_NOT_WRITTEN);
    else
        end(migration, MIGRATION_NOT_READ);
}

/* Something moved: the peer has its time again. */
static void wait_on(struct migration *migration)
{
    timer_start(migration->loop, &migration->silence, migration->timeout_ms, 0, on_silence,
                migration);
}

static void write_out(struct migration *migration)
{
    size_t until = may_send(migration);
    while (migration->sent < until) {
        size_t left = MIN(until - migration->sent, (size_t)WRITE_SIZE);
        struct iovec piece = {migration->out.ptr + migration->sent, left};
        ssize_t written = conn_writev(migration->conn, &piece, 1);
        if (written == -EAGAIN) break;
        if (written < 0) {
            end(migration, MIGRATION_NOT_WRITTEN);
            return;
        }
        migration->sent += (size_t)written;
        wait_on(migration);
    }
    bool wanted = migration->sent < until;
    if (wanted != migration->wants_write) conn_want_write(migration->conn, wanted);
    migration->wants_write = wanted;
}

static void take_reply(struct migration *migration)
{
    struct reply_node reply;
    reply_parser_take(&migration->parser, &reply);
    size_t number = migration->answered++;
    bool goes_on = migration->hooks.on_reply(migration->hooks.owner, number, &reply);
    if (!goes_on) migration->expected = migration->answered;
    reply_node_clear(&reply);
    wait_on(migration);
}

/* False when the peer's bytes are no replies. */
static bool take_replies(struct migration *migration, struct str bytes)
{
    while (bytes.len && migration->answered < migration->expected) {
        enum reply_verdict verdict = reply_parser_step(&migration->parser, &bytes);
        if (verdict == REPLY_BAD) return false;
        if (verdict == REPLY_READY) take_reply(migration);
    }
    return true;
}

static void on_readable(void *context)
{
    struct migration *migration = context;
    char bytes[READ_SIZE];
    ssize_t len = conn_read(migration->conn, bytes, sizeof(bytes));
    if (len == -EAGAIN) return;
    if (len <= 0 || !take_replies(migration, str_of(bytes, (size_t)len)))
        end(migration, MIGRATION_NOT_READ);
    else if (migration->answered == migration->expected)
        end(migration, MIGRATION_ANSWERED);
    else if (migration->sent < may_send(migration))
        write_out(migration);
}

static void on_writable(void *context)
{
    write_out(context);
}

/* Refused is told as what could not be written, as stock servers do, who see it only then. */
static void on_connect(void *context, const struct connect_result *result)
{
    static const struct conn_events events = {on_readable, on_writable};
    struct migration *migration = context;
    migration->connecting = NULL;
    if (result->conn == NULL) {
        bool unknown = strncmp(result->why, "resolve", strlen("resolve")) == 0;
        end(migration, unknown ? MIGRATION_NOT_CONNECTED : MIGRATION_NOT_WRITTEN);
        return;
    }
    migration->conn = result->conn;
    conn_start(migration->conn, &events, migration);
    wait_on(migration);
    write_out(migration);
}

void migration_start(struct migration *migration, struct loop *loop,
                     const struct migration_order *order, const struct migration_hooks *hooks)
{
    *migration = (struct migration){.loop = loop,
                                    .hooks = *hooks,
                                    .out = order->requests,
                                    .greeting_bytes = order->greeting_bytes,
                                    .greeting_count = order->greeting_count,
                                    .expected = order->count,
                                    .timeout_ms = order->timeout_ms};
    migration->connecting = connect_start(loop, &order->to, on_connect, migration);
    wait_on(migration);
}
