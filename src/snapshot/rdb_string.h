/* Strings in the RDB format. */
#ifndef SKEIN_SNAPSHOT_RDB_STRING_H
#define SKEIN_SNAPSHOT_RDB_STRING_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_string_form;

#endif
