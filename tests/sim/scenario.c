#include "sim/scenario.h"

#include "base/mem.h"
#include "server/server.h"
#include "sim/client.h"
#include "sim/disk.h"
#include "sim/fiber.h"
#include "sim/net.h"
#include "sim/node.h"
#include "sim/promise.h"
#include "sim/witness.h"
#include "sim/writes.h"

enum {
    STEPS_MIN = 15,
    STEPS_MAX = 45,
    HEAL_US = 120 * SECOND,
};

struct scenario {
    struct sim_client clients[NODES_MAX];
    struct sim_client operators[NODES_MAX]; /* who give orders, and do not wait behind writes */
    struct witness witnesses[NODES_MAX];
    size_t master; /* who is written to, mostly */
};

static struct node *any_node(void)
{
    return sim->nodes[sim_below(sim->node_count)];
}

/* --- the nodes --- */

static const char *any_of(const char *const *texts, size_t count)
{
    return texts[sim_below(count)];
}

static void choose_persistence(struct buf *options)
{
    static const char *const kinds[] = {
        "appendonly no\nsave \"\"\n",
        "appendonly no\nsave 2 1\n",
        "appendonly yes\nsave \"\"\nappendfsync always\n",
        "appendonly yes\nsave \"\"\nappendfsync everysec\n",
        "appendonly yes\nsave \"\"\nappendfsync no\n",
        "appendonly yes\nsave 3 1\nappendfsync everysec\naof-use-rdb-preamble no\n",
    };
    buf_append_c(options, any_of(kinds, sizeof(kinds) / sizeof(kinds[0])));
}

static void choose_options(struct node *node)
{
    struct buf *options = &node->options;
    choose_persistence(options);
    buf_printf(options, "repl-timeout %d\nrepl-ping-replica-period 1\n", (int)sim_between(3, 8));
    buf_printf(options, "repl-backlog-size %dkb\n", sim_one_in(3) ? 16 : 1024);
    buf_printf(options, "repl-diskless-sync %s\n", sim_one_in(2) ? "yes" : "no");
    buf_printf(options, "repl-diskless-sync-delay %d\n", sim_one_in(4) ? 1 : 0);
    if (sim_one_in(4)) buf_printf(options, "repl-backlog-ttl %d\n", (int)sim_between(2, 10));
    if (sim_one_in(4)) buf_append_c(options, "aof-timestamp-enabled yes\n");
    if (sim_one_in(4)) buf_append_c(options, "auto-aof-rewrite-min-size 4kb\n");
    if (sim_one_in(6)) buf_append_c(options, "replica-serve-stale-data no\n");
}

static void revive(struct node *node, bool as_it_was)
{
    if (node->state == NODE_DOWN || node->state == NODE_DARK) node_start(node, as_it_was);
}

/* --- actions --- */

static void write_some(struct scenario *scenario)
{
    size_t index = sim_one_in(8) ? any_node()->index : scenario->master;
    size_t count = 1 + sim_below(sim_one_in(4) ? 60 : 8);
    for (size_t i = 0; i < count; i++) write_any(&scenario->clients[index]);
}

static void ask_where(struct scenario *scenario)
{
    size_t index = sim_one_in(8) ? any_node()->index : scenario->master;
    witness_ask(&scenario->witnesses[index]);
}

static void write_bulk(struct scenario *scenario)
{
    struct sim_client *client = &scenario->clients[scenario->master];
    size_t count = 1 + sim_below(12);
    for (size_t i = 0; i < count; i++) write_big(client);
}

static void follow(struct scenario *scenario)
{
    const struct node *node = any_node(), *other = any_node();
    sim_note("%s is to follow %s", node->name, other->name);
    sim_client_send(&scenario->operators[node->index], "REPLICAOF %s %d", other->host, NODE_PORT);
}

static void follow_master(struct scenario *scenario)
{
    const struct node *node = any_node(), *master = sim->nodes[scenario->master];
    if (node == master) return;
    sim_note("%s is to follow the master %s", node->name, master->name);
    sim_client_send(&scenario->operators[node->index], "REPLICAOF %s %d", master->host, NODE_PORT);
}

/* As Sentinel does it: one becomes master, the others are told. */
static void promote(struct scenario *scenario)
{
    const struct node *node = any_node();
    sim_note("%s is promoted", node->name);
    scenario->master = node->index;
    sim_client_send(&scenario->operators[node->index], "REPLICAOF NO ONE");
    for (size_t i = 0; i < sim->node_count; i++) {
        if (i == node->index || sim_one_in(3)) continue;
        sim_client_send(&scenario->operators[i], "REPLICAOF %s %d", node->host, NODE_PORT);
    }
}

