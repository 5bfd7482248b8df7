#include "sim/witness.h"

#include "server/server.h"
#include "sim/node.h"
#include "sim/promise.h"

enum { ASK_SESSION, ASK_WRITE, ASK_WHERE, ASK_REQUESTS };

/* Where its write ends; false when the server does not know it any more. */
static bool find_write(const struct witness *witness, struct promised *write)
{
    const struct node *node = witness->client.node;
    if (!node_is_up(node) || replication_is_replica(node->server)) return false;
    const struct client *session = clients_find(&node->server->clients, witness->session);
    if (session == NULL) return false;
    *write = (struct promised){
        .id = node->server->replication.lineage.id,
        .offset = session->written_to,
        .key = node->index,
        .value = witness->written,
    };
    return true;
}

static void strike(void *ctx)
{
    const struct witness *witness = ctx;
    if (node_is_up(witness->struck)) node_crash(witness->struck, true);
}

static void promise_disk(struct witness *witness, struct node *node, const struct promised *write)
{
    promises_disk(node, write);
    if (!sim_one_in(4)) return;
    witness->struck = node;
    event_set(&witness->strike, sim->now_us, strike, witness);
}

static void take_disks(struct witness *witness, const struct reply_node *reply,
                       const struct promised *write)
{
    struct node *node = witness->client.node;
    *witness->told += reply->items[0].integer > 0 || reply->items[1].integer > 0;
    if (reply->items[0].integer > 0) promise_disk(witness, node, write);
    if (reply->items[1].integer + 1 < (int64_t)sim->node_count) return;
    for (size_t i = 0; i < sim->node_count; i++)
        if (sim->nodes[i] != node) promise_disk(witness, sim->nodes[i], write);
}

static void take_answer(struct witness *witness, const struct reply_node *reply)
{
    const struct node *node = witness->client.node;
    struct promised write;
    bool is_number = reply->type == REPLY_INTEGER;
    if (!witness->has_written || !find_write(witness, &write)) return;
    if (witness->asks_of_disks) {
        if (!is_number && reply->count == 2) take_disks(witness, reply, &write);
        return;
    }
    if (!is_number) return;
    *witness->told += reply->integer > 0;
    if (promises_received(node, &write, reply->integer)) return;
    sim_fail("received: %s says that %lld replicas have %.8s up to %lld", node->name,
             (long long)reply->integer, write.id.text, (long long)write.offset);
}

static void on_reply(struct sim_client *client, const struct client_reply *reply)
{
    struct witness *witness = (struct witness *)(void *)client;
    const struct reply_node *node = reply->node;
    switch (reply->index % ASK_REQUESTS) {
    case ASK_SESSION:
        witness->session = (uint64_t)node->integer;
        break;
    case ASK_WRITE:
        witness->has_written = node->type != REPLY_ERROR;
        break;
    case ASK_WHERE:
        take_answer(witness, node);
        break;
    }
}

void witness_init(struct witness *witness, struct node *node, uint64_t *told)
{
    *witness = (struct witness){.told = told};
    sim_client_init(&witness->client, node);
    witness->client.on_reply = on_reply;
}

void witness_deinit(struct witness *witness)
{
    event_cancel(&witness->strike);
    sim_client_deinit(&witness->client);
}

void witness_ask(struct witness *witness)
{
    struct sim_client *client = &witness->client;
    char key[PROMISE_KEY_MAX];
    unsigned timeout_ms = (unsigned)sim_between(10, 3000);
    unsigned replicas = 1 + (unsigned)sim_below(sim->node_count - 1);
    if (client->sent != client->answered) return;
    witness->asks_of_disks = sim_one_in(2);
    if (!sim_client_send(client, "CLIENT ID")) return;
    promise_key(client->node->index, key);
    if (!sim_client_send(client, "SET %s %lld", key, (long long)++witness->written)) return;
    if (witness->asks_of_disks)
        sim_client_send(client, "WAITAOF %d %u %u", sim_one_in(4) ? 0 : 1,
                        replicas - (unsigned)sim_below(2), timeout_ms);
    else
        sim_client_send(client, "WAIT %u %u", replicas, timeout_ms);
}
