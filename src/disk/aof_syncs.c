#include "disk/aof_syncs.h"

#include "base/mem.h"
#include "disk/aof.h"
#include "io/file.h"

static int64_t written(const struct aof_syncs *syncs)
{
    return atomic_load_explicit(&syncs->written, memory_order_acquire);
}

static void run(void *context)
{
    struct aof_syncs *syncs = context;
    int64_t target = written(syncs), next;
    for (;; target = next) {
        syncs->error = file_sync_data(syncs->fd);
        if (syncs->error) return;
        atomic_store_explicit(&syncs->synced, target, memory_order_release);
        next = written(syncs);
        if (next == target) return;
        if (!atomic_exchange(&syncs->is_told, true)) worker_post(syncs->pool, &syncs->news);
    }
}

static void on_news(void *context)
{
    struct aof_syncs *syncs = context;
    atomic_exchange(&syncs->is_told, false);
    syncs->on_news(syncs);
}

static void done(void *context)
{
    struct aof_syncs *syncs = context;
    syncs->aof->tasks--;
    syncs->on_end(syncs);
    mem_free(syncs);
}

struct aof_syncs *aof_syncs_begin(const struct aof_syncs *order, size_t lane)
{
    struct aof_syncs *syncs = mem_new(struct aof_syncs);
    syncs->pool = order->pool;
    syncs->aof = order->aof;
    syncs->fd = order->fd;
    syncs->generation = order->generation;
    syncs->on_news = order->on_news;
    syncs->on_end = order->on_end;
    syncs->news = (struct loop_message){.fn = on_news, .ctx = syncs};
    syncs->job = (struct job){.run = run, .done = done, .ctx = syncs};
    syncs->written = order->written;
    syncs->synced = -1;
    syncs->aof->tasks++;
    worker_submit(syncs->pool, lane, &syncs->job);
    return syncs;
}
