/* The part of the stream that slow replicas still need and memory does not keep: a worker writes it
 * to temporary files.
 *
 *     idle --(spool_begin: a replica is further behind than memory is for)--> active
 *     active --(spool_end: nobody needs what it has)--> idle
 *
 * While it is active a cursor of its own holds in the journal what is not in a file yet, so the
 * stream has no gap from `start` on. Files have no name and so never outlive the process; one is
 * given up when nobody needs its bytes. What the disk refuses is told by `error`: nothing more is
 * written until spool_retry, and what was written can still be read. Everything here belongs to the
 * data thread; the descriptors are used by the jobs of one lane, in the order they were given. */
#ifndef SKEIN_LINK_SPOOL_H
#define SKEIN_LINK_SPOOL_H

#include "io/worker.h"
#include "journal/journal.h"
#include "link/past.h"

struct spool_write;

struct spool {
    struct worker_pool *pool;
    size_t lane;
    struct journal *journal;
    char *const *directory; /* borrowed: where to find in which directory files are made */
    struct journal_cursor cursor;
    struct list files;
    int64_t start, end; /* of what the files hold */
    struct spool_write *writing;
    uint64_t generation; /* of activity: the end of a job of an older one means nothing */
    int error;           /* negative errno of the last write; 0: none */
    bool may_retry;      /* in spite of that */
    uint64_t written;    /* bytes, ever */
};

void spool_init(struct spool *spool);
static inline bool spool_is_active(const struct spool *spool)
{
    return spool->cursor.state == CURSOR_READING;
}
/* Holds everything from `offset` on, which the journal must still have. */
void spool_begin(struct spool *spool, int64_t offset);
/* Gives up all files. */
void spool_end(struct spool *spool);
/* Has the worker write on while the journal has more than `keep` bytes that are in no file. */
void spool_pump(struct spool *spool, int64_t keep);
/* The next pump may try again what failed. */
static inline void spool_retry(struct spool *spool)
{
    spool->may_retry = true;
}
/* Nobody needs what is before `offset`. */
void spool_trim(struct spool *spool, int64_t offset);
/* Where the bytes from `offset` on are, at most `max` pieces; 0: in no file. */
int spool_find(const struct spool *spool, int64_t offset, struct past_piece *pieces, int max);
/* What the files hold now. */
static inline int64_t spool_bytes(const struct spool *spool)
{
    return spool->end - spool->start;
}

#endif
