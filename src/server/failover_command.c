/* FAILOVER: writes pause until a replica has everything, then it is asked to take over. */
#include "base/mem.h"
#include "server/families.h"
#include "server/server.h"

static int64_t now_ms(const struct server *server)
{
    return loop_now_us(server->loop) / 1000;
}

/* --- candidates --- */

struct candidates {
    struct failover_candidate *list;
    char (*addresses)[CONN_ADDRESS_MAX];
    size_t count;
};

/* Who got a snapshot may not have loaded it before it says so. */
static bool is_online(const struct progress *progress)
{
    return progress->state == REPLICA_ONLINE && (progress->has_acked || progress->continues);
}

static struct candidates collect(struct server *server)
{
    const struct feeds *feeds = &server->replication.feeds;
    struct candidates found = {
        .list = mem_calloc((feeds->listed + 1) * sizeof(struct failover_candidate)),
        .addresses = mem_calloc((feeds->listed + 1) * CONN_ADDRESS_MAX)};
    LIST_FOREACH(at, after, &feeds->all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        bool is_gone = session_is(&feed->client->session, SESSION_CLOSE_ASAP);
        if (!feed->is_listed || is_gone) continue;
        const char *address = feed_address(feed, found.addresses[found.count]);
        found.list[found.count++] = (struct failover_candidate){
            .host = str_from_c(address),
            .port = feed->port,
            .is_online = is_online(&feed->progress),
            .acked = feed->progress.acked,
        };
    }
    return found;
}

static void free_candidates(struct candidates *candidates)
{
    mem_free(candidates->list);
    mem_free(candidates->addresses);
}

/* --- doing what was decided --- */

static void act(struct server *server, enum failover_action action)
{
    struct failover *failover = &server->replication.failover;
    switch (action) {
    case FAILOVER_DO_NOTHING:
        break;
    case FAILOVER_PAUSE_WRITES:
        server_pause(server, PAUSE_FOR_FAILOVER, PAUSE_WRITES, INT32_MAX);
        feeds_want_acks(&server->replication.feeds);
        break;
    case FAILOVER_FOLLOW_TARGET: {
        struct failover_target target = failover->target;
        log_write(server->log, LEVEL_NOTICE, "Failover target is %s:%d", target.host, target.port);
        replication_follow(server, str_from_c(target.host), target.port, "FAILOVER");
        break;
    }
    case FAILOVER_RESUME_AS_MASTER:
        log_write(server->log, LEVEL_WARNING, "Failover was given up: this is the master again");
        replication_promote(server, "FAILOVER was given up");
        server_unpause(server, PAUSE_FOR_FAILOVER);
        break;
    case FAILOVER_RESUME_WRITES:
        log_write(server->log, LEVEL_NOTICE, "Failover is over: this is a %s",
                  replication_is_replica(server) ? "replica" : "master");
        server_unpause(server, PAUSE_FOR_FAILOVER);
        break;
    }
}

void failover_check_acks(struct server *server)
{
    struct failover *failover = &server->replication.failover;
    if (failover->state != FAILOVER_WAITING) return;
    struct candidates candidates = collect(server);
    for (size_t i = 0; i < candidates.count && failover->state == FAILOVER_WAITING; i++) {
        act(server, failover_on_ack(failover, &candidates.list[i], server->journal.end));
    }
    free_candidates(&candidates);
}

void failover_cron(struct server *server)
{
    struct failover *failover = &server->replication.failover;
    struct failover_target target = failover->target;
    enum failover_action action = failover_on_tick(failover, now_ms(server));
    if (action == FAILOVER_FOLLOW_TARGET)
        log_write(server->log, LEVEL_NOTICE, "Failover to %s:%d time out exceeded, failing over.",
                  target.host, target.port);
    else if (action == FAILOVER_RESUME_WRITES)
        log_write(server->log, LEVEL_NOTICE, "Replica never caught up before timeout for failover");
    act(server, action);
}

void failover_answered(struct server *server, bool accepted)
{
    struct failover *failover = &server->replication.failover;
    if (!accepted && failover->state == FAILOVER_HANDING_OVER)
        log_write(server->log, LEVEL_NOTICE, "Failover target rejected psync request");
    act(server, failover_on_answer(failover, accepted));
}

/* --- the command --- */

static bool read_order(struct call *call, struct failover_order *order, bool *aborts)
{
    int64_t port;
    bool has_target = false, has_timeout = false;
    for (int i = 1; i < call->argc; i++) {
        int left = call->argc - i - 1;
        if (call_is(call, i, "abort") && call->argc == 2) {
            *aborts = true;
        } else if (call_is(call, i, "timeout") && left > 0 && !has_timeout) {
            if (!call_i64(call, ++i, &order->timeout_ms)) return false;
            if (order->timeout_ms <= 0) {
                reply_error(call->reply, "ERR FAILOVER timeout must be greater than 0");
                return false;
            }
            has_timeout = true;
        } else if (call_is(call, i, "to") && left > 1 && !has_target) {
            order->host = call_arg(call, ++i);
            if (!call_i64_in(call, ++i, 0, 65535, &port)) return false;
            order->port = (int)port;
            has_target = true;
        } else if (call_is(call, i, "force") && has_target && !order->force) {
            order->force = true;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static const char *refusal_text(enum failover_refusal refusal)
{
    switch (refusal) {
    case FAILOVER_ACCEPTED:
        break;
    case FAILOVER_RUNS_ALREADY:
        return "ERR FAILOVER already in progress.";
    case FAILOVER_NO_REPLICAS:
        return "ERR FAILOVER requires connected replicas.";
    case FAILOVER_UNKNOWN_TARGET:
        return "ERR FAILOVER target HOST and PORT is not a replica.";
    case FAILOVER_TARGET_OFFLINE:
        return "ERR FAILOVER target replica is not online.";
    case FAILOVER_FORCE_NEEDS_TARGET:
        return "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
    }
    return NULL;
}

static void abort_failover(struct call *call)
{
    struct server *server = server_of(call);
    enum failover_action action = failover_abort(&server->replication.failover);
    if (action == FAILOVER_DO_NOTHING) {
        reply_error(call->reply, "ERR No failover in progress.");
        return;
    }
    act(server, action);
    reply_ok(call->reply);
}

static void begin_failover(struct call *call, const struct failover_order *order)
{
    struct server *server = server_of(call);
    if (replication_is_replica(server)) {
        reply_error(call->reply, "ERR FAILOVER is not valid when server is a replica.");
        return;
    }
    struct candidates candidates = collect(server);
    enum failover_refusal refusal = failover_begin(
        &server->replication.failover, order, candidates.list, candidates.count, now_ms(server));
    free_candidates(&candidates);
    if (refusal != FAILOVER_ACCEPTED) {
        reply_error(call->reply, refusal_text(refusal));
        return;
    }
    log_write(server->log, LEVEL_NOTICE, "FAILOVER requested");
    act(server, FAILOVER_PAUSE_WRITES);
    reply_ok(call->reply);
}

static void failover(struct call *call)
{
    struct failover_order order = {0};
    bool aborts = false;
    if (!read_order(call, &order, &aborts)) return;
    if (aborts)
        abort_failover(call);
    else
        begin_failover(call, &order);
}

const struct command failover_commands[] = {
    {
        .name = "failover",
        .run = failover,
        .arity = -1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_STALE,
        .summary = "Hands the role of the master over to a replica that has everything.",
        .since = "6.2.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "[TO <host port [FORCE]>] [ABORT] [TIMEOUT milliseconds]",
    },
    {0},
};
