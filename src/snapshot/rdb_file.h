/* What whole RDB files are made of, for their writer and their reader: the bytes that are no value
 * types, and how far a walk is.
 *
 *     "REDIS" version | aux ... | functions ... | for each database: SELECTDB, RESIZEDB,
 *     { [expiry] [idle time or frequency] type key value } ... | EOF | CRC64 (version 5 and later)
 */
#ifndef SKEIN_SNAPSHOT_RDB_FILE_H
#define SKEIN_SNAPSHOT_RDB_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rdb_opcode {
    RDB_SLOT_INFO = 244,
    RDB_FUNCTION = 245,
    RDB_FUNCTION_PRE = 246, /* of a release candidate of 7.0 */
    RDB_MODULE_AUX = 247,
    RDB_IDLE = 248,
    RDB_FREQUENCY = 249,
    RDB_AUX = 250,
    RDB_RESIZE_DB = 251,
    RDB_EXPIRE_MS = 252,
    RDB_EXPIRE_S = 253,
    RDB_SELECT_DB = 254,
    RDB_EOF = 255,
};

enum {
    RDB_MAGIC_LEN = 5,
    RDB_HEADER_LEN = 9,        /* "REDIS" and four digits */
    RDB_FILE_VERSION_MAX = 12, /* what is read; RDB_VERSION is what is written */
    RDB_CHECKSUM_FROM = 5,     /* the version since which files end with a checksum */
    RDB_REPLICATION_ID_LEN = 40,
};

/* What access words of entries mean, and so what is saved of them. */
enum rdb_access { RDB_ACCESS_NONE, RDB_ACCESS_LRU, RDB_ACCESS_LFU };

/* How far a writer or reader is. It may be read by any thread, and any thread may set `cancelled`:
 * the walk then ends soon. */
struct rdb_progress {
    _Atomic uint64_t keys, keys_total, bytes;
    _Atomic uint64_t used_memory; /* of whoever wrote the file that is read */
    atomic_bool cancelled;
};

#endif
