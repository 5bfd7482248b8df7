/* Writes the journal to one open increment of the append-only file.
 *
 * The data thread gives everything the journal has to the file before it sleeps, so what a process
 * has answered survives its own death. A flush either takes all of it or leaves the file as it was:
 * what a failed or short write left behind is cut off again. Checksum lines are added from time to
 * time, between two units. When the stream goes on under another id, a start line says so at
 * exactly that offset, however late it is written. Syncing is not this file's business. */
#ifndef SKEIN_DISK_AOF_WRITER_H
#define SKEIN_DISK_AOF_WRITER_H

#include "base/buf.h"
#include "journal/annotation.h"
#include "journal/journal.h"
#include "repl/lineage.h"

/* A start line that waits to be written at its offset. */
struct aof_mark {
    int64_t offset;
    struct buf text;
    size_t start_len; /* of the start line; lines about the past follow */
};

struct aof_writer {
    int fd;       /* -1: closed */
    int64_t size; /* of the file, all of it whole units */
    struct journal_cursor cursor;
    int64_t sums_begin; /* where the bytes begin that no checksum covers */
    uint64_t crc;       /* of those */
    int64_t time_s;     /* of the last time line; 0: none */
    bool is_cut;        /* false: a failed write may have left bytes behind `size` */
    struct buf head, tail;
    struct aof_mark *marks; /* by offset */
    size_t mark_count;
};

void aof_writer_init(struct aof_writer *writer);
/* Where a writer begins. */
struct aof_place {
    int fd;       /* taken */
    int64_t size; /* bytes the file holds */
    struct journal *journal;
    const struct lineage *lineage;
};
/* Begins at the end of the journal with a line that says where in the stream that is. 0, or a
 * negative errno: the descriptor is closed, and a writer that was open goes on with its own file.
 * `*old_fd` gets that file's descriptor, or -1: whoever takes it syncs and closes it. */
int aof_writer_open(struct aof_writer *writer, const struct aof_place *place, int *old_fd);
/* Gives the descriptor away: whoever takes it syncs and closes it. */
int aof_writer_release(struct aof_writer *writer);

/* From the end of the journal on the stream has this lineage: the next flush says so. */
void aof_writer_mark(struct aof_writer *writer, const struct lineage *lineage);

struct aof_flush {
    int64_t time_s; /* a time line is written when the second changed; 0: none */
    bool add_sum;   /* a checksum line now, whatever the number of bytes */
};
/* 0 when the file holds everything the journal has; else a negative errno, to be tried again. */
int aof_writer_flush(struct aof_writer *writer, const struct aof_flush *flush);

static inline bool aof_writer_is_open(const struct aof_writer *writer)
{
    return writer->fd >= 0;
}
/* There is something to write. */
static inline bool aof_writer_is_behind(const struct aof_writer *writer)
{
    return journal_cursor_lag(&writer->cursor) > 0 || writer->mark_count > 0;
}
/* Bytes at the end of the file that no checksum line covers. */
static inline int64_t aof_writer_unsummed(const struct aof_writer *writer)
{
    return writer->size - writer->sums_begin;
}

#endif
