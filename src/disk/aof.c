#include "disk/aof.h"

#include "base/mem.h"
#include "disk/aof_rewrite.h"
#include "disk/aof_syncs.h"
#include "disk/aof_task.h"
#include "io/file.h"

#include <sys/param.h>

enum {
    SYNC_EVERY_US = 1000 * 1000,
    FILE_MODE = 0644, /* as stock Redis makes them */
    RETRY_US = 100 * 1000,
    STALL_US = 30 * 1000 * 1000, /* a sync that takes longer stops writes under everysec */
};

void aof_init(struct aof *aof, const struct aof_order *order)
{
    *aof = (struct aof){
        .directory = mem_strdup(order->directory),
        .prefix = mem_strdup(order->prefix),
        .lineage = order->lineage,
        .journal = order->journal,
        .pool = order->pool,
        .sync_lane = order->sync_lane,
        .slow_lane = order->slow_lane,
        .hooks = order->hooks,
        .rewrite = {.fd = -1},
        .generation = 1,
    };
    aof_writer_init(&aof->writer);
}

void aof_deinit(struct aof *aof)
{
    manifest_deinit(&aof->manifest);
    mem_free(aof->unlisted);
    mem_free(aof->directory);
    mem_free(aof->prefix);
}

void aof_path(const struct aof *aof, const char *name, struct buf *out)
{
    buf_printf(out, "%s/%s", aof->directory, name);
}

void aof_manifest_path(const struct aof *aof, struct buf *out)
{
    buf_printf(out, "%s/%s.manifest", aof->directory, aof->prefix);
}

int64_t aof_size(const struct aof *aof)
{
    return aof->listed_bytes + aof->writer.size;
}

void aof_tell(struct aof *aof, enum aof_event event, int error)
{
    aof->hooks.on_event(aof->hooks.owner, event, error);
}

void aof_changed(struct aof *aof)
{
    aof->hooks.on_change(aof->hooks.owner);
}

/* --- what is safe --- */

bool aof_accepts(const struct aof *aof)
{
    if (aof->phase == AOF_OFF) return true;
    return aof->write_error == 0 && aof->sync_error == 0 && !aof->is_stalled;
}

int64_t aof_safe_offset(const struct aof *aof)
{
    if (aof->sync_error || aof->unlisted || aof->phase != AOF_ON) return aof->safe;
    return aof->settings.sync == AOF_SYNC_ALWAYS ? aof->synced : aof->writer.cursor.offset;
}

int64_t aof_synced_offset(const struct aof *aof)
{
    return aof->sync_error || aof->phase != AOF_ON ? -1 : aof->synced;
}

/* --- syncing --- */

static void begin_sync(struct aof *aof);

static bool is_sync_wanted(const struct aof *aof)
{
    return aof->settings.sync == AOF_SYNC_ALWAYS || aof->wanted > aof->synced;
}

static void latch_sync_error(struct aof *aof, int error, uint64_t generation)
{
    aof->suspect = MAX(aof->suspect, generation);
    if (aof->sync_error) return;
    aof->safe = aof_safe_offset(aof);
    aof->sync_error = error;
    aof_tell(aof, AOF_SYNC_FAILED, error);
}

static void end_stall(struct aof *aof)
{
    if (!aof->is_stalled) return;
    aof->is_stalled = false;
    aof_tell(aof, AOF_SYNC_CAUGHT_UP, 0);
}

static void take_synced(struct aof *aof, const struct aof_syncs *syncs)
{
    if (syncs->generation > aof->forgotten) {
        aof->synced = MAX(aof->synced, aof_syncs_reached(syncs));
        aof->last_sync_us = aof->now_us;
    }
}

static void on_sync_news(struct aof_syncs *syncs)
{
    struct aof *aof = syncs->aof;
    if (aof->syncing == syncs) aof->sync_began_us = aof->now_us;
    end_stall(aof);
    if (aof->phase == AOF_OFF) return;
    take_synced(aof, syncs);
    aof_changed(aof);
}

