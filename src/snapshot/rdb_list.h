/* Lists in the RDB format. */
#ifndef SKEIN_SNAPSHOT_RDB_LIST_H
#define SKEIN_SNAPSHOT_RDB_LIST_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_list_runs_form;
/* Those of older versions are only read. */
extern const struct rdb_form rdb_list_form;
extern const struct rdb_form rdb_list_ziplist_form;
extern const struct rdb_form rdb_list_ziplists_form;

#endif
