#include "link/full_sync.h"

#include "base/mem.h"
#include "io/channel.h"
#include "io/clock.h"
#include "io/conn.h"
#include "io/entropy.h"
#include "io/file.h"
#include "io/key_delay.h"
#include "repl/sync_plan.h"
#include "repl/transfer.h"

#include <sys/param.h>

/* The longest pause of a worker that has sent more than the cap allows. */
enum { RATE_PAUSE_MAX_MS = 50, READ_SIZE = 256 * 1024 };

struct full_sync {
    struct job job;
    struct full_sync_order order;
    struct channel **channels;
    struct buf *texts; /* copies of the options' texts */
    size_t text_count;
    struct str *libraries;
    char id[RDB_REPLICATION_ID_LEN + 1];
    struct rdb_progress progress;
    struct rate_cap rate;
    struct key_delay delay;
    uint64_t counted; /* the length, after the first walk */
    _Atomic uint64_t sent;
    _Atomic uint64_t file_len; /* 0: a view is sent */
    int64_t began_us;
    bool done;
};

/* --- in the worker --- */

static bool count_bytes(void *context, const void *bytes, size_t len)
{
    struct full_sync *sync = context;
    (void)bytes;
    sync->counted += len;
    return true;
}

static void wait_for_rate(struct full_sync *sync, size_t len)
{
    struct rate_cap *rate = &sync->rate;
    if (rate->bytes_per_s == 0) return;
    rate_spent(rate, (int64_t)len);
    while (rate_allows(rate, clock_mono_us() / 1000, 1) == 0)
        clock_sleep_us(MIN(rate_wait_ms(rate), RATE_PAUSE_MAX_MS) * 1000);
}

/* False when nobody is left. */
static bool write_to_all(void *context, const void *bytes, size_t len)
{
    struct full_sync *sync = context;
    size_t alive = 0;
    for (size_t i = 0; i < sync->order.target_count; i++) {
        struct full_sync_target *target = &sync->order.targets[i];
        if (target->failed) continue;
        target->failed = channel_write(sync->channels[i], bytes, len, sync->order.timeout_ms) != 0;
        alive += !target->failed;
        wait_for_rate(sync, len);
    }
    sync->sent += len;
    return alive > 0;
}

static void write_head(struct full_sync *sync, struct str head)
{
    for (size_t i = 0; i < sync->order.target_count; i++) {
        struct full_sync_target *target = &sync->order.targets[i];
        buf_append_str(&target->before, head);
        target->failed = channel_write(sync->channels[i], target->before.ptr, target->before.len,
                                       sync->order.timeout_ms) != 0;
    }
}

/* The second walk must write what the first counted, so nothing that changes meanwhile is saved:
 * the ages of keys are left out. */
static bool count_ahead(struct full_sync *sync)
{
    struct sink counter = {count_bytes, sync, false};
    return rdb_write_file(&counter, sync->order.frozen, &sync->order.options);
}

static void delay_key(void *context)
{
    struct full_sync *sync = context;
    key_delay_pass(&sync->delay, &sync->progress.cancelled);
}

static bool write_snapshot(struct full_sync *sync)
{
    struct sink sink = {write_to_all, sync, false};
    struct rdb_write_options options = sync->order.options;
    options.after_key = sync->delay.each_us ? delay_key : NULL;
    options.context = sync;
    return rdb_write_file(&sink, sync->order.frozen, &options);
}

static void run_by_len(struct full_sync *sync)
{
    struct buf head = {0};
    if (!count_ahead(sync)) return;
    transfer_write_len(&head, sync->counted);
    write_head(sync, buf_str(&head));
    buf_deinit(&head);
    sync->done = write_snapshot(sync);
}

static void run_by_mark(struct full_sync *sync)
{
    unsigned char random[TRANSFER_MARK_LEN / 2];
    char mark[TRANSFER_MARK_LEN];
    struct buf head = {0};
    entropy_fill(random, sizeof(random));
    transfer_make_mark(random, mark);
    transfer_write_mark_head(&head, mark);
    write_head(sync, buf_str(&head));
    buf_deinit(&head);
    sync->done = write_snapshot(sync) && write_to_all(sync, mark, sizeof(mark));
}

/* As long as somebody takes it. */
static bool copy_file(struct full_sync *sync, uint64_t len)
{
    char *bytes = mem_alloc(READ_SIZE);
    uint64_t done = 0;
    bool goes_on = true;
    while (goes_on && done < len && !atomic_load(&sync->progress.cancelled)) {
        size_t size = (size_t)MIN(len - done, (uint64_t)READ_SIZE);
        ssize_t got = file_read_at(sync->order.fd, bytes, size, (int64_t)done);
        goes_on = got > 0 && write_to_all(sync, bytes, (size_t)got);
        if (goes_on) done += (uint64_t)got;
    }
    mem_free(bytes);
    return done == len;
}