static void on_sync_end(struct aof_syncs *syncs)
{
    struct aof *aof = syncs->aof;
    if (aof->syncing == syncs) aof->syncing = NULL;
    end_stall(aof);
    if (aof->phase == AOF_OFF) return;
    take_synced(aof, syncs);
    if (syncs->error) latch_sync_error(aof, syncs->error, syncs->generation);
    aof_changed(aof);
    if (is_sync_wanted(aof)) begin_sync(aof);
}

static bool has_unsynced(const struct aof *aof)
{
    bool is_reading = aof->writer.cursor.state == CURSOR_READING;
    return is_reading && aof->writer.cursor.offset > aof->synced;
}

static void begin_sync(struct aof *aof)
{
    if (aof->syncing) {
        bool goes_on = aof->settings.sync == AOF_SYNC_ALWAYS;
        bool is_same = aof->syncing->generation == aof->generation;
        if (goes_on && is_same) aof_syncs_extend(aof->syncing, aof->writer.cursor.offset);
        return;
    }
    if (!has_unsynced(aof)) return;
    aof->sync_began_us = aof->now_us;
    aof->syncing = aof_syncs_begin(&(struct aof_syncs){.pool = aof->pool,
                                                       .aof = aof,
                                                       .fd = aof->writer.fd,
                                                       .generation = aof->generation,
                                                       .written = aof->writer.cursor.offset,
                                                       .on_news = on_sync_news,
                                                       .on_end = on_sync_end},
                                   aof->sync_lane);
}

/* That the manifest does not tell where the increment ends does no harm to one that is synced. */
static void on_closed(struct aof_task *task)
{
    if (!task->is_synced && task->aof->phase != AOF_OFF) {
        latch_sync_error(task->aof, task->error, task->generation);
        aof_changed(task->aof);
    }
}

struct aof_task *aof_closing_task(struct aof *aof, int fd)
{
    struct aof_task *task = aof_task_new(aof, on_closed);
    task->generation = aof->generation;
    task->sync_fd = fd;
    task->closes = true;
    return task;
}

/* --- writing --- */

void aof_note_write(struct aof *aof, int error)
{
    if (error == aof->write_error) return;
    bool was_good = aof->write_error == 0;
    aof->write_error = error;
    if (error == 0)
        aof_tell(aof, AOF_WRITE_RECOVERED, 0);
    else if (was_good)
        aof_tell(aof, AOF_WRITE_FAILED, error);
    aof_changed(aof);
}

void aof_flush_writer(struct aof *aof, bool add_sum)
{
    struct aof_flush how = {.time_s = aof->settings.has_times ? aof->wall_s : 0,
                            .add_sum = add_sum};
    int error = aof_writer_flush(&aof->writer, &how);
    if (error) aof->retry_us = aof->now_us + RETRY_US;
    aof_note_write(aof, error);
    if (error == 0 && is_sync_wanted(aof)) begin_sync(aof);
}

void aof_want_sync(struct aof *aof)
{
    aof->wanted = aof->journal->end;
}

void aof_flush(struct aof *aof)
{
    bool may_try = aof->write_error == 0 || aof->now_us >= aof->retry_us;
    if (aof_writer_is_open(&aof->writer) && may_try && aof_writer_is_behind(&aof->writer)) {
        aof_flush_writer(aof, false);
    }
    if (aof->wanted > aof->synced && aof->write_error == 0) begin_sync(aof);
    if (aof->rewrite.step == AOF_STEP_SWITCHING) aof_rewrite_switch(aof);
}

static bool sync_is_due(const struct aof *aof)
{
    if (aof->settings.sync != AOF_SYNC_EVERYSEC) return false;
    if (aof->settings.pauses_sync && aof->rewrite.step == AOF_STEP_SAVING) return false;
    return aof->now_us - aof->sync_began_us >= SYNC_EVERY_US;
}

