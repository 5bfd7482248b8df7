#include "snapshot/rdb_file_read.h"

#include "base/crc64.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/offset.h"
#include "snapshot/rdb_value.h"
#include "store/loading.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/param.h>

enum {
    WINDOW = 1 << 18,
    REPORT_EVERY = 64, /* keys between two looks at the progress */
    CHECKSUM = 8,
    QUOTED_KEY = 64,            /* bytes of a key in a message */
    RESERVE_BYTES_PER_KEY = 16, /* of the file: no more entries are prepared for than that */
    LFU_MINUTES_SHIFT = 8,
    LFU_MINUTES_MASK = 0xffff,
    MODULE_BYTE_FIRST = 6,
    MODULE_BYTE_LAST = 7,
    MODULE_NAME_LEN = 9,
    MODULE_VERSION_BITS = 10,
};

/* The bytes at hand, and the sum of those that were taken. */
struct window {
    const struct rdb_input *input;
    char *bytes;
    size_t at, len;
    size_t summed; /* up to here the sum goes */
    uint64_t base; /* the offset of bytes[0] */
    uint64_t crc;
    bool no_sum;
    bool cannot_read; /* else, when it fails: the end came too early */
};

struct rdb_reading {
    struct window window;
    struct source source; /* over the window */
    struct rdb_reader codec;
    struct store *store;
    struct store_loading loading;
    size_t reserved; /* entries prepared for, in all databases */
    const struct rdb_read_options *options;
    struct rdb_read_result *result;
    struct rdb_progress *progress;
    struct rdb_progress unseen;
    uint64_t announced; /* keys, so far */
    uint64_t record_at;
    struct buf key;
    int64_t expire_at_ms;
    uint32_t access; /* of the next key */
    bool is_over;
};

/* --- the window --- */

static void sum_up(struct window *window)
{
    if (!window->no_sum && window->at > window->summed) {
        window->crc =
            crc64(window->crc, window->bytes + window->summed, window->at - window->summed);
    }
    window->summed = window->at;
}

/* All bytes at hand were taken: gets more. */
static bool refill(struct window *window)
{
    sum_up(window);
    window->base += window->len;
    window->at = window->len = window->summed = 0;
    ptrdiff_t got = window->input->read(window->input->context, window->bytes, WINDOW);
    window->cannot_read = got < 0;
    if (got <= 0) return false;
    window->len = (size_t)got;
    return true;
}

static bool take(void *context, void *out, size_t len)
{
    struct window *window = context;
    char *to = out;
    while (len > window->len - window->at) {
        size_t here = window->len - window->at;
        if (here) memcpy(to, window->bytes + window->at, here);
        window->at += here;
        to += here;
        len -= here;
        if (!refill(window)) return false;
    }
    memcpy(to, window->bytes + window->at, len);
    window->at += len;
    return true;
}

static const char *borrow(void *context, size_t len)
{
    struct window *window = context;
    if (len > window->len - window->at) return NULL;
    const char *bytes = window->bytes + window->at;
    window->at += len;
    return bytes;
}

static uint64_t offset_of(const struct rdb_reading *reading)
{
    return reading->window.base + reading->window.at;
}

/* --- what is wrong --- */

static bool fail(struct rdb_reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct rdb_reading *reading, const char *format, ...)
{
    struct rdb_fault *fault = &reading->result->fault;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->reason, sizeof(fault->reason), format, args);
    va_end(args);
    fault->offset = offset_of(reading);
    fault->record_at = reading->record_at;
    return false;
}

/* After a read that failed: because the bytes ended, or because they say something impossible. */
static bool fail_reading(struct rdb_reading *reading, const char *what)
{
    if (!reading->source.failed) return fail(reading, "%s is not sound", what);
    if (reading->window.cannot_read) return fail(reading, "the file cannot be read");
    reading->result->fault.is_short = true;
    return fail(reading, "the file ends inside %s", what);
}

static bool fail_key(struct rdb_reading *reading, struct str key, const char *what)
{
    struct buf quoted = {0};
    buf_append_quoted(&quoted, str_first(key, QUOTED_KEY));
    fail(reading, "%s of key %s", what, buf_c(&quoted));
    buf_deinit(&quoted);
    return false;
}

static bool fail_twin(struct rdb_reading *reading)
{
    return fail_key(reading, entry_key(reading->loading.twin), "a second value");
}

