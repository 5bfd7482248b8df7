/* Commands of replication: who follows whom, what replicas say, what ROLE tells. */
#include "base/num.h"
#include "command/errors.h"
#include "server/client_line.h"
#include "server/families.h"
#include "server/server.h"

#include <stdio.h>

/* --- REPLICAOF --- */

static const char *name_client(struct call *call, char *out, size_t size)
{
    char peer[CONN_ADDRESS_MAX] = "a script";
    struct client *client = call->session->link;
    if (client) conn_peer(client->conn, peer);
    snprintf(out, size, "user request from %s", peer);
    return out;
}

static bool is_already(const struct server *server, struct str host, int64_t port)
{
    const struct master_link *link = &server->replication.link;
    return replication_is_replica(server) && !link->guard_holds && link->port == port &&
           str_eq_nocase(buf_str(&link->host), host);
}

static void replicaof(struct call *call)
{
    struct server *server = server_of(call);
    char by[CONN_ADDRESS_MAX + 32];
    int64_t port;
    if (server->replication.failover.state != FAILOVER_NONE) {
        reply_error(call->reply, "ERR REPLICAOF not allowed while failing over.");
        return;
    }
    if (call_is(call, 1, "no") && call_is(call, 2, "one")) {
        replication_promote(server, name_client(call, by, sizeof(by)));
        reply_ok(call->reply);
        return;
    }
    if (session_is(call->session, SESSION_REPLICA)) {
        reply_error(call->reply, "ERR Command is not valid when client is a replica.");
        return;
    }
    if (!num_parse_i64(call_arg(call, 2), &port) || port < 0 || port > 65535) {
        reply_error(call->reply, "ERR Invalid master port");
        return;
    }
    if (is_already(server, call_arg(call, 1), port)) {
        reply_status(call->reply, "OK Already connected to specified master");
        return;
    }
    replication_follow(server, call_arg(call, 1), (int)port, name_client(call, by, sizeof(by)));
    reply_ok(call->reply);
}

/* --- what replicas ask and say --- */

/* A replica can be given only what is our own, or what flows to us now. */
static bool can_feed(struct call *call)
{
    struct server *server = server_of(call);
    if (call->session->link == NULL) {
        reply_error(call->reply, "ERR SYNC needs a connection");
        return false;
    }
    if (!replication_is_replica(server) || server->replication.link.state == LINK_UP) return true;
    reply_error(call->reply, "NOMASTERLINK Can't SYNC while not connected with my master");
    return false;
}

static void sync(struct call *call)
{
    struct server *server = server_of(call);
    if (!can_feed(call)) return;
    replication_want_journal(server);
    feeds_sync(&server->replication.feeds, client_of(call->session), NULL);
}

static bool has_offset(struct call *call)
{
    int64_t offset;
    char peer[CONN_ADDRESS_MAX] = "a script";
    if (num_parse_i64(call_arg(call, 2), &offset)) return true;
    if (call->session->link) conn_peer(client_of(call->session)->conn, peer);
    log_write(server_of(call)->log, LEVEL_WARNING,
              "Replica %s asks for synchronization but with a wrong offset", peer);
    reply_error(call->reply, ERR_NOT_INTEGER);
    return false;
}

static void psync(struct call *call)
{
    struct server *server = server_of(call);
    if (!has_offset(call)) return;
    bool takes_over = call->argc > 3 && call_is(call, 3, "failover");
    struct resync_request request = resync_parse(call_arg(call, 1), call_arg(call, 2));
    if (takes_over) {
        if (!repl_id_eq(&request.id, &server->replication.lineage.id)) {
            reply_error(call->reply, "ERR PSYNC FAILOVER replid must match my replid.");
            return;
        }
        replication_promote(server, "PSYNC FAILOVER");
    }
    if (!can_feed(call)) return;
    replication_want_journal(server);
    feeds_sync(&server->replication.feeds, client_of(call->session), &request);
}

static bool is_above_us(const struct server *server, const struct repl_id *node)
{
    const struct master_link *link = &server->replication.link;
    for (size_t i = 0; i < link->path_len; i++) {
        if (repl_id_eq(&link->path[i], node)) return true;
    }
    return repl_id_eq(&server->replication.node, node);
}

/* Tells a replica of ours whom it would follow, so that nobody follows itself. */
static void reply_path(struct call *call, const struct repl_id *node)
{
    struct server *server = server_of(call);
    const struct master_link *link = &server->replication.link;
    struct buf path = {0};
    if (is_above_us(server, node)) {
        reply_error(call->reply, "LOOP You would follow yourself");
        return;
    }
    buf_append_c(&path, "OK ");
    buf_append_str(&path, repl_id_str(&server->replication.node));
    for (size_t i = 0; i < link->path_len; i++) {
        buf_append_char(&path, ',');
        buf_append_str(&path, repl_id_str(&link->path[i]));
    }
    reply_status(call->reply, buf_c(&path));
    buf_deinit(&path);
}

