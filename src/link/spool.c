#include "link/spool.h"

#include "base/mem.h"
#include "io/file.h"
#include "io/process.h"

#include <errno.h>
#include <sys/param.h>

enum {
    WRITE_MAX = 1 << 20,
    FILE_MAX = 64 << 20,
    PIECES = 64,
    /* Replicas that are slow must not fill the disk others need. */
    DISK_RESERVE = 256 << 20,
};

struct spool_file {
    struct list node;
    int fd;
    int64_t start, end;
};

struct spool_write {
    struct job job;
    struct spool *spool;
    uint64_t generation;
    struct buf bytes;
    int64_t offset;
    int fd;           /* -1: a new file is made */
    int64_t at;       /* where in the file */
    struct buf path;  /* of a new file, which loses its name at once */
    struct buf place; /* its directory */
    int error;
};

struct spool_close {
    struct job job;
    int fd;
};

void spool_init(struct spool *spool)
{
    *spool = (struct spool){0};
    list_init(&spool->files);
}

/* --- files --- */

static void close_file(void *context)
{
    struct spool_close *closing = context;
    file_close(closing->fd);
    mem_free(closing);
}

/* Behind everything that was asked of the descriptor before. */
static void close_later(struct spool *spool, int fd)
{
    struct spool_close *closing = mem_new(struct spool_close);
    closing->fd = fd;
    closing->job = (struct job){.run = close_file, .ctx = closing};
    worker_submit(spool->pool, spool->lane, &closing->job);
}

static struct spool_file *newest(const struct spool *spool)
{
    if (list_is_empty(&spool->files)) return NULL;
    return LIST_ENTRY(spool->files.prev, struct spool_file, node);
}

static void drop_file(struct spool *spool, struct spool_file *file)
{
    close_later(spool, file->fd);
    list_remove(&file->node);
    mem_free(file);
}

static void drop_files(struct spool *spool)
{
    LIST_FOREACH(at, after, &spool->files)
    {
        drop_file(spool, LIST_ENTRY(at, struct spool_file, node));
    }
}

void spool_trim(struct spool *spool, int64_t offset)
{
    LIST_FOREACH(at, after, &spool->files)
    {
        struct spool_file *file = LIST_ENTRY(at, struct spool_file, node);
        if (file->end > offset || file == newest(spool)) return;
        spool->start = file->end;
        drop_file(spool, file);
    }
}

int spool_find(const struct spool *spool, int64_t offset, struct past_piece *pieces, int max)
{
    int count = 0;
    LIST_FOREACH(at, after, &spool->files)
    {
        const struct spool_file *file = LIST_ENTRY(at, struct spool_file, node);
        if (count == max || offset < file->start || offset >= file->end) continue;
        pieces[count++] =
            (struct past_piece){file->fd, offset - file->start, (size_t)(file->end - offset)};
        offset = file->end;
    }
    return count;
}

/* --- life --- */

void spool_begin(struct spool *spool, int64_t offset)
{
    spool->start = spool->end = offset;
    journal_cursor_attach(&spool->cursor, spool->journal, offset, HOLDS_ALL);
}

void spool_end(struct spool *spool)
{
    journal_cursor_detach(&spool->cursor);
    drop_files(spool);
    spool->start = spool->end;
    spool->writing = NULL;
    spool->generation++;
    journal_trim(spool->journal);
}

/* --- writing, in the worker --- */

static int make_file(struct spool_write *write)
{
    uint64_t left = 0;
    int error = file_free_bytes(buf_c(&write->place), &left);
    if (error) return error;
    if (left < (uint64_t)DISK_RESERVE + FILE_MAX) return -ENOSPC;
    return file_open_nameless(buf_c(&write->path));
}

static void run(void *context)
{
    struct spool_write *write = context;
    if (write->fd < 0) write->fd = make_file(write);
    if (write->fd < 0) {
        write->error = write->fd;
        return;
    }
    write->error = file_write_at(write->fd, write->bytes.ptr, write->bytes.len, write->at);
}

/* --- writing, on the loop's thread --- */

static void take_file(struct spool *spool, const struct spool_write *write)
{
    struct spool_file *file = mem_new(struct spool_file);
    *file = (struct spool_file){.fd = write->fd, .start = write->offset, .end = write->offset};
    list_append(&spool->files, &file->node);
}

static void took(struct spool *spool, const struct spool_write *write)
{
    bool is_new = write->path.len > 0;
    spool->writing = NULL;
    spool->error = write->error;
    spool->may_retry = false;
    if (write->error) {
        if (is_new && write->fd >= 0) close_later(spool, write->fd);
        return;
    }
    if (is_new) take_file(spool, write);
    newest(spool)->end += (int64_t)write->bytes.len;
    spool->end += (int64_t)write->bytes.len;
    spool->written += write->bytes.len;
    journal_cursor_advance(&spool->cursor, write->bytes.len);
}

static void done(void *context)
{
    struct spool_write *write = context;
    struct spool *spool = write->spool;
    bool is_current = write->generation == spool->generation && spool_is_active(spool);
    if (is_current)
        took(spool, write);
    else if (write->path.len > 0 && write->fd >= 0)
        close_later(spool, write->fd);
    buf_deinit(&write->bytes);
    buf_deinit(&write->path);
    buf_deinit(&write->place);
    mem_free(write);
}

static void copy_next(struct spool *spool, struct buf *out, int64_t len)
{
    struct iovec pieces[PIECES];
    int count = journal_cursor_peek(&spool->cursor, pieces, PIECES);
    for (int i = 0; i < count && (int64_t)out->len < len; i++) {
        int64_t room = len - (int64_t)out->len;
        buf_append(out, pieces[i].iov_base, MIN(pieces[i].iov_len, (size_t)room));
    }
}

void spool_pump(struct spool *spool, int64_t keep)
{
    if (!spool_is_active(spool) || spool->writing) return;
    if (spool->error && !spool->may_retry) return;
    int64_t surplus = journal_cursor_lag(&spool->cursor) - keep;
    if (surplus <= 0) return;
    struct spool_write *write = mem_new(struct spool_write);
    const struct spool_file *file = newest(spool);
    write->spool = spool;
    write->generation = spool->generation;
    write->offset = spool->end;
    write->fd = -1;
    copy_next(spool, &write->bytes, MIN(surplus, (int64_t)WRITE_MAX));
    if (file && file->end - file->start < FILE_MAX) {
        write->fd = file->fd;
        write->at = file->end - file->start;
    } else {
        buf_append_c(&write->place, *spool->directory);
        buf_printf(&write->path, "%s/temp-journal-%ld-%lld.spill", *spool->directory, process_id(),
                   (long long)spool->end);
    }
    spool->writing = write;
    write->job = (struct job){.run = run, .done = done, .ctx = write};
    worker_submit(spool->pool, spool->lane, &write->job);
}
