#include "check/rdb_salvage.h"

#include "base/compat.h"
#include "base/mem.h"
#include "check/rdb_check.h"
#include "disk/saver.h"
#include "io/clock.h"
#include "io/file.h"
#include "snapshot/rdb_value.h"

#include <string.h>

enum {
    SENSIBLE_RECORDS = 3, /* in a row, before a place is believed */
    TRIAL_DATABASES = 256,
    CHECKSUM = 8,
};

/* Bytes of the file from some place on. */
struct remainder {
    struct str rest;
};

struct salvage {
    struct buf file;
    struct store *store;
    struct buf *libraries;
    size_t library_count;
    uint64_t lost_bytes, damages;
    struct check_meter meter;
    int version, db;
    size_t from;                       /* where the present reading began */
    bool is_found_damaged, is_damaged; /* by the first reading; during the second */
};

static ptrdiff_t read_rest(void *context, void *bytes, size_t room)
{
    struct remainder *remainder = context;
    struct str part = str_first(remainder->rest, room);
    if (part.len) memcpy(bytes, part.ptr, part.len);
    remainder->rest = str_from(remainder->rest, part.len);
    return (ptrdiff_t)part.len;
}

static bool keep_library(void *context, struct str code)
{
    struct salvage *salvage = context;
    size_t count = salvage->library_count + 1;
    salvage->libraries = mem_realloc(salvage->libraries, count * sizeof(*salvage->libraries));
    struct buf *library = &salvage->libraries[salvage->library_count++];
    *library = (struct buf){0};
    buf_append_str(library, code);
    return true;
}

/* --- looking for the next record --- */

/* What a record that has a key begins with. */
static bool may_begin(uint8_t byte)
{
    if (byte >= RDB_SLOT_INFO)
        return byte == RDB_EXPIRE_MS || byte == RDB_EXPIRE_S || byte == RDB_IDLE ||
               byte == RDB_FREQUENCY || byte == RDB_SELECT_DB;
    return rdb_form_read(byte) != NULL;
}

/* The length of the first of several records that make sense in a row; 0 when they do not. */
static size_t sensible_record(const struct salvage *salvage, struct store *trial, struct str bytes)
{
    struct remainder remainder = {bytes};
    struct rdb_input input = {.read = read_rest, .context = &remainder, .size = bytes.len};
    struct rdb_read_options options = {.replaces = true, .is_suspicious = true};
    struct rdb_read_result result;
    struct rdb_reading *reading = rdb_reading_new(&input, trial, &options, &result);
    enum rdb_step step = RDB_STEP_RECORD;
    rdb_reading_resume(reading, 1, salvage->db % TRIAL_DATABASES);
    size_t first = 0;
    for (int i = 0; step == RDB_STEP_RECORD && i < SENSIBLE_RECORDS; i++) {
        step = rdb_reading_step(reading);
        if (i == 0) first = (size_t)rdb_reading_at(reading);
    }
    /* An end in the middle of the file is none. */
    bool early = step == RDB_STEP_END && bytes.len - result.bytes > CHECKSUM;
    rdb_reading_free(reading);
    buf_deinit(&result.rest);
    for (int db = 0; db < trial->db_count; db++) {
        if (trial->dbs[db].table.len) keyspace_clear(&trial->dbs[db]);
    }
    return step != RDB_STEP_FAULT && !early ? first : 0;
}

/* The first place in (at, end) from which the file makes sense; `end` when there is none. *len is
 * the length of the record there. */
static size_t find_between(struct salvage *salvage, struct store *trial, size_t at, size_t end,
                           size_t *len)
{
    struct str file = buf_str(&salvage->file);
    while (++at < end) {
        struct str bytes = str_from(file, at);
        check_meter_move(&salvage->meter, at);
        if (!may_begin((uint8_t)bytes.ptr[0])) continue;
        *len = sensible_record(salvage, trial, bytes);
        if (*len) break;
    }
    return at < end ? at : end;
}

