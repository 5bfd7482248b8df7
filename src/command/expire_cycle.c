#include "command/expire_cycle.h"

#include "command/lookup.h"

enum {
    DUE_MAX = 64, /* keys of one step */
    PAGES_PER_EFFORT = 16,
    PERCENT_OF_TIME = 25,
    PERCENT_PER_EFFORT = 2,
};

struct expire_effort expire_effort(int effort, int hz)
{
    int percent = PERCENT_OF_TIME + PERCENT_PER_EFFORT * (effort - 1);
    return (struct expire_effort){
        .pages = (size_t)effort * PAGES_PER_EFFORT,
        .tick_us = (int64_t)1000000 * percent / 100 / (hz > 0 ? hz : 1),
    };
}

static void next_database(struct expire_cycle *cycle, const struct store *store)
{
    cycle->db++;
    if (cycle->db < store->db_count) return;
    cycle->db = 0;
    cycle->rounds++;
}

size_t expire_cycle_step(struct expire_cycle *cycle, struct call *call, size_t pages)
{
    const struct host *host = call->host;
    struct entry *list[DUE_MAX];
    struct due_entries due = {.list = list, .max = DUE_MAX};
    size_t deleted = 0;
    const struct command_settings *settings = host->settings;
    if (settings->is_replica || settings->keeps_expired || !settings->active_expire) return 0;
    struct keyspace *ks = &host->store->dbs[cycle->db % host->store->db_count];
    call->ks = ks;
    call->effects->db = ks->id;
    if (ks->volatile_len > 0) {
        table_due(&ks->table, &ks->due_position, host->now_ms, pages, &due);
        for (size_t i = 0; i < due.count; i++) deleted += lookup_expire(call, ks, list[i]);
    } else {
        ks->due_position = 0;
    }
    if (ks->due_position == 0 && due.count < DUE_MAX) next_database(cycle, host->store);
    return deleted;
}