static void watch_sync(struct aof *aof)
{
    if (!aof->syncing) return;
    int64_t took_us = aof->now_us - aof->sync_began_us;
    if (aof->settings.sync == AOF_SYNC_EVERYSEC && took_us > SYNC_EVERY_US) aof->delayed_syncs++;
    if (took_us <= STALL_US || aof->is_stalled) return;
    aof->is_stalled = true;
    aof_tell(aof, AOF_SYNC_STALLED, 0);
    aof_changed(aof);
}

/* Space may have come back: a line nobody needs finds out. */
static void retry_write(struct aof *aof)
{
    if (aof->write_error && aof->now_us >= aof->retry_us) aof_flush_writer(aof, true);
}

static void tend_writer(struct aof *aof)
{
    retry_write(aof);
    if (sync_is_due(aof) && aof->write_error == 0 && has_unsynced(aof)) {
        aof_flush_writer(aof, true);
        begin_sync(aof);
    }
    if (is_sync_wanted(aof)) begin_sync(aof);
    watch_sync(aof);
}

void aof_beat(struct aof *aof)
{
    if (aof->phase == AOF_OFF) return;
    if (aof_writer_is_open(&aof->writer)) tend_writer(aof);
    bool is_idle = aof->rewrite.step == AOF_STEP_IDLE && aof->now_us >= aof->next_rewrite_us;
    bool needs_base =
        aof->sync_error || aof->phase == AOF_STARTING || aof->writer.cursor.state == CURSOR_FALLEN;
    if (is_idle && needs_base)
        aof_rewrite_begin(aof, true);
    else if (is_idle)
        aof_remove_history(aof);
}

/* --- beginning and ending --- */

static int open_increment(struct aof *aof, const char *name, int64_t *size)
{
    struct buf path = {0};
    aof_path(aof, name, &path);
    int fd = file_open_mode(buf_c(&path), FILE_APPEND, FILE_MODE);
    if (fd >= 0 && *size < 0) file_truncate(fd, 0);
    buf_deinit(&path);
    *size = MAX(*size, 0);
    return fd;
}

static void write_manifest_now(struct aof *aof, int *error)
{
    struct buf text = {0}, path = {0};
    manifest_write(&aof->manifest, &text);
    aof_manifest_path(aof, &path);
    *error = file_replace(buf_c(&path), buf_str(&text));
    buf_deinit(&text);
    buf_deinit(&path);
}

/* How big the files are that are not written to any more, and since when. */
static void measure(struct aof *aof)
{
    const struct manifest_file *last = manifest_last_increment(&aof->manifest);
    aof->listed_bytes = 0;
    for (size_t i = 0; i < aof->manifest.count; i++) {
        struct manifest_file *file = &aof->manifest.files[i];
        struct buf path = {0};
        struct file_info info = {0};
        aof_path(aof, file->name, &path);
        if (file_info(buf_c(&path), &info) == 0) {
            file->size_bytes = info.size_bytes;
            if (file->type == MANIFEST_HISTORY) file->ended_s = info.modified_us / 1000000;
        }
        if (file->type != MANIFEST_HISTORY && file != last) aof->listed_bytes += info.size_bytes;
        buf_deinit(&path);
    }
}

int aof_resume(struct aof *aof, struct manifest *manifest, int64_t size)
{
    manifest_deinit(&aof->manifest);
    aof->manifest = *manifest;
    *manifest = (struct manifest){0};
    const struct manifest_file *last = manifest_last_increment(&aof->manifest);
    int error = 0;
    if (!last || last->end >= 0) {
        struct buf name = {0};
        int64_t seq = manifest_next_seq(&aof->manifest, MANIFEST_INCREMENT);
        manifest_name(&name, str_from_c(aof->prefix), seq, "incr.aof");
        last = manifest_add(&aof->manifest, MANIFEST_INCREMENT, buf_str(&name), seq);
        buf_deinit(&name);
        size = -1;
    }
    int old_fd, fd = open_increment(aof, last->name, &size);
    if (fd < 0) return fd;
    if (size == 0) write_manifest_now(aof, &error);
    if (error == 0) {
        struct aof_place place = {fd, size, aof->journal, aof->lineage};
        error = aof_writer_open(&aof->writer, &place, &old_fd);
    } else {
        file_close(fd);
    }
    if (error) return error;
    aof->open_seq = last->seq;
    measure(aof);
    aof->base_bytes = aof_size(aof);
    aof->phase = AOF_ON;
    aof->is_promised = true;
    aof->synced = aof->safe = aof->journal->end;
    aof_tell(aof, AOF_STARTED, 0);
    aof_changed(aof);
    return 0;
}

