#include "disk/aof_growth.h"

#include "store/loading.h"

#include <sys/param.h>

enum {
    FEW = 4096, /* keys for which no table is made anew */
    STEP = 8,
    TWICE = 2, /* less growth than this is left to the pages */
    WASTE = 4, /* too large is what was made for so many times the keys */
};

static bool may_move(const struct store *store)
{
    return store->epochs.shared_up_to == 0;
}

/* Keys at the end of the file, if all of it is like what was done since the database was chosen. */
static size_t expected(const struct aof_growth *growth, size_t len, int64_t done, int64_t total)
{
    if (len <= growth->first || done <= growth->from) return len;
    double per_byte = (double)(len - growth->first) / (double)(done - growth->from);
    return len + (size_t)(per_byte * (double)MAX(total - done, 0));
}

void aof_growth_step(struct aof_growth *growth, struct keyspace *ks, int64_t done, int64_t total)
{
    size_t len = ks->table.len;
    if (ks->store != growth->store || ks->id != growth->db) {
        aof_growth_end(growth, ks->store);
        *growth = (struct aof_growth){.store = ks->store, .db = ks->id, .first = len, .from = done};
    }
    if (len < FEW || len < growth->prepared || !may_move(ks->store)) return;
    size_t keys = MIN(expected(growth, len, done, total), len * STEP);
    if (keys < len * TWICE) return;
    loading_make_room(ks, keys);
    growth->prepared = keys;
}

void aof_growth_end(struct aof_growth *growth, struct store *store)
{
    if (growth->store != store || !may_move(store)) return;
    struct keyspace *ks = &store->dbs[growth->db];
    if (growth->prepared / WASTE > ks->table.len) loading_make_room(ks, ks->table.len);
    growth->prepared = 0;
}