static void run_file(struct full_sync *sync)
{
    struct file_info info;
    struct buf head = {0};
    if (file_info_fd(sync->order.fd, &info) == 0) {
        uint64_t len = (uint64_t)info.size_bytes;
        atomic_store(&sync->file_len, len);
        transfer_write_len(&head, len);
        write_head(sync, buf_str(&head));
        sync->done = copy_file(sync, len);
    }
    buf_deinit(&head);
    file_close(sync->order.fd);
}

static void run(void *context)
{
    struct full_sync *sync = context;
    if (sync->order.frozen == NULL)
        run_file(sync);
    else if (sync->order.by_mark)
        run_by_mark(sync);
    else
        run_by_len(sync);
}

/* --- on the loop's thread --- */

static void free_sync(struct full_sync *sync)
{
    for (size_t i = 0; i < sync->order.target_count; i++) {
        buf_deinit(&sync->order.targets[i].before);
    }
    for (size_t i = 0; i < sync->text_count; i++) buf_deinit(&sync->texts[i]);
    mem_free(sync->texts);
    mem_free(sync->libraries);
    mem_free(sync->channels);
    mem_free(sync->order.targets);
    mem_free(sync);
}

static void finished(void *context)
{
    struct full_sync *sync = context;
    for (size_t i = 0; i < sync->order.target_count; i++) {
        conn_reclaim(sync->order.targets[i].conn);
    }
    if (sync->order.frozen) store_release(sync->order.frozen);
    sync->order.on_end(sync->order.context, &sync->order, sync->done);
    free_sync(sync);
}

static void copy_texts(struct full_sync *sync)
{
    struct rdb_write_options *options = &sync->order.options;
    sync->text_count = options->library_count;
    sync->texts = mem_calloc((sync->text_count + 1) * sizeof(*sync->texts));
    sync->libraries = mem_calloc((sync->text_count + 1) * sizeof(*sync->libraries));
    for (size_t i = 0; i < sync->text_count; i++) {
        buf_append_str(&sync->texts[i], options->libraries[i]);
        sync->libraries[i] = buf_str(&sync->texts[i]);
    }
    options->libraries = sync->libraries;
    if (options->replication.id == NULL) return;
    memcpy(sync->id, options->replication.id, RDB_REPLICATION_ID_LEN);
    options->replication.id = sync->id;
}

struct full_sync *full_sync_begin(struct worker_pool *pool, size_t lane,
                                  const struct full_sync_order *order)
{
    struct full_sync *sync = mem_new(struct full_sync);
    sync->order = *order;
    sync->began_us = clock_mono_us();
    copy_texts(sync);
    sync->order.options.progress = &sync->progress;
    sync->order.options.after_key = NULL;
    sync->delay.each_us = order->key_delay_us;
    if (!order->by_mark) sync->order.options.access = RDB_ACCESS_NONE;
    sync->rate =
        (struct rate_cap){.bytes_per_s = order->bytes_per_s, .at_ms = clock_mono_us() / 1000};
    sync->channels = mem_calloc((order->target_count + 1) * sizeof(*sync->channels));
    for (size_t i = 0; i < order->target_count; i++) {
        sync->channels[i] = conn_lend(order->targets[i].conn);
    }
    sync->job = (struct job){.run = run, .done = finished, .ctx = sync};
    worker_submit(pool, lane, &sync->job);
    return sync;
}

struct full_sync_progress full_sync_progress(const struct full_sync *sync)
{
    uint64_t keys = sync->progress.keys, keys_total = sync->progress.keys_total;
    uint64_t done = sync->file_len ? sync->sent : keys;
    uint64_t total = sync->file_len ? sync->file_len : keys_total;
    struct full_sync_progress progress = {
        .keys = keys,
        .keys_total = keys_total,
        .bytes = sync->sent,
        .seconds = (double)(clock_mono_us() - sync->began_us) / 1e6,
    };
    if (done == 0 || done >= total) return progress;
    progress.percent = 100 * (double)done / (double)total;
    progress.seconds_left = progress.seconds * (double)(total - done) / (double)done;
    return progress;
}

void full_sync_abandon(struct full_sync *sync, const void *owner)
{
    size_t left = 0;
    for (size_t i = 0; i < sync->order.target_count; i++) {
        struct full_sync_target *target = &sync->order.targets[i];
        target->is_abandoned |= target->owner == owner;
        if (target->owner == owner) channel_abort(sync->channels[i]);
        left += !target->is_abandoned;
    }
    if (left == 0) sync->progress.cancelled = true;
}

void full_sync_cancel(struct full_sync *sync)
{
    sync->progress.cancelled = true;
    for (size_t i = 0; i < sync->order.target_count; i++) channel_abort(sync->channels[i]);
}
