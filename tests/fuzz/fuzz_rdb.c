/* Any bytes read as an RDB file are taken or refused without harm, whatever pieces they come in.
 * What is taken must, written and read again, give as many keys; what is refused has a reason.
 *
 * The first byte chooses the version whose header is put in front, so that the fuzzer starts behind
 * it, or none; the second how large the pieces are. Checksums are not looked at. */
#include "snapshot/rdb_file_read.h"
#include "snapshot/rdb_file_write.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATABASES = 4 };

struct pieces {
    struct str rest;
    size_t piece;
};

static ptrdiff_t read_piece(void *context, void *bytes, size_t room)
{
    struct pieces *pieces = context;
    struct str part = str_first(pieces->rest, pieces->piece < room ? pieces->piece : room);
    if (part.len) memcpy(bytes, part.ptr, part.len);
    pieces->rest = str_from(pieces->rest, part.len);
    return (ptrdiff_t)part.len;
}

static bool read_file(struct str file, size_t piece, struct store *store, uint64_t *keys)
{
    struct pieces pieces = {file, piece};
    struct rdb_input input = {.read = read_piece, .context = &pieces, .size = file.len};
    struct rdb_read_options options = {.skip_checksum = true, .now_ms = 1700000000000};
    struct rdb_read_result result;
    bool done = rdb_read_file(&input, store, &options, &result);
    if (!done && result.fault.reason[0] == 0) abort();
    if (done && result.bytes + result.rest.len > file.len) abort();
    *keys = result.keys;
    buf_deinit(&result.rest);
    return done;
}

static void check_round_trip(struct store *store, uint64_t keys)
{
    struct store again;
    struct buf file = {0};
    uint64_t found;
    struct sink sink = sink_to_buf(&file);
    struct frozen_store *frozen = store_freeze(store);
    struct rdb_write_options options = {.compress = true, .version = "7.0.15"};
    if (!rdb_write_file(&sink, frozen, &options)) abort();
    store_release(frozen);
    store_init(&again, DATABASES, (struct hash_seed){3, 4});
    if (!read_file(buf_str(&file), SIZE_MAX, &again, &found) || found != keys) abort();
    store_deinit(&again);
    buf_deinit(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store store;
    struct buf file = {0};
    uint64_t keys;
    if (size < 2) return 0;
    if (data[0] < 16) buf_printf(&file, "REDIS%04d", data[0]);
    buf_append(&file, data + 2, size - 2);
    store_init(&store, DATABASES, (struct hash_seed){1, 2});
    if (read_file(buf_str(&file), (size_t)data[1] + 1, &store, &keys)) {
        check_round_trip(&store, keys);
    }
    store_deinit(&store);
    buf_deinit(&file);
    return 0;
}
