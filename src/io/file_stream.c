#include "io/file_stream.h"

#include "base/mem.h"
#include "io/file.h"

#include <errno.h>

enum { ROOM = 128 * 1024 };

void file_writer_init(struct file_writer *writer, int fd, int64_t sync_every)
{
    *writer = (struct file_writer){.fd = fd, .sync_every = sync_every, .bytes = mem_alloc(ROOM)};
}

void file_writer_deinit(struct file_writer *writer)
{
    mem_free(writer->bytes);
    *writer = (struct file_writer){.fd = -1};
}

/* A cache full of unwritten pages would make one later sync take seconds. */
static void write_back(struct file_writer *writer, int64_t written)
{
    if (writer->sync_every <= 0 || written - writer->synced < writer->sync_every) return;
    int error = file_sync_begin(writer->fd, writer->synced, written - writer->synced);
    /* Pipes and some file systems cannot; the final sync does it all then. */
    if (error == -EIO || error == -ENOSPC) writer->error = error;
    writer->synced = written;
}

static void put(struct file_writer *writer, const void *bytes, size_t len, int64_t end)
{
    if (writer->error != 0 || len == 0) return;
    writer->error = file_write(writer->fd, bytes, len, NULL);
    if (writer->error == 0) write_back(writer, end);
}

int file_writer_flush(struct file_writer *writer)
{
    put(writer, writer->bytes, writer->len, writer->offset);
    writer->len = 0;
    return writer->error;
}

void file_writer_write(struct file_writer *writer, const void *bytes, size_t len)
{
    if (writer->error != 0) return;
    if (len > ROOM - writer->len) file_writer_flush(writer);
    writer->offset += (int64_t)len;
    if (len >= ROOM) {
        put(writer, bytes, len, writer->offset);
        return;
    }
    memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
}

int file_writer_sync(struct file_writer *writer)
{
    file_writer_flush(writer);
    if (writer->error == 0) writer->error = file_sync(writer->fd);
    return writer->error;
}

void file_reader_init(struct file_reader *reader, int fd)
{
    *reader = (struct file_reader){.fd = fd, .bytes = mem_alloc(ROOM), .capacity = ROOM};
}

void file_reader_deinit(struct file_reader *reader)
{
    mem_free(reader->bytes);
    *reader = (struct file_reader){.fd = -1};
}

/* Reads once behind the bytes at hand; false when nothing came. */
static bool read_on(struct file_reader *reader)
{
    if (reader->error != 0 || reader->at_end) return false;
    if (reader->start > 0) {
        memmove(reader->bytes, reader->bytes + reader->start, reader->len);
        reader->start = 0;
    }
    ssize_t got =
        file_read(reader->fd, reader->bytes + reader->len, reader->capacity - reader->len);
    if (got < 0) reader->error = (int)got;
    if (got == 0) reader->at_end = true;
    if (got > 0) reader->len += (size_t)got;
    return got > 0;
}

static void drop(struct file_reader *reader, size_t len)
{
    if (len > reader->len) len = reader->len;
    reader->start += len;
    reader->len -= len;
    reader->offset += (int64_t)len;
    if (reader->len == 0) reader->start = 0;
}

/* A line that was given stays at hand until the next call of any kind. */
static void take_line(struct file_reader *reader)
{
    drop(reader, reader->line_len);
    reader->line_len = 0;
}

struct str file_reader_peek(struct file_reader *reader)
{
    take_line(reader);
    if (reader->len == 0) read_on(reader);
    return str_of(reader->bytes + reader->start, reader->len);
}

void file_reader_skip(struct file_reader *reader, size_t len)
{
    take_line(reader);
    drop(reader, len);
}

/* Big pieces go to their place without a stop in the buffer. */
static bool read_directly(struct file_reader *reader, char *out, size_t size)
{
    while (size > 0) {
        ssize_t got = file_read(reader->fd, out, size);
        if (got < 0) reader->error = (int)got;
        if (got == 0) reader->at_end = true;
        if (got <= 0) return false;
        out += got;
        size -= (size_t)got;
        reader->offset += got;
    }
    return true;
}

bool file_reader_read(struct file_reader *reader, void *bytes, size_t size)
{
    char *out = bytes;
    while (size > 0) {
        if (reader->len == 0 && size >= reader->capacity)
            return reader->error == 0 && read_directly(reader, out, size);
        struct str ready = str_first(file_reader_peek(reader), size);
        if (ready.len == 0) return false;
        memcpy(out, ready.ptr, ready.len);
        file_reader_skip(reader, ready.len);
        out += ready.len;
        size -= ready.len;
    }
    return true;
}

/* More room for a long line, grown with the bytes that really came. */
static void make_room(struct file_reader *reader)
{
    if (reader->start > 0 || reader->len < reader->capacity) return;
    reader->capacity *= 2;
    reader->bytes = mem_realloc(reader->bytes, reader->capacity);
}

bool file_reader_line(struct file_reader *reader, size_t max, struct str *line)
{
    take_line(reader);
    size_t seen = 0;
    for (;;) {
        const char *start = reader->bytes + reader->start;
        const char *end = memchr(start + seen, '\n', reader->len - seen);
        size_t len = end ? (size_t)(end - start) : reader->len;
        if (len > max) {
            reader->error = -EFBIG;
            return false;
        }
        if (end != NULL || (reader->at_end && len > 0)) {
            *line = str_of(start, len);
            reader->line_len = len + (end != NULL);
            return true;
        }
        seen = reader->len;
        make_room(reader);
        if (!read_on(reader) && (reader->len == 0 || reader->error != 0)) return false;
    }
}
