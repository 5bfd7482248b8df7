#include "sim/check.h"

#include "base/hash.h"
#include "base/mem.h"
#include "server/digest.h"
#include "server/server.h"
#include "sim/disk.h"
#include "sim/node.h"
#include "sim/promise.h"

#include <stdio.h>
#include <sys/param.h>

/* A place in a history and the data there. */
struct place {
    struct repl_id id;
    int64_t offset;
    unsigned char digest[DIGEST_BYTES];
    size_t seen_at; /* index of the node that was there first */
};

/* What is remembered of a node. */
struct memory {
    struct repl_id id;
    int64_t offset;
    int64_t quiet;       /* up to where it may go back: what followed were signs of life */
    int64_t checked_end; /* of the journal at the last look */
    enum master_link_state link;
    bool is_known;
    bool was_seen; /* since its start */
    bool has_gap;  /* nobody kept what it wrote, so it may not know its own place */
};

struct check {
    struct place *places; /* open addressing */
    size_t count, capacity;
    struct memory nodes[NODES_MAX];
    struct check_counts counts;
};

enum { SAMPLE = 16 };

struct check *check_new(void)
{
    struct check *check = mem_new(struct check);
    check->capacity = 1024;
    check->places = mem_calloc(check->capacity * sizeof(*check->places));
    return check;
}

void check_free(struct check *check)
{
    mem_free(check->places);
    mem_free(check);
}

struct check_counts *check_counts(struct check *check)
{
    return &check->counts;
}

/* --- places --- */

static uint64_t mix(uint64_t number)
{
    number ^= number >> 31;
    number *= 0x9e3779b97f4a7c15ULL;
    return number ^ number >> 29;
}

static struct place *slot_of(const struct check *check, const struct repl_id *id, int64_t offset)
{
    uint64_t hash = (uint64_t)offset;
    for (size_t i = 0; i < 16; i++) hash = hash * 31 + (unsigned char)id->text[i];
    size_t at = mix(hash) & (check->capacity - 1);
    for (;; at = (at + 1) & (check->capacity - 1)) {
        struct place *place = &check->places[at];
        if (!repl_id_is_set(&place->id)) return place;
        if (place->offset == offset && repl_id_eq(&place->id, id)) return place;
    }
}

static void grow(struct check *check)
{
    struct check old = *check;
    check->capacity *= 2;
    check->places = mem_calloc(check->capacity * sizeof(*check->places));
    for (size_t i = 0; i < old.capacity; i++) {
        const struct place *place = &old.places[i];
        if (repl_id_is_set(&place->id)) *slot_of(check, &place->id, place->offset) = *place;
    }
    mem_free(old.places);
}

static void note_place(const struct node *node, const struct repl_id *id, const struct digest *data)
{
    struct check *check = sim->check;
    int64_t offset = node->server->journal.end;
    struct place *place = slot_of(check, id, offset);
    check->counts.places++;
    if (repl_id_is_set(&place->id)) {
        check->counts.repeated++;
        if (memcmp(place->digest, data->bytes, DIGEST_BYTES) == 0) return;
        sim_fail("places: %s and %s are both at %lld of %.8s and have different data",
                 sim->nodes[place->seen_at]->name, node->name, (long long)offset, id->text);
        return;
    }
    *place = (struct place){.id = *id, .offset = offset, .seen_at = node->index};
    memcpy(place->digest, data->bytes, DIGEST_BYTES);
    if (++check->count > check->capacity / 2) grow(check);
}

/* DEBUG DIGEST's, which tells that a key expires, and when. */
static struct digest digest_of(const struct node *node)
{
    struct digest digest = {0};
    const struct store *store = node->server->store;
    digest_store(&digest, store);
    for (int i = 0; i < store->db_count; i++) {
        struct table_cursor cursor = {0};
        const struct entry *entry;
        while ((entry = table_next(&store->dbs[i].table, &cursor))) {
            if (!entry_has_expiry(entry)) continue;
            struct digest of_key = {0};
            int64_t at_ms = entry_expire_at(entry);
            digest_mix(&of_key, entry_key(entry));
            digest_mix(&of_key, str_of((const char *)&at_ms, sizeof(at_ms)));
            digest_join(&digest, &of_key);
        }
    }
    return digest;
}

