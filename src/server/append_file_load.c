/* Loading at the start and for DEBUG LOADAOF: the manifest, the base, the increments. */
#include "base/mem.h"
#include "disk/aof_load.h"
#include "io/clock.h"
#include "io/file.h"
#include "server/append_file_tail.h"
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/param.h>

enum { MANIFEST_MAX = 1 << 20 };

/* One load of all files. */
struct append_load {
    struct server *server;
    struct manifest manifest;
    struct manifest_file *file; /* that is being loaded */
    struct aof_load *requests;  /* of it; NULL: it is a snapshot, or none */
    struct load *snapshot;
    struct rdb_limits limits;
    struct session session;
    struct chain replies;
    struct loop_task next;
    int64_t done_bytes, total_bytes; /* of the files before; of all */
    int64_t began_us, began_s;
    int db;            /* selected in the stream where the files so far end; -1: they do not say */
    int64_t last_size; /* of the last increment, behind its last whole unit; -1: there is none */
    uint64_t failed;
    bool in_command; /* DEBUG LOADAOF: all in one go */
    bool is_good;
    void (*after)(struct server *server, bool done);
};

/* --- which files there are --- */

static char *file_path(struct server *server, const char *name)
{
    struct buf path = {0};
    aof_path(&server->append_file.aof, name, &path);
    char *text = mem_strdup(buf_c(&path));
    buf_deinit(&path);
    return text;
}

/* Where a version before 7.0 has its only file. */
static void old_path(struct server *server, struct buf *path)
{
    buf_printf(path, "%s/%s", server->config.process.dir, server->append_file.aof.prefix);
}

static bool read_manifest(struct server *server, struct manifest *manifest, struct buf *why)
{
    struct buf path = {0}, text = {0};
    struct manifest_fault fault;
    aof_manifest_path(&server->append_file.aof, &path);
    int error = file_read_all(buf_c(&path), MANIFEST_MAX, &text);
    bool done = error == 0 && manifest_parse(manifest, buf_str(&text), &fault);
    if (error)
        buf_printf(why, "Cannot read %s: %s", buf_c(&path), strerror(-error));
    else if (!done)
        buf_printf(why, "%s is damaged: line %d: %s", buf_c(&path), fault.line, fault.reason);
    buf_deinit(&path);
    buf_deinit(&text);
    return done;
}

/* Files of the log without the list that says what they are: data would be lost by beginning anew.
 */
static bool has_orphans(struct server *server, struct buf *why)
{
    const struct aof *aof = &server->append_file.aof;
    struct file_names names = {0};
    bool found = false;
    if (file_list(aof->directory, &names) != 0) return false;
    for (size_t i = 0; i < names.count && !found; i++) {
        struct str name = str_from_c(names.names[i]);
        found = str_starts_with(name, str_from_c(aof->prefix)) &&
                (str_ends_with(name, STR(".aof")) || str_ends_with(name, STR(".rdb")));
        if (found) {
            buf_printf(why,
                       "%s/%s is there, but the manifest that lists it is missing: put it back, or "
                       "move the files away to begin without data",
                       aof->directory, names.names[i]);
        }
    }
    file_names_deinit(&names);
    return found;
}

/* The single file of old becomes the base. The manifest comes first: should the move not happen,
 * the next start does it. */
static bool upgrade(struct server *server, struct manifest *manifest, struct buf *why)
{
    struct aof *aof = &server->append_file.aof;
    struct buf text = {0}, path = {0};
    manifest_add(manifest, MANIFEST_BASE, str_from_c(aof->prefix), 1);
    manifest_write(manifest, &text);
    aof_manifest_path(aof, &path);
    int error = file_make_directory(aof->directory, 0755);
    if (error == 0) error = file_replace(buf_c(&path), buf_str(&text));
    if (error) buf_printf(why, "Cannot write %s: %s", buf_c(&path), strerror(-error));
    buf_deinit(&text);
    buf_deinit(&path);
    return error == 0;
}

