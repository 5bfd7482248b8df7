#include "disk/aof_rewrite.h"

#include "base/mem.h"
#include "disk/aof_task.h"
#include "io/file.h"
#include "journal/segments.h"

#include <errno.h>
#include <sys/param.h>

enum { FIRST_PAUSE_US = 250 * 1000, LONGEST_PAUSE_US = 60 * 1000 * 1000 };

static char *path_of(const struct aof *aof, const char *name)
{
    struct buf path = {0};
    aof_path(aof, name, &path);
    char *text = mem_strdup(buf_c(&path));
    buf_deinit(&path);
    return text;
}

/* Back to IDLE, whatever was going on. */
static void clear(struct aof *aof)
{
    struct aof_rewrite *rewrite = &aof->rewrite;
    if (rewrite->fd >= 0) file_close(rewrite->fd);
    mem_free(rewrite->increment);
    mem_free(rewrite->base);
    *rewrite = (struct aof_rewrite){.fd = -1, .number = rewrite->number};
}

static void fail(struct aof *aof, int error)
{
    int64_t pause_us = FIRST_PAUSE_US;
    for (uint64_t i = 0; i < aof->failures && pause_us < LONGEST_PAUSE_US; i++) pause_us *= 2;
    aof->failures++;
    aof->next_rewrite_us = aof->now_us + MIN(pause_us, (int64_t)LONGEST_PAUSE_US);
    aof->last_rewrite_us = aof->now_us - aof->rewrite.began_us;
    clear(aof);
    aof_tell(aof, AOF_REWRITE_FAILED, error);
    aof_changed(aof);
}

void aof_rewrite_abandon(struct aof *aof)
{
    enum aof_step step = aof->rewrite.step;
    bool is_saving = step == AOF_STEP_SAVING;
    if (step == AOF_STEP_OPENING || step == AOF_STEP_LISTING) {
        aof->spent_increment_seq = aof->rewrite.increment_seq;
    }
    if (step == AOF_STEP_LISTING) aof->spent_base_seq = aof->rewrite.base_seq;
    clear(aof);
    if (is_saving) aof->hooks.cancel_base(aof->hooks.owner);
}

/* Does the end of this task still matter? */
static bool is_current(const struct aof_task *task, enum aof_step step)
{
    const struct aof *aof = task->aof;
    return aof->rewrite.step == step && aof->rewrite.number == task->generation;
}

static struct aof_task *new_task(struct aof *aof, void (*on_end)(struct aof_task *task))
{
    struct aof_task *task = aof_task_new(aof, on_end);
    task->generation = aof->rewrite.number;
    return task;
}

/* The manifest on disk becomes `next`, which is taken. */
static void list_files(struct aof_task *task, struct manifest *next)
{
    struct buf path = {0};
    aof_manifest_path(task->aof, &path);
    task->replace_path = mem_strdup(buf_c(&path));
    buf_deinit(&path);
    manifest_write(next, &task->contents);
    task->manifest = *next;
    *next = (struct manifest){0};
}

/* The rewrite that lists it may have been given up meanwhile. */
static void note_listed(struct aof *aof)
{
    bool is_listed = false;
    for (size_t i = 0; i < aof->manifest.count && aof->unlisted; i++) {
        const struct manifest_file *file = &aof->manifest.files[i];
        is_listed |= file->type == MANIFEST_INCREMENT && strcmp(file->name, aof->unlisted) == 0;
    }
    if (!is_listed) return;
    mem_free(aof->unlisted);
    aof->unlisted = NULL;
}

static void adopt(struct aof_task *task)
{
    if (task->error) return;
    manifest_deinit(&task->aof->manifest);
    task->aof->manifest = task->manifest;
    task->manifest = (struct manifest){0};
    note_listed(task->aof);
}

/* --- the new increment --- */

static void on_opened(struct aof_task *task)
{
    struct aof *aof = task->aof;
    bool is_listed = task->manifest.count > 0;
    if (is_listed) adopt(task);
    if (!is_current(task, AOF_STEP_OPENING)) {
        if (task->created_fd >= 0) file_close(task->created_fd);
        return;
    }
    aof->rewrite.fd = task->created_fd;
    if (task->error)
        fail(aof, task->error);
    else
        aof->rewrite.step = AOF_STEP_SWITCHING;
}

