/* Sorted sets in the RDB format. */
#ifndef SKEIN_SNAPSHOT_RDB_ZSET_H
#define SKEIN_SNAPSHOT_RDB_ZSET_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_zset_form;
extern const struct rdb_form rdb_zset_packed_form;
/* Those of older versions are only read. */
extern const struct rdb_form rdb_zset_text_form;
extern const struct rdb_form rdb_zset_ziplist_form;

#endif