/* The next place behind `at` from which the file makes sense; its end when there is none. A record
 * inside of which another makes sense is a length that is wrong, so the innermost is taken. */
static size_t find_record(struct salvage *salvage, size_t at)
{
    struct store *trial = store_new(TRIAL_DATABASES, (struct hash_seed){1, 2});
    size_t size = salvage->file.len, len = 0;
    size_t found = find_between(salvage, trial, at, size, &len);
    for (size_t end = found + len; found < size;) {
        size_t inner = find_between(salvage, trial, found, end, &len);
        if (inner == end) break;
        found = inner;
        end = found + len;
    }
    store_free(trial);
    return found;
}

/* --- reading what is intact --- */

static void tell_loss(struct salvage *salvage, const struct rdb_fault *fault, size_t from,
                      size_t to)
{
    check_meter_end(&salvage->meter);
    printf("[offset %llu] %s\n", (unsigned long long)salvage->from + fault->offset, fault->reason);
    printf("[offset %zu] lost %zu bytes, up to offset %zu\n", from, to - from, to);
    salvage->lost_bytes += to - from;
    salvage->damages++;
}

/* One reading from a place of the file on. */
struct stretch {
    struct salvage *salvage;
    struct rdb_reading *reading;
    struct remainder remainder;
    struct rdb_input input;
    struct rdb_read_options options;
    struct rdb_read_result result;
    size_t from;
    uint64_t last_at; /* where the last record that could be read begins */
};

static void stretch_init(struct stretch *stretch, struct salvage *salvage, size_t from)
{
    *stretch = (struct stretch){.salvage = salvage, .from = from};
    salvage->from = from;
    stretch->remainder.rest = str_from(buf_str(&salvage->file), from);
    stretch->input = (struct rdb_input){
        .read = read_rest, .context = &stretch->remainder, .size = stretch->remainder.rest.len};
    stretch->options = (struct rdb_read_options){.replaces = true,
                                                 .is_suspicious = salvage->is_damaged,
                                                 .now_ms = clock_wall_ms(),
                                                 .on_library = keep_library,
                                                 .context = salvage};
    stretch->reading =
        rdb_reading_new(&stretch->input, salvage->store, &stretch->options, &stretch->result);
}

static void stretch_deinit(struct stretch *stretch)
{
    rdb_reading_free(stretch->reading);
    buf_deinit(&stretch->result.rest);
}

static enum rdb_step read_stretch(struct stretch *stretch)
{
    struct salvage *salvage = stretch->salvage;
    enum rdb_step step = RDB_STEP_RECORD;
    uint64_t at = 0;
    if (stretch->from)
        rdb_reading_resume(stretch->reading, salvage->version, salvage->db);
    else if (!rdb_reading_begin(stretch->reading))
        step = RDB_STEP_FAULT;
    while (step == RDB_STEP_RECORD) {
        stretch->last_at = at;
        at = rdb_reading_at(stretch->reading);
        step = rdb_reading_step(stretch->reading);
        check_meter_move(&salvage->meter, stretch->from + at);
    }
    rdb_reading_settle(stretch->reading);
    salvage->db = rdb_reading_db(stretch->reading);
    if (stretch->result.facts.version) salvage->version = stretch->result.facts.version;
    return step;
}

/* The record before the one that makes no sense may be what is damaged: with a length that is
 * wrong, it has swallowed others. */
static size_t go_on_behind(struct stretch *stretch)
{
    struct salvage *salvage = stretch->salvage;
    size_t stopped = stretch->from + stretch->result.fault.record_at;
    size_t from = stretch->from + stretch->last_at, next = find_record(salvage, from);
    if (next >= stopped) {
        from = stopped;
        if (next == stopped) next = find_record(salvage, stopped);
    } else {
        keyspace_remove(&salvage->store->dbs[salvage->db], rdb_reading_key(stretch->reading));
    }
    tell_loss(salvage, &stretch->result.fault, from, next);
    return next;
}