const char *rdb_type_name(uint8_t byte)
{
    static const char *const names[] = {
        "string",
        "list",
        "set",
        "sorted set",
        "hash",
        "sorted set",
        "module value",
        "module value",
        "unknown value",
        "zipmap hash",
        "ziplist list",
        "intset",
        "ziplist sorted set",
        "ziplist hash",
        "quicklist",
        "stream",
        "listpack hash",
        "listpack sorted set",
        "quicklist 2",
        "stream 2",
        "listpack set",
        "stream 3",
        "expiring hash",
        "expiring listpack hash",
        "expiring hash",
        "expiring listpack hash",
    };
    return byte < sizeof(names) / sizeof(names[0]) ? names[byte] : "unknown value";
}

/* --- records that are no keys --- */

static bool read_number(struct rdb_reading *reading, size_t bytes, uint64_t *number)
{
    uint8_t in[8];
    *number = 0;
    if (!source_read(&reading->source, in, bytes)) return false;
    for (size_t i = bytes; i-- > 0;) *number = *number << 8 | in[i];
    return true;
}

static bool read_expire_ms(struct rdb_reading *reading)
{
    uint64_t at;
    if (!read_number(reading, 8, &at)) return fail_reading(reading, "an expiry");
    reading->expire_at_ms = (int64_t)at;
    return true;
}

static bool read_expire_s(struct rdb_reading *reading)
{
    uint64_t at;
    if (!read_number(reading, 4, &at)) return fail_reading(reading, "an expiry");
    reading->expire_at_ms = (int64_t)(int32_t)at * 1000;
    return true;
}

static bool read_idle(struct rdb_reading *reading)
{
    uint64_t idle_s;
    if (!rdb_read_len(&reading->codec, &idle_s)) return fail_reading(reading, "an idle time");
    if (reading->options->access != RDB_ACCESS_LRU) return true;
    int64_t now_s = reading->options->now_ms / 1000;
    if (idle_s > ENTRY_ACCESS_MASK / 2) idle_s = ENTRY_ACCESS_MASK / 2;
    reading->access = (uint32_t)((uint64_t)now_s - idle_s) & ENTRY_ACCESS_MASK;
    return true;
}

static bool read_frequency(struct rdb_reading *reading)
{
    uint8_t counter;
    if (!rdb_read_byte(&reading->codec, &counter)) return fail_reading(reading, "a frequency");
    if (reading->options->access != RDB_ACCESS_LFU) return true;
    uint32_t minutes = (uint32_t)(reading->options->now_ms / 60000) & LFU_MINUTES_MASK;
    reading->access = minutes << LFU_MINUTES_SHIFT | counter;
    return true;
}

static bool select_db(struct rdb_reading *reading)
{
    uint64_t db;
    if (!rdb_read_len(&reading->codec, &db)) return fail_reading(reading, "a database number");
    if (db >= (uint64_t)reading->store->db_count) {
        return fail(reading, "database %llu, but there are only %d (see databases)",
                    (unsigned long long)db, reading->store->db_count);
    }
    reading->codec.ks = &reading->store->dbs[db];
    return true;
}

static bool resize_db(struct rdb_reading *reading)
{
    uint64_t keys, expiring;
    if (!rdb_read_len(&reading->codec, &keys) || !rdb_read_len(&reading->codec, &expiring)) {
        return fail_reading(reading, "the size of a database");
    }
    reading->announced += keys;
    atomic_store(&reading->progress->keys_total, reading->announced);
    bool is_known = reading->source.left != SIZE_MAX;
    size_t certain = is_known ? reading->source.left / RESERVE_BYTES_PER_KEY : 0;
    certain -= MIN(certain, reading->reserved);
    reading->reserved += MIN(certain, keys);
    if (loading_expect(&reading->loading, reading->codec.ks, keys, certain)) return true;
    return fail_twin(reading);
}

static bool skip_slot_info(struct rdb_reading *reading)
{
    uint64_t ignored;
    for (int i = 0; i < 3; i++) {
        if (!rdb_read_len(&reading->codec, &ignored)) return fail_reading(reading, "a slot");
    }
    return true;
}

static bool read_library(struct rdb_reading *reading)
{
    struct str code;
    const struct rdb_read_options *options = reading->options;
    if (!rdb_read_string(&reading->codec, &code)) {
        return fail_reading(reading, "a library of functions");
    }
    if (options->on_library == NULL || options->on_library(options->context, code)) return true;
    return fail(reading, "a library of functions was refused");
}

