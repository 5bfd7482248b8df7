/* How the modules hear of each other: every callback that the composition root hands out. */
#include "server/server.h"

#include "io/clock.h"
#include "server/access.h"
#include "server/client_line.h"
#include "server/config_reader.h"
#include "server/notify.h"

#include <stdio.h>

/* --- host --- */

static void on_event(void *owner, enum event_class what, const char *event, struct keyspace *ks,
                     struct str key)
{
    struct server *server = owner;
    struct notification notification = {what, event, ks->id, key};
    notify(&server->pubsub, server->host.events_wanted, &notification);
}

static void on_changed(void *owner, struct session *by, struct keyspace *ks, struct str key)
{
    struct server *server = owner;
    tracking_changed(&server->tracking, key);
    if (server->settings.is_replica && by && !session_is(by, SESSION_MASTER))
        local_expiry_note(&server->upkeep.local_expiry, ks, key);
}

static void on_flushed(void *owner, struct session *by, struct keyspace *ks)
{
    struct server *server = owner;
    if (ks == NULL) local_expiry_clear(&server->upkeep.local_expiry);
    if (by && ks == NULL) server->persistence.flushed = true;
    tracking_flushed(&server->tracking);
}

/* --- execute --- */

static int64_t read_clock_us(void *owner)
{
    (void)owner;
    return clock_mono_us();
}

static bool user_may(void *owner, struct call *call, struct buf *reason)
{
    struct server *server = owner;
    return acl_allows(&server->acl, call, reason);
}

static bool may_read_all_keys(void *owner, const struct call *call)
{
    const struct server *server = owner;
    return acl_allows_all_keys(&server->acl, call);
}

static bool is_local(void *context, const struct session *session)
{
    (void)context;
    const struct client *client = session->link;
    return client && conn_is_loopback(client->conn);
}

/* Commands that the configuration must have enabled, because who may run them owns the server. */
static bool is_enabled(const struct server *server, const struct call *call, struct buf *reason)
{
    const struct config_security *security = &server->config.security;
    bool is_module = call->container != NULL;
    enum config_allow allow =
        is_module ? security->enable_module_command : security->enable_debug_command;
    if (allow == CONFIG_ALLOW_YES) return true;
    if (allow == CONFIG_ALLOW_LOCAL && is_local(NULL, call->session)) return true;
    buf_printf(reason,
               "ERR %s command not allowed. If the %s option is set to \"local\", you can run it "
               "from a local connection, otherwise you need to set this option in the "
               "configuration file, and then restart the server.",
               is_module ? "MODULE" : "DEBUG",
               is_module ? "enable-module-command" : "enable-debug-command");
    return false;
}

static bool session_allows(void *owner, struct call *call, struct buf *reason)
{
    if ((call->command->flags & CMD_PROTECTED) && !is_enabled(owner, call, reason)) return false;
    if (!session_is(call->session, SESSION_PUBSUB) ||
        !pubsub_refuses(call->session, call->command, call->container)) {
        return true;
    }
    const struct command *container = call->container;
    char name[128];
    snprintf(name, sizeof(name), "%s%s%s", container ? container->name : "", container ? "|" : "",
             call->command->name);
    buf_printf(reason, PUBSUB_REFUSAL, name);
    return false;
}

static void after_run(void *owner, struct call *call, const struct outcome *outcome)
{
    struct server *server = owner;
    tracking_ran(&server->tracking, call);
    server->stats.requests += !outcome->again;
    server->changes_since_save += outcome->changes;
    if (outcome->changes && server->settings.is_replica &&
        !session_is(call->session, SESSION_MASTER))
        server->replication.local_changes += outcome->changes;
    stats_command(&server->stats, outcome, server->config.log.latency_tracking);
    if (outcome->duration_us >= server->slow_us || server->monitors.count) {
        server_observe(server, call, outcome);
    }
}

static void on_rejected(void *owner, const struct command_ref *ref, struct str error)
{
    struct server *server = owner;
    (void)error;
    if (ref) server->stats.commands[ref->id].rejected++;
}

static void on_error_reply(void *owner, struct str text)
{
    struct server *server = owner;
    stats_error(&server->stats, text);
}

void server_count_errors(struct server *server, struct reply *reply)
{
    reply->on_error = on_error_reply;
    reply->owner = server;
}

/* --- clients --- */

static void on_batch(void *owner)
{
    server_read_clocks(owner);
}

static void before_request(void *owner, struct client *client)
{
    struct server *server = owner;
    server->replication.end_before = server->journal.end;
    delivery_begin(&server->delivery, &client->session);
}

static void after_request(void *owner, struct client *client)
{
    struct server *server = owner;
    if (server->journal.end != server->replication.end_before)
        client->written_to = server->journal.end;
    delivery_end(&server->delivery);
    if (blocking_has_ready(&server->blocking)) blocking_serve(&server->blocking);
}

/* What a browser sends, or somebody who makes one send it: the request line of HTTP, or a header
 * that lets the rest of the request, which he chose, come next. */
static bool is_attack(void *owner, const struct request_view *request)
{
    (void)owner;
    struct str first = request->argv[0];
    if (str_is(first, "post") || str_is(first, "host:")) return true;
    return request->argc == 3 && str_starts_with(request->argv[2], STR("HTTP/1."));
}

