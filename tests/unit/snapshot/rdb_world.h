/* A store to read RDB values into, for the tests of one type each. */
#ifndef SKEIN_TESTS_SNAPSHOT_RDB_WORLD_H
#define SKEIN_TESTS_SNAPSHOT_RDB_WORLD_H

#include "base/crc64.h"
#include "snapshot/rdb_value.h"

#define BYTES(literal) str_of(literal, sizeof(literal) - 1)

struct world {
    struct store store;
    struct rdb_reader reader;
};

static inline int start(void **state)
{
    static struct world world;
    store_init(&world.store, 1, (struct hash_seed){1, 2});
    world.reader = (struct rdb_reader){.ks = &world.store.dbs[0]};
    *state = &world;
    return 0;
}

static inline int stop(void **state)
{
    struct world *world = *state;
    rdb_reader_deinit(&world->reader);
    store_deinit(&world->store);
    return 0;
}

/* A type byte and a body, with a footer that is right. */
static inline enum rdb_verdict read_body(struct world *world, struct str body, struct value *value)
{
    struct buf payload = {0};
    buf_append_str(&payload, body);
    buf_append(&payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload.ptr, payload.len);
    buf_append(&payload, &crc, sizeof(crc));
    enum rdb_verdict verdict = rdb_undump(&world->reader, buf_str(&payload), value);
    buf_deinit(&payload);
    return verdict;
}

#endif
