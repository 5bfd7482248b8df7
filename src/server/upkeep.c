/* What the server deletes of its own accord: keys that expired, and keys that must go because
 * memory is short. The deletions are recorded like those of requests. */
#include "io/clock.h"
#include "server/server.h"

enum {
    EVICT_BATCH = 16,      /* keys between two readings of memory and clock */
    EVICT_LIMIT_US = 1000, /* how long one request may wait for room at the middle tenacity */
    TENACITY_MIDDLE = 10,
    TENACITY_ENDLESS = 100,
};

static struct call call_by_server(struct server *server)
{
    effects_reset(&server->upkeep.effects, server->host.effects_wanted);
    return (struct call){
        .host = &server->host, .ks = &server->store->dbs[0], .effects = &server->upkeep.effects};
}

/* --- expiry --- */

/* One round over all databases; false when time was up before its end. */
static bool expire_round(struct server *server, size_t pages, int64_t until_us)
{
    struct expire_cycle *cycle = &server->upkeep.expire;
    uint64_t rounds = cycle->rounds;
    while (cycle->rounds == rounds) {
        struct call call = call_by_server(server);
        expire_cycle_step(cycle, &call, pages);
        executor_record(&server->executor, &call);
        if (clock_mono_us() >= until_us) return false;
    }
    return true;
}

/* Of the keys that came from our master it is the master who says that they are gone. */
static void expire_local(struct server *server, int64_t until_us)
{
    struct local_expiry *local = &server->upkeep.local_expiry;
    bool is_over = local->keys.len == 0;
    while (!is_over && clock_mono_us() < until_us) {
        struct call call = call_by_server(server);
        is_over = local_expiry_step(local, &call);
    }
}

void server_expire(struct server *server)
{
    struct expire_effort effort =
        expire_effort(server->config.memory.active_expire_effort, server->config.process.hz);
    int64_t started_us = clock_mono_us();
    if (!server->settings.active_expire || server->settings.keeps_expired) return;
    if (server->settings.is_replica) {
        expire_local(server, started_us + effort.tick_us);
        return;
    }
    if (server->upkeep.local_expiry.keys.len) local_expiry_clear(&server->upkeep.local_expiry);
    if (!expire_round(server, effort.pages, started_us + effort.tick_us)) {
        server->stats.expire_cycles_capped++;
    }
    int64_t duration_us = clock_mono_us() - started_us;
    server->stats.expire_cycle_us += duration_us;
    server_note_latency(server, "expire-cycle", duration_us);
}

/* --- memory --- */

static int64_t evict_limit_us(int tenacity)
{
    if (tenacity >= TENACITY_ENDLESS) return INT64_MAX / 2;
    if (tenacity <= TENACITY_MIDDLE) return EVICT_LIMIT_US / 2 * tenacity / TENACITY_MIDDLE;
    int64_t limit_us = EVICT_LIMIT_US / 2;
    for (int i = TENACITY_MIDDLE; i < tenacity; i++) limit_us = limit_us * 115 / 100;
    return limit_us;
}

static bool evict_batch(struct server *server)
{
    enum eviction_policy policy = (enum eviction_policy)server->config.memory.policy;
    for (int i = 0; i < EVICT_BATCH; i++) {
        struct call call = call_by_server(server);
        int samples = server->config.memory.maxmemory_samples;
        if (!evict_one(&server->upkeep.evictor, &call, policy, samples)) return false;
        executor_record(&server->executor, &call);
        server->stats.evicted_keys++;
    }
    return true;
}

/* maxmemory-clients in bytes; negative numbers are a percentage of maxmemory. 0: no limit. */
static uint64_t client_memory_limit(const struct server *server)
{
    int64_t limit = server->config.clients.maxmemory_clients;
    if (limit >= 0) return (uint64_t)limit;
    return server->config.memory.maxmemory / 100 * (uint64_t)-limit;
}

void server_evict_clients(struct server *server)
{
    uint64_t limit = client_memory_limit(server);
    if (limit == 0 || server->clients.memory <= limit) return;
    server->stats.evicted_clients += clients_evict(&server->clients, limit);
    clients_flush(&server->clients);
}

/* When time is up the request is served all the same: the next ones go on evicting. */
static bool evict_until(struct server *server, uint64_t limit, int64_t until_us)
{
    while (evict_batch(server)) {
        if (server_memory(server) <= limit) return true;
        if (clock_mono_us() > until_us) return true;
    }
    return server_memory(server) <= limit;
}

bool server_make_room(void *owner)
{
    struct server *server = owner;
    uint64_t limit = server->config.memory.maxmemory;
    if (limit == 0 || server_memory(server) <= limit) return true;
    bool obeys = server->settings.is_replica && server->config.repl.ignore_maxmemory;
    if (obeys || server->settings.keeps_expired) return true;
    int tenacity = server->config.memory.maxmemory_eviction_tenacity;
    int64_t started_us = clock_mono_us();
    bool fits = evict_until(server, limit, started_us + evict_limit_us(tenacity));
    server_note_latency(server, "eviction-cycle", clock_mono_us() - started_us);
    return fits;
}
