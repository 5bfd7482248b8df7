/* Listening sockets, TLS, and who is let in. */
#include "server/server.h"

static const char TOO_MANY[] = "-ERR max number of clients reached\r\n";
static const char PROTECTED[] =
    "-DENIED Skein runs in protected mode: it has no password for the default user and lets only "
    "clients of this machine in. To accept others, set a password (requirepass or an ACL user), or "
    "bind to chosen addresses and set 'protected-mode no' in the configuration.\r\n";

/* Says why and closes; the text fits any fresh socket's buffer. */
static void turn_away(struct server *server, struct conn *conn, const char *text)
{
    struct iovec piece = {(void *)(uintptr_t)text, strlen(text)};
    conn_writev(conn, &piece, 1);
    conn_close(conn);
    server->stats.rejected_connections++;
}

static bool is_protected_from(const struct server *server, const struct conn *conn)
{
    return server->config.net.protected_mode && !conn_is_loopback(conn) &&
           server->acl.default_user->no_password;
}

static void log_accepted(struct server *server, const struct conn *conn)
{
    char peer[CONN_ADDRESS_MAX];
    if (!log_wants(server->log, LEVEL_VERBOSE)) return;
    log_write(server->log, LEVEL_VERBOSE, "Accepted %s", conn_peer(conn, peer));
}

static void on_accept(void *context, struct conn *conn)
{
    struct server *server = context;
    if (server->clients.count >= server->config.clients.maxclients) {
        turn_away(server, conn, TOO_MANY);
        return;
    }
    if (is_protected_from(server, conn)) {
        turn_away(server, conn, PROTECTED);
        return;
    }
    if (!conn_is_unix(conn)) conn_set_keepalive(conn, server->config.net.tcp_keepalive_s);
    struct client *client = clients_add(&server->clients, conn);
    if (conn_is_unix(conn)) client->session.flags |= SESSION_UNIX_SOCKET;
    acl_begin_session(&server->acl, &client->session);
    server_count_errors(server, &client->session.reply);
    server->stats.connections++;
    log_accepted(server, conn);
}

static const char *text_or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

static enum tls_auth_clients tls_auth(const struct config_tls *tls)
{
    switch (tls->auth_clients) {
    case CONFIG_TLS_AUTH_NO:
        return TLS_AUTH_CLIENTS_NO;
    case CONFIG_TLS_AUTH_OPTIONAL:
        return TLS_AUTH_CLIENTS_OPTIONAL;
    case CONFIG_TLS_AUTH_YES:
        return TLS_AUTH_CLIENTS_YES;
    }
    return TLS_AUTH_CLIENTS_YES;
}

static struct tls_options tls_options(const struct config_tls *tls)
{
    return (struct tls_options){
        .cert_file = tls->cert_file,
        .key_file = tls->key_file,
        .key_file_pass = tls->key_file_pass,
        .client_cert_file = tls->client_cert_file,
        .client_key_file = tls->client_key_file,
        .client_key_file_pass = tls->client_key_file_pass,
        .dh_params_file = tls->dh_params_file,
        .ca_cert_file = tls->ca_cert_file,
        .ca_cert_dir = tls->ca_cert_dir,
        .auth_clients = tls_auth(tls),
        .protocols = tls->protocols,
        .ciphers = tls->ciphers,
        .ciphersuites = tls->ciphersuites,
        .prefer_server_ciphers = tls->prefer_server_ciphers,
        .no_session_caching = !tls->session_caching,
        .session_cache_size = tls->session_cache_size,
        .session_cache_timeout_s = tls->session_cache_timeout_s,
    };
}

/* Without an authority every certificate of a master would be as good as any other. */
static struct tls_context *load_master_tls(const struct tls_options *options, struct buf *why)
{
    if (text_or_null(options->ca_cert_file) || text_or_null(options->ca_cert_dir)) {
        return tls_client_new(options, why);
    }
    buf_append_c(why, "checking the certificate of a master (tls-replication) needs "
                      "tls-ca-cert-file or tls-ca-cert-dir");
    return NULL;
}