static void replconf(struct call *call)
{
    struct feeds *feeds = &server_of(call)->replication.feeds;
    struct client *client = call->session->link;
    struct buf error = {0};
    struct replconf said;
    replconf_parse(call->argv, (size_t)call->argc, &said, &error);
    switch (said.kind) {
    case REPLCONF_BAD:
        reply_error_str(call->reply, buf_str(&error));
        break;
    case REPLCONF_GETACK:
        break;
    case REPLCONF_ACK:
        if (client) feeds_acknowledge(feeds, client, said.ack, said.fack);
        break;
    case REPLCONF_SETTINGS:
        if (client) feeds_announce(feeds, client, &said);
        if (said.has_node)
            reply_path(call, &said.node);
        else
            reply_ok(call->reply);
    }
    buf_deinit(&error);
}

/* --- ROLE --- */

static void reply_number(struct reply *reply, int64_t number)
{
    char digits[NUM_I64_MAX];
    reply_bulk(reply, str_of(digits, num_format_i64(digits, number)));
}

static void role_of_replica(struct call *call)
{
    struct server *server = server_of(call);
    const struct master_link *link = &server->replication.link;
    reply_array(call->reply, 5);
    reply_bulk_c(call->reply, "slave");
    reply_bulk(call->reply, buf_str(&link->host));
    reply_i64(call->reply, link->port);
    reply_bulk_c(call->reply, master_link_state_name(link));
    reply_i64(call->reply, link->has_history ? server->journal.end : -1);
}

static size_t count_online(const struct feeds *feeds)
{
    size_t count = 0;
    LIST_FOREACH(at, after, &feeds->all)
    {
        count += LIST_ENTRY(at, struct feed, node)->progress.state == REPLICA_ONLINE;
    }
    return count;
}

static void role_of_master(struct call *call)
{
    struct server *server = server_of(call);
    struct feeds *feeds = &server->replication.feeds;
    char address[CONN_ADDRESS_MAX];
    reply_array(call->reply, 3);
    reply_bulk_c(call->reply, "master");
    reply_i64(call->reply, server->journal.end);
    reply_array(call->reply, count_online(feeds));
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (feed->progress.state != REPLICA_ONLINE) continue;
        reply_array(call->reply, 3);
        reply_bulk_c(call->reply, feed_address(feed, address));
        reply_number(call->reply, feed->port);
        reply_number(call->reply, feed->progress.acked);
    }
}

static void role(struct call *call)
{
    if (replication_is_replica(server_of(call)))
        role_of_replica(call);
    else
        role_of_master(call);
}

#define ORDER_FLAGS (CMD_ADMIN | CMD_NOSCRIPT | CMD_STALE | CMD_NO_ASYNC_LOADING)
#define SYNC_FLAGS  (CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING | CMD_NO_MULTI)

const struct command replication_commands[] = {
    {
        .name = "replicaof",
        .run = replicaof,
        .arity = 3,
        .flags = ORDER_FLAGS,
        .summary = "Makes this server a replica of another one, or a master.",
        .since = "5.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "<host port | NO ONE>",
    },
    {
        .name = "slaveof",
        .run = replicaof,
        .arity = 3,
        .flags = ORDER_FLAGS,
        .summary = "Makes this server a replica of another one, or a master.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "<host port | NO ONE>",
        .deprecated_since = "5.0.0",
        .replaced_by = "`REPLICAOF`",
    },
    {
        .name = "psync",
        .run = psync,
        .arity = -3,
        .flags = SYNC_FLAGS,
        .summary = "Asks for the data and the stream, from where a replica stopped if possible.",
        .since = "2.8.0",
        .group = "server",
        .syntax = "replicationid offset",
    },
    {
        .name = "sync",
        .run = sync,
        .arity = 1,
        .flags = SYNC_FLAGS,
        .summary = "Asks for the data and the stream.",
        .since = "1.0.0",
        .group = "server",
    },
    {
        .name = "replconf",
        .run = replconf,
        .arity = -1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_ALLOW_BUSY,
        .summary = "What replicas and masters tell each other about their connection.",
        .since = "3.0.0",
        .group = "server",
        .complexity = "O(1)",
    },
    {
        .name = "role",
        .run = role,
        .arity = 1,
        .flags = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST,
        .categories = CAT_ADMIN | CAT_DANGEROUS,
        .summary = "Tells the role of this server, and who is at the other ends.",
        .since = "2.8.12",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};
