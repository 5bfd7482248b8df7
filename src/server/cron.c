/* The periodic jobs, a table of what runs how often. The timer beats `hz` times a second. */
#include "server/server.h"

struct periodic {
    int every_ms; /* 0: at each beat */
    void (*run)(struct server *server);
};

/* A limit that was lowered is reached without a request, too. */
static void read_memory(struct server *server)
{
    uint64_t limit = server->config.memory.maxmemory;
    if (server_memory(server) > limit && limit) {
        server->stats.eviction_exceeded_us += 1000000 / server->config.process.hz;
        server_make_room(server);
    }
}

static void sample_rates(struct server *server)
{
    struct stats *stats = &server->stats;
    int64_t now_us = loop_now_us(server->loop);
    rate_sample(&stats->request_rate, stats->requests, now_us);
    rate_sample(&stats->input_rate, server->clients.bytes_in, now_us);
    rate_sample(&stats->output_rate, server->clients.bytes_out, now_us);
    rate_sample(&stats->repl_in_rate, server->replication.link.bytes_in, now_us);
    rate_sample(&stats->repl_out_rate, server->replication.feeds.bytes_out, now_us);
}

static bool was_idle_too_long(const struct server *server, const struct client *client)
{
    int64_t limit_us = (int64_t)server->config.clients.timeout_s * 1000000;
    uint64_t exempt = SESSION_PUBSUB | SESSION_REPLICA | SESSION_MASTER | SESSION_BLOCKED;
    if (limit_us == 0 || client->waits || session_is(&client->session, exempt)) return false;
    return loop_now_us(server->loop) - client->active_us > limit_us;
}

/* A new client has this long to shake hands (TLS) and to say who it is, if it must. */
enum { STRANGER_US = 10 * 1000 * 1000 };

static bool is_still_a_stranger(const struct server *server, const struct client *client)
{
    if (client->session.authenticated && conn_is_established(client->conn)) return false;
    return loop_now_us(server->loop) - client->created_us > STRANGER_US;
}

/* Closes clients that were idle for longer than `timeout`, or did not authenticate in time. */
static void close_silent(struct server *server)
{
    LIST_FOREACH(at, after, &server->clients.all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        if (was_idle_too_long(server, client))
            client_close_soon(client, CLOSED_IDLE);
        else if (is_still_a_stranger(server, client))
            client_close_soon(client, CLOSED_STRANGER);
    }
}

static void tend_clients(struct server *server)
{
    clients_tend(&server->clients);
}

static const struct periodic periodics[] = {
    {100, replication_cron},    {0, read_memory},           {0, server_expire},
    {100, sample_rates},        {100, persistence_cron},    {100, append_file_cron},
    {5000, persistence_report}, {5000, append_file_report}, {1000, close_silent},
    {1000, tend_clients},       {5000, replication_report},
};

void server_cron(void *context)
{
    struct server *server = context;
    if (server->cron_paused) return;
    int hz = server->config.process.hz;
    server_read_clocks(server);
    for (size_t i = 0; i < sizeof(periodics) / sizeof(periodics[0]); i++) {
        int beats = periodics[i].every_ms * hz / 1000;
        if (beats <= 1 || server->cron_ticks % (uint64_t)beats == 0) periodics[i].run(server);
    }
    server->cron_ticks++;
}