/* Moves the single file of old to where the manifest expects it, if it is not there yet. */
static bool move_old_file(struct server *server, const struct manifest *manifest, struct buf *why)
{
    const struct manifest_file *base = manifest_base(manifest);
    const char *prefix = server->append_file.aof.prefix;
    if (!base || strcmp(base->name, prefix) != 0) return true;
    char *to = file_path(server, base->name);
    struct buf from = {0};
    old_path(server, &from);
    int error = 0;
    if (!file_exists(to) && file_exists(buf_c(&from))) {
        error = file_rename(buf_c(&from), to);
        if (error) {
            buf_printf(why, "Cannot move %s to %s: %s", buf_c(&from), to, strerror(-error));
        } else {
            log_write(server->log, LEVEL_NOTICE, "Moved the old append-only file to %s", to);
        }
    }
    buf_deinit(&from);
    mem_free(to);
    return error == 0;
}

/* A symbolic link, a directory or a file that is not there is not what was written. */
static bool check_files(struct server *server, const struct manifest *manifest, struct buf *why)
{
    const struct manifest_file *file = NULL;
    while ((file = manifest_next_to_load(manifest, file)) && why->len == 0) {
        char *path = file_path(server, file->name);
        struct file_info info;
        int error = file_info_unfollowed(path, &info);
        if (error) {
            buf_printf(why, "The manifest lists %s but it cannot be read: %s", path,
                       strerror(-error));
        } else if (!info.is_regular) {
            buf_printf(why, "The manifest lists %s, which is not a plain file", path);
        }
        mem_free(path);
    }
    return why->len == 0;
}

static bool is_plain(const struct file_info *info, const char *path, struct buf *why)
{
    if (!info->is_regular) buf_printf(why, "%s is not a plain file", path);
    return info->is_regular;
}

bool append_file_find(struct server *server, struct manifest *manifest, struct buf *why)
{
    struct buf path = {0}, old = {0};
    aof_manifest_path(&server->append_file.aof, &path);
    old_path(server, &old);
    struct file_info info = {0};
    bool done = true;
    if (file_info_unfollowed(buf_c(&path), &info) != -ENOENT) {
        done = is_plain(&info, buf_c(&path), why) && read_manifest(server, manifest, why) &&
               move_old_file(server, manifest, why) && check_files(server, manifest, why);
    } else if (file_info(buf_c(&old), &info) == 0 && info.is_regular) {
        done = upgrade(server, manifest, why) && move_old_file(server, manifest, why);
    } else {
        done = !has_orphans(server, why);
    }
    buf_deinit(&path);
    buf_deinit(&old);
    if (!done) manifest_deinit(manifest);
    return done;
}

/* --- the end --- */

static void remember_place(struct append_load *load, const struct aof_scan *scan)
{
    struct append_found *found = &load->server->append_file.found;
    /* A file that was made and not written to ends where the one before it does. */
    if (scan->unit_end == 0) return;
    if (scan->units) load->db = load->session.db;
    *found = (struct append_found){.offset = 0};
    /* Broken off before the SELECT that it begins with. */
    bool knows_db = load->db >= 0 || scan->skip == 0;
    if (scan->unit_offset < 0 || !knows_db) return;
    found->offset = scan->unit_offset;
    memcpy(found->replication_id, scan->id, sizeof(found->replication_id));
    for (size_t i = 0; i < scan->ancestor_count && i < LINEAGE_ANCESTORS; i++) {
        struct lineage_ancestor *ancestor = &found->ancestors[found->ancestor_count];
        ancestor->end = scan->ancestors[i].end;
        bool is_good = repl_id_parse(str_from_c(scan->ancestors[i].id), &ancestor->id);
        if (is_good) found->ancestor_count++;
    }
}

static void free_load(struct append_load *load)
{
    loop_cancel_task(&load->next);
    aof_load_free(load->requests);
    manifest_deinit(&load->manifest);
    session_deinit(&load->session);
    chain_deinit(&load->replies);
    mem_free(load);
}

