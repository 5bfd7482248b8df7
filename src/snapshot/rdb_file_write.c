#include "snapshot/rdb_file_write.h"

#include "base/crc64.h"
#include "base/mem.h"
#include "base/num.h"
#include "snapshot/entry_walk.h"
#include "snapshot/rdb_value.h"

#include <stdio.h>

enum {
    ROOM = 1 << 18,    /* bytes gathered before they are given to the sink */
    REPORT_EVERY = 64, /* keys between two looks at the progress */
    LFU_COUNTER_MASK = 0xff,
    LFU_MINUTES_SHIFT = 8,
    LFU_MINUTES_MASK = 0xffff,
    CHECKSUM = 8,
};

/* Gathers what the codec writes in small pieces, and sums it. */
struct gathering {
    struct sink *out;
    bool checksum;
    uint64_t crc, given; /* given: bytes that went on */
    size_t len;
    char *bytes;
};

struct writing {
    struct gathering gathering;
    struct sink sink; /* into the gathering */
    struct rdb_writer codec;
    const struct rdb_write_options *options;
    struct rdb_progress *progress;
    struct rdb_progress unseen; /* when nobody wants to see it */
    uint64_t keys;
};

static bool give(struct gathering *gathering, const void *bytes, size_t len)
{
    if (gathering->checksum) gathering->crc = crc64(gathering->crc, bytes, len);
    gathering->given += len;
    return sink_write(gathering->out, bytes, len);
}

static bool give_gathered(struct gathering *gathering)
{
    size_t len = gathering->len;
    gathering->len = 0;
    return give(gathering, gathering->bytes, len);
}

static bool gather(void *context, const void *bytes, size_t len)
{
    struct gathering *gathering = context;
    if (len > ROOM - gathering->len) {
        if (!give_gathered(gathering)) return false;
        if (len > ROOM) return give(gathering, bytes, len);
    }
    memcpy(gathering->bytes + gathering->len, bytes, len);
    gathering->len += len;
    return true;
}

static bool write_little_endian(struct writing *writing, uint64_t number, size_t bytes)
{
    uint8_t out[8];
    for (size_t i = 0; i < bytes; i++) out[i] = (uint8_t)(number >> 8 * i);
    return sink_write(&writing->sink, out, bytes);
}

/* --- head --- */

static void write_aux(struct writing *writing, struct str name, struct str value)
{
    rdb_write_byte(&writing->codec, RDB_AUX);
    rdb_write_string(&writing->codec, name);
    rdb_write_string(&writing->codec, value);
}

static void write_aux_i64(struct writing *writing, const char *name, int64_t number)
{
    char digits[NUM_I64_MAX];
    write_aux(writing, str_from_c(name), str_of(digits, num_format_i64(digits, number)));
}

static void write_head(struct writing *writing)
{
    const struct rdb_write_options *options = writing->options;
    char magic[RDB_HEADER_LEN + 1];
    snprintf(magic, sizeof(magic), "REDIS%04d", RDB_VERSION);
    sink_write(&writing->sink, magic, RDB_HEADER_LEN);
    write_aux(writing, STR("redis-ver"), str_from_c(options->version));
    write_aux_i64(writing, "redis-bits", (int64_t)sizeof(void *) * 8);
    write_aux_i64(writing, "ctime", options->now_ms / 1000);
    write_aux_i64(writing, "used-mem", (int64_t)options->used_memory);
    if (options->replication.id) {
        write_aux_i64(writing, "repl-stream-db", options->replication.db);
        write_aux(writing, STR("repl-id"), str_from_c(options->replication.id));
        write_aux_i64(writing, "repl-offset", options->replication.offset);
    }
    write_aux_i64(writing, "aof-base", options->is_aof_base);
    for (size_t i = 0; i < options->aux_count; i++) {
        write_aux(writing, options->aux[i].name, options->aux[i].value);
    }
    for (size_t i = 0; i < options->library_count; i++) {
        rdb_write_byte(&writing->codec, RDB_FUNCTION);
        rdb_write_string(&writing->codec, options->libraries[i]);
    }
}

/* --- keys --- */

