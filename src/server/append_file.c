#include "server/append_file.h"

#include "io/clock.h"
#include "io/file.h"
#include "io/process.h"
#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

enum { MIB = 1 << 20 };

/* --- orders --- */

static enum aof_sync sync_of(enum config_fsync fsync)
{
    static const enum aof_sync SYNCS[] = {
        [CONFIG_FSYNC_NO] = AOF_SYNC_NO,
        [CONFIG_FSYNC_ALWAYS] = AOF_SYNC_ALWAYS,
        [CONFIG_FSYNC_EVERYSEC] = AOF_SYNC_EVERYSEC,
    };
    return SYNCS[fsync];
}

void append_file_apply_settings(struct server *server)
{
    const struct config_aof *config = &server->config.aof;
    if (!server->append_file.is_made) return;
    server->append_file.aof.settings = (struct aof_settings){
        .sync = sync_of(config->fsync),
        .pauses_sync = config->no_fsync_on_rewrite,
        .has_times = config->timestamp_enabled,
        .keeps_all = config->disable_auto_gc,
        .base_is_rdb = config->use_rdb_preamble,
        .retain_bytes = config->retention_bytes,
        .retain_s = config->retention_s,
    };
    aof_update(&server->append_file.aof);
}

static void set_time(struct server *server)
{
    aof_set_time(&server->append_file.aof, loop_now_us(server->loop), server->host.now_ms / 1000);
}

/* --- what the file tells --- */

static void on_change(void *owner)
{
    struct server *server = owner;
    const struct aof *aof = &server->append_file.aof;
    if (aof_accepts(aof))
        server->executor.state &= ~(uint32_t)GATE_LOG_ERROR;
    else
        server->executor.state |= GATE_LOG_ERROR;
    bool holds = aof_holds_replies(aof);
    if (holds) clients_release(&server->clients, aof_safe_offset(aof));
    if (holds != server->clients.commit.is_held) clients_hold(&server->clients, holds);
}

/* How the log tells an event; %s is the reason. */
static const struct event_text {
    enum log_level level;
    const char *text;
} event_texts[] = {
    [AOF_WRITE_FAILED] = {LEVEL_WARNING,
                          "Cannot write to the append-only file, writes are refused until it works "
                          "again: %s"},
    [AOF_WRITE_RECOVERED] = {LEVEL_WARNING,
                             "Writing to the append-only file works again%s, writes are accepted"},
    [AOF_SYNC_FAILED] =
        {LEVEL_WARNING, "The append-only file could not be synced (%s). Nobody knows what the disk "
                        "has of it: writes are refused until a new base was written from memory"},
    [AOF_SYNC_STALLED] = {LEVEL_WARNING, "A sync of the append-only file takes longer than half a "
                                         "minute%s: writes are refused until it ends"},
    [AOF_SYNC_CAUGHT_UP] = {LEVEL_WARNING, "The sync of the append-only file has ended%s"},
    [AOF_REWRITE_FAILED] = {LEVEL_WARNING,
                            "The append-only file got no new base, the old one stays: %s"},
    [AOF_REWRITE_DONE] = {LEVEL_NOTICE, "Background AOF rewrite finished successfully%s"},
    [AOF_REMOVE_FAILED] = {LEVEL_WARNING, "Cannot remove old parts of the append-only file: %s"},
    [AOF_STARTED] = {LEVEL_NOTICE, "The append-only file is written to from now on%s"},
};

static void end_once(struct server *server)
{
    if (!server->append_file.only_once) return;
    server->append_file.only_once = false;
    if (server->config.aof.enabled) return;
    aof_stop(&server->append_file.aof);
    server_want_journal(server, JOURNAL_FOR_FILE, false);
}

static void on_event(void *owner, enum aof_event event, int error)
{
    struct server *server = owner;
    struct append_file *file = &server->append_file;
    const struct event_text *text = &event_texts[event];
    char line[256];
    snprintf(line, sizeof(line), text->text, error ? strerror(-error) : "");
    log_write(server->log, text->level, "%s", line);
    if (event == AOF_REWRITE_DONE) file->rewrite_failed = false;
    if (event == AOF_REWRITE_FAILED) file->rewrite_failed = true;
    if (event == AOF_REWRITE_DONE || event == AOF_REWRITE_FAILED) end_once(server);
}