void aof_rewrite_begin(struct aof *aof, bool replaces_all)
{
    struct aof_rewrite *rewrite = &aof->rewrite;
    struct buf name = {0};
    clear(aof);
    rewrite->number++;
    rewrite->step = AOF_STEP_OPENING;
    rewrite->replaces_all = replaces_all;
    rewrite->began_us = aof->now_us;
    int64_t spent = MAX(aof->spent_increment_seq, aof->open_seq);
    rewrite->increment_seq = MAX(manifest_next_seq(&aof->manifest, MANIFEST_INCREMENT), spent + 1);
    rewrite->base_seq =
        MAX(manifest_next_seq(&aof->manifest, MANIFEST_BASE), aof->spent_base_seq + 1);
    manifest_name(&name, str_from_c(aof->prefix), rewrite->increment_seq, "incr.aof");
    rewrite->increment = mem_strdup(buf_c(&name));
    struct aof_task *task = new_task(aof, on_opened);
    task->create_path = path_of(aof, rewrite->increment);
    if (!replaces_all) {
        struct manifest next;
        manifest_copy(&next, &aof->manifest);
        manifest_add(&next, MANIFEST_INCREMENT, buf_str(&name), rewrite->increment_seq);
        list_files(task, &next);
    }
    buf_deinit(&name);
    aof_task_submit(task, aof->sync_lane);
}

/* --- the switch --- */

static void on_forgotten(struct aof_task *task)
{
    if (task->error) aof_tell(task->aof, AOF_REMOVE_FAILED, task->error);
}

void aof_forget_unlisted(struct aof *aof)
{
    if (!aof->unlisted) return;
    struct aof_task *task = new_task(aof, on_forgotten);
    aof_path(aof, aof->unlisted, &task->removed);
    buf_append_char(&task->removed, 0);
    aof_task_submit(task, aof->sync_lane);
    mem_free(aof->unlisted);
    aof->unlisted = NULL;
}

/* False: the old increment does not have everything yet that it must have. */
static bool complete_increment(struct aof *aof)
{
    bool is_void = aof->writer.cursor.state == CURSOR_FALLEN && aof->rewrite.replaces_all;
    if (!aof_writer_is_open(&aof->writer) || is_void) return true;
    aof_flush_writer(aof, true);
    return aof->write_error == 0 || aof->rewrite.replaces_all;
}

/* The open increment in the manifest; NULL: it is not listed. */
static struct manifest_file *find_open(struct aof *aof)
{
    for (size_t i = 0; i < aof->manifest.count && !aof->unlisted; i++) {
        struct manifest_file *file = &aof->manifest.files[i];
        if (file->type == MANIFEST_INCREMENT && file->seq == aof->open_seq) return file;
    }
    return NULL;
}

/* A worker syncs and closes it; then the manifest tells where it ends. All that is listed later
 * comes behind that, so the manifest in memory may say so at once. */
static void end_increment(struct aof *aof, int fd, int64_t size)
{
    aof->listed_bytes += size;
    struct manifest_file *ended = find_open(aof);
    struct aof_task *task = aof_closing_task(aof, fd);
    if (ended) ended->size_bytes = size;
    if (ended && !aof->rewrite.replaces_all) {
        struct manifest next;
        ended->end = aof->journal->end;
        manifest_copy(&next, &aof->manifest);
        list_files(task, &next);
    }
    aof_task_submit(task, aof->sync_lane);
    if (aof->rewrite.replaces_all) aof_forget_unlisted(aof);
}

static void name_base(struct aof *aof)
{
    struct buf name = {0};
    manifest_name(&name, str_from_c(aof->prefix), aof->rewrite.base_seq,
                  aof->settings.base_is_rdb ? "base.rdb" : "base.aof");
    aof->rewrite.base = mem_strdup(buf_c(&name));
    buf_deinit(&name);
}

/* The writer goes on in the new increment; when that cannot be begun, in the old one. */
static int change_increment(struct aof *aof)
{
    struct aof_place place = {aof->rewrite.fd, 0, aof->journal, aof->lineage};
    int64_t old_size = aof->writer.size;
    int old_fd;
    aof->rewrite.fd = -1;
    /* What is only in files that nobody lists yet is not safe. */
    aof->safe = aof_safe_offset(aof);
    int error = aof_writer_open(&aof->writer, &place, &old_fd);
    if (error) return error;
    if (old_fd >= 0) end_increment(aof, old_fd, old_size);
    aof->open_seq = aof->rewrite.increment_seq;
    aof->generation++;
    return 0;
}

void aof_rewrite_switch(struct aof *aof)
{
    struct aof_rewrite *rewrite = &aof->rewrite;
    if (!complete_increment(aof)) return;
    int error = change_increment(aof);
    if (error) {
        fail(aof, error);
        if (!aof_writer_is_open(&aof->writer)) aof_note_write(aof, error);
        return;
    }
    if (rewrite->replaces_all) {
        aof->unlisted = mem_strdup(rewrite->increment);
    }
    aof_note_write(aof, 0);
    rewrite->base_offset = aof->journal->end;
    rewrite->base_id = aof->lineage->id;
    rewrite->step = AOF_STEP_SAVING;
    name_base(aof);
    char *path = path_of(aof, rewrite->base);
    aof->hooks.begin_base(aof->hooks.owner, path);
    mem_free(path);
}

