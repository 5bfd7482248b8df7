/* Any bytes given to RESTORE are taken or refused without harm. What is taken must dump to bytes
 * that restore to the same, and must survive being read; what is refused must leave the database as
 * it was.
 *
 * The checksum and version are made sound here, so that the fuzzer reaches what is behind them; a
 * first byte of 0xff leaves the input as it is. */
#include "base/crc64.h"
#include "snapshot/rdb_value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void append_footer(struct buf *payload)
{
    buf_append(payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload->ptr, payload->len);
    buf_append(payload, &crc, sizeof(crc));
}

/* Dumping what was read and reading that again gives the same bytes. */
static void check_round_trip(struct keyspace *ks)
{
    const struct entry *entry = keyspace_find(ks, STR("k"));
    if (!entry) abort();
    struct buf first = {0}, second = {0};
    struct value value = entry_value(entry), again;
    struct rdb_reader reader = {.ks = ks};
    rdb_dump(&first, &value);
    if (rdb_undump(&reader, buf_str(&first), &again) != RDB_SOUND) abort();
    rdb_put_value(&reader, STR("again"), again, NO_EXPIRY);
    value = entry_value(keyspace_find(ks, STR("again")));
    rdb_dump(&second, &value);
    if (!str_eq(buf_str(&first), buf_str(&second))) abort();
    rdb_reader_deinit(&reader);
    buf_deinit(&first);
    buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct store store;
    struct buf payload = {0};
    struct value value;
    store_init(&store, 1, (struct hash_seed){1, 2});
    struct rdb_reader reader = {.ks = &store.dbs[0]};
    buf_append(&payload, data + 1, size - 1);
    if (data[0] != 0xff) append_footer(&payload);
    if (rdb_undump(&reader, buf_str(&payload), &value) == RDB_SOUND) {
        rdb_put_value(&reader, STR("k"), value, NO_EXPIRY);
        check_round_trip(&store.dbs[0]);
    } else if (store.dbs[0].table.len != 0) {
        abort();
    }
    rdb_reader_deinit(&reader);
    buf_deinit(&payload);
    store_deinit(&store);
    return 0;
}
