#include "disk/aof_writer.h"

#include "base/crc64.h"
#include "io/file.h"

#include <errno.h>

enum { PIECES = 64, SUM_EVERY = 32 * 1024 };

void aof_writer_init(struct aof_writer *writer)
{
    *writer = (struct aof_writer){.fd = -1, .is_cut = true};
}

int aof_writer_release(struct aof_writer *writer)
{
    int fd = writer->fd;
    journal_cursor_detach(&writer->cursor);
    buf_deinit(&writer->head);
    buf_deinit(&writer->tail);
    aof_writer_init(writer);
    return fd;
}

/* A SELECT of the file's own, so that it is complete without what came before. */
static void append_select(struct buf *out, int db)
{
    struct journal aside;
    struct journal_cursor cursor;
    struct iovec piece;
    journal_init(&aside, 0);
    journal_select(&aside, db);
    journal_cursor_attach(&cursor, &aside, 0, HOLDS_ALL);
    if (journal_cursor_peek(&cursor, &piece, 1)) buf_append(out, piece.iov_base, piece.iov_len);
    journal_deinit(&aside);
}

/* Writes the head; what a failure leaves is cut off. */
static int write_head(const struct aof_place *place, struct str head)
{
    size_t done = 0;
    int error = file_write(place->fd, head.ptr, head.len, &done);
    if (error && done) file_truncate(place->fd, place->size);
    return error;
}

static void enter(struct aof_writer *writer, const struct aof_place *place, struct str start,
                  struct str select)
{
    writer->fd = place->fd;
    writer->sums_begin = place->size + (int64_t)start.len;
    writer->size = writer->sums_begin + (int64_t)select.len;
    writer->crc = crc64(0, select.ptr, select.len);
    journal_cursor_attach(&writer->cursor, place->journal, place->journal->end,
                          HOLDS_WITHIN_BUDGET);
}

int aof_writer_open(struct aof_writer *writer, const struct aof_place *place, int *old_fd)
{
    struct journal *journal = place->journal;
    struct buf select = {0}, head = {0};
    if (journal->db >= 0) append_select(&select, journal->db);
    struct annotation line = {
        .kind = ANNOTATION_START, .offset = journal->end, .skip = (int64_t)select.len};
    memcpy(line.id, place->replication_id, REPLICATION_ID_LEN);
    annotation_write(&head, &line);
    size_t len = head.len;
    buf_append_str(&head, buf_str(&select));
    int error = write_head(place, buf_str(&head));
    *old_fd = -1;
    if (error) {
        file_close(place->fd);
    } else {
        if (aof_writer_is_open(writer)) *old_fd = aof_writer_release(writer);
        enter(writer, place, str_first(buf_str(&head), len), buf_str(&select));
    }
    buf_deinit(&head);
    buf_deinit(&select);
    return error;
}

/* One flush: it reads ahead of the writer's own cursor, which moves when all of it was written. */
struct writing {
    struct aof_writer *writer;
    struct journal_cursor reader;
    int64_t size, sums_begin; /* as the writer's, once this is done */
    uint64_t crc;
    struct iovec pieces[PIECES];
    int count;
};

static void add_bytes(struct writing *writing, void *bytes, size_t len)
{
    writing->pieces[writing->count++] = (struct iovec){bytes, len};
    writing->crc = crc64(writing->crc, bytes, len);
    writing->size += (int64_t)len;
}

static void add_time(struct writing *writing, int64_t time_s)
{
    struct buf *head = &writing->writer->head;
    struct annotation line = {.kind = ANNOTATION_TIME, .time_s = time_s};
    buf_clear(head);
    annotation_write(head, &line);
    add_bytes(writing, head->ptr, head->len);
}

/* As much of the journal as there are pieces left, but for one. */
static void add_journal(struct writing *writing)
{
    struct iovec pieces[PIECES];
    int count = journal_cursor_peek(&writing->reader, pieces, PIECES - 1 - writing->count);
    for (int i = 0; i < count; i++) {
        add_bytes(writing, pieces[i].iov_base, pieces[i].iov_len);
        journal_cursor_advance(&writing->reader, pieces[i].iov_len);
    }
}

static void add_sum(struct writing *writing)
{
    struct buf *tail = &writing->writer->tail;
    struct annotation sum = {.kind = ANNOTATION_SUM,
                             .offset = writing->reader.offset,
                             .len = writing->size - writing->sums_begin,
                             .crc = writing->crc};
    buf_clear(tail);
    annotation_write(tail, &sum);
    add_bytes(writing, tail->ptr, tail->len);
    writing->sums_begin = writing->size;
    writing->crc = 0;
}

static bool wants_sum(const struct writing *writing, const struct aof_flush *flush)
{
    int64_t len = writing->size - writing->sums_begin;
    return len >= SUM_EVERY || (flush->add_sum && len > 0);
}

static int write_all(struct writing *writing, const struct aof_flush *flush)
{
    struct aof_writer *writer = writing->writer;
    bool is_whole;
    if (flush->time_s && flush->time_s != writer->time_s && aof_writer_is_behind(writer)) {
        add_time(writing, flush->time_s);
    }
    do {
        add_journal(writing);
        is_whole = journal_cursor_lag(&writing->reader) == 0;
        if (is_whole && wants_sum(writing, flush)) add_sum(writing);
        int error = file_writev(writer->fd, writing->pieces, writing->count, NULL);
        if (error) return error;
        writing->count = 0;
    } while (!is_whole);
    return 0;
}

static void took(struct aof_writer *writer, const struct writing *writing)
{
    if (writing->reader.offset > writer->cursor.offset) {
        int64_t len = writing->reader.offset - writer->cursor.offset;
        journal_cursor_advance(&writer->cursor, (size_t)len);
    }
    writer->cursor.block = writing->reader.block;
    writer->size = writing->size;
    writer->sums_begin = writing->sums_begin;
    writer->crc = writing->crc;
}

static int cut(struct aof_writer *writer)
{
    int error = file_truncate(writer->fd, writer->size);
    writer->is_cut = error == 0;
    return error;
}

int aof_writer_flush(struct aof_writer *writer, const struct aof_flush *flush)
{
    if (writer->cursor.state == CURSOR_FALLEN) return -EOVERFLOW;
    if (!writer->is_cut) {
        int error = cut(writer);
        if (error) return error;
    }
    bool has_sum_due = flush->add_sum && aof_writer_unsummed(writer) > 0;
    if (!aof_writer_is_behind(writer) && !has_sum_due) return 0;
    struct writing writing = {.writer = writer,
                              .size = writer->size,
                              .sums_begin = writer->sums_begin,
                              .crc = writer->crc};
    journal_cursor_attach(&writing.reader, writer->cursor.journal, writer->cursor.offset,
                          HOLDS_NOTHING);
    writing.reader.block = writer->cursor.block;
    int error = write_all(&writing, flush);
    if (error)
        cut(writer);
    else
        took(writer, &writing);
    if (error == 0 && flush->time_s) writer->time_s = flush->time_s;
    journal_cursor_detach(&writing.reader);
    return error;
}