/* --- the new base --- */

static void trust_again(struct aof *aof)
{
    aof->phase = AOF_ON;
    aof->is_promised = true;
    if (aof->suspect < aof->generation) aof->sync_error = 0;
    mem_free(aof->unlisted);
    aof->unlisted = NULL;
}

static void on_listed(struct aof_task *task)
{
    struct aof *aof = task->aof;
    adopt(task);
    if (!is_current(task, AOF_STEP_LISTING)) return;
    if (task->error) {
        fail(aof, task->error);
        return;
    }
    aof->base_bytes = aof->listed_bytes = aof->rewrite.base_bytes;
    aof->last_rewrite_us = aof->now_us - aof->rewrite.began_us;
    aof->rewrites++;
    aof->failures = 0;
    trust_again(aof);
    clear(aof);
    aof_tell(aof, AOF_REWRITE_DONE, 0);
    aof_remove_history(aof);
    aof_changed(aof);
}

static void note_stream(struct aof *aof, struct manifest_file *file)
{
    file->start = aof->rewrite.base_offset;
    memcpy(file->replication_id, aof->rewrite.base_id.text, sizeof(file->replication_id));
}

static void stamp_history(struct aof *aof, struct manifest *next)
{
    for (size_t i = 0; i < next->count; i++) {
        struct manifest_file *file = &next->files[i];
        if (file->type != MANIFEST_HISTORY && file->ended_s == 0) file->ended_s = aof->wall_s;
    }
}

void aof_base_done(struct aof *aof, int64_t bytes, int error)
{
    struct aof_rewrite *rewrite = &aof->rewrite;
    if (rewrite->step != AOF_STEP_SAVING) return;
    if (error) {
        fail(aof, error);
        return;
    }
    struct manifest next;
    manifest_copy(&next, &aof->manifest);
    stamp_history(aof, &next);
    manifest_retire(&next, rewrite->replaces_all ? INT64_MAX : rewrite->increment_seq);
    note_stream(aof,
                manifest_add(&next, MANIFEST_BASE, str_from_c(rewrite->base), rewrite->base_seq));
    struct manifest_file *increment = manifest_last_increment(&next);
    if (rewrite->replaces_all) {
        increment = manifest_add(&next, MANIFEST_INCREMENT, str_from_c(rewrite->increment),
                                 rewrite->increment_seq);
    }
    note_stream(aof, increment);
    increment->ended_s = 0;
    rewrite->base_bytes = bytes;
    rewrite->step = AOF_STEP_LISTING;
    struct aof_task *task = new_task(aof, on_listed);
    list_files(task, &next);
    aof_task_submit(task, aof->sync_lane);
}

/* --- history --- */

static void on_cleaned(struct aof_task *task)
{
    struct aof *aof = task->aof;
    adopt(task);
    if (!is_current(task, AOF_STEP_CLEANING)) return;
    if (task->error) {
        aof->next_rewrite_us = aof->now_us + LONGEST_PAUSE_US;
        aof_tell(aof, AOF_REMOVE_FAILED, task->error);
    }
    clear(aof);
    aof_changed(aof);
}

/* The files are gone; the manifest follows. */
static void on_removed(struct aof_task *task)
{
    struct aof *aof = task->aof;
    if (!is_current(task, AOF_STEP_CLEANING)) return;
    if (task->error) {
        on_cleaned(task);
        return;
    }
    struct aof_task *listing = new_task(aof, on_cleaned);
    list_files(listing, &task->manifest);
    aof_task_submit(listing, aof->sync_lane);
}

void aof_remove_history(struct aof *aof)
{
    struct segment_limits limits = {aof->settings.retain_bytes, aof->settings.retain_s,
                                    aof->wall_s};
    const struct manifest_file *file;
    if (aof->settings.keeps_all || aof->is_read || !segments_expired(&aof->manifest, &limits))
        return;
    struct aof_task *task = new_task(aof, on_removed);
    manifest_copy(&task->manifest, &aof->manifest);
    while ((file = segments_expired(&task->manifest, &limits))) {
        aof_path(aof, file->name, &task->removed);
        buf_append_char(&task->removed, 0);
        manifest_remove(&task->manifest, file);
    }
    aof->rewrite.number++;
    task->generation = aof->rewrite.number;
    aof->rewrite.step = AOF_STEP_CLEANING;
    aof_task_submit(task, aof->slow_lane);
}
