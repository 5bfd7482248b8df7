/* Saving: by hand, by rule, in the background and at the end. */
#include "base/mem.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/process.h"
#include "script/library.h"
#include "server/server.h"

#include <string.h>

enum {
    RETRY_S = 5, /* after a save by rule failed */
    MIB = 1 << 20,
};

/* --- what is written --- */

static enum rdb_access saved_access(const struct config_memory *memory)
{
    switch (memory->policy) {
    case CONFIG_POLICY_VOLATILE_LRU:
    case CONFIG_POLICY_ALLKEYS_LRU:
        return RDB_ACCESS_LRU;
    case CONFIG_POLICY_VOLATILE_LFU:
    case CONFIG_POLICY_ALLKEYS_LFU:
        return RDB_ACCESS_LFU;
    case CONFIG_POLICY_VOLATILE_RANDOM:
    case CONFIG_POLICY_VOLATILE_TTL:
    case CONFIG_POLICY_ALLKEYS_RANDOM:
    case CONFIG_POLICY_NOEVICTION:
        break;
    }
    return RDB_ACCESS_NONE;
}

static size_t collect_libraries(struct server *server, struct str **codes)
{
    const struct map *libraries = &server->host.scripts->libraries->libraries;
    struct map_cursor cursor = {0};
    struct str name;
    void *found;
    size_t count = 0;
    *codes = NULL;
    while (map_next(libraries, &cursor, &name, &found)) {
        const struct library *library = found;
        *codes = mem_realloc(*codes, (count + 1) * sizeof(**codes));
        (*codes)[count++] = buf_str(&library->code);
    }
    return count;
}

void snapshot_head_place(struct snapshot_head *head, const struct server *server)
{
    head->options.replication.id = server->replication.lineage.id.text;
    head->options.replication.offset = server->journal.end;
    head->options.replication.db = server->journal.db < 0 ? 0 : server->journal.db;
}

struct snapshot_head persistence_head(struct server *server)
{
    const struct config *config = &server->config;
    struct snapshot_head head = {.options = {
                                     .compress = config->snapshot.rdbcompression,
                                     .checksum = config->snapshot.rdbchecksum,
                                     .version = SKEIN_REDIS_VERSION,
                                     .now_ms = clock_wall_ms(),
                                     .used_memory = server_memory(server),
                                     .access = saved_access(&config->memory),
                                     .lfu_decay_min = config->memory.lfu_decay_time_min,
                                 }};
    /* What is written while nobody keeps a journal has no place in it. */
    if (server->journal_readers) snapshot_head_place(&head, server);
    head.options.library_count = collect_libraries(server, &head.libraries);
    head.options.libraries = head.libraries;
    return head;
}

void snapshot_head_deinit(struct snapshot_head *head)
{
    mem_free(head->libraries);
    head->libraries = NULL;
}

/* The directory may change while a save runs, so paths are absolute. */
struct save_paths {
    struct buf path, temp_path;
};

static struct save_paths paths_of(struct server *server)
{
    struct save_paths paths = {0};
    const char *dir = server->config.process.dir;
    buf_printf(&paths.path, "%s/%s", dir, server->config.snapshot.dbfilename);
    buf_printf(&paths.temp_path, "%s/temp-%ld.rdb", dir, process_id());
    return paths;
}

static void paths_deinit(struct save_paths *paths)
{
    buf_deinit(&paths->path);
    buf_deinit(&paths->temp_path);
}

static struct save_order order_of(struct server *server, const struct snapshot_head *head,
                                  struct save_paths *paths)
{
    return (struct save_order){
        .frozen = store_freeze(server->store),
        .options = head->options,
        .path = buf_c(&paths->path),
        .temp_path = buf_c(&paths->temp_path),
        .fd = -1,
        .sync_in_steps = server->config.snapshot.rdb_save_incremental_fsync,
        .key_delay_us = server->config.snapshot.key_save_delay_us,
        .context = server,
    };
}

/* --- what became of it --- */

static void log_failure(struct server *server, const struct save_result *result)
{
    log_write(server->log, LEVEL_WARNING, "Error saving the data on disk (%s of %s/%s): %s",
              result->step, server->config.process.dir, server->config.snapshot.dbfilename,
              strerror(-result->error));
}

static void note_success(struct server *server, const struct save_result *result,
                         uint64_t changes_saved)
{
    struct persistence *persistence = &server->persistence;
    server->changes_since_save -= changes_saved;
    persistence->last_save_s = result->ended_wall_ms / 1000;
    persistence->failed = false;
    persistence->saves++;
}

void persistence_update_gate(struct server *server)
{
    const struct config_snapshot *config = &server->config.snapshot;
    bool refuses =
        server->persistence.failed && config->stop_writes_on_bgsave_error && config->save.count > 0;
    if (refuses)
        server->executor.state |= GATE_DISK_ERROR;
    else
        server->executor.state &= ~(uint32_t)GATE_DISK_ERROR;
}

/* Replicas that waited for this save get its file. */
static void share_file(struct server *server, bool done)
{
    struct persistence *persistence = &server->persistence;
    struct feeds *feeds = &server->replication.feeds;
    bool is_shared = done && persistence->place.has_offset && feeds_await_save(feeds);
    feeds_save_ended(feeds, is_shared ? file_open(persistence->save_path, FILE_READ) : -1);
    mem_free(persistence->save_path);
    persistence->save_path = NULL;
}