/* Reads from `from` on until something is wrong, and returns where to go on. */
static size_t read_from(struct salvage *salvage, size_t from)
{
    struct stretch stretch;
    stretch_init(&stretch, salvage, from);
    size_t next = salvage->file.len;
    if (read_stretch(&stretch) == RDB_STEP_FAULT) {
        if (salvage->is_damaged) next = go_on_behind(&stretch);
        salvage->is_found_damaged = true;
    }
    stretch_deinit(&stretch);
    return next;
}

static void forget_all(struct salvage *salvage)
{
    for (int db = 0; db < salvage->store->db_count; db++) {
        if (salvage->store->dbs[db].table.len) keyspace_clear(&salvage->store->dbs[db]);
    }
    for (size_t i = 0; i < salvage->library_count; i++) buf_deinit(&salvage->libraries[i]);
    salvage->library_count = 0;
    salvage->version = RDB_VERSION;
    salvage->db = 0;
}

/* What is whole is taken as it is; only what is not is looked at with suspicion. */
static void read_all(struct salvage *salvage)
{
    read_from(salvage, 0);
    if (!salvage->is_found_damaged) return;
    forget_all(salvage);
    salvage->is_damaged = true;
    size_t at = 0;
    do {
        at = read_from(salvage, at);
    } while (at < salvage->file.len);
}

/* --- writing --- */

static bool write_out(struct salvage *salvage, const char *out)
{
    struct str *codes = mem_calloc((salvage->library_count + 1) * sizeof(*codes));
    for (size_t i = 0; i < salvage->library_count; i++) codes[i] = buf_str(&salvage->libraries[i]);
    struct buf temp = {0};
    buf_printf(&temp, "%s.part", out);
    struct save_order order = {
        .frozen = store_freeze(salvage->store),
        .options = {.compress = true,
                    .checksum = true,
                    .version = COMPAT_REDIS_VERSION,
                    .now_ms = clock_wall_ms(),
                    .libraries = codes,
                    .library_count = salvage->library_count},
        .path = out,
        .temp_path = buf_c(&temp),
        .fd = -1,
    };
    struct save_result result = save_now(&order);
    if (result.verdict == SAVE_DONE)
        printf("[info] %llu keys written to %s\n", (unsigned long long)result.keys, out);
    else
        printf("Cannot %s %s: %s\n", result.step, out, strerror(-result.error));
    buf_deinit(&temp);
    mem_free(codes);
    return result.verdict == SAVE_DONE;
}

static void salvage_deinit(struct salvage *salvage)
{
    for (size_t i = 0; i < salvage->library_count; i++) buf_deinit(&salvage->libraries[i]);
    mem_free(salvage->libraries);
    store_free(salvage->store);
    buf_deinit(&salvage->file);
}

enum salvage_verdict rdb_salvage(const char *path, const char *out)
{
    struct salvage salvage = {.version = RDB_VERSION};
    int error = file_read_all(path, SIZE_MAX, &salvage.file);
    if (error) {
        printf("Cannot read %s: %s\n", path, strerror(-error));
        buf_deinit(&salvage.file);
        return SALVAGE_FAILED;
    }
    salvage.meter = check_meter_of(salvage.file.len);
    salvage.store = store_new(CHECK_DATABASES, (struct hash_seed){1, 2});
    read_all(&salvage);
    check_meter_end(&salvage.meter);
    printf("[info] %llu places damaged, %llu bytes lost\n", (unsigned long long)salvage.damages,
           (unsigned long long)salvage.lost_bytes);
    bool written = write_out(&salvage, out);
    enum salvage_verdict verdict = salvage.damages ? SALVAGE_LOST_SOME : SALVAGE_WHOLE;
    salvage_deinit(&salvage);
    return written ? verdict : SALVAGE_FAILED;
}