/* The stream goes on where the files end. */
static bool go_on(struct append_load *load)
{
    struct server *server = load->server;
    struct append_found *found = &server->append_file.found;
    if (load->failed) {
        log_write(server->log, LEVEL_WARNING,
                  "%llu commands of the append-only file answered an error and changed nothing",
                  (unsigned long long)load->failed);
        if (server->config.repl.propagation_error_behavior == CONFIG_PROPAGATION_PANIC)
            return false;
    }
    log_write(server->log, LEVEL_NOTICE, "DB loaded from append only file: %.3f seconds",
              (double)(clock_mono_us() - load->began_us) / 1e6);
    if (load->in_command) return true;
    if (found->offset > 0) journal_reset(&server->journal, found->offset);
    struct replication_place place = {.id = found->replication_id,
                                      .offset = found->offset,
                                      .db = load->db,
                                      .ancestors = found->ancestors,
                                      .ancestor_count = found->ancestor_count};
    replication_take_up(server, &place, "append-only file");
    return append_file_resume(server, &load->manifest, load->last_size);
}

static void end_load(struct append_load *load)
{
    struct server *server = load->server;
    server->executor.state &= ~(uint32_t)GATE_LOADING;
    server->append_file.load = NULL;
    server_apply_settings(server);
    bool done = load->is_good && go_on(load);
    void (*after)(struct server *, bool) = load->after;
    free_load(load);
    if (after && !server->end.asked) after(server, done);
}

static void fail(struct append_load *load)
{
    load->is_good = false;
    load->file = NULL;
}

/* --- files --- */

static bool is_last(const struct append_load *load)
{
    return manifest_next_to_load(&load->manifest, load->file) == NULL;
}

static void log_torn(struct append_load *load, const struct aof_load_result *result,
                     const char *path)
{
    const struct aof_scan *scan = &result->scan;
    log_write(load->server->log, LEVEL_WARNING,
              "%s ends inside a %s that began at offset %lld: %lld of its %lld bytes are no whole "
              "unit",
              path, scan->in_unit ? "transaction" : "request", (long long)scan->unit_end,
              (long long)(result->size - scan->unit_end), (long long)result->size);
    if (result->has_zeros) {
        log_write(load->server->log, LEVEL_WARNING,
                  "%s has nothing but zeros from offset %lld on, as a power cut leaves it", path,
                  (long long)scan->damage_at);
    }
}

static void log_lost(struct append_load *load, const struct aof_load_result *result,
                     const char *path)
{
    struct server *server = load->server;
    if (result->verdict == AOF_LOAD_TORN) {
        log_torn(load, result, path);
    } else {
        log_write(server->log, LEVEL_WARNING,
                  "%s ends at offset %lld of the stream, before the next file begins", path,
                  (long long)result->scan.unit_offset);
    }
    if (load->file->end >= 0) {
        log_write(server->log, LEVEL_WARNING, "The manifest has it up to offset %lld",
                  (long long)load->file->end);
    }
}

/* The last line of the log, which tools look for. */
#define UNEXPECTED_END "Unexpected end of file reading the append only file"

/* The configuration allows that the data end behind the last whole unit of this file. */
static bool may_end(struct append_load *load, enum append_tail tail, const char *path)
{
    struct server *server = load->server;
    bool goes_on = tail == APPEND_TAIL_LOST && !load->in_command;
    if (tail == APPEND_TAIL_BROKEN || !(is_last(load) || goes_on)) {
        log_write(server->log, LEVEL_WARNING,
                  UNEXPECTED_END " %s: it is not the end of all data, so some is missing", path);
        return false;
    }
    if (server->config.aof.load_truncated) return true;
    log_write(server->log, LEVEL_WARNING,
              UNEXPECTED_END " %s: aof-load-truncated is no, so it is not cut there%s", path,
              is_last(load) ? "; skein-check-aof --fix does it" : "");
    return false;
}

