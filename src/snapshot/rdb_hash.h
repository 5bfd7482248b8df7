/* Hashes in the RDB format: as pairs of strings, or as one packed run; before 7.0 as a ziplist. */
#ifndef SKEIN_SNAPSHOT_RDB_HASH_H
#define SKEIN_SNAPSHOT_RDB_HASH_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_hash_form;
extern const struct rdb_form rdb_hash_packed_form;
extern const struct rdb_form rdb_hash_ziplist_form; /* only read */

#endif
