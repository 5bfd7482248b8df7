#include "check/rdb_check.h"

#include "disk/loader.h"
#include "io/clock.h"
#include "io/file.h"

#include <string.h>
#include <unistd.h>

enum {
    KEPT_KEYS = 1 << 16, /* so many are in memory at a time */
    METER_STEP = 16 << 20,
};

/* --- the meter --- */

struct check_meter check_meter_of(uint64_t size)
{
    return (struct check_meter){.is_shown = isatty(STDERR_FILENO) == 1, .size = size};
}

void check_meter_move(struct check_meter *meter, uint64_t at)
{
    if (!meter->is_shown || at < meter->next || meter->size == 0) return;
    meter->next = at + METER_STEP;
    fprintf(stderr, "\r%3.0f%%", 100.0 * (double)at / (double)meter->size);
    fflush(stderr);
}

void check_meter_end(struct check_meter *meter)
{
    if (meter->is_shown && meter->next) fprintf(stderr, "\r    \r");
}

void check_count_print(const struct check_count *count)
{
    printf("[info] %llu keys read\n", (unsigned long long)count->keys);
    printf("[info] %llu expires\n", (unsigned long long)count->expiring);
    printf("[info] %llu already expired\n", (unsigned long long)count->expired);
}

/* --- the check --- */

struct checking {
    struct rdb_reading *reading;
    struct store *store;
    struct check_meter meter;
    struct check_count count;
    int64_t now_ms;
    int db;
};

static void print_aux(void *context, struct str name, struct str value)
{
    struct checking *checking = context;
    struct buf quoted = {0};
    buf_append_quoted(&quoted, str_first(value, 64));
    printf("[offset %llu] AUX FIELD %.*s = %s\n",
           (unsigned long long)rdb_reading_at(checking->reading), STR_ARG(name), buf_c(&quoted));
    buf_deinit(&quoted);
}

/* Counts what was read and lets it go: a file may be larger than memory. */
static void count_and_drop(struct checking *checking)
{
    struct store *store = checking->store;
    for (int db = 0; db < store->db_count; db++) {
        struct table_cursor cursor = {0};
        const struct entry *entry;
        if (store->dbs[db].table.len == 0) continue;
        while ((entry = table_next(&store->dbs[db].table, &cursor))) {
            int64_t at = entry_expire_at(entry);
            checking->count.keys++;
            checking->count.expiring += at != NO_EXPIRY;
            checking->count.expired += at != NO_EXPIRY && at < checking->now_ms;
        }
        keyspace_clear(&store->dbs[db]);
    }
}

static void tell_db(struct checking *checking)
{
    int db = rdb_reading_db(checking->reading);
    if (db == checking->db) return;
    checking->db = db;
    printf("[offset %llu] Selecting DB ID %d\n",
           (unsigned long long)rdb_reading_at(checking->reading), db);
}

static bool read_records(struct checking *checking)
{
    enum rdb_step step = RDB_STEP_FAULT;
    uint64_t records = 0;
    if (rdb_reading_begin(checking->reading)) step = RDB_STEP_RECORD;
    while (step == RDB_STEP_RECORD) {
        step = rdb_reading_step(checking->reading);
        tell_db(checking);
        check_meter_move(&checking->meter, rdb_reading_at(checking->reading));
        if (++records % KEPT_KEYS == 0) count_and_drop(checking);
    }
    check_meter_end(&checking->meter);
    rdb_reading_settle(checking->reading);
    count_and_drop(checking);
    return step == RDB_STEP_END;
}

static void print_verdict(const struct rdb_read_result *result, bool done)
{
    const struct rdb_fault *fault = &result->fault;
    if (done) {
        printf("[offset %llu] The file is whole: RDB version %d, %s\n",
               (unsigned long long)result->bytes, result->facts.version,
               result->facts.version < RDB_CHECKSUM_FROM ? "which has no checksum" : "checked");
        return;
    }
    printf("--- RDB ERROR DETECTED ---\n");
    printf("[offset %llu] %s\n", (unsigned long long)fault->offset, fault->reason);
    printf("[additional info] in the record at offset %llu\n",
           (unsigned long long)fault->record_at);
}

static bool check_fd(int fd, uint64_t size)
{
    struct checking checking = {
        .store = store_new(CHECK_DATABASES, (struct hash_seed){1, 2}),
        .meter = check_meter_of(size),
        .now_ms = clock_wall_ms(),
    };
    struct rdb_read_options options = {
        .now_ms = checking.now_ms, .on_aux = print_aux, .context = &checking};
    struct rdb_input input = load_input_of_fd(&fd);
    struct rdb_read_result result;
    input.size = size;
    checking.reading = rdb_reading_new(&input, checking.store, &options, &result);
    bool done = read_records(&checking);
    rdb_reading_free(checking.reading);
    print_verdict(&result, done);
    check_count_print(&checking.count);
    buf_deinit(&result.rest);
    store_free(checking.store);
    return done;
}

bool rdb_check(const char *path)
{
    struct file_info info;
    int error = file_info(path, &info), fd = error ? error : file_open(path, FILE_READ);
    printf("[offset 0] Checking RDB file %s\n", path);
    if (fd < 0) {
        printf("Cannot read %s: %s\n", path, strerror(-fd));
        return false;
    }
    bool done = check_fd(fd, (uint64_t)info.size_bytes);
    file_close(fd);
    return done;
}