static void on_protocol_error(void *owner, struct client *client, struct str error,
                              struct str bytes)
{
    struct server *server = owner;
    char peer[CONN_ADDRESS_MAX];
    struct buf shown = {0};
    buf_append_quoted(&shown, str_first(bytes, 128));
    log_write(server->log, LEVEL_VERBOSE, "Protocol error (%.*s) from client %s, query buffer: %s",
              STR_ARG(error), conn_peer(client->conn, peer), buf_c(&shown));
    buf_deinit(&shown);
}

/* How the log tells the end of a client, around the client's line. */
static const struct close_text {
    enum log_level level;
    const char *before, *behind;
} close_texts[] = {
    [CLOSED_BY_PEER] = {LEVEL_VERBOSE, "Client closed connection ", ""},
    [CLOSED_ERROR] = {LEVEL_VERBOSE, "Connection broken: ", ""},
    [CLOSED_BY_US] = {LEVEL_VERBOSE, "Connection closed: ", ""},
    [CLOSED_QUERY_LIMIT] = {LEVEL_WARNING,
                            "Closing client that reached max query buffer length: ", ""},
    [CLOSED_OUTPUT_LIMIT] =
        {LEVEL_WARNING, "Client ",
         " scheduled to be closed ASAP for overcoming of output buffer limits."},
    [CLOSED_ATTACK] = {LEVEL_WARNING,
                       "Possible SECURITY ATTACK detected. It looks like somebody is sending POST "
                       "or Host: commands to Skein. This is likely due to an attacker attempting "
                       "to use Cross Protocol Scripting to compromise your Skein instance. "
                       "Connection aborted: ",
                       ""},
    [CLOSED_TLS_HELLO] = {LEVEL_WARNING,
                          "A client speaks TLS to the port that does not. Connection aborted: ",
                          ""},
    [CLOSED_EVICTED] = {LEVEL_NOTICE, "Evicting client: ", ""},
    [CLOSED_STRANGER] = {LEVEL_VERBOSE, "Client took too long to authenticate: ", ""},
    [CLOSED_IDLE] = {LEVEL_VERBOSE, "Closing idle client: ", ""},
};

static void on_close(void *owner, struct client *client, enum close_reason reason)
{
    struct server *server = owner;
    const struct close_text *text = &close_texts[reason];
    if (log_wants(server->log, text->level)) {
        struct buf line = {0};
        client_line(client, &server->acl, &line);
        const char *tls_error = conn_tls_error(client->conn);
        if (tls_error[0]) buf_printf(&line, " (TLS: %s)", tls_error);
        log_write(server->log, text->level, "%s%s%s", text->before, buf_c(&line), text->behind);
        buf_deinit(&line);
    }
    feeds_leave(client);
    wait_leave(server, client);
    migrate_leave(client);
    blocking_leave(&server->blocking, &client->session);
    tracking_leave(&server->tracking, &client->session);
    monitors_leave(&server->monitors, &client->session);
    pubsub_leave(&server->pubsub, &client->session);
    delivery_forget(&server->delivery, &client->session);
}

/* --- deliveries --- */

static void deliver(void *context, struct session *to)
{
    (void)context;
    if (to->link) client_wants_flush(client_of(to));
}

static struct session *find_session(void *context, uint64_t id)
{
    struct server *server = context;
    struct client *client = clients_find(&server->clients, id);
    bool is_there = client && !session_is(&client->session, SESSION_CLOSE_ASAP);
    return is_there ? &client->session : NULL;
}

/* --- access --- */

struct pubsub *server_pubsub(struct call *call)
{
    return &server_of(call)->pubsub;
}

struct tracking *server_tracking(struct call *call)
{
    return &server_of(call)->tracking;
}

struct acl *server_acl(struct call *call)
{
    return &server_of(call)->acl;
}

struct config_service *server_config(struct call *call)
{
    return &server_of(call)->config_service;
}

static void reset_statistics(void *context)
{
    struct server *server = context;
    stats_reset(&server->stats);
    server->replication.feeds.stats = (struct feeds_stats){0};
    server->replication.link.stats = (struct master_link_stats){0};
    server->host.stats = (struct lookup_stats){0};
    memset(server->acl.log.denied, 0, sizeof(server->acl.log.denied));
    server->clients.reads = server->clients.writes = 0;
    server->stats.net_in_base = server->clients.bytes_in;
    server->stats.net_out_base = server->clients.bytes_out;
    server->clients.query_limit_closes = server->clients.output_limit_closes = 0;
}

void server_wire(struct server *server)
{
    server->host.on_event = on_event;
    server->host.on_changed = on_changed;
    server->host.may_read_all_keys = may_read_all_keys;
    server->host.on_flushed = on_flushed;
    struct executor *executor = &server->executor;
    executor->owner = server;
    executor->clock_us = read_clock_us;
    executor->acl_allows = user_may;
    executor->session_allows = session_allows;
    executor->make_room = server_make_room;
    executor->must_wait = server_must_wait;
    executor->after_run = after_run;
    executor->on_rejected = on_rejected;
    server->clients.hooks = (struct client_hooks){
        .owner = server,
        .on_batch = on_batch,
        .before_request = before_request,
        .after_request = after_request,
        .is_attack = is_attack,
        .on_protocol_error = on_protocol_error,
        .on_close = on_close,
    };
    server->delivery =
        (struct delivery){.context = server, .deliver = deliver, .find = find_session};
    server->config_service = (struct config_service){
        .config = &server->config,
        .hooks = {.ctx = server, .apply = server_apply},
        .is_local = is_local,
        .reset_statistics = reset_statistics,
        .refresh = server_refresh_users,
        .rewrite = config_rewrite_file,
    };
}