static void fail_over(struct scenario *scenario)
{
    const struct node *to = any_node();
    struct sim_client *client = &scenario->operators[scenario->master];
    switch (sim_below(3)) {
    case 0:
        sim_client_send(client, "FAILOVER");
        break;
    case 1:
        sim_client_send(client, "FAILOVER TIMEOUT %d", (int)sim_between(100, 3000));
        break;
    default:
        sim_client_send(client, "FAILOVER TO %s %d%s TIMEOUT %d", to->host, NODE_PORT,
                        sim_one_in(2) ? " FORCE" : "", (int)sim_between(100, 3000));
        if (sim_one_in(2)) scenario->master = to->index;
    }
}

static void cut_link(struct scenario *scenario)
{
    struct node *a = any_node(), *b = any_node();
    (void)scenario;
    sim_note("the links between %s and %s break", a->name, b->name);
    net_break(a, b);
}

static void part(struct scenario *scenario)
{
    struct node *a = any_node(), *b = any_node();
    (void)scenario;
    if (a == b) return;
    sim_note("%s and %s do not see each other", a->name, b->name);
    net_part(a, b, true);
}

static void join(struct scenario *scenario)
{
    (void)scenario;
    for (size_t i = 0; i < sim->node_count; i++)
        for (size_t j = 0; j < sim->node_count; j++) sim->is_cut[i][j] = false;
}

static void kill_node(struct scenario *scenario)
{
    struct node *node = any_node();
    (void)scenario;
    if (node_is_up(node)) node_crash(node, sim_one_in(2));
}

static void doom_node(struct scenario *scenario)
{
    struct node *node = any_node();
    (void)scenario;
    if (node_is_up(node)) disk_doom(node->disk, 1 + sim_below(12));
}

static void restart(struct scenario *scenario)
{
    struct node *node = any_node();
    (void)scenario;
    revive(node, !sim_one_in(6));
}

static void shut_down(struct scenario *scenario)
{
    const struct node *node = any_node();
    sim_client_send(&scenario->operators[node->index],
                    sim_one_in(3) ? "SHUTDOWN SAVE" : "SHUTDOWN");
}

static void fill_disk(struct scenario *scenario)
{
    struct node *node = any_node();
    (void)scenario;
    sim_note("the disk of %s is nearly full", node->name);
    disk_set_capacity(node->disk, disk_used(node->disk) + sim_between(0, 3000));
}

static void empty_disk(struct scenario *scenario)
{
    (void)scenario;
    disk_set_capacity(any_node()->disk, INT64_MAX);
}

static void slow_down(struct scenario *scenario)
{
    struct node *node = any_node();
    (void)scenario;
    node->bytes_per_s = sim_one_in(2) ? 0 : sim_between(2000, 200000);
    sim_note("%s reads %lld bytes a second", node->name, (long long)node->bytes_per_s);
}

static void save(struct scenario *scenario)
{
    static const char *const orders[] = {"BGSAVE", "BGREWRITEAOF", "SAVE", "CONFIG REWRITE"};
    sim_client_send(&scenario->operators[any_node()->index], "%s", any_of(orders, 4));
}

static void switch_journal(struct scenario *scenario)
{
    sim_client_send(&scenario->operators[any_node()->index], "CONFIG SET appendonly %s",
                    sim_one_in(2) ? "yes" : "no");
}

static void kill_links(struct scenario *scenario)
{
    sim_client_send(&scenario->operators[any_node()->index], "CLIENT KILL TYPE %s",
                    sim_one_in(2) ? "replica" : "master");
}

static const struct action {
    const char *name;
    unsigned weight;
    void (*run)(struct scenario *scenario);
} actions[] = {
    {"write", 40, write_some},
    {"bulk", 4, write_bulk},
    {"follow", 4, follow},
    {"wait", 16, ask_where},
    {"back", 8, follow_master},
    {"promote", 4, promote},
    {"failover", 4, fail_over},
    {"cut", 8, cut_link},
    {"part", 3, part},
    {"join", 4, join},
    {"kill", 4, kill_node},
    {"doom", 3, doom_node},
    {"restart", 14, restart},
    {"shutdown", 2, shut_down},
    {"full", 2, fill_disk},
    {"empty", 3, empty_disk},
    {"slow", 3, slow_down},
    {"save", 5, save},
    {"journal", 1, switch_journal},
    {"kill links", 3, kill_links},
};

static void act(struct scenario *scenario)
{
    enum { COUNT = sizeof(actions) / sizeof(actions[0]) };
    unsigned sum = 0;
    for (size_t i = 0; i < COUNT; i++) sum += actions[i].weight;
    unsigned at = (unsigned)sim_below(sum);
    size_t chosen = 0;
    while (at >= actions[chosen].weight) at -= actions[chosen++].weight;
    sim_note("--- %s", actions[chosen].name);
    actions[chosen].run(scenario);
}

static void let_time_pass(void)
{
    static const int64_t spans_us[] = {200, 5 * MS, 100 * MS, 1 * SECOND, 6 * SECOND};
    int64_t span_us = spans_us[sim_below(sizeof(spans_us) / sizeof(spans_us[0]))];
    world_run_until(sim->now_us + sim_between(1, span_us));
}

