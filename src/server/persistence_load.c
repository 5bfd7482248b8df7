/* Loading: at the start and for DEBUG RELOAD; how what was loaded becomes the data. */
#include "base/mem.h"
#include "base/num.h"
#include "command/blocking.h"
#include "command/dump.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/file.h"
#include "io/process.h"
#include "script/library.h"
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { MIB = 1 << 20, SECONDS_PER_US = 1000000 };

/* --- a store in the place of another --- */

struct store *persistence_new_store(struct server *server)
{
    struct store *store = store_new(server->store->db_count, server->store->seed);
    prng_init(&store->prng, entropy_u64());
    store->new_access = server->store->new_access;
    return store;
}

static void give_up_replaced(void *context)
{
    struct server *server = context;
    if (server->persistence.replaced) store_retire(server->persistence.replaced);
    server->persistence.replaced = NULL;
}

/* Requests that run still look at the old store's databases, so it is given up only after them. */
void persistence_adopt(struct server *server, struct store *fresh)
{
    struct persistence *persistence = &server->persistence;
    struct store *old = server->store;
    struct host *host = &server->host;
    fresh->epochs.discard = old->epochs.discard;
    fresh->epochs.discard_context = old->epochs.discard_context;
    fresh->new_access = old->new_access;
    for (int i = 0; i < old->db_count; i++) {
        watch_replaced(&server->watches, &old->dbs[i], &fresh->dbs[i]);
    }
    server->store = host->store = fresh;
    for (int i = 0; i < fresh->db_count; i++) blocking_replaced(host->blocking, &fresh->dbs[i]);
    if (host->on_flushed) host->on_flushed(host->owner, NULL, NULL);
    give_up_replaced(server);
    persistence->replaced = old;
    persistence->give_up = (struct loop_task){.fn = give_up_replaced, .ctx = server};
    loop_add_task(server->loop, &persistence->give_up);
}

/* --- how it is read --- */

struct rdb_read_options persistence_read_options(struct server *server, struct rdb_limits *limits)
{
    const struct command_settings *settings = &server->settings;
    *limits = dump_limits(settings);
    return (struct rdb_read_options){
        .limits = limits,
        .skip_checksum = !server->config.snapshot.rdbchecksum,
        .drop_expired = !settings->is_replica,
        .now_ms = clock_wall_ms(),
        .access = settings->lfu ? RDB_ACCESS_LFU : RDB_ACCESS_LRU,
    };
}

static bool load_libraries(struct server *server, const struct load_result *result, bool replaces)
{
    struct buf error = {0};
    bool done = true;
    for (size_t i = 0; done && i < result->library_count; i++) {
        struct str code = buf_str(&result->libraries[i]);
        done = library_load(server->host.scripts, code, replaces, &error) != NULL;
    }
    if (!done) {
        log_write(server->log, LEVEL_WARNING, "A library of functions cannot be loaded: %s",
                  buf_c(&error));
    }
    buf_deinit(&error);
    return done;
}

bool persistence_load_libraries(struct server *server, const struct load_result *result, bool joins)
{
    struct script_engine *engine = server->host.scripts;
    if (joins) return load_libraries(server, result, true);
    struct library_set *present = engine->libraries, *fresh = library_set_new();
    engine->libraries = fresh;
    bool done = load_libraries(server, result, false);
    engine->libraries = present;
    if (done)
        library_set_replace(engine, fresh);
    else
        library_set_free(engine, fresh);
    return done;
}

/* --- telling --- */

static void log_failure(struct server *server, const char *path, const struct load_result *result)
{
    const struct rdb_fault *fault = &result->read.fault;
    if (result->open_error) {
        log_write(server->log, LEVEL_WARNING, "Cannot read %s: %s", path,
                  strerror(-result->open_error));
    } else {
        log_write(server->log, LEVEL_WARNING,
                  "Cannot load %s: at offset %llu (in the record at %llu): %s", path,
                  (unsigned long long)fault->offset, (unsigned long long)fault->record_at,
                  fault->reason);
    }
}

static void log_success(struct server *server, const struct load_result *result)
{
    const struct rdb_facts *facts = &result->read.facts;
    int64_t age_s = clock_wall_ms() / 1000 - facts->made_at_s;
    log_write(server->log, LEVEL_NOTICE, "Loading RDB produced by version %s",
              facts->made_by[0] ? facts->made_by : "(not told)");
    if (facts->made_at_s) {
        log_write(server->log, LEVEL_NOTICE, "RDB age %lld seconds", (long long)age_s);
    }
    if (facts->used_memory) {
        log_write(server->log, LEVEL_NOTICE, "RDB memory usage when created %.2f Mb",
                  (double)facts->used_memory / MIB);
    }
    log_write(server->log, LEVEL_NOTICE, "Done loading RDB, keys loaded: %llu, keys expired: %llu.",
              (unsigned long long)result->read.keys, (unsigned long long)result->read.expired);
    log_write(server->log, LEVEL_NOTICE, "DB loaded from disk: %.3f seconds",
              (double)result->duration_us / SECONDS_PER_US);
}

/* --- loading --- */

/* One load, by whoever asked for it. */
struct loading {
    struct server *server;
    struct store *store; /* where to */
    struct rdb_limits limits;
    struct buf path;
    bool joins; /* the store is the one in use */
    bool replaces;
    bool done;
};

