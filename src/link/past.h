/* Reads ahead, in a worker, what one replica needs of the stream and memory does not keep.
 *
 * There are two blocks: from the front one bytes are taken, the other is filled meanwhile. Where
 * the bytes are is told with each fetch: places in files of the spool, or the increments of the
 * append-only file. A fetch that fails is told by past_error; the bytes that were read before stay
 * good. */
#ifndef SKEIN_LINK_PAST_H
#define SKEIN_LINK_PAST_H

#include "base/buf.h"
#include "io/worker.h"
#include "link/increments.h"

enum { PAST_BLOCK = 256 * 1024, PAST_PIECES = 2 };

/* Bytes of the stream in a file. */
struct past_piece {
    int fd;
    int64_t at;
    size_t len;
};

struct past;

/* Begins at this offset of the stream. */
struct past *past_new(struct worker_pool *pool, size_t lane, int64_t offset);
/* A fetch that goes on ends by itself; NULL is fine. */
void past_free(struct past *past);

/* The bytes at hand; valid until past_take. */
struct str past_peek(struct past *past);
void past_take(struct past *past, size_t len);
/* Of the next byte to be taken. */
int64_t past_offset(const struct past *past);
/* True when a fetch can be given: of the bytes from past_wanted on. */
bool past_can_fetch(const struct past *past);
int64_t past_wanted(const struct past *past);
void past_fetch(struct past *past, const struct past_piece *pieces, int count);
/* It reads increments from now on, of what this lineage has; before the first fetch. */
void past_use_increments(struct past *past, const struct lineage *lineage);
bool past_uses_increments(const struct past *past);
/* The files are taken. */
void past_fetch_increments(struct past *past, struct increment_files *files);
bool past_is_reading(const struct past *past);
/* Negative errno; 0: none. */
int past_error(const struct past *past);
const char *past_reason(const struct past *past);

#endif