/* A server that keeps no journal is at no place: what is written has none. */
static bool has_place(const struct node *node)
{
    const struct server *server = node->server;
    return node_is_up(node) && server->journal_readers &&
           (server->executor.state & GATE_LOADING) == 0;
}

static void check_place(const struct node *node)
{
    const struct lineage *lineage = &node->server->replication.lineage;
    struct digest digest = digest_of(node);
    note_place(node, &lineage->id, &digest);
    for (size_t i = 0; i < lineage->ancestor_count; i++) {
        const struct lineage_ancestor *ancestor = &lineage->ancestors[i];
        if (ancestor->end != node->server->journal.end) break;
        note_place(node, &ancestor->id, &digest);
    }
}

/* --- offsets --- */

static void check_offset(const struct node *node)
{
    struct memory *memory = &sim->check->nodes[node->index];
    const struct server *server = node->server;
    const struct lineage *lineage = &server->replication.lineage;
    int64_t offset = server->journal.end;
    bool is_same = memory->is_known && repl_id_eq(&memory->id, &lineage->id);
    if (is_same && offset < memory->quiet)
        sim_fail("offsets: %s went back from %lld to %lld of %.8s", node->name,
                 (long long)memory->offset, (long long)offset, lineage->id.text);
    memory->id = lineage->id;
    memory->offset = offset;
    memory->quiet = replication_is_replica(server) ? MIN(server->replication.link.quiet, offset)
                                                   : feeds_quiet(&server->replication.feeds);
    memory->is_known = true;
}

/* --- pairs --- */

static struct str text_of(struct keyspace *ks, const char *key, char *room)
{
    struct entry *entry = keyspace_find(ks, str_from_c(key));
    return entry ? entry_string(entry, room) : (struct str){0};
}

static void check_pair_in(const struct node *node, struct keyspace *ks)
{
    char a[64], b[64];
    struct str one = text_of(ks, "pair:a", a);
    struct str two = text_of(ks, "pair:b", b);
    if (!str_eq(one, two))
        sim_fail("pairs: %s has half a transaction: %.*s and %.*s", node->name, STR_ARG(one),
                 STR_ARG(two));
}

static void check_pair(const struct node *node)
{
    struct store *store = node->server->store;
    for (int i = 0; i < store->db_count; i++) check_pair_in(node, &store->dbs[i]);
}

/* --- synchronisations --- */

/* The replica is about to give up what it has; its master could have sent what is missing. */
static void check_full(const struct node *node)
{
    const struct master_link *link = &node->server->replication.link;
    struct node *master = node_find(buf_c(&((struct master_link *)(uintptr_t)link)->host));
    const struct lineage *own = &node->server->replication.lineage;
    int64_t offset = node->server->journal.end, end;
    sim->check->counts.full++;
    if (master == NULL || !has_place(master) || sim->check->nodes[node->index].has_gap) return;
    const struct lineage *masters = &master->server->replication.lineage;
    struct journal_range kept = journal_range(&master->server->journal);
    if (!repl_id_eq(&masters->id, &link->handshake.master_id)) return;
    if (!lineage_shared_end(masters, &own->id, &end) || offset > end) return;
    if (offset < kept.start || offset > link->handshake.offset) return;
    struct digest digest = digest_of(node);
    struct place *place = slot_of(sim->check, &own->id, offset);
    bool is_sound =
        repl_id_is_set(&place->id) && memcmp(place->digest, digest.bytes, DIGEST_BYTES) == 0;
    if (is_sound)
        sim_fail("partial: %s, at %lld of %.8s, takes everything of %s, which keeps from %lld on",
                 node->name, (long long)offset, own->id.text, master->name, (long long)kept.start);
}

static void watch_link(const struct node *node)
{
    struct memory *memory = &sim->check->nodes[node->index];
    const struct master_link *link = &node->server->replication.link;
    if (link->state == LINK_LOADING && memory->link != LINK_LOADING) check_full(node);
    /* Its data may have been replaced, even if the link broke in the same turn. */
    if (link->state != LINK_LOADING && memory->link == LINK_LOADING) memory->is_known = false;
    if (link->state == LINK_UP && memory->link != LINK_UP) {
        memory->has_gap = false;
        sim->check->counts.partial += memory->link != LINK_LOADING;
    }
    memory->link = link->state;
}