/* --- bases --- */

static void on_base_saved(void *context, const struct save_result *result)
{
    struct server *server = context;
    /* What was given up may have ended well all the same, while the next one is being written. */
    if (server->append_file.bases_given_up) {
        server->append_file.bases_given_up--;
        return;
    }
    server->append_file.base = NULL;
    bool done = result->verdict == SAVE_DONE;
    set_time(server);
    if (result->verdict == SAVE_CANCELLED) return;
    if (!done) {
        log_write(server->log, LEVEL_WARNING, "Error writing a base of the append-only file: %s",
                  result->step);
    }
    int error = result->error ? result->error : -EIO;
    aof_base_done(&server->append_file.aof, (int64_t)result->bytes, done ? 0 : error);
}

/* Both the worker's and the one written before anything is served. */
static struct save_order base_order(struct server *server, struct snapshot_head *head,
                                    const char *path, struct buf *temp_path)
{
    *head = persistence_head(server);
    head->options.is_aof_base = true;
    snapshot_head_place(head, server);
    buf_printf(temp_path, "%s/temp-rewriteaof-%ld.aof", server->append_file.aof.directory,
               process_id());
    return (struct save_order){
        .frozen = store_freeze(server->store),
        .options = head->options,
        .path = path,
        .temp_path = buf_c(temp_path),
        .fd = -1,
        .as_requests = !server->config.aof.use_rdb_preamble,
        .sync_in_steps = server->config.aof.rewrite_incremental_fsync,
        .key_delay_us = server->config.snapshot.key_save_delay_us,
        .on_end = on_base_saved,
        .context = server,
    };
}

static void begin_base(void *owner, const char *path)
{
    struct server *server = owner;
    struct snapshot_head head;
    struct buf temp_path = {0};
    struct save_order order = base_order(server, &head, path, &temp_path);
    server->append_file.base = save_begin(server->workers, LANE_SAVE, &order);
    log_write(server->log, LEVEL_NOTICE,
              "Background append only file rewriting started by pid %ld, without a fork",
              process_id());
    buf_deinit(&temp_path);
    snapshot_head_deinit(&head);
}

static void cancel_base(void *owner)
{
    struct server *server = owner;
    if (server->append_file.base == NULL) return;
    save_cancel(server->append_file.base);
    server->append_file.base = NULL;
    server->append_file.bases_given_up++;
}

/* --- life --- */

void append_file_open(struct server *server)
{
    struct append_file *file = &server->append_file;
    struct buf directory = {0};
    buf_printf(&directory, "%s/%s", server->config.process.dir, server->config.aof.dirname);
    aof_init(&file->aof, &(struct aof_order){
                             .directory = buf_c(&directory),
                             .prefix = server->config.aof.filename,
                             .lineage = &server->replication.lineage,
                             .journal = &server->journal,
                             .pool = server->workers,
                             .sync_lane = LANE_SYNC,
                             .slow_lane = LANE_FREE,
                             .hooks = {.owner = server,
                                       .begin_base = begin_base,
                                       .cancel_base = cancel_base,
                                       .on_change = on_change,
                                       .on_event = on_event},
                         });
    file->is_made = true;
    buf_deinit(&directory);
    append_file_apply_settings(server);
}

void append_file_deinit(struct server *server)
{
    if (!server->append_file.is_made) return;
    append_file_load_cancel(server);
    aof_stop(&server->append_file.aof);
    worker_drain(server->workers, LANE_SAVE);
    worker_drain(server->workers, LANE_SYNC);
    worker_drain(server->workers, LANE_FREE);
    aof_deinit(&server->append_file.aof);
    server->append_file.is_made = false;
}

static bool make_directory(struct server *server, struct buf *why)
{
    const char *directory = server->append_file.aof.directory;
    int error = file_make_directory(directory, 0755);
    if (error) buf_printf(why, "Cannot make the directory %s: %s", directory, strerror(-error));
    return error == 0;
}

