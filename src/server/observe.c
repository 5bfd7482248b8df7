/* Who watches requests: the slow log, the latency monitor, sessions in MONITOR. */
#include "base/num.h"
#include "server/access.h"
#include "server/families.h"
#include "server/server.h"

#include <stdio.h>
#include <sys/param.h>

struct slowlog *server_slowlog(struct call *call)
{
    return &server_of(call)->slowlog;
}

/* "unix:/run/skein.sock" is how monitors know a local client, "lua" a script. */
static const char *peer_of(const struct session *session, char out[CONN_ADDRESS_MAX])
{
    const struct client *client = session->link;
    if (session_is(session, SESSION_SCRIPT)) return "lua";
    return client ? conn_peer(client->conn, out) : "?:0";
}

static const char *monitor_peer(const struct server *server, const struct session *session,
                                char out[CONN_ADDRESS_MAX])
{
    if (!session_is(session, SESSION_UNIX_SOCKET)) return peer_of(session, out);
    snprintf(out, CONN_ADDRESS_MAX, "unix:%s", server->config.net.unixsocket);
    return out;
}

static void flush_session(struct session *session)
{
    if (session->link) client_wants_flush(client_of(session));
}

void server_note_latency(struct server *server, const char *event, int64_t duration_us)
{
    int64_t threshold_ms = server->config.log.latency_monitor_threshold_ms;
    if (threshold_ms == 0 || duration_us / 1000 < threshold_ms) return;
    struct latency_sample sample = {server->host.now_ms / 1000, duration_us / 1000};
    latency_note(&server->latency, event, sample);
}

static void note_slow(struct server *server, const struct call *call, int64_t duration_us)
{
    const struct config_log *config = &server->config.log;
    char peer[CONN_ADDRESS_MAX];
    bool is_fast = call->command->flags & CMD_FAST;
    server_note_latency(server, is_fast ? "fast-command" : "command", duration_us);
    int64_t slower_than_us = config->slowlog_log_slower_than_us;
    if (slower_than_us < 0 || duration_us < slower_than_us || config->slowlog_max_len == 0) return;
    slowlog_add(&server->slowlog, call, duration_us, peer_of(call->session, peer));
    slowlog_trim(&server->slowlog, config->slowlog_max_len);
}

void server_show_request(struct server *server, const struct call *call)
{
    char peer[CONN_ADDRESS_MAX];
    if (server->monitors.count == 0) return;
    monitors_show(&server->monitors, call, monitor_peer(server, call->session, peer),
                  flush_session);
}

void server_observe(struct server *server, const struct call *call, const struct outcome *outcome)
{
    if (outcome->duration_us >= server->slow_us) note_slow(server, call, outcome->duration_us);
    if (!outcome->again && monitors_see(call->command)) server_show_request(server, call);
}

void server_apply_observers(struct server *server)
{
    const struct config_log *config = &server->config.log;
    int64_t latency_us;
    if (!num_mul_i64(config->latency_monitor_threshold_ms, 1000, &latency_us))
        latency_us = INT64_MAX;
    int64_t slowlog_us = config->slowlog_log_slower_than_us;
    server->slow_us = INT64_MAX;
    if (latency_us > 0) server->slow_us = latency_us;
    if (slowlog_us >= 0) server->slow_us = MIN(server->slow_us, slowlog_us);
    slowlog_trim(&server->slowlog, config->slowlog_max_len);
}

static void monitor(struct call *call)
{
    if (session_is(call->session, SESSION_DENY_BLOCKING)) {
        reply_error(call->reply, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    if (monitors_join(&server_of(call)->monitors, call->session)) reply_ok(call->reply);
}

const struct command monitor_commands[] = {
    {
        .name = "monitor",
        .run = monitor,
        .arity = 1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE,
        .summary = "Shows every request the server runs, from now on.",
        .since = "1.0.0",
        .group = "server",
        .syntax = "",
    },
    {0},
};
