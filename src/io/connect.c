#include "io/connect.h"

#include "base/mem.h"
#include "io/conn_new.h"
#include "io/lookup.h"
#include "io/loop.h"
#include "io/socket.h"
#include "io/tls.h"
#include "io/tls_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct connecting {
    struct loop *loop;
    struct lookup *lookup; /* while the name is looked up */
    struct loop_task begin;
    char *host, *path, *source, *sni;
    struct connect_options options; /* its texts are the copies above */
    struct addrinfo *found, *next;  /* `next` is the address to try when this one fails */
    struct conn *conn;              /* the attempt that is going on */
    int error;                      /* of the last address */
    void (*done)(void *ctx, const struct connect_result *result);
    void *ctx;
};

static void connecting_free(struct connecting *connecting)
{
    loop_cancel_task(&connecting->begin);
    lookup_cancel(connecting->lookup);
    if (connecting->found) freeaddrinfo(connecting->found);
    tls_unref(connecting->options.tls);
    mem_free(connecting->host);
    mem_free(connecting->path);
    mem_free(connecting->source);
    mem_free(connecting->sni);
    mem_free(connecting);
}

static void finish(struct connecting *connecting, struct conn *conn, int error, const char *why)
{
    struct connect_result result = {.conn = conn, .error = error, .why = why};
    void (*done)(void *, const struct connect_result *) = connecting->done;
    void *ctx = connecting->ctx;
    connecting_free(connecting);
    done(ctx, &result);
}

static void fail(struct connecting *connecting, const char *step, int error, const char *text)
{
    char why[256];
    if (connecting->conn) conn_close(connecting->conn);
    snprintf(why, sizeof(why), "%s: %s", step, text && text[0] ? text : strerror(-error));
    finish(connecting, NULL, error, why);
}

static void succeed(struct connecting *connecting)
{
    struct conn *conn = connecting->conn;
    conn_want_write(conn, false);
    conn_resume_reading(conn);
    finish(connecting, conn, 0, "");
}

static void try_next(struct connecting *connecting);

static void on_handshake(void *ctx)
{
    struct connecting *connecting = ctx;
    int error = conn_error(connecting->conn);
    if (error == 0) {
        succeed(connecting);
        return;
    }
    char text[TLS_ERROR_MAX];
    snprintf(text, sizeof(text), "%s", conn_tls_error(connecting->conn));
    fail(connecting, "tls", error, text);
}

static const struct conn_events handshake_events = {.on_writable = on_handshake};

static void on_connected(void *ctx)
{
    struct connecting *connecting = ctx;
    connecting->error = socket_connect_result(conn_fd(connecting->conn));
    if (connecting->error != 0) {
        conn_close(connecting->conn);
        connecting->conn = NULL;
        try_next(connecting);
        return;
    }
    if (connecting->options.tls == NULL) {
        succeed(connecting);
        return;
    }
    struct tls_session *tls = tls_session_connect(&connecting->options, conn_fd(connecting->conn));
    if (tls == NULL) {
        fail(connecting, "tls", -EINVAL, NULL);
        return;
    }
    tls->handshake_wants_write = true; /* we speak first */
    conn_start(connecting->conn, &handshake_events, connecting);
    conn_add_tls(connecting->conn, tls);
}

static const struct conn_events connect_events = {.on_writable = on_connected};

static bool watch_attempt(struct connecting *connecting, int fd, const union address *peer)
{
    connecting->conn = conn_new(connecting->loop, fd, peer);
    if (connecting->conn == NULL) return false;
    conn_pause_reading(connecting->conn);
    conn_want_write(connecting->conn, true);
    conn_start(connecting->conn, &connect_events, connecting);
    return true;
}

static void try_next(struct connecting *connecting)
{
    while (connecting->next != NULL) {
        struct addrinfo *at = connecting->next;
        connecting->next = at->ai_next;
        if (at->ai_addrlen > sizeof(union address)) continue;
        union address peer = {.family = AF_UNSPEC};
        memcpy(&peer, at->ai_addr, at->ai_addrlen);
        int fd = socket_connect(at, connecting->options.source);
        if (fd >= 0 && watch_attempt(connecting, fd, &peer)) return;
        connecting->error = fd < 0 ? fd : -EMFILE;
    }
    fail(connecting, "connect", connecting->error, NULL);
}

/* The addresses of the preferred family go first; the order is otherwise the resolver's. */
static struct addrinfo *prefer(struct addrinfo *found, int family)
{
    struct addrinfo *preferred = NULL, *others = NULL;
    struct addrinfo **preferred_end = &preferred, **others_end = &others;
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        struct addrinfo ***end = at->ai_family == family ? &preferred_end : &others_end;
        **end = at;
        *end = &at->ai_next;
    }
    *others_end = NULL;
    *preferred_end = others;
    return preferred;
}

static void on_looked_up(void *ctx, int status, struct addrinfo *found)
{
    struct connecting *connecting = ctx;
    connecting->lookup = NULL;
    connecting->found = found;
    if (status != 0) {
        fail(connecting, "resolve", -EADDRNOTAVAIL, gai_strerror(status));
        return;
    }
    int family = connecting->options.prefer_family;
    if (family) connecting->found = prefer(found, family);
    connecting->next = connecting->found;
    connecting->error = -EADDRNOTAVAIL;
    try_next(connecting);
}

static void begin(void *ctx)
{
    struct connecting *connecting = ctx;
    const struct connect_options *options = &connecting->options;
    struct addrinfo *literal = options->path ? NULL : lookup_literal(options->host, options->port);
    if (literal) {
        on_looked_up(connecting, 0, literal);
        return;
    }
    if (options->path == NULL) {
        connecting->lookup =
            lookup_start(connecting->loop, options->host, options->port, on_looked_up, connecting);
        return;
    }
    int fd = socket_connect_unix(options->path);
    if (fd < 0 || !watch_attempt(connecting, fd, NULL))
        fail(connecting, "connect", fd < 0 ? fd : -EMFILE, NULL);
}

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

struct connecting *connect_start(struct loop *loop, const struct connect_options *options,
                                 void (*done)(void *ctx, const struct connect_result *result),
                                 void *ctx)
{
    struct connecting *connecting = mem_new(struct connecting);
    connecting->loop = loop;
    connecting->done = done;
    connecting->ctx = ctx;
    connecting->options = *options;
    connecting->options.host = connecting->host = copy(options->host);
    connecting->options.path = connecting->path = copy(options->path);
    connecting->options.source = connecting->source = copy(options->source);
    connecting->options.sni = connecting->sni = copy(options->sni);
    tls_ref(options->tls);
    connecting->begin = (struct loop_task){.fn = begin, .ctx = connecting};
    loop_add_task(loop, &connecting->begin);
    return connecting;
}

void connect_cancel(struct connecting *connecting)
{
    if (connecting == NULL) return;
    if (connecting->conn) conn_close(connecting->conn);
    connecting_free(connecting);
}
