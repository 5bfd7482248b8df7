/* What DEBUG tells about keys, values and tables. */
#include "command/errors.h"
#include "command/generic.h"
#include "command/lookup.h"
#include "server/debug.h"
#include "server/digest.h"
#include "server/server.h"
#include "snapshot/rdb_value.h"
#include "store/collection.h"

enum { DUMP_FRAME = 1 + 2 + 8 }; /* what DUMP puts around the body: type, version, checksum */

static size_t serialized_length(const struct entry *entry)
{
    struct buf dump = {0};
    struct value value = entry_value(entry);
    rdb_dump(&dump, &value);
    size_t len = dump.len > DUMP_FRAME ? dump.len - DUMP_FRAME : 0;
    buf_deinit(&dump);
    return len;
}

/* --- POPULATE --- */

/* What POPULATE writes: "value:7", cut or filled up with zero bytes to `size` unless that is 0. */
static void populate_one(struct call *call, struct str prefix, int64_t number, size_t size)
{
    struct buf key = {0}, value = {0};
    buf_printf(&key, "%.*s:%lld", STR_ARG(prefix), (long long)number);
    if (lookup(call, buf_str(&key), LOOKUP_PEEK) == NULL) {
        buf_printf(&value, "value:%lld", (long long)number);
        if (size > value.len) {
            size_t missing = size - value.len;
            memset(buf_reserve(&value, missing), 0, missing);
        }
        if (size) value.len = size;
        keyspace_put_string(call->ks, buf_str(&key), buf_str(&value), NO_EXPIRY);
        call_changed(call, buf_str(&key));
    }
    buf_deinit(&key);
    buf_deinit(&value);
}

void debug_populate(struct call *call)
{
    int64_t count, size = 0;
    struct str prefix = call->argc > 3 ? call_arg(call, 3) : STR("key");
    if (!call_i64_in(call, 2, 0, INT64_MAX, &count)) return;
    int64_t most = call->host->settings->proto_max_bulk_len;
    if (call->argc > 4 && !call_i64_in(call, 4, 0, most, &size)) return;
    for (int64_t i = 0; i < count; i++) populate_one(call, prefix, i, (size_t)size);
    reply_ok(call->reply);
}

/* --- values --- */

static struct entry *find_or_refuse(struct call *call)
{
    /* What is there although its time is over is of interest too. */
    struct entry *entry = keyspace_find(call->ks, call_arg(call, 2));
    if (entry == NULL) reply_error(call->reply, ERR_NO_SUCH_KEY);
    return entry;
}

void debug_object(struct call *call)
{
    const struct entry *entry = find_or_refuse(call);
    if (entry == NULL) return;
    struct buf line = {0};
    buf_printf(&line,
               "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u "
               "lru_seconds_idle:%lld",
               (const void *)entry, generic_encoding_name(entry), serialized_length(entry),
               (unsigned)entry_access(entry),
               (long long)access_idle_s(call->host, entry_access(entry)));
    reply_status_str(call->reply, buf_str(&line));
    buf_deinit(&line);
}

static void reply_digest(struct reply *reply, const struct digest *digest)
{
    char text[DIGEST_TEXT];
    digest_text(digest, text);
    reply_status_str(reply, str_of(text, sizeof(text)));
}

void debug_digest(struct call *call)
{
    struct digest digest = {0};
    digest_store(&digest, call->host->store);
    reply_digest(call->reply, &digest);
}

void debug_digest_value(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        struct digest digest = {0};
        const struct entry *entry = lookup(call, call_arg(call, i), LOOKUP_PEEK);
        if (entry) digest_entry(&digest, entry);
        reply_digest(call->reply, &digest);
    }
}

/* --- tables --- */

static void write_table(const struct table *table, struct buf *out)
{
    struct table_shape shape = table_shape(table);
    double load = shape.slots ? 100.0 * (double)table->len / (double)shape.slots : 0;
    buf_printf(out, " entries: %zu\n pages: %zu (depth up to %u)\n buckets: %zu\n", table->len,
               shape.pages, shape.depth, shape.buckets);
    buf_printf(out, " load: %.2f%% of %zu slots\n bytes: %zu\n buckets by entries:\n", load,
               shape.slots, table->page_bytes);
    for (int i = 0; i < TABLE_SHAPE_FILLS; i++) {
        if (shape.by_fill[i] == 0) continue;
        buf_printf(out, "   %d: %zu (%.2f%%)\n", i, shape.by_fill[i],
                   100.0 * (double)shape.by_fill[i] / (double)shape.buckets);
    }
}

void debug_htstats(struct call *call)
{
    int64_t db;
    if (!call_i64(call, 2, &db)) return;
    if (db < 0 || db >= call->host->store->db_count) {
        reply_error(call->reply, "ERR Out of range database");
        return;
    }
    const struct keyspace *ks = &call->host->store->dbs[db];
    struct buf text = {0};
    buf_append_c(&text, "[Keys]\n");
    write_table(&ks->table, &text);
    buf_printf(&text, "[Keys that expire]\n entries: %zu\n", ks->volatile_len);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

void debug_htstats_key(struct call *call)
{
    const struct entry *entry = find_or_refuse(call);
    if (entry == NULL) return;
    if (entry_encoding(entry) != ENC_TABLE) {
        reply_error(call->reply, "ERR The value stored at the specified key is not represented "
                                 "using an hash table");
        return;
    }
    struct value value = entry_value(entry);
    struct buf text = {0};
    buf_append_c(&text, "[Value]\n");
    write_table(value_table(&value), &text);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}