static void loading_init(struct loading *loading, struct server *server)
{
    *loading = (struct loading){.server = server};
    buf_printf(&loading->path, "%s/%s", server->config.process.dir,
               server->config.snapshot.dbfilename);
}

static struct load_order order_of(struct loading *loading)
{
    struct server *server = loading->server;
    server->persistence.last_load_keys = server->persistence.last_load_expired = 0;
    struct load_order order = {
        .path = buf_c(&loading->path),
        .store = loading->store,
        .options = persistence_read_options(server, &loading->limits),
        .key_delay_us = server->config.snapshot.key_load_delay_us,
        .context = loading,
    };
    order.options.replaces = loading->replaces;
    return order;
}

/* Takes what was loaded, or throws it away. */
static void settle(struct loading *loading, const struct load_result *result)
{
    struct server *server = loading->server;
    loading->done = result->done && persistence_load_libraries(server, result, loading->joins);
    if (!result->done) log_failure(server, buf_c(&loading->path), result);
    if (loading->done) log_success(server, result);
    if (loading->done && !loading->joins) persistence_adopt(server, loading->store);
    if (!loading->done && !loading->joins) store_free(loading->store);
    server->persistence.last_load_keys = result->read.keys;
    server->persistence.last_load_expired = result->read.expired;
    buf_deinit(&loading->path);
}

static void on_reloaded(void *context, const struct load_result *result)
{
    settle(context, result);
}

bool persistence_reload(struct server *server, bool joins, bool replaces)
{
    struct loading loading;
    loading_init(&loading, server);
    loading.joins = joins;
    loading.replaces = replaces;
    loading.store = joins ? server->store : persistence_new_store(server);
    struct load_order order = order_of(&loading);
    order.on_end = on_reloaded;
    load_now(&order);
    return loading.done;
}

static void take_up_history(struct server *server, const struct rdb_facts *facts)
{
    int64_t db = facts->replication_db;
    struct replication_place place = {.id = facts->replication_id,
                                      .offset = facts->replication_offset,
                                      .db = db >= 0 && db < INT_MAX ? (int)db : 0};
    replication_take_up(server, &place, "snapshot");
}

static void on_loaded(void *context, const struct load_result *result)
{
    struct loading *loading = context;
    struct server *server = loading->server;
    server->persistence.load = NULL;
    server->executor.state &= ~(uint32_t)GATE_LOADING;
    bool wanted = !server->end.asked;
    settle(loading, result);
    bool done = loading->done;
    if (done && wanted) take_up_history(server, &result->read.facts);
    mem_free(loading);
    if (wanted) server->persistence.after_load(server, done);
}

void persistence_load_begin(struct server *server,
                            void (*after_load)(struct server *server, bool done))
{
    struct persistence *persistence = &server->persistence;
    struct loading *loading = mem_new(struct loading);
    struct file_info info;
    loading_init(loading, server);
    if (file_info(buf_c(&loading->path), &info) == -ENOENT) {
        buf_deinit(&loading->path);
        mem_free(loading);
        after_load(server, true);
        return;
    }
    loading->store = persistence_new_store(server);
    struct load_order order = order_of(loading);
    order.on_end = on_loaded;
    persistence->after_load = after_load;
    persistence->load_began_s = clock_wall_ms() / 1000;
    server->executor.state |= GATE_LOADING;
    persistence->load = load_begin(server->workers, LANE_LOAD, &order);
}

/* --- life --- */

/* "temp-4711.rdb": what a server left behind that ended while it saved. */
static bool is_left_behind(struct str name)
{
    struct str digits = str_from(name, sizeof("temp-") - 1);
    int64_t pid;
    if (!str_starts_with(name, STR("temp-")) || !str_ends_with(name, STR(".rdb"))) return false;
    if (digits.len <= sizeof(".rdb") - 1) return false;
    digits.len -= sizeof(".rdb") - 1;
    if (!num_parse_i64(digits, &pid) || pid <= 0) return false;
    return pid == process_id() || !process_exists(pid);
}

static void remove_left_behind(struct server *server)
{
    struct file_names names = {0};
    const char *dir = server->config.process.dir;
    if (file_list(dir, &names) != 0) return;
    for (size_t i = 0; i < names.count; i++) {
        if (!is_left_behind(str_from_c(names.names[i]))) continue;
        log_write(server->log, LEVEL_NOTICE, "Removing %s: the save that began it did not end",
                  names.names[i]);
        file_remove(names.names[i]);
    }
    file_names_deinit(&names);
}

void persistence_init(struct server *server)
{
    struct persistence *persistence = &server->persistence;
    persistence->last_duration_s = -1;
    persistence->last_save_s = server->started_wall_ms / 1000;
}

void persistence_open(struct server *server)
{
    remove_left_behind(server);
}

void persistence_deinit(struct server *server)
{
    struct persistence *persistence = &server->persistence;
    persistence_save_cancel(server);
    if (persistence->load) load_cancel(persistence->load);
    worker_wait_idle(server->workers, LANE_LOAD);
    worker_drain(server->workers, LANE_SAVE);
    loop_cancel_task(&persistence->give_up);
    give_up_replaced(server);
}
