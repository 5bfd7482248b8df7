/* Streams in the RDB format. Nodes go as they are; what surrounds them grew with the versions: 7.0
 * added the counters, 7.2 the time a consumer was active. */
#ifndef SKEIN_SNAPSHOT_RDB_STREAM_H
#define SKEIN_SNAPSHOT_RDB_STREAM_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_stream_form;
/* These are only read. */
extern const struct rdb_form rdb_stream_5_0_form;
extern const struct rdb_form rdb_stream_7_2_form;

#endif