static bool refuse_library(struct rdb_reading *reading)
{
    return fail(reading, "functions in the form of a release candidate of Redis 7.0");
}

/* A module's name is the upper 54 bits of its number, six for each letter. */
static bool fail_module(struct rdb_reading *reading, const char *what)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t id;
    char name[MODULE_NAME_LEN + 1] = {0};
    if (!rdb_read_len(&reading->codec, &id)) return fail_reading(reading, what);
    id >>= MODULE_VERSION_BITS;
    for (int i = MODULE_NAME_LEN; i-- > 0; id >>= 6) name[i] = letters[id & 63];
    return fail(reading, "%s of the module type '%s', and there are no modules here", what, name);
}

static bool refuse_module_data(struct rdb_reading *reading)
{
    return fail_module(reading, "data");
}

/* --- the head --- */

static void note_text(char *out, size_t size, struct str value)
{
    snprintf(out, size, "%.*s", (int)(value.len < size ? value.len : size - 1), value.ptr);
}

static void note_number(int64_t *out, struct str value)
{
    int64_t number;
    if (num_parse_i64(value, &number)) *out = number;
}

static void note_aux(struct rdb_facts *facts, struct str name, struct str value)
{
    int64_t number = 0;
    note_number(&number, value);
    if (str_eq(name, STR("redis-ver"))) note_text(facts->made_by, sizeof(facts->made_by), value);
    if (str_eq(name, STR("ctime"))) facts->made_at_s = number;
    if (str_eq(name, STR("used-mem"))) facts->used_memory = number > 0 ? (uint64_t)number : 0;
    if (str_eq(name, STR("aof-base")) || str_eq(name, STR("aof-preamble"))) {
        facts->is_aof_base = number != 0;
    }
    if (str_eq(name, STR("repl-id")) && value.len == RDB_REPLICATION_ID_LEN) {
        note_text(facts->replication_id, sizeof(facts->replication_id), value);
    }
    bool is_offset = number >= 0 && number <= OFFSET_MAX;
    if (is_offset && str_eq(name, STR("repl-offset"))) facts->replication_offset = number;
    if (str_eq(name, STR("repl-stream-db"))) facts->replication_db = number;
}

static bool read_aux(struct rdb_reading *reading)
{
    const struct rdb_read_options *options = reading->options;
    struct str value;
    if (!rdb_read_string(&reading->codec, &value)) return fail_reading(reading, "the head");
    buf_clear(&reading->key);
    buf_append_str(&reading->key, value);
    if (!rdb_read_string(&reading->codec, &value)) return fail_reading(reading, "the head");
    note_aux(&reading->result->facts, buf_str(&reading->key), value);
    atomic_store_explicit(&reading->progress->used_memory, reading->result->facts.used_memory,
                          memory_order_relaxed);
    if (options->on_aux) options->on_aux(options->context, buf_str(&reading->key), value);
    return true;
}

/* --- the end --- */

static bool check_sum(struct rdb_reading *reading)
{
    uint64_t told;
    sum_up(&reading->window);
    uint64_t crc = reading->window.crc;
    if (!read_number(reading, CHECKSUM, &told)) return fail_reading(reading, "the checksum");
    if (told == 0 || reading->window.no_sum || told == crc) return true;
    return fail(reading, "RDB CRC error: the checksum is %llx, but the bytes have %llx",
                (unsigned long long)told, (unsigned long long)crc);
}

bool rdb_reading_settle(struct rdb_reading *reading)
{
    return loading_settle(&reading->loading) || fail_twin(reading);
}

static bool read_end(struct rdb_reading *reading)
{
    struct window *window = &reading->window;
    if (reading->result->facts.version >= RDB_CHECKSUM_FROM && !check_sum(reading)) return false;
    if (!rdb_reading_settle(reading)) return false;
    reading->is_over = true;
    reading->result->bytes = offset_of(reading);
    buf_append(&reading->result->rest, window->bytes + window->at, window->len - window->at);
    return true;
}

/* --- keys --- */

static void show_progress(struct rdb_reading *reading)
{
    struct rdb_progress *progress = reading->progress;
    atomic_store_explicit(&progress->keys, reading->result->keys, memory_order_relaxed);
    atomic_store_explicit(&progress->bytes, offset_of(reading), memory_order_relaxed);
}