/* What a server that was killed had begun to write under other names. */
static bool is_left_behind(struct str name, struct str prefix)
{
    struct str rest = str_from(name, MIN(prefix.len, name.len));
    bool is_manifest =
        str_starts_with(name, prefix) && str_starts_with(rest, STR(".manifest.tmp-"));
    bool is_base =
        str_starts_with(name, STR("temp-rewriteaof-")) && str_ends_with(name, STR(".aof"));
    return is_manifest || is_base;
}

static void remove_left_behind(struct server *server)
{
    const struct aof *aof = &server->append_file.aof;
    struct file_names names = {0};
    if (file_list(aof->directory, &names) != 0) return;
    for (size_t i = 0; i < names.count; i++) {
        struct buf path = {0};
        if (!is_left_behind(str_from_c(names.names[i]), str_from_c(aof->prefix))) continue;
        aof_path(aof, names.names[i], &path);
        log_write(server->log, LEVEL_NOTICE, "Removing %s: who began it did not end it",
                  buf_c(&path));
        file_remove(buf_c(&path));
        buf_deinit(&path);
    }
    file_names_deinit(&names);
}

/* The first base of a server without data: small, and so written at once. */
static int write_first_base(struct server *server, struct manifest *manifest)
{
    struct buf name = {0}, path = {0}, temp_path = {0};
    struct snapshot_head head;
    struct aof *aof = &server->append_file.aof;
    manifest_name(&name, str_from_c(aof->prefix), 1,
                  server->config.aof.use_rdb_preamble ? "base.rdb" : "base.aof");
    aof_path(aof, buf_c(&name), &path);
    struct save_order order = base_order(server, &head, buf_c(&path), &temp_path);
    struct save_result result = save_now(&order);
    if (result.verdict == SAVE_DONE) manifest_add(manifest, MANIFEST_BASE, buf_str(&name), 1);
    snapshot_head_deinit(&head);
    buf_deinit(&name);
    buf_deinit(&path);
    buf_deinit(&temp_path);
    return result.verdict == SAVE_DONE ? 0 : result.error;
}

bool append_file_resume(struct server *server, struct manifest *manifest, int64_t size)
{
    struct buf why = {0};
    set_time(server);
    bool done = make_directory(server, &why);
    int error = 0;
    remove_left_behind(server);
    if (done && manifest->count == 0) error = write_first_base(server, manifest);
    if (done && error == 0) error = aof_resume(&server->append_file.aof, manifest, size);
    if (error) buf_printf(&why, "Cannot open the append-only file: %s", strerror(-error));
    if (why.len) log_write(server->log, LEVEL_WARNING, "%s", buf_c(&why));
    buf_deinit(&why);
    if (done && error == 0) server_want_journal(server, JOURNAL_FOR_FILE, true);
    return done && error == 0;
}

void append_file_start(struct server *server, struct manifest *manifest)
{
    struct buf why = {0};
    if (!make_directory(server, &why)) {
        log_write(server->log, LEVEL_WARNING, "%s", buf_c(&why));
    }
    buf_deinit(&why);
    set_time(server);
    /* What was written while nobody listened has no place in the stream. */
    if (server->journal_readers == 0 && !replication_is_replica(server)) {
        journal_reset(&server->journal, server->journal.end);
        replication_change_id(server);
    }
    server_want_journal(server, JOURNAL_FOR_FILE, true);
    aof_start(&server->append_file.aof, manifest);
}

bool append_file_switch(struct server *server, struct buf *reason)
{
    struct append_file *file = &server->append_file;
    bool is_on = file->is_made && file->aof.phase != AOF_OFF;
    if (!file->is_made || file->load || is_on == server->config.aof.enabled) return true;
    struct manifest manifest = {0};
    if (is_on) {
        aof_stop(&file->aof);
        server_want_journal(server, JOURNAL_FOR_FILE, false);
        wait_refuse_locals(server);
        return true;
    }
    if (!make_directory(server, reason) || !append_file_find(server, &manifest, reason)) {
        return false;
    }
    append_file_start(server, &manifest);
    return true;
}

