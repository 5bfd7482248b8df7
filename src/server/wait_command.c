/* WAIT and WAITAOF: a client waits until what it wrote is where it asked for it, received by
 * replicas or on disks. */
#include "base/mem.h"
#include "base/num.h"
#include "command/blocking.h"
#include "server/families.h"
#include "server/server.h"

#include <sys/param.h>

typedef void answer_function(struct host *host, struct session *session);

struct ack_wait {
    struct gate_waiter waiter;
    struct client *client;
    answer_function *answer;
};

static struct gate *gate_of(struct host *host)
{
    struct server *server = host->owner;
    return &server->replication.feeds.gate;
}

/* The end of what the session wrote; a script asks for nothing in particular. */
static int64_t written_by(struct session *session)
{
    return session->link ? client_of(session)->written_to : 0;
}

static void answer_acks(struct host *host, struct session *session)
{
    size_t count = gate_count_acks(gate_of(host), written_by(session));
    reply_i64(&session->reply, (int64_t)count);
}

static void answer_disks(struct host *host, struct session *session)
{
    const struct gate *gate = gate_of(host);
    int64_t offset = written_by(session);
    reply_array(&session->reply, 2);
    reply_i64(&session->reply, gate_has_local(gate, offset));
    reply_i64(&session->reply, (int64_t)gate_count_fsyncs(gate, offset));
}

void wait_leave(struct server *server, struct client *client)
{
    struct ack_wait *wait = client->ack_wait;
    if (wait == NULL) return;
    gate_leave(&server->replication.feeds.gate, &wait->waiter);
    client->ack_wait = NULL;
    mem_free(wait);
}

#define WITHOUT_A_FILE "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."

void wait_refuse_locals(struct server *server)
{
    LIST_FOREACH(at, after, &server->clients.all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        const struct ack_wait *wait = client->ack_wait;
        if (wait == NULL || !wait->waiter.needs.local_fsync) continue;
        reply_error(&client->session.reply, WITHOUT_A_FILE);
        blocking_end(&server->blocking, &client->session, UNBLOCKED_SERVED);
    }
}

void wait_serve(struct server *server)
{
    struct gate_waiter *waiter;
    while ((waiter = gate_next(&server->replication.feeds.gate))) {
        struct ack_wait *wait = (struct ack_wait *)(void *)waiter;
        struct session *session = &wait->client->session;
        wait->answer(&server->host, session);
        blocking_end(&server->blocking, session, UNBLOCKED_SERVED);
    }
    clients_go_on(&server->clients);
}

/* What is wanted, as the arguments say it. */
struct wait_order {
    struct gate_needs needs;
    int64_t timeout_ms;
    answer_function *answer;
};

static uint32_t replicas_of(int64_t number)
{
    return number > 0 ? (uint32_t)MIN(number, (int64_t)UINT32_MAX) : 0;
}

static void wait_for(struct call *call, const struct wait_order *order)
{
    struct server *server = server_of(call);
    struct blocking_wait wait = {.on = BLOCKED_ON_REPLICAS,
                                 .timeout_ms = order->timeout_ms,
                                 .timed_out = order->answer,
                                 .denied = order->answer};
    struct ack_wait *ack = mem_new(struct ack_wait);
    ack->answer = order->answer;
    if (gate_wait(gate_of(call->host), &ack->waiter, order->needs)) {
        order->answer(call->host, call->session);
        mem_free(ack);
        return;
    }
    blocking_wait(call, &wait);
    if (!session_is(call->session, SESSION_BLOCKED)) {
        gate_leave(gate_of(call->host), &ack->waiter);
        mem_free(ack);
        return;
    }
    ack->client = client_of(call->session);
    ack->client->ack_wait = ack;
    if (order->needs.acks || order->needs.fsyncs) feeds_want_acks(&server->replication.feeds);
    if (order->needs.local_fsync) aof_want_sync(&server->append_file.aof);
}

static void wait(struct call *call)
{
    struct wait_order order = {.answer = answer_acks};
    int64_t replicas;
    if (replication_is_replica(server_of(call))) {
        reply_error(call->reply,
                    "ERR WAIT cannot be used with replica instances. Please also note that since "
                    "Redis 4.0 if a replica is configured to be writable (which is not the "
                    "default) writes to replicas are just local and are not propagated.");
        return;
    }
    if (!call_i64(call, 1, &replicas) || !blocking_timeout_ms(call, 2, &order.timeout_ms)) return;
    order.needs =
        (struct gate_needs){.offset = written_by(call->session), .acks = replicas_of(replicas)};
    wait_for(call, &order);
}

static bool read_replicas(struct call *call, int at, int64_t *number)
{
    if (!call_i64(call, at, number)) return false;
    if (*number >= 0) return true;
    reply_error(call->reply, "ERR value is out of range, must be positive");
    return false;
}

static void waitaof(struct call *call)
{
    struct server *server = server_of(call);
    struct wait_order order = {.answer = answer_disks};
    int64_t local, replicas;
    if (!call_i64_in(call, 1, 0, 1, &local) || !read_replicas(call, 2, &replicas) ||
        !blocking_timeout_ms(call, 3, &order.timeout_ms))
        return;
    if (replication_is_replica(server)) {
        reply_error(call->reply, "ERR WAITAOF cannot be used with replica instances. Please also "
                                 "note that writes to replicas are just local and are not "
                                 "propagated.");
        return;
    }
    if (local && !server->config.aof.enabled) {
        reply_error(call->reply, WITHOUT_A_FILE);
        return;
    }
    order.needs = (struct gate_needs){.offset = written_by(call->session),
                                      .local_fsync = local != 0,
                                      .fsyncs = replicas_of(replicas)};
    wait_for(call, &order);
}

const struct command wait_commands[] = {
    {
        .name = "wait",
        .run = wait,
        .arity = 3,
        .flags = CMD_BLOCKING,
        .categories = CAT_CONNECTION,
        .summary = "Waits until so many replicas have what this client wrote.",
        .since = "3.0.0",
        .group = "generic",
        .complexity = "O(1)",
        .syntax = "numreplicas timeout",
        .tips = {"request_policy:all_shards", "response_policy:agg_min"},
    },
    {
        .name = "waitaof",
        .run = waitaof,
        .arity = 4,
        .flags = CMD_BLOCKING,
        .categories = CAT_CONNECTION,
        .summary = "Waits until our disk, or those of so many replicas, have what this client "
                   "wrote.",
        .since = "7.2.0",
        .group = "generic",
        .complexity = "O(1)",
        .syntax = "numlocal numreplicas timeout",
        .tips = {"request_policy:all_shards", "response_policy:agg_min"},
    },
    {0},
};
