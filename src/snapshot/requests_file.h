/* Writes a frozen view as requests, for a base of the append-only file that is text throughout
 * (aof-use-rdb-preamble no): SET for strings, RESTORE with its payload for everything else,
 * FUNCTION LOAD for libraries. Stock Redis 7.0 runs them. Any thread may do it. */
#ifndef SKEIN_SNAPSHOT_REQUESTS_FILE_H
#define SKEIN_SNAPSHOT_REQUESTS_FILE_H

#include "snapshot/rdb_file_write.h"

/* Of the options, those about RDB mean nothing here. False when the sink failed or the progress was
 * cancelled. */
bool requests_write_file(struct sink *sink, const struct frozen_store *frozen,
                         const struct rdb_write_options *options);

#endif