void append_file_restart(struct server *server)
{
    if (!server->append_file.is_made) return;
    set_time(server);
    aof_restart(&server->append_file.aof);
}

void append_file_note_lineage(struct server *server)
{
    if (!server->append_file.is_made) return;
    set_time(server);
    aof_note_lineage(&server->append_file.aof);
}

void append_file_flush(struct server *server)
{
    struct append_file *file = &server->append_file;
    if (!file->is_made || file->aof.phase == AOF_OFF) return;
    set_time(server);
    aof_flush(&file->aof);
    struct clients *clients = &server->clients;
    if (clients->commit.is_held && !list_is_empty(&clients->held)) {
        clients_release(clients, aof_safe_offset(&file->aof));
    }
}

bool append_file_rewrite(struct server *server)
{
    struct append_file *file = &server->append_file;
    struct manifest manifest = {0};
    struct buf why = {0};
    set_time(server);
    if (file->aof.phase != AOF_OFF) return aof_rewrite(&file->aof);
    bool found = make_directory(server, &why) && append_file_find(server, &manifest, &why);
    if (!found) log_write(server->log, LEVEL_WARNING, "%s", buf_c(&why));
    buf_deinit(&why);
    if (!found) return false;
    file->only_once = true;
    append_file_start(server, &manifest);
    return true;
}

/* The file has grown by so many percent since its base was new. */
static bool has_outgrown(const struct server *server)
{
    const struct config_aof *config = &server->config.aof;
    const struct aof *aof = &server->append_file.aof;
    int64_t size = aof_size(aof), base = aof->base_bytes ? aof->base_bytes : 1;
    if (config->auto_rewrite_percentage == 0 || size < config->auto_rewrite_min_size) return false;
    return (double)(size - base) * 100.0 / (double)base >= config->auto_rewrite_percentage;
}

void append_file_cron(struct server *server)
{
    struct append_file *file = &server->append_file;
    if (!file->is_made || file->aof.phase == AOF_OFF) return;
    set_time(server);
    file->aof.is_read = feeds_read_increments(&server->replication.feeds);
    aof_beat(&file->aof);
    bool may_begin = !aof_is_rewriting(&file->aof) && !server->persistence.save;
    bool is_due = has_outgrown(server) && file->aof.now_us >= file->aof.next_rewrite_us;
    if (!may_begin || !(file->is_scheduled || is_due)) return;
    file->is_scheduled = false;
    if (is_due) {
        log_write(server->log, LEVEL_NOTICE, "Starting automatic rewriting of AOF: %lld bytes",
                  (long long)aof_size(&file->aof));
    }
    aof_rewrite(&file->aof);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

void append_file_report(struct server *server)
{
    const struct save *base = server->append_file.base;
    int64_t done, total, began_s;
    if (base) {
        const struct rdb_progress *progress = save_progress(base);
        uint64_t keys = progress->keys, all = progress->keys_total;
        log_write(server->log, LEVEL_NOTICE,
                  "A base of the append-only file: %.0f%%, %llu of %llu keys, %llu MB written",
                  percent(keys, all), (unsigned long long)keys, (unsigned long long)all,
                  (unsigned long long)progress->bytes / MIB);
    }
    if (append_file_load_progress(server, &done, &total, &began_s)) {
        log_write(server->log, LEVEL_NOTICE, "Loading the append-only file: %.0f%% of %lld MB",
                  percent((uint64_t)done, (uint64_t)total), (long long)total / MIB);
    }
}

bool append_file_close(struct server *server)
{
    struct append_file *file = &server->append_file;
    if (!file->is_made || file->aof.phase == AOF_OFF) return true;
    if (file->aof.phase == AOF_STARTING) {
        log_write(server->log, LEVEL_WARNING, "The append-only file has no base of this data yet");
        return false;
    }
    set_time(server);
    int error = aof_finish(&file->aof);
    if (error) {
        log_write(server->log, LEVEL_WARNING, "Cannot bring the append-only file to disk: %s",
                  strerror(-error));
    }
    return error == 0;
}
