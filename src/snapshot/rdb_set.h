/* Sets in the RDB format: as strings, as an intset, or (read only, 7.2 writes it) as one packed
 * run. */
#ifndef SKEIN_SNAPSHOT_RDB_SET_H
#define SKEIN_SNAPSHOT_RDB_SET_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_set_form;
extern const struct rdb_form rdb_intset_form;
extern const struct rdb_form rdb_set_packed_form;

#endif
