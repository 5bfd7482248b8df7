#include "sim/node.h"

#include "base/mem.h"
#include "server/config_file.h"
#include "server/server.h"
#include "sim/check.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/net.h"

#include <stdio.h>

struct node *node_new(size_t index)
{
    struct node *node = mem_new(struct node);
    node->index = index;
    snprintf(node->name, sizeof(node->name), "n%zu", index + 1);
    snprintf(node->host, sizeof(node->host), "10.0.0.%zu", index + 1);
    node->disk = disk_new(node);
    return node;
}

/* Everything of the server goes; what its disk, its peers and its clients have is not its matter
 * any more. */
static void take_apart(struct node *node)
{
    struct node *before = sim->running;
    node->state = NODE_GHOST;
    sim->running = node;
    server_deinit(node->server);
    mem_free(node->server);
    node->server = NULL;
    sim->running = before;
}

void node_free(struct node *node)
{
    if (node->server) {
        net_drop_node(node, true);
        take_apart(node);
    }
    disk_free(node->disk);
    buf_deinit(&node->options);
    buf_deinit(&node->master);
    mem_free(node);
}

struct node *node_find(const char *host)
{
    for (size_t i = 0; i < sim->node_count; i++)
        if (strcmp(sim->nodes[i]->host, host) == 0) return sim->nodes[i];
    return NULL;
}

static void write_config(const struct node *node, bool as_it_was, struct buf *text)
{
    buf_printf(text,
               "port %d\ndir /data\nprotected-mode no\ndatabases 2\ncrash-log-enabled no\n"
               "maxclients 100\nset-proc-title no\nlatency-tracking no\n",
               NODE_PORT);
    buf_append_str(text, buf_str(&node->options));
    if (as_it_was && node->master.len)
        buf_printf(text, "replicaof %.*s\n", STR_ARG(buf_str(&node->master)));
}

static void read_config(struct config *config, struct str text)
{
    struct config_error error = {0};
    struct config_load load;
    config_init(config);
    config_load_init(&load, config, NULL, &error);
    if (!config_load_text(&load, STR("the simulation"), text) || !config_load_finish(&load))
        sim_fail("the configuration is refused: %s: %s", buf_c(&error.text), buf_c(&error.reason));
    config_load_deinit(&load);
    config_error_deinit(&error);
}

static void note_master(struct node *node)
{
    const struct config_master *master = &node->server->config.repl.master;
    buf_clear(&node->master);
    if (master->host && master->host[0])
        buf_printf(&node->master, "%s %d", master->host, master->port);
}

void node_start(struct node *node, bool as_it_was)
{
    struct buf text = {0};
    struct config config;
    write_config(node, as_it_was, &text);
    node->state = NODE_UP;
    node->is_failed = node->is_doomed = false;
    node->starts++;
    sim->running = node;
    sim_note("starts");
    read_config(&config, buf_str(&text));
    node->server = mem_new(struct server);
    server_init(node->server, &config);
    bool is_open = server_open(node->server);
    if (is_open) server_run(node->server);
    sim->running = NULL;
    if (!is_open) {
        sim_fail("%s cannot open", node->name);
        net_drop_node(node, false);
        take_apart(node);
        node->state = NODE_DOWN;
    }
    buf_deinit(&text);
}

void node_crash(struct node *node, bool loses_power)
{
    struct sim_disk *after = disk_take_remains(node->disk);
    if (after == NULL) after = disk_after_crash(node->disk, loses_power);
    note_master(node);
    sim_note("%s %s", node->name, loses_power ? "loses power" : "is killed");
    check_crashed(node);
    net_drop_node(node, loses_power);
    take_apart(node);
    disk_free(node->disk);
    node->disk = after;
    node->is_doomed = false;
    node->state = loses_power ? NODE_DARK : NODE_DOWN;
}

void node_end(struct node *node)
{
    int exit_code = node->server->end.exit_code;
    sim->running = node;
    note_master(node);
    check_ended(node);
    server_close(node->server);
    server_deinit(node->server);
    mem_free(node->server);
    node->server = NULL;
    node->state = NODE_DOWN;
    sim->running = NULL;
    sim_note("%s ended with %d", node->name, exit_code);
    if (exit_code) {
        node->is_failed = true;
        check_ended_badly(node);
    }
}