/* All or nothing: what is in use stays when a part of the new cannot be made. */
bool server_load_tls(struct server *server, struct buf *why)
{
    const struct config_tls *tls = &server->config.tls;
    struct server_sockets *sockets = &server->sockets;
    struct tls_options options = tls_options(tls);
    struct tls_context *port = tls->port ? tls_server_new(&options, why) : NULL;
    if (tls->port && port == NULL) return false;
    struct tls_context *master = tls->replication ? load_master_tls(&options, why) : NULL;
    if (tls->replication && master == NULL) {
        tls_unref(port);
        return false;
    }
    tls_unref(sockets->tls_context);
    tls_unref(sockets->tls_master);
    sockets->tls_context = port;
    sockets->tls_master = master;
    if (sockets->tls && port) listener_set_tls(sockets->tls, port);
    return true;
}

/* A port of ours, and what it listens to. */
struct port {
    struct listener **listener;
    struct buf *place;
    int number; /* 0: none */
    struct tls_context *tls;
};

static void describe_place(const struct port *port, const struct config_net *net, struct buf *out)
{
    if (port->number == 0) return;
    buf_printf(out, "%d", port->number);
    for (size_t i = 0; i < net->bind.count; i++) buf_printf(out, " %s", net->bind.words[i]);
}

/* What is open where it should be stays open: connections wait in its queue. */
static bool open_port(struct server *server, const struct port *port, struct buf *why)
{
    const struct config_net *net = &server->config.net;
    struct buf place = {0};
    describe_place(port, net, &place);
    bool stays = str_eq(buf_str(&place), buf_str(port->place));
    buf_deinit(port->place);
    *port->place = place;
    if (stays) return true;
    listener_close(*port->listener);
    *port->listener = NULL;
    if (port->number == 0) return true;
    struct listener_options options = {
        .hosts = (const char *const *)net->bind.words,
        .host_count = net->bind.count,
        .port = port->number,
        .backlog = net->tcp_backlog,
        .tls = port->tls,
        .on_accept = on_accept,
        .ctx = server,
    };
    struct buf reason = {0};
    bool done = listener_open(port->listener, server->loop, &options, &reason) == 0;
    if (!done) {
        buf_printf(why, "Failed listening on port %d: %s", port->number, buf_c(&reason));
        *port->listener = NULL;
        buf_deinit(port->place);
    }
    buf_deinit(&reason);
    return done;
}

static bool open_unix(struct server *server, struct listener **listener, struct buf *why)
{
    const struct config_net *net = &server->config.net;
    struct listener_options options = {
        .path = text_or_null(net->unixsocket),
        .mode = net->unixsocketperm,
        .backlog = net->tcp_backlog,
        .on_accept = on_accept,
        .ctx = server,
    };
    if (options.path == NULL || *listener) return true;
    return listener_open(listener, server->loop, &options, why) == 0;
}

/* Opens what the configuration names and closes what it no longer does. */
bool server_listen(struct server *server, struct buf *why)
{
    struct server_sockets *sockets = &server->sockets;
    struct port tcp = {&sockets->tcp, &sockets->tcp_place, server->config.net.port, NULL};
    struct port tls = {&sockets->tls, &sockets->tls_place, server->config.tls.port,
                       sockets->tls_context};
    return open_port(server, &tcp, why) && open_port(server, &tls, why) &&
           open_unix(server, &sockets->unix_socket, why);
}

void server_close_sockets(struct server *server)
{
    struct server_sockets *sockets = &server->sockets;
    listener_close(sockets->tcp);
    listener_close(sockets->tls);
    listener_close(sockets->unix_socket);
    tls_unref(sockets->tls_context);
    tls_unref(sockets->tls_master);
    buf_deinit(&sockets->tcp_place);
    buf_deinit(&sockets->tls_place);
    *sockets = (struct server_sockets){0};
}
