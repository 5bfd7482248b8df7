/* Sequential buffered reading and writing of files, for snapshots and logs.
 *
 * Both remember their first error and then do nothing more, so callers may check once at the end.
 * They can be used on any thread, by one at a time. */
#ifndef SKEIN_IO_FILE_STREAM_H
#define SKEIN_IO_FILE_STREAM_H

#include "base/str.h"

struct file_writer {
    int fd;
    int error;          /* negative errno, 0: none */
    int64_t offset;     /* bytes given so far */
    int64_t synced;     /* up to here writing back was started */
    int64_t sync_every; /* bytes between write-backs, 0: never */
    char *bytes;
    size_t len;
};

/* Borrows the descriptor, positioned where the bytes go. */
void file_writer_init(struct file_writer *writer, int fd, int64_t sync_every);
/* Drops what was not flushed. */
void file_writer_deinit(struct file_writer *writer);
void file_writer_write(struct file_writer *writer, const void *bytes, size_t len);
int file_writer_flush(struct file_writer *writer);
/* Flushes and syncs. */
int file_writer_sync(struct file_writer *writer);

struct file_reader {
    int fd;
    int error;
    bool at_end;
    int64_t offset; /* bytes taken so far */
    char *bytes;
    size_t start, len, capacity;
    size_t line_len; /* of the line last given, not taken yet */
};

void file_reader_init(struct file_reader *reader, int fd);
void file_reader_deinit(struct file_reader *reader);
/* True when exactly `size` bytes were read; else error or at_end says why. */
bool file_reader_read(struct file_reader *reader, void *bytes, size_t size);
/* The bytes at hand, reading more when there are none; empty at the end or after an error. Valid
 * until the next call. */
struct str file_reader_peek(struct file_reader *reader);
void file_reader_skip(struct file_reader *reader, size_t len);
/* A line without its "\n"; false at the end, on an error, or when it is longer than `max` (-EFBIG).
 * Valid until the next call. */
bool file_reader_line(struct file_reader *reader, size_t max, struct str *line);

#endif