static void on_saved(void *context, const struct save_result *result)
{
    struct server *server = context;
    struct persistence *persistence = &server->persistence;
    persistence->save = NULL;
    share_file(server, result->verdict == SAVE_DONE);
    persistence->last_duration_s = result->duration_us / 1000000;
    switch (result->verdict) {
    case SAVE_DONE:
        note_success(server, result, persistence->changes_at_save);
        log_write(server->log, LEVEL_NOTICE,
                  "Background saving terminated with success: %llu keys, %llu MB in %.2f seconds",
                  (unsigned long long)result->keys, (unsigned long long)result->bytes / MIB,
                  (double)result->duration_us / 1e6);
        break;
    case SAVE_CANCELLED:
        log_write(server->log, LEVEL_WARNING, "Background saving was cancelled");
        break;
    case SAVE_FAILED:
        persistence->failed = true;
        log_failure(server, result);
        log_write(server->log, LEVEL_WARNING, "Background saving error");
        break;
    }
    persistence_update_gate(server);
}

bool persistence_save_begin(struct server *server)
{
    struct persistence *persistence = &server->persistence;
    struct snapshot_head head = persistence_head(server);
    struct save_paths paths = paths_of(server);
    struct save_order order = order_of(server, &head, &paths);
    order.on_end = on_saved;
    persistence->save_path = mem_strdup(order.path);
    persistence->place = (struct sync_save){.offset = server->journal.end,
                                            .has_offset = server->journal_readers != 0};
    persistence->changes_at_save = server->changes_since_save;
    persistence->last_try_s = clock_wall_ms() / 1000;
    persistence->save = save_begin(server->workers, LANE_SAVE, &order);
    log_write(server->log, LEVEL_NOTICE, "Background saving started by pid %ld, without a fork",
              process_id());
    paths_deinit(&paths);
    snapshot_head_deinit(&head);
    return true;
}

void persistence_save_cancel(struct server *server)
{
    if (server->persistence.save == NULL) return;
    save_cancel(server->persistence.save);
    worker_wait_idle(server->workers, LANE_SAVE);
}

bool persistence_save_now(struct server *server)
{
    persistence_save_cancel(server);
    /* The file that one may have finished is replaced now. */
    server->persistence.place.has_offset = false;
    struct snapshot_head head = persistence_head(server);
    struct save_paths paths = paths_of(server);
    struct save_order order = order_of(server, &head, &paths);
    struct save_result result = save_now(&order);
    bool done = result.verdict == SAVE_DONE;
    if (done) {
        note_success(server, &result, server->changes_since_save);
        log_write(server->log, LEVEL_NOTICE, "DB saved on disk");
    } else {
        log_failure(server, &result);
    }
    persistence_update_gate(server);
    paths_deinit(&paths);
    snapshot_head_deinit(&head);
    return done;
}

/* Replicas that wait for the save that runs get it; the rules save again afterwards. */
void persistence_after_flush(struct server *server)
{
    struct persistence *persistence = &server->persistence;
    persistence->flushed = false;
    bool is_loading = persistence->load || (server->executor.state & GATE_LOADING);
    if (is_loading || feeds_await_save(&server->replication.feeds)) return;
    persistence_save_cancel(server);
    if (server->config.snapshot.save.count > 0) persistence_save_now(server);
}

/* --- by rule --- */

static bool is_due(const struct server *server, const struct config_save_point *rule, int64_t now_s)
{
    return rule->changes >= 0 && server->changes_since_save >= (uint64_t)rule->changes &&
           now_s - server->persistence.last_save_s > rule->seconds;
}

static const struct config_save_point *find_due(const struct server *server, int64_t now_s)
{
    const struct config_save_points *rules = &server->config.snapshot.save;
    for (size_t i = 0; i < rules->count; i++) {
        if (is_due(server, &rules->items[i], now_s)) return &rules->items[i];
    }
    return NULL;
}

void persistence_cron(struct server *server)
{
    const struct persistence *persistence = &server->persistence;
    int64_t now_s = server->host.now_ms / 1000;
    if (persistence->save || persistence->load) return;
    /* A script that runs has changed data of which the stream knows nothing yet. */
    if (server->executor.depth) return;
    if (persistence->failed && now_s - persistence->last_try_s <= RETRY_S) return;
    const struct config_save_point *rule = find_due(server, now_s);
    if (rule)
        log_write(server->log, LEVEL_NOTICE, "%d changes in %lld seconds. Saving...", rule->changes,
                  (long long)rule->seconds);
    else if (server->executor.state & GATE_DISK_ERROR)
        /* Nothing changes while writes are refused, so no rule would ever end that. */
        log_write(server->log, LEVEL_NOTICE, "The last save has failed. Trying again...");
    else
        return;
    persistence_save_begin(server);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

void persistence_report(struct server *server)
{
    struct persistence *persistence = &server->persistence;
    if (persistence->save) {
        const struct rdb_progress *progress = save_progress(persistence->save);
        uint64_t keys = progress->keys, total = progress->keys_total;
        log_write(server->log, LEVEL_NOTICE,
                  "Background saving: %.0f%%, %llu of %llu keys, %llu MB written",
                  percent(keys, total), (unsigned long long)keys, (unsigned long long)total,
                  (unsigned long long)progress->bytes / MIB);
    }
    if (persistence->load) {
        const struct rdb_progress *progress = load_progress(persistence->load);
        log_write(server->log, LEVEL_NOTICE, "Loading: %.0f%% of %llu MB, %llu keys",
                  percent(progress->bytes, load_size(persistence->load)),
                  (unsigned long long)load_size(persistence->load) / MIB,
                  (unsigned long long)progress->keys);
    }
}
