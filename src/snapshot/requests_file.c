#include "snapshot/requests_file.h"

#include "base/num.h"
#include "snapshot/rdb_value.h"

enum { ROOM = 1 << 18 };

struct writing {
    struct sink *sink;
    const struct rdb_write_options *options;
    struct buf out, payload;
    uint64_t keys, given;
};

static void begin(struct writing *writing, size_t argc)
{
    buf_append_char(&writing->out, '*');
    buf_append_u64(&writing->out, argc);
    buf_append(&writing->out, "\r\n", 2);
}

static void add(struct writing *writing, struct str arg)
{
    buf_append_char(&writing->out, '$');
    buf_append_u64(&writing->out, arg.len);
    buf_append(&writing->out, "\r\n", 2);
    buf_append_str(&writing->out, arg);
    buf_append(&writing->out, "\r\n", 2);
}

static void add_i64(struct writing *writing, int64_t number)
{
    char digits[NUM_I64_MAX];
    add(writing, str_of(digits, num_format_i64(digits, number)));
}

static bool give(struct writing *writing)
{
    struct rdb_progress *progress = writing->options->progress;
    bool done = sink_write(writing->sink, writing->out.ptr, writing->out.len);
    writing->given += writing->out.len;
    buf_clear(&writing->out);
    if (!progress) return done;
    atomic_store_explicit(&progress->keys, writing->keys, memory_order_relaxed);
    atomic_store_explicit(&progress->bytes, writing->given, memory_order_relaxed);
    return done && !atomic_load_explicit(&progress->cancelled, memory_order_relaxed);
}

static void write_string(struct writing *writing, const struct entry *entry, struct str value)
{
    bool expires = entry_has_expiry(entry);
    begin(writing, expires ? 5 : 3);
    add(writing, STR("SET"));
    add(writing, entry_key(entry));
    add(writing, value);
    if (!expires) return;
    add(writing, STR("PXAT"));
    add_i64(writing, entry_expire_at(entry));
}

static void write_collection(struct writing *writing, const struct entry *entry,
                             const struct value *value)
{
    bool expires = entry_has_expiry(entry);
    buf_clear(&writing->payload);
    rdb_dump(&writing->payload, value);
    begin(writing, expires ? 5 : 4);
    add(writing, STR("RESTORE"));
    add(writing, entry_key(entry));
    add_i64(writing, expires ? entry_expire_at(entry) : 0);
    add(writing, buf_str(&writing->payload));
    if (expires) add(writing, STR("ABSTTL"));
}

static bool write_entry(struct writing *writing, const struct entry *entry)
{
    struct value value = entry_value(entry);
    char room[NUM_I64_MAX];
    if (value.type == TYPE_STRING)
        write_string(writing, entry, entry_string(entry, room));
    else
        write_collection(writing, entry, &value);
    writing->keys++;
    if (writing->options->after_key) writing->options->after_key(writing->options->context);
    return writing->out.len < ROOM || give(writing);
}

static bool write_database(struct writing *writing, const struct table *table, int db)
{
    struct table_cursor cursor = {0};
    const struct entry *entry;
    if (table->len == 0) return true;
    begin(writing, 2);
    add(writing, STR("SELECT"));
    add_i64(writing, db);
    while ((entry = table_next(table, &cursor))) {
        if (!write_entry(writing, entry)) return false;
    }
    return true;
}

bool requests_write_file(struct sink *sink, const struct frozen_store *frozen,
                         const struct rdb_write_options *options)
{
    struct writing writing = {.sink = sink, .options = options};
    for (size_t i = 0; i < options->library_count; i++) {
        begin(&writing, 3);
        add(&writing, STR("FUNCTION"));
        add(&writing, STR("LOAD"));
        add(&writing, options->libraries[i]);
    }
    bool done = true;
    for (int db = 0; done && db < frozen->db_count; db++) {
        done = write_database(&writing, &frozen->tables[db], db);
    }
    done = done && give(&writing);
    buf_deinit(&writing.out);
    buf_deinit(&writing.payload);
    return done;
}
