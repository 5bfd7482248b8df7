#include "sim/promise.h"

#include "base/mem.h"
#include "base/num.h"
#include "server/server.h"
#include "sim/node.h"

#include <stdio.h>
#include <sys/param.h>

enum { STAYS = 12 };

/* A history in which a node has been since one of its starts, and how far. */
struct stay {
    struct repl_id id;
    unsigned start;
    int64_t end;
};

struct record {
    struct stay stays[STAYS]; /* the newest first */
    struct promised disk;
    bool is_judged; /* what it started with has been looked at */
};

struct promises {
    struct record nodes[NODES_MAX];
};

struct promises *promises_new(void)
{
    return mem_new(struct promises);
}

void promises_free(struct promises *promises)
{
    mem_free(promises);
}

/* --- received --- */

static void note_stay(struct record *record, const struct node *node)
{
    const struct repl_id *id = &node->server->replication.lineage.id;
    size_t at = 0;
    while (at < STAYS - 1 &&
           !(record->stays[at].start == node->starts && repl_id_eq(&record->stays[at].id, id)))
        at++;
    struct stay stay = record->stays[at];
    bool is_known = stay.start == node->starts && repl_id_eq(&stay.id, id);
    if (!is_known) stay = (struct stay){.id = *id, .start = node->starts};
    stay.end = MAX(stay.end, node->server->journal.end);
    memmove(record->stays + 1, record->stays, at * sizeof(stay));
    record->stays[0] = stay;
}

static int64_t count_stays(const struct record *record, const struct promised *write)
{
    int64_t count = 0;
    for (size_t i = 0; i < STAYS; i++) {
        const struct stay *stay = &record->stays[i];
        count += repl_id_eq(&stay->id, &write->id) && stay->end >= write->offset;
    }
    return count;
}

bool promises_received(const struct node *master, const struct promised *write, int64_t replicas)
{
    int64_t count = 0;
    for (size_t i = 0; i < sim->node_count; i++)
        if (i != master->index) count += count_stays(&sim->promises->nodes[i], write);
    return count >= replicas;
}

/* --- disks --- */

static bool has(const struct node *node, const struct promised *write)
{
    struct lineage lineage = node->server->replication.lineage;
    int64_t end;
    lineage.offset = node->server->journal.end;
    return lineage_shared_end(&lineage, &write->id, &end) && end >= write->offset;
}

static bool has_file(const struct node *node)
{
    return node->server->config.aof.enabled &&
           strstr(buf_c(&((struct node *)(uintptr_t)node)->options), "appendonly yes");
}

void promise_key(size_t number, char out[PROMISE_KEY_MAX])
{
    snprintf(out, PROMISE_KEY_MAX, "w:%zu", number);
}

static bool has_value(const struct node *node, const struct promised *write)
{
    char key[PROMISE_KEY_MAX], room[64];
    struct store *store = node->server->store;
    bool found = false;
    promise_key(write->key, key);
    for (int i = 0; i < store->db_count && !found; i++) {
        struct entry *entry = keyspace_find(&store->dbs[i], str_from_c(key));
        int64_t value;
        found = entry && num_parse_i64(entry_string(entry, room), &value) && value >= write->value;
    }
    return found;
}

void promises_disk(const struct node *node, const struct promised *write)
{
    struct record *record = &sim->promises->nodes[node->index];
    if (!node_is_up(node) || !has_file(node) || !has(node, write)) return;
    record->disk = *write;
}

static void judge_start(struct record *record, const struct node *node)
{
    record->is_judged = true;
    if (has(node, &record->disk) || has_value(node, &record->disk)) return;
    sim_fail("disks: %s has %.8s up to %lld on its disk, so it was said, and comes back with %.8s "
             "up to %lld",
             node->name, record->disk.id.text, (long long)record->disk.offset,
             node->server->replication.lineage.id.text, (long long)node->server->journal.end);
}

void promises_look(const struct node *node)
{
    struct record *record = &sim->promises->nodes[node->index];
    if (!node_is_up(node) || (node->server->executor.state & GATE_LOADING)) return;
    note_stay(record, node);
    if (!repl_id_is_set(&record->disk.id)) return;
    if (!record->is_judged) judge_start(record, node);
    /* Other data, or no file: nothing is promised any more. */
    if (!has(node, &record->disk) || !has_file(node)) record->disk = (struct promised){0};
}

void promises_ended(const struct node *node)
{
    sim->promises->nodes[node->index].is_judged = false;
}