/* --- healing --- */

static void repair(struct scenario *scenario)
{
    sim_note("--- everything is repaired");
    join(scenario);
    for (size_t i = 0; i < sim->node_count; i++) {
        struct node *node = sim->nodes[i];
        node->bytes_per_s = 0;
        disk_doom(node->disk, 0);
        disk_set_capacity(node->disk, INT64_MAX);
        revive(node, true);
    }
    world_run_until(sim->now_us + 2 * SECOND);
}

/* It follows the master, or somebody who does: a tree that ends there need not be changed. */
static bool leads_to(const struct node *node, const struct node *master)
{
    for (size_t i = 0; node && node->server && i < sim->node_count; i++) {
        if (node == master) return true;
        const struct config_master *above = &node->server->config.repl.master;
        node = above->host ? node_find(above->host) : NULL;
    }
    return false;
}

/* Orders are given again until they are obeyed: a client may be cut off, a failover be under way.
 */
static void give_orders(struct scenario *scenario)
{
    const struct node *master = sim->nodes[scenario->master];
    for (size_t i = 0; i < sim->node_count; i++) {
        struct node *node = sim->nodes[i];
        revive(node, true);
        struct sim_client *client = &scenario->operators[i];
        const struct config_master *now = &node->server->config.repl.master;
        bool obeys = leads_to(node, master);
        if (node->server->replication.failover.state != FAILOVER_NONE)
            sim_client_send(client, "FAILOVER ABORT");
        if (node == master && now->host && now->host[0])
            sim_client_send(client, "REPLICAOF NO ONE");
        else if (node != master && (!obeys || node->server->replication.link.guard_holds))
            sim_client_send(client, "REPLICAOF %s %d", master->host, NODE_PORT);
    }
}

static void heal(struct scenario *scenario)
{
    repair(scenario);
    int64_t deadline_us = sim->now_us + HEAL_US;
    const struct node *master = sim->nodes[scenario->master];
    while (!sim->has_failed && sim->now_us < deadline_us) {
        give_orders(scenario);
        world_run_until(sim->now_us + sim_between(700 * MS, 1300 * MS));
        if (!check_is_healed(master)) continue;
        check_now();
        write_any(&scenario->clients[scenario->master]);
        world_run_until(sim->now_us + sim_between(100 * MS, 900 * MS));
        if (check_is_healed(master)) break;
    }
    check_now();
    if (!sim->has_failed && !check_is_healed(master)) check_tell_unhealed(master);
}

/* --- the whole --- */

static void begin(struct scenario *scenario)
{
    sim->node_count = 2 + sim_below(3);
    for (size_t i = 0; i < sim->node_count; i++) {
        sim->nodes[i] = node_new(i);
        choose_options(sim->nodes[i]);
        sim_client_init(&scenario->clients[i], sim->nodes[i]);
        sim_client_init(&scenario->operators[i], sim->nodes[i]);
        witness_init(&scenario->witnesses[i], sim->nodes[i], &check_counts(sim->check)->promises);
    }
    for (size_t i = 0; i < sim->node_count; i++) node_start(sim->nodes[i], false);
    world_run_until(sim->now_us + 100 * MS);
    write_some(scenario);
    for (size_t i = 1; i < sim->node_count; i++) {
        const struct node *master = sim->nodes[sim_one_in(3) ? i - 1 : 0];
        sim_client_send(&scenario->operators[i], "REPLICAOF %s %d", master->host, NODE_PORT);
    }
}

static void end(struct scenario *scenario)
{
    for (size_t i = 0; i < sim->node_count; i++) {
        sim_client_deinit(&scenario->clients[i]);
        sim_client_deinit(&scenario->operators[i]);
        witness_deinit(&scenario->witnesses[i]);
    }
    for (size_t i = 0; i < sim->node_count; i++) node_free(sim->nodes[i]);
    check_free(sim->check);
    promises_free(sim->promises);
    world_free(sim);
    sim = NULL;
}

struct outcome_of_seed scenario_run(uint64_t seed, bool is_verbose)
{
    struct scenario scenario = {0};
    sim = world_new(seed, is_verbose);
    sim->check = check_new();
    sim->promises = promises_new();
    begin(&scenario);
    int64_t steps = sim_between(STEPS_MIN, STEPS_MAX);
    for (int64_t i = 0; i < steps && !sim->has_failed; i++) {
        act(&scenario);
        let_time_pass();
        check_now();
    }
    if (!sim->has_failed) heal(&scenario);
    struct outcome_of_seed outcome = {.is_good = !sim->has_failed,
                                      .trace = sim->trace,
                                      .lasted_us = sim->now_us,
                                      .counts = *check_counts(sim->check)};
    end(&scenario);
    return outcome;
}