static int cut_file(const struct aof_load_result *result, const char *path)
{
    int fd = file_open(path, FILE_UPDATE);
    int error = fd < 0 ? fd : file_truncate(fd, result->scan.unit_end);
    if (fd >= 0 && error == 0) error = file_sync(fd);
    if (fd >= 0) file_close(fd);
    return error;
}

/* True when the data end behind the last whole unit of this file now. */
static bool cut_tail(struct append_load *load, const struct aof_load_result *result,
                     enum append_tail tail, const char *path)
{
    struct server *server = load->server;
    log_lost(load, result, path);
    if (!may_end(load, tail, path)) return false;
    int error = cut_file(result, path);
    if (error == 0 && !is_last(load)) {
        error = append_tail_give_up(server, &load->manifest, load->file);
    }
    if (error) {
        log_write(server->log, LEVEL_WARNING, "Cannot cut %s: %s", path, strerror(-error));
        return false;
    }
    log_write(server->log, LEVEL_WARNING,
              "AOF loaded anyway because aof-load-truncated is enabled: %s was cut there", path);
    return true;
}

static bool accept(struct append_load *load, const struct aof_load_result *result, const char *path)
{
    struct server *server = load->server;
    enum append_tail tail = append_tail_judge(server, &load->manifest, load->file, result);
    switch (result->verdict) {
    case AOF_LOAD_DONE:
        return tail == APPEND_TAIL_WHOLE || cut_tail(load, result, tail, path);
    case AOF_LOAD_TORN:
        return cut_tail(load, result, tail, path);
    case AOF_LOAD_DAMAGED:
        log_write(server->log, LEVEL_WARNING,
                  "Bad file format reading the append only file %s: at offset %lld: %s. "
                  "skein-check-aof tells more",
                  path, (long long)result->scan.damage_at, result->scan.damage);
        return false;
    case AOF_LOAD_UNREADABLE:
        break;
    }
    log_write(server->log, LEVEL_WARNING, "Cannot read %s: %s", path, strerror(-result->error));
    return false;
}

static void begin_file(struct append_load *load);

static void end_requests(struct append_load *load)
{
    char *path = file_path(load->server, load->file->name);
    const struct aof_load_result *result = aof_load_result(load->requests);
    load->failed += result->failed;
    bool is_good = accept(load, result, path);
    if (is_good && load->file->type == MANIFEST_INCREMENT) {
        load->last_size = result->scan.unit_end;
        remember_place(load, &result->scan);
    }
    load->done_bytes += result->size;
    aof_load_free(load->requests);
    load->requests = NULL;
    mem_free(path);
    if (is_good)
        begin_file(load);
    else
        fail(load);
}

static void begin_requests(struct append_load *load, int64_t from)
{
    struct server *server = load->server;
    char *path = file_path(server, load->file->name);
    struct aof_load_order order = {.path = path,
                                   .from = from,
                                   .executor = &server->executor,
                                   .session = &load->session,
                                   .delay_us = server->config.snapshot.key_load_delay_us};
    load->session.db = 0;
    load->requests = aof_load_new(&order);
    mem_free(path);
}

static void take_snapshot(struct append_load *load, const struct load_result *result,
                          struct store *store)
{
    struct server *server = load->server;
    const struct rdb_fault *fault = &result->read.fault;
    char *path = file_path(server, load->file->name);
    if (result->open_error) {
        log_write(server->log, LEVEL_WARNING, "Cannot read %s: %s", path,
                  strerror(-result->open_error));
    } else if (!result->done) {
        log_write(server->log, LEVEL_WARNING, "Cannot load %s: at offset %llu: %s", path,
                  (unsigned long long)fault->offset, fault->reason);
    }
    bool done = result->done && persistence_load_libraries(server, result, false);
    if (done)
        persistence_adopt(server, store);
    else
        store_free(store);
    mem_free(path);
    if (!done) {
        fail(load);
        return;
    }
    struct append_found *found = &server->append_file.found;
    found->offset = MAX(result->read.facts.replication_offset, 0);
    memcpy(found->replication_id, result->read.facts.replication_id, REPLICATION_ID_LEN + 1);
    load->db = (int)MIN(result->read.facts.replication_db, INT_MAX);
    begin_requests(load, (int64_t)result->read.bytes);
}