static bool report(struct rdb_reading *reading)
{
    struct rdb_progress *progress = reading->progress;
    show_progress(reading);
    if (!atomic_load_explicit(&progress->cancelled, memory_order_relaxed)) return true;
    reading->result->fault.cancelled = true;
    return fail(reading, "it was cancelled");
}

/* A snapshot that has a place in a history stays as it is: who follows that history has the key
 * too, and loses it by a DEL of the stream or not at all. */
static bool is_expired(const struct rdb_reading *reading)
{
    const struct rdb_read_options *options = reading->options;
    bool has_place = reading->result->facts.replication_id[0] != '\0';
    return options->drop_expired && !has_place && reading->expire_at_ms != NO_EXPIRY &&
           reading->expire_at_ms < options->now_ms;
}

static bool keep(struct rdb_reading *reading, struct value value)
{
    struct loading_pair pair = {.key = buf_str(&reading->key),
                                .value = value,
                                .expire_at_ms = reading->expire_at_ms,
                                .access = reading->access};
    return loading_put(&reading->loading, reading->codec.ks, &pair) || fail_twin(reading);
}

static bool fail_value(struct rdb_reading *reading, const struct rdb_form *form)
{
    char what[RDB_FAULT_TEXT / 2];
    const char *name = rdb_type_name(form->byte), *why = reading->codec.why;
    if (!reading->source.failed && why) {
        snprintf(what, sizeof(what), "%s: the %s", why, name);
        return fail_key(reading, buf_str(&reading->key), what);
    }
    snprintf(what, sizeof(what), "the %s", name);
    if (reading->source.failed) return fail_reading(reading, what);
    snprintf(what, sizeof(what), "damaged: the %s", name);
    return fail_key(reading, buf_str(&reading->key), what);
}

static bool read_key(struct rdb_reading *reading, uint8_t byte)
{
    const struct rdb_form *form = rdb_form_read(byte);
    struct value value;
    struct str key;
    if (form == NULL) {
        return byte <= MODULE_BYTE_LAST && byte >= MODULE_BYTE_FIRST
                   ? fail_module(reading, "a value")
                   : fail(reading, "a record of the unknown type %d", byte);
    }
    if (!rdb_read_string_briefly(&reading->codec, &key)) return fail_reading(reading, "a key");
    if (key.len == 0 && reading->options->is_suspicious)
        return fail(reading, "a key without a name");
    buf_clear(&reading->key);
    buf_append_str(&reading->key, key);
    reading->codec.why = NULL;
    if (!form->load(&reading->codec, &value)) return fail_value(reading, form);
    bool expired = is_expired(reading), kept = true;
    if (expired && value.type != TYPE_STRING) value_drop(reading->codec.ks, value);
    if (!expired) kept = keep(reading, value);
    reading->result->expired += expired;
    reading->result->keys += !expired;
    return kept;
}

/* What stands before a key is of that key only. */
static void forget_key(struct rdb_reading *reading)
{
    reading->expire_at_ms = NO_EXPIRY;
    reading->access = reading->store->new_access;
}

static bool after_key(struct rdb_reading *reading)
{
    const struct rdb_read_options *options = reading->options;
    uint64_t count = reading->result->keys + reading->result->expired;
    forget_key(reading);
    if (options->after_key) options->after_key(options->context);
    return count % REPORT_EVERY != 0 || report(reading);
}

/* --- records --- */

typedef bool read_record(struct rdb_reading *reading);

static read_record *const opcodes[] = {
    [0] = skip_slot_info,
    [RDB_FUNCTION - RDB_SLOT_INFO] = read_library,
    [RDB_FUNCTION_PRE - RDB_SLOT_INFO] = refuse_library,
    [RDB_MODULE_AUX - RDB_SLOT_INFO] = refuse_module_data,
    [RDB_IDLE - RDB_SLOT_INFO] = read_idle,
    [RDB_FREQUENCY - RDB_SLOT_INFO] = read_frequency,
    [RDB_AUX - RDB_SLOT_INFO] = read_aux,
    [RDB_RESIZE_DB - RDB_SLOT_INFO] = resize_db,
    [RDB_EXPIRE_MS - RDB_SLOT_INFO] = read_expire_ms,
    [RDB_EXPIRE_S - RDB_SLOT_INFO] = read_expire_s,
    [RDB_SELECT_DB - RDB_SLOT_INFO] = select_db,
    [RDB_EOF - RDB_SLOT_INFO] = read_end,
};