static void write_access(struct writing *writing, uint32_t access)
{
    const struct rdb_write_options *options = writing->options;
    int64_t now_s = options->now_ms / 1000;
    if (options->access == RDB_ACCESS_LRU) {
        rdb_write_byte(&writing->codec, RDB_IDLE);
        rdb_write_len(&writing->codec, ((uint32_t)now_s - access) & ENTRY_ACCESS_MASK);
    } else if (options->access == RDB_ACCESS_LFU) {
        uint32_t counter = access & LFU_COUNTER_MASK, minutes = (uint32_t)(now_s / 60);
        uint32_t elapsed = (minutes - (access >> LFU_MINUTES_SHIFT)) & LFU_MINUTES_MASK;
        int64_t periods = options->lfu_decay_min ? elapsed / options->lfu_decay_min : 0;
        rdb_write_byte(&writing->codec, RDB_FREQUENCY);
        rdb_write_byte(&writing->codec, (uint8_t)(periods >= counter ? 0 : counter - periods));
    }
}

static bool report(struct writing *writing)
{
    const struct gathering *gathering = &writing->gathering;
    atomic_store_explicit(&writing->progress->keys, writing->keys, memory_order_relaxed);
    atomic_store_explicit(&writing->progress->bytes, gathering->given + gathering->len,
                          memory_order_relaxed);
    return !atomic_load_explicit(&writing->progress->cancelled, memory_order_relaxed);
}

static bool write_entry(struct writing *writing, const struct entry *entry)
{
    struct value value = entry_value(entry);
    const struct rdb_form *form = rdb_form_of(&value);
    if (entry_has_expiry(entry)) {
        rdb_write_byte(&writing->codec, RDB_EXPIRE_MS);
        write_little_endian(writing, (uint64_t)entry_expire_at(entry), 8);
    }
    if (writing->options->access) write_access(writing, entry_access(entry));
    rdb_write_byte(&writing->codec, form->byte);
    rdb_write_string(&writing->codec, entry_key(entry));
    form->save(&writing->codec, &value);
    writing->keys++;
    if (writing->options->after_key) writing->options->after_key(writing->options->context);
    if (writing->keys % REPORT_EVERY == 0 && !report(writing)) return false;
    return !writing->sink.failed;
}

static bool write_entries(struct writing *writing, const struct table *table)
{
    struct entry_walk walk;
    const struct entry *entry;
    bool done = true;
    entry_walk_init(&walk, table);
    while (done && (entry = entry_walk_next(&walk))) done = write_entry(writing, entry);
    entry_walk_deinit(&walk);
    return done;
}

static bool write_database(struct writing *writing, const struct frozen_store *frozen, int db)
{
    const struct table *table = &frozen->tables[db];
    if (table->len == 0) return true;
    rdb_write_byte(&writing->codec, RDB_SELECT_DB);
    rdb_write_len(&writing->codec, (uint64_t)db);
    rdb_write_byte(&writing->codec, RDB_RESIZE_DB);
    rdb_write_len(&writing->codec, table->len);
    rdb_write_len(&writing->codec, frozen->volatile_lens[db]);
    return write_entries(writing, table);
}

static bool write_end(struct writing *writing)
{
    struct gathering *gathering = &writing->gathering;
    rdb_write_byte(&writing->codec, RDB_EOF);
    if (!give_gathered(gathering)) return false;
    write_little_endian(writing, gathering->checksum ? gathering->crc : 0, CHECKSUM);
    return give_gathered(gathering) && report(writing);
}

static void begin(struct writing *writing, const struct frozen_store *frozen)
{
    const struct rdb_write_options *options = writing->options;
    writing->progress = options->progress ? options->progress : &writing->unseen;
    uint64_t total = 0;
    for (int db = 0; db < frozen->db_count; db++) total += frozen->tables[db].len;
    atomic_store_explicit(&writing->progress->keys_total, total, memory_order_relaxed);
    writing->sink = (struct sink){.write = gather, .context = &writing->gathering};
    writing->codec = (struct rdb_writer){.sink = &writing->sink, .compress = options->compress};
}

bool rdb_write_file(struct sink *sink, const struct frozen_store *frozen,
                    const struct rdb_write_options *options)
{
    struct writing writing = {.options = options};
    writing.gathering =
        (struct gathering){.out = sink, .checksum = options->checksum, .bytes = mem_alloc(ROOM)};
    begin(&writing, frozen);
    write_head(&writing);
    bool done = true;
    for (int db = 0; done && db < frozen->db_count; db++) {
        done = write_database(&writing, frozen, db);
    }
    done = done && write_end(&writing) && !sink->failed;
    rdb_writer_deinit(&writing.codec);
    mem_free(writing.gathering.bytes);
    return done;
}
