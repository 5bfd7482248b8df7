#include "disk/aof_writer.h"

#include "base/crc64.h"
#include "base/mem.h"
#include "io/file.h"

#include <errno.h>
#include <sys/param.h>

enum { PIECES = 64, SUM_EVERY = 32 * 1024 };

void aof_writer_init(struct aof_writer *writer)
{
    *writer = (struct aof_writer){.fd = -1, .is_cut = true};
}

static void forget_marks(struct aof_writer *writer)
{
    for (size_t i = 0; i < writer->mark_count; i++) buf_deinit(&writer->marks[i].text);
    mem_free(writer->marks);
    writer->marks = NULL;
    writer->mark_count = 0;
}

int aof_writer_release(struct aof_writer *writer)
{
    int fd = writer->fd;
    forget_marks(writer);
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

/* A start line and what was before; returns the length of the first. */
static size_t append_start(struct buf *out, const struct lineage *lineage, int64_t offset,
                           size_t skip)
{
    struct annotation start = {.kind = ANNOTATION_START, .offset = offset, .skip = (int64_t)skip};
    memcpy(start.id, lineage->id.text, REPLICATION_ID_LEN);
    annotation_write(out, &start);
    size_t len = out->len;
    for (size_t i = 0; i < lineage->ancestor_count; i++) {
        const struct lineage_ancestor *ancestor = &lineage->ancestors[i];
        struct annotation past = {.kind = ANNOTATION_PAST, .offset = ancestor->end};
        memcpy(past.id, ancestor->id.text, REPLICATION_ID_LEN);
        annotation_write(out, &past);
    }
    return len;
}

/* Writes the head; what a failure leaves is cut off. */
static int write_head(const struct aof_place *place, struct str head)
{
    size_t done = 0;
    int error = file_write(place->fd, head.ptr, head.len, &done);
    if (error && done) file_truncate(place->fd, place->size);
    return error;
}

/* The head begins with a start line of `start_len` bytes, which no checksum covers. */
static void enter(struct aof_writer *writer, const struct aof_place *place, struct str head,
                  size_t start_len)
{
    struct str summed = str_from(head, start_len);
    writer->fd = place->fd;
    writer->sums_begin = place->size + (int64_t)start_len;
    writer->size = place->size + (int64_t)head.len;
    writer->crc = crc64(0, summed.ptr, summed.len);
    journal_cursor_attach(&writer->cursor, place->journal, place->journal->end,
                          HOLDS_WITHIN_BUDGET);
}

int aof_writer_open(struct aof_writer *writer, const struct aof_place *place, int *old_fd)
{
    struct journal *journal = place->journal;
    struct buf select = {0}, head = {0};
    if (journal->db >= 0) append_select(&select, journal->db);
    size_t start_len = append_start(&head, place->lineage, journal->end, select.len);
    buf_append_str(&head, buf_str(&select));
    int error = write_head(place, buf_str(&head));
    *old_fd = -1;
    if (error) {
        file_close(place->fd);
    } else {
        if (aof_writer_is_open(writer)) *old_fd = aof_writer_release(writer);
        enter(writer, place, buf_str(&head), start_len);
    }
    buf_deinit(&head);
    buf_deinit(&select);
    return error;
}

void aof_writer_mark(struct aof_writer *writer, const struct lineage *lineage)
{
    int64_t offset = writer->cursor.journal->end;
    size_t count = writer->mark_count;
    bool is_again = count > 0 && writer->marks[count - 1].offset == offset;
    if (!is_again) {
        writer->marks = mem_realloc(writer->marks, (count + 1) * sizeof(*writer->marks));
        writer->marks[count] = (struct aof_mark){.offset = offset};
        writer->mark_count++;
    }
    struct aof_mark *mark = &writer->marks[writer->mark_count - 1];
    buf_clear(&mark->text);
    mark->start_len = append_start(&mark->text, lineage, offset, 0);
}

/* One flush: it reads ahead of the writer's own cursor, which moves when all of it was written. */
struct writing {
    struct aof_writer *writer;
    struct journal_cursor reader;
    int64_t size, sums_begin; /* as the writer's, once this is done */
    uint64_t crc;
    struct iovec pieces[PIECES];
    int count;
    size_t marks; /* that were written */
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

/* The mark that is to be written next; NULL: none waits. */
static const struct aof_mark *next_mark(const struct writing *writing)
{
    const struct aof_writer *writer = writing->writer;
    return writing->marks < writer->mark_count ? &writer->marks[writing->marks] : NULL;
}

/* As much of the journal as there are pieces left, but for those of what may stand behind it, and
 * no more than up to the next mark. */
static void add_journal(struct writing *writing)
{
    struct iovec pieces[PIECES];
    const struct aof_mark *mark = next_mark(writing);
    int64_t left = mark ? mark->offset - writing->reader.offset : INT64_MAX;
    int count = journal_cursor_peek(&writing->reader, pieces, PIECES - 2 - writing->count);
    for (int i = 0; i < count && left > 0; i++) {
        size_t len = MIN(pieces[i].iov_len, (size_t)left);
        add_bytes(writing, pieces[i].iov_base, len);
        journal_cursor_advance(&writing->reader, len);
        left -= (int64_t)len;
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

/* The bytes before it get their checksum: those behind it begin anew. */
static void add_mark(struct writing *writing, const struct aof_mark *mark)
{
    if (writing->size > writing->sums_begin) add_sum(writing);
    add_bytes(writing, mark->text.ptr, mark->text.len);
    struct str past = str_from(buf_str(&mark->text), mark->start_len);
    writing->sums_begin = writing->size - (int64_t)past.len;
    writing->crc = crc64(0, past.ptr, past.len);
    writing->marks++;
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
        const struct aof_mark *mark = next_mark(writing);
        add_journal(writing);
        if (mark && mark->offset == writing->reader.offset) add_mark(writing, mark);
        is_whole = !next_mark(writing) && journal_cursor_lag(&writing->reader) == 0;
        if (is_whole && !mark && wants_sum(writing, flush)) add_sum(writing);
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
    /* All of them: what a flush leaves out it has not written at all. */
    forget_marks(writer);
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