static bool is_before_key(uint8_t byte)
{
    return byte >= RDB_IDLE && byte <= RDB_EXPIRE_S && byte != RDB_AUX && byte != RDB_RESIZE_DB;
}

static bool read_record_here(struct rdb_reading *reading)
{
    uint8_t byte;
    reading->record_at = offset_of(reading);
    do {
        if (!rdb_read_byte(&reading->codec, &byte)) return fail_reading(reading, "the data");
        if (byte < RDB_SLOT_INFO) return read_key(reading, byte) && after_key(reading);
        if (!opcodes[byte - RDB_SLOT_INFO](reading)) return false;
    } while (is_before_key(byte));
    return true;
}

enum rdb_step rdb_reading_step(struct rdb_reading *reading)
{
    if (reading->is_over) return RDB_STEP_END;
    if (!read_record_here(reading)) return RDB_STEP_FAULT;
    return reading->is_over ? RDB_STEP_END : RDB_STEP_RECORD;
}

bool rdb_reading_begin(struct rdb_reading *reading)
{
    char magic[RDB_HEADER_LEN];
    int64_t version;
    reading->record_at = 0;
    if (!source_read(&reading->source, magic, sizeof(magic))) {
        return fail_reading(reading, "the header");
    }
    struct str head = str_of(magic, sizeof(magic)), digits = str_from(head, RDB_MAGIC_LEN);
    while (digits.len > 1 && digits.ptr[0] == '0') digits = str_from(digits, 1);
    if (!str_starts_with(head, STR("REDIS")) || !num_parse_i64(digits, &version)) {
        return fail(reading, "it does not begin as an RDB file does");
    }
    if (version < 1 || version > RDB_FILE_VERSION_MAX) {
        return fail(reading, "it is of RDB version %lld, and the newest that is understood is %d",
                    (long long)version, RDB_FILE_VERSION_MAX);
    }
    reading->result->facts.version = (int)version;
    return true;
}

void rdb_reading_resume(struct rdb_reading *reading, int version, int db)
{
    reading->result->facts.version = version;
    reading->window.no_sum = true;
    reading->codec.ks = &reading->store->dbs[db];
}

uint64_t rdb_reading_at(const struct rdb_reading *reading)
{
    return offset_of(reading);
}

int rdb_reading_db(const struct rdb_reading *reading)
{
    return reading->codec.ks->id;
}

struct str rdb_reading_key(const struct rdb_reading *reading)
{
    return buf_str(&reading->key);
}

struct rdb_reading *rdb_reading_new(const struct rdb_input *input, struct store *store,
                                    const struct rdb_read_options *options,
                                    struct rdb_read_result *result)
{
    struct rdb_reading *reading = mem_new(struct rdb_reading);
    *result = (struct rdb_read_result){.facts = {.replication_offset = -1, .replication_db = -1}};
    reading->window = (struct window){
        .input = input, .bytes = mem_alloc(WINDOW), .no_sum = options->skip_checksum};
    reading->source = (struct source){.read = take, .borrow = borrow, .context = &reading->window};
    reading->source.left = input->size < SIZE_MAX ? (size_t)input->size : SIZE_MAX;
    reading->codec = (struct rdb_reader){
        .source = &reading->source, .ks = &store->dbs[0], .limits = options->limits};
    reading->store = store;
    reading->loading.replaces = options->replaces;
    reading->options = options;
    reading->result = result;
    reading->progress = options->progress ? options->progress : &reading->unseen;
    forget_key(reading);
    return reading;
}

void rdb_reading_free(struct rdb_reading *reading)
{
    if (reading == NULL) return;
    show_progress(reading);
    loading_deinit(&reading->loading);
    rdb_reader_deinit(&reading->codec);
    buf_deinit(&reading->key);
    mem_free(reading->window.bytes);
    mem_free(reading);
}

bool rdb_read_file(const struct rdb_input *input, struct store *store,
                   const struct rdb_read_options *options, struct rdb_read_result *result)
{
    struct rdb_reading *reading = rdb_reading_new(input, store, options, result);
    enum rdb_step step = rdb_reading_begin(reading) ? RDB_STEP_RECORD : RDB_STEP_FAULT;
    while (step == RDB_STEP_RECORD) step = rdb_reading_step(reading);
    rdb_reading_free(reading);
    return step == RDB_STEP_END;
}
