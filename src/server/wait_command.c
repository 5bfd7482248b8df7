/* WAIT: a client waits until enough replicas have what it wrote. */
#include "base/mem.h"
#include "base/num.h"
#include "command/blocking.h"
#include "server/families.h"
#include "server/server.h"

#include <sys/param.h>

struct ack_wait {
    struct gate_waiter waiter;
    struct client *client;
};

static size_t count_acks(struct server *server, const struct client *client)
{
    return gate_count_acks(&server->replication.feeds.gate, client->written_to);
}

void wait_leave(struct server *server, struct client *client)
{
    struct ack_wait *wait = client->ack_wait;
    if (wait == NULL) return;
    gate_leave(&server->replication.feeds.gate, &wait->waiter);
    client->ack_wait = NULL;
    mem_free(wait);
}

static void answer(struct host *host, struct session *session)
{
    struct server *server = host->owner;
    size_t count = session->link ? count_acks(server, client_of(session)) : 0;
    reply_i64(&session->reply, (int64_t)count);
}

void wait_serve(struct server *server)
{
    struct gate_waiter *waiter;
    while ((waiter = gate_next(&server->replication.feeds.gate))) {
        struct ack_wait *wait = (struct ack_wait *)(void *)waiter;
        struct session *session = &wait->client->session;
        answer(&server->host, session);
        blocking_end(&server->blocking, session, UNBLOCKED_SERVED);
    }
    clients_go_on(&server->clients);
}

static void wait_for_acks(struct call *call, int64_t replicas, int64_t timeout_ms)
{
    struct server *server = server_of(call);
    struct client *client = client_of(call->session);
    struct blocking_wait order = {
        .on = BLOCKED_ON_REPLICAS, .timeout_ms = timeout_ms, .timed_out = answer, .denied = answer};
    feeds_want_acks(&server->replication.feeds);
    blocking_wait(call, &order);
    if (!session_is(call->session, SESSION_BLOCKED)) return;
    struct ack_wait *wait = mem_new(struct ack_wait);
    struct gate_needs needs = {.offset = client->written_to,
                               .acks = (uint32_t)MIN(replicas, (int64_t)UINT32_MAX)};
    wait->client = client;
    client->ack_wait = wait;
    gate_wait(&server->replication.feeds.gate, &wait->waiter, needs, GATE_NEVER);
}

static void wait(struct call *call)
{
    struct server *server = server_of(call);
    int64_t replicas, timeout_ms;
    if (replication_is_replica(server)) {
        reply_error(call->reply,
                    "ERR WAIT cannot be used with replica instances. Please also note that since "
                    "Redis 4.0 if a replica is configured to be writable (which is not the "
                    "default) writes to replicas are just local and are not propagated.");
        return;
    }
    if (!call_i64(call, 1, &replicas) || !blocking_timeout_ms(call, 2, &timeout_ms)) return;
    size_t count = call->session->link ? count_acks(server, client_of(call->session)) : 0;
    if (replicas <= 0 || (uint64_t)replicas <= count || call->session->link == NULL)
        reply_i64(call->reply, (int64_t)count);
    else
        wait_for_acks(call, replicas, timeout_ms);
}

const struct command wait_commands[] = {
    {
        .name = "wait",
        .run = wait,
        .arity = 3,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_CONNECTION,
        .summary = "Waits until so many replicas have what this client wrote.",
        .since = "3.0.0",
        .group = "generic",
        .complexity = "O(1)",
        .syntax = "numreplicas timeout",
        .tips = {"request_policy:all_shards", "response_policy:agg_min"},
    },
    {0},
};
