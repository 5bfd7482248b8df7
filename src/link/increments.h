/* Reads a run of the stream out of the increments of an append-only file, in a worker.
 *
 * The files are told with each reading, oldest first: they come and go while a replica is fed. A
 * file that was opened is read to its end also when it has been removed. Bytes are given out when
 * the checksum behind them fits; the last ones, which no checksum covers yet, as they are. A
 * history that is not told by `lineage` is refused. */
#ifndef SKEIN_LINK_INCREMENTS_H
#define SKEIN_LINK_INCREMENTS_H

#include "base/buf.h"
#include "repl/lineage.h"

/* What there is. Zeroed is nothing. */
struct increment_files {
    char **paths;
    size_t count;
    int64_t end; /* the stream is in the files up to here */
};
void increment_files_add(struct increment_files *files, const char *path);
void increment_files_deinit(struct increment_files *files);

struct increments;

/* Bytes from `offset` on; the lineage is copied. */
struct increments *increments_new(const struct lineage *lineage, int64_t offset);
void increments_free(struct increments *increments);
/* Appends about `max` bytes that follow what was read before; 0 with nothing appended when all of
 * `files` has been read. Else a negative errno, with the reason in `why`. */
int increments_read(struct increments *increments, const struct increment_files *files, size_t max,
                    struct buf *out);
/* Why increments_read failed. */
const char *increments_reason(const struct increments *increments);

#endif