/* --- words --- */

/* Nobody lies here, and no byte is changed on its way. */
static void check_words(const struct node *node)
{
    const struct replication *replication = &node->server->replication;
    const struct master_link *link = &replication->link;
    const struct master_link_stats *stats = &link->stats;
    enum handshake_failure failure = link->handshake.failure;
    if (failure == HANDSHAKE_NONSENSE || failure == HANDSHAKE_PING_REFUSED)
        sim_fail("words: %s did not understand its master: %s, %s", node->name,
                 handshake_failure_name(failure), link->handshake.error);
    if (stats->forbidden || stats->unknown || stats->failed || stats->bad_snapshots)
        sim_fail("words: %s refuses what its master sent: %s", node->name, link->failure);
    if (replication->feeds.stats.bad_acks)
        sim_fail("words: %s does not believe an acknowledgement", node->name);
}

/* --- when --- */

static void look_at(const struct node *node)
{
    if (!has_place(node)) return;
    check_words(node);
    watch_link(node);
    check_offset(node);
}

void check_turn(struct node *node)
{
    struct memory *memory = &sim->check->nodes[node->index];
    bool is_loading = node_is_up(node) && (node->server->executor.state & GATE_LOADING) != 0;
    if (node_is_up(node) && !is_loading && node->server->journal_readers == 0)
        memory->has_gap = true;
    promises_look(node);
    if (!has_place(node)) return;
    look_at(node);
    int64_t end = node->server->journal.end;
    /* What it starts with is always looked at: it may be given up at once. */
    bool is_sample = !memory->was_seen || mix((uint64_t)end) % SAMPLE == 0;
    if ((memory->was_seen && end == memory->checked_end) || !is_sample) return;
    memory->was_seen = true;
    memory->checked_end = end;
    check_place(node);
    check_pair(node);
}

void check_now(void)
{
    for (size_t i = 0; i < sim->node_count; i++) {
        struct node *node = sim->nodes[i];
        if (!node_is_up(node) || !has_place(node)) continue;
        look_at(node);
        check_place(node);
        check_pair(node);
    }
}

void check_crashed(struct node *node)
{
    promises_look(node);
    promises_ended(node);
    sim->check->nodes[node->index] = (struct memory){0};
    sim->check->counts.starts++;
}

/* Without an append-only file it may come back with less. */
void check_ended(struct node *node)
{
    struct memory *memory = &sim->check->nodes[node->index];
    bool is_known = memory->is_known && node->server->config.aof.enabled &&
                    strstr(buf_c(&node->options), "appendonly yes");
    memory->is_known = is_known;
    memory->was_seen = false;
    memory->link = LINK_OFF;
    promises_ended(node);
}

void check_ended_badly(struct node *node)
{
    /* Without room it may refuse to, and does not lose anything by that. */
    if (disk_is_full(node->disk)) return;
    sim_fail("starts: %s does not start with what it has on disk", node->name);
}

/* --- the end --- */

static bool is_like(const struct node *node, const struct node *master)
{
    if (!node_is_up(node) || !has_place(node)) return false;
    const struct server *a = node->server, *b = master->server;
    if (!repl_id_eq(&a->replication.lineage.id, &b->replication.lineage.id)) return false;
    if (a->journal.end != b->journal.end) return false;
    return node == master || a->replication.link.state == LINK_UP;
}

bool check_is_healed(const struct node *master)
{
    if (!node_is_up(master) || !has_place(master)) return false;
    for (size_t i = 0; i < sim->node_count; i++)
        if (!is_like(sim->nodes[i], master)) return false;
    return true;
}

void check_tell_unhealed(const struct node *master)
{
    for (size_t i = 0; i < sim->node_count; i++) {
        const struct node *node = sim->nodes[i];
        if (node->server == NULL) {
            sim_note("%s is down", node->name);
            continue;
        }
        const struct replication *replication = &node->server->replication;
        sim_note("%s: %.8s at %lld, link %s to %.*s, %s", node->name, replication->lineage.id.text,
                 (long long)node->server->journal.end, master_link_state_name(&replication->link),
                 STR_ARG(buf_str(&replication->link.host)),
                 replication->link.failure ? replication->link.failure : "no failure");
    }
    sim_fail("healed: the others are not like %s", master->name);
}