void aof_start(struct aof *aof, struct manifest *manifest)
{
    manifest_deinit(&aof->manifest);
    aof->manifest = *manifest;
    *manifest = (struct manifest){0};
    aof->phase = AOF_STARTING;
    mem_free(aof->unlisted);
    aof->unlisted = NULL;
    aof->is_promised = false;
    aof->write_error = aof->sync_error = 0;
    aof->safe = aof->synced = aof->journal->end;
    if (aof->rewrite.step == AOF_STEP_IDLE) aof_rewrite_begin(aof, true);
    aof_changed(aof);
}

void aof_stop(struct aof *aof)
{
    if (aof->phase == AOF_OFF) return;
    aof->phase = AOF_OFF;
    aof_rewrite_abandon(aof);
    if (aof_writer_is_open(&aof->writer)) {
        if (aof->writer.cursor.state == CURSOR_READING) aof_flush_writer(aof, true);
        struct aof_task *task = aof_closing_task(aof, aof_writer_release(&aof->writer));
        aof_task_submit(task, aof->sync_lane);
    }
    /* A worker may be about to list it for a rewrite that was given up. */
    if (aof->spent_increment_seq < aof->open_seq) aof_forget_unlisted(aof);
    aof->syncing = NULL;
    aof->is_stalled = false;
    aof->write_error = aof->sync_error = 0;
    aof_changed(aof);
}

int aof_finish(struct aof *aof)
{
    if (!aof_writer_is_open(&aof->writer)) return 0;
    aof_rewrite_abandon(aof);
    aof_flush_writer(aof, true);
    worker_wait_idle(aof->pool, aof->sync_lane);
    int error = aof->write_error ? aof->write_error : file_sync_data(aof->writer.fd);
    if (error) return error;
    if (aof->sync_error == 0) aof->synced = aof->writer.cursor.offset;
    aof_changed(aof);
    file_close(aof_writer_release(&aof->writer));
    aof->phase = AOF_OFF;
    return 0;
}

void aof_update(struct aof *aof)
{
    if (aof->settings.sync != AOF_SYNC_EVERYSEC) end_stall(aof);
    if (aof->settings.sync == AOF_SYNC_ALWAYS) begin_sync(aof);
    aof_changed(aof);
}

bool aof_rewrite(struct aof *aof)
{
    if (aof->phase == AOF_OFF || aof_is_rewriting(aof)) return false;
    aof_rewrite_begin(aof, aof->phase == AOF_STARTING || aof->sync_error);
    return true;
}

void aof_restart(struct aof *aof)
{
    if (aof->phase == AOF_OFF) return;
    aof_rewrite_abandon(aof);
    aof->phase = AOF_STARTING;
    /* Syncs under way are of another history, whose offsets mean nothing here. */
    aof->forgotten = aof->generation++;
    aof->wanted = 0;
    aof->synced = aof->safe = aof->journal->end;
    aof_rewrite_begin(aof, true);
    aof_changed(aof);
}

void aof_note_lineage(struct aof *aof)
{
    if (aof->phase == AOF_OFF || aof->writer.cursor.state != CURSOR_READING) return;
    aof_writer_mark(&aof->writer, aof->lineage);
    aof_flush_writer(aof, false);
}