static void run(void *context);

/* What becomes of the store while a worker fills it. */
struct snapshot_load {
    struct append_load *load;
    struct store *store;
};

static void on_snapshot(void *context, const struct load_result *result)
{
    struct snapshot_load *snapshot = context;
    struct append_load *load = snapshot->load;
    load->snapshot = NULL;
    take_snapshot(load, result, snapshot->store);
    mem_free(snapshot);
    if (!load->in_command) run(load);
}

static void begin_snapshot(struct append_load *load)
{
    struct server *server = load->server;
    struct snapshot_load *snapshot = mem_new(struct snapshot_load);
    char *path = file_path(server, load->file->name);
    *snapshot = (struct snapshot_load){load, persistence_new_store(server)};
    struct load_order order = {
        .path = path,
        .store = snapshot->store,
        .options = persistence_read_options(server, &load->limits),
        .key_delay_us = server->config.snapshot.key_load_delay_us,
        .on_end = on_snapshot,
        .context = snapshot,
    };
    /* The increments say what became of keys whose time was over. */
    order.options.drop_expired = false;
    if (load->in_command)
        load_now(&order);
    else
        load->snapshot = load_begin(server->workers, LANE_LOAD, &order);
    mem_free(path);
}

/* Also one that has lost its beginning, or everything. */
static bool is_snapshot(const char *path)
{
    char magic[5];
    if (str_ends_with(str_from_c(path), STR(".rdb"))) return true;
    int fd = file_open(path, FILE_READ);
    if (fd < 0) return false;
    ssize_t len = file_read_at(fd, magic, sizeof(magic), 0);
    file_close(fd);
    return len == sizeof(magic) && memcmp(magic, "REDIS", sizeof(magic)) == 0;
}

/* Requests add to what is there, so there must be nothing; a snapshot replaces it anyway. */
static void begin_empty(struct server *server)
{
    struct load_result nothing = {.done = true};
    persistence_adopt(server, persistence_new_store(server));
    persistence_load_libraries(server, &nothing, false);
}

/* The next file; load->file is NULL behind the last one. */
static void begin_file(struct append_load *load)
{
    bool is_first = load->file == NULL;
    load->file = manifest_next_to_load(&load->manifest, load->file);
    if (!load->file) return;
    char *path = file_path(load->server, load->file->name);
    bool is_base = load->file->type == MANIFEST_BASE;
    if (is_base && is_snapshot(path)) {
        begin_snapshot(load);
    } else {
        if (is_first && load->in_command) begin_empty(load->server);
        begin_requests(load, 0);
    }
    mem_free(path);
}

/* --- the whole --- */

/* What is loaded is no traffic: nobody times or counts it. */
static bool step(struct append_load *load)
{
    struct executor *executor = &load->server->executor;
    int64_t (*clock_us)(void *) = executor->clock_us;
    void (*after_run)(void *, struct call *, const struct outcome *) = executor->after_run;
    executor->clock_us = NULL;
    executor->after_run = NULL;
    bool goes_on = aof_load_step(load->requests);
    executor->clock_us = clock_us;
    executor->after_run = after_run;
    return goes_on;
}

static void run(void *context)
{
    struct append_load *load = context;
    do {
        if (load->requests && !step(load)) end_requests(load);
        if (load->snapshot) return;
        if (!load->file) {
            if (!load->in_command) end_load(load);
            return;
        }
    } while (load->in_command);
    loop_add_task(load->server->loop, &load->next);
}

static void measure(struct append_load *load)
{
    const struct manifest_file *file = NULL;
    while ((file = manifest_next_to_load(&load->manifest, file))) {
        char *path = file_path(load->server, file->name);
        struct file_info info;
        if (file_info(path, &info) == 0) load->total_bytes += info.size_bytes;
        mem_free(path);
    }
}

