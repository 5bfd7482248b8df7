#include "server/server.h"

#include "base/mem.h"
#include "command/lookup.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/priority.h"
#include "io/process.h"
#include "server/families.h"

static void register_commands(struct server *server)
{
    registry_init(&server->registry);
    for (size_t i = 0; all_families[i]; i++) registry_add(&server->registry, all_families[i]);
    const struct config_renames *renames = &server->config.security.renames;
    for (size_t i = 0; i < renames->count; i++) {
        registry_rename(&server->registry, str_from_c(renames->items[i].from),
                        str_from_c(renames->items[i].to));
    }
}

/* A value to be freed by a worker. */
struct discarded {
    struct job job;
    struct garbage garbage;
};

static void free_discarded(void *context)
{
    struct discarded *discarded = context;
    struct garbage garbage = discarded->garbage;
    mem_free(discarded);
    garbage.free(garbage.object);
}

static void discard_in_worker(void *context, struct garbage garbage)
{
    struct server *server = context;
    struct discarded *discarded = mem_new(struct discarded);
    discarded->garbage = garbage;
    discarded->job = (struct job){.run = free_discarded, .ctx = discarded};
    worker_submit(server->workers, LANE_FREE, &discarded->job);
}

static void init_store(struct server *server)
{
    struct hash_seed seed = entropy_hash_seed();
    server->store = store_new(server->config.process.databases, seed);
    server->store->epochs.discard = discard_in_worker;
    server->store->epochs.discard_context = server;
    prng_init(&server->store->prng, entropy_u64());
    server->host =
        (struct host){.store = server->store, .settings = &server->settings, .owner = server};
    watch_init(&server->watches, &server->host, seed);
    local_expiry_init(&server->upkeep.local_expiry, seed);
    server->host.watches = &server->watches;
    server_init_blocking(server, seed);
}

static void on_before_sleep(void *context)
{
    struct server *server = context;
    clients_run(&server->clients);
    if (!server->end.asked) {
        replication_serve_waits(server);
        server_serve_blocked(server);
    }
    tracking_broadcast(&server->tracking);
    delivery_settle(&server->delivery);
    append_file_flush(server);
    bool is_idle = server->executor.depth == 0 && !server->end.asked;
    if (server->persistence.flushed && is_idle) persistence_after_flush(server);
    replication_before_sleep(server);
    clients_flush(&server->clients);
    server_evict_clients(server);
    loop_pause(server->loop, clients_pause_us(&server->clients));
}

static void init_loop(struct server *server)
{
    static const char *const lanes[LANES] = {
        [LANE_FREE] = "free",     [LANE_WALK] = "walk",  [LANE_SAVE] = "save",
        [LANE_LOAD] = "load",     [LANE_SYNC] = "sync",  [LANE_FEED] = "feed",
        [LANE_FOLLOW] = "follow", [LANE_SPOOL] = "spool"};
    server->loop = loop_new();
    server->workers = worker_pool_new(server->loop, lanes, LANES);
    priority_run_soon(); /* behind the workers: they inherit */
    loop_set_before_sleep(server->loop, on_before_sleep, server);
}

void server_init(struct server *server, struct config *config)
{
    *server = (struct server){.config = *config};
    server->log = log_new();
    server->started_mono_us = clock_mono_us();
    server->started_wall_ms = clock_wall_ms();
    entropy_hex(server->run_id, 40);
    init_loop(server);
    init_store(server);
    persistence_init(server);
    register_commands(server);
    executor_init(&server->executor, &server->host, &server->registry);
    stats_init(&server->stats, server->registry.count);
    slowlog_init(&server->slowlog);
    server_init_journal(server);
    server_init_scripts(server);
    clients_init(&server->clients, server->loop, &server->executor, &server->journal);
    replication_init(server);
    client_waits_init(&server->waits);
    pubsub_init(&server->pubsub, &server->delivery, entropy_hash_seed());
    tracking_init(&server->tracking, &server->delivery, entropy_hash_seed());
    server_init_users(server);
    server_wire(server);
    server_apply_all(server);
    server_read_clocks(server);
    server->memory_at_start = server_memory(server);
}

void server_deinit(struct server *server)
{
    replication_stop(server);
    append_file_deinit(server);
    persistence_deinit(server);
    server_close_sockets(server);
    timer_stop(&server->cron);
    client_waits_deinit(&server->waits);
    clients_deinit(&server->clients);
    acl_deinit(&server->acl);
    tracking_deinit(&server->tracking);
    pubsub_deinit(&server->pubsub);
    delivery_deinit(&server->delivery);
    evictor_deinit(&server->upkeep.evictor);
    effects_deinit(&server->upkeep.effects);
    local_expiry_clear(&server->upkeep.local_expiry);
    script_engine_free(server->host.scripts);
    watch_deinit(&server->watches);
    timer_stop(&server->blocking_due);
    blocking_deinit(&server->blocking);
    executor_deinit(&server->executor);
    replication_deinit(server);
    journal_deinit(&server->journal);
    stats_deinit(&server->stats);
    slowlog_deinit(&server->slowlog);
    latency_deinit(&server->latency);
    monitors_deinit(&server->monitors);
    registry_deinit(&server->registry);
    /* What is let go from here on is freed here: the lanes end. */
    server->store->epochs.discard = NULL;
    worker_pool_free(server->workers);
    store_free(server->store);
    loop_free(server->loop);
    log_free(server->log);
    config_deinit(&server->config);
}

void server_read_clocks(struct server *server)
{
    server->host.now_us = clock_wall_us();
    server->host.now_ms = server->host.now_us / 1000;
    server->executor.last_clock_us = clock_mono_us();
    server->store->new_access = access_now(&server->host);
}

uint64_t server_memory(struct server *server)
{
    int64_t balance = mem_thread_balance() + worker_memory_balance(server->workers);
    server->memory_used = balance > 0 ? (uint64_t)balance : 0;
    if (server->memory_used > server->stats.peak_memory) {
        server->stats.peak_memory = server->memory_used;
    }
    return server->memory_used;
}

int server_run(struct server *server)
{
    int tick_ms = 1000 / server->config.process.hz;
    timer_start(server->loop, &server->cron, tick_ms, tick_ms, server_cron, server);
    loop_run(server->loop);
    clients_flush(&server->clients);
    return server->end.exit_code;
}

void server_stop(struct server *server, int exit_code)
{
    server->end = (struct server_end){.asked = true, .exit_code = exit_code};
    server->executor.has_ended = true;
    loop_stop(server->loop);
}