static struct append_load *load_new(struct server *server, struct manifest *manifest)
{
    struct append_load *load = mem_new(struct append_load);
    load->server = server;
    load->manifest = *manifest;
    load->is_good = true;
    load->last_size = -1;
    load->began_us = clock_mono_us();
    load->began_s = clock_wall_ms() / 1000;
    load->next = (struct loop_task){.fn = run, .ctx = load};
    session_init(&load->session, 0, &load->replies);
    load->session.reply.discards = true;
    load->session.authenticated = true;
    load->session.user = server->acl.default_user;
    server->append_file.found = (struct append_found){.offset = 0};
    load->db = -1;
    measure(load);
    return load;
}

static void begin_load(struct server *server, struct manifest *manifest,
                       void (*after)(struct server *server, bool done))
{
    struct append_load *load = load_new(server, manifest);
    load->after = after;
    server->append_file.load = load;
    server->executor.state |= GATE_LOADING;
    server->settings.keeps_expired = true;
    begin_file(load);
    if (!load->snapshot) run(load);
}

static void after_snapshot(struct server *server, bool done)
{
    struct manifest none = {0};
    if (done) append_file_start(server, &none);
    server->append_file.load_ended(server, done);
}

static bool has_snapshot(const struct server *server)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", server->config.process.dir, server->config.snapshot.dbfilename);
    bool found = file_exists(buf_c(&path));
    buf_deinit(&path);
    return found;
}

void append_file_load_begin(struct server *server, void (*after)(struct server *server, bool done))
{
    struct manifest manifest = {0};
    struct buf why = {0};
    if (!server->config.aof.enabled) {
        persistence_load_begin(server, after);
    } else if (!append_file_find(server, &manifest, &why)) {
        log_write(server->log, LEVEL_WARNING, "%s", buf_c(&why));
        after(server, false);
    } else if (manifest.count > 0) {
        begin_load(server, &manifest, after);
    } else if (has_snapshot(server)) {
        server->append_file.load_ended = after;
        persistence_load_begin(server, after_snapshot);
    } else {
        after(server, append_file_resume(server, &manifest, -1));
    }
    buf_deinit(&why);
}

bool append_file_reload(struct server *server)
{
    struct manifest manifest = {0};
    struct buf why = {0};
    append_file_flush(server);
    bool found = append_file_find(server, &manifest, &why);
    if (!found) log_write(server->log, LEVEL_WARNING, "%s", buf_c(&why));
    buf_deinit(&why);
    if (!found || manifest.count == 0) return false;
    struct append_load *load = load_new(server, &manifest);
    bool wanted = server->host.effects_wanted;
    load->in_command = true;
    server->host.effects_wanted = false;
    server->executor.state |= GATE_LOADING;
    begin_file(load);
    run(load);
    server->executor.state &= ~(uint32_t)GATE_LOADING;
    server->host.effects_wanted = wanted;
    bool done = load->is_good && go_on(load);
    free_load(load);
    return done;
}

bool append_file_load_progress(const struct server *server, int64_t *done, int64_t *total,
                               int64_t *began_s)
{
    const struct append_load *load = server->append_file.load;
    if (!load) return false;
    *done = load->done_bytes;
    if (load->snapshot) *done += (int64_t)load_progress(load->snapshot)->bytes;
    if (load->requests) *done += aof_load_result(load->requests)->scan.at;
    *total = load->total_bytes;
    *began_s = load->began_s;
    return true;
}

void append_file_load_cancel(struct server *server)
{
    struct append_load *load = server->append_file.load;
    if (!load) return;
    if (load->snapshot) {
        load->after = NULL;
        load_cancel(load->snapshot);
        worker_drain(server->workers, LANE_LOAD);
    }
    if (server->append_file.load) {
        server->append_file.load = NULL;
        free_load(load);
    }
}
