#include "link/increments.h"

#include "base/mem.h"
#include "io/file.h"
#include "journal/increment.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>

enum { READ_SIZE = 256 * 1024 };

struct increments {
    struct lineage lineage;
    int64_t next;       /* offset of the next byte to be given out or put aside */
    int64_t shared_end; /* up to here the history the file is of is ours */
    struct increment parser;
    int fd; /* -1: none is open */
    char *path;
    int64_t at;       /* in the file */
    struct buf aside; /* bytes whose checksum was not seen yet */
    const char *reason;
};

/* --- which files there are --- */

void increment_files_add(struct increment_files *files, const char *path)
{
    files->paths = mem_realloc(files->paths, (files->count + 1) * sizeof(*files->paths));
    files->paths[files->count++] = mem_strdup(path);
}

void increment_files_deinit(struct increment_files *files)
{
    for (size_t i = 0; i < files->count; i++) mem_free(files->paths[i]);
    mem_free(files->paths);
    *files = (struct increment_files){0};
}

/* --- life --- */

struct increments *increments_new(const struct lineage *lineage, int64_t offset)
{
    struct increments *increments = mem_new(struct increments);
    increments->lineage = *lineage;
    /* What is written from now on is ours too. */
    increments->lineage.offset = INT64_MAX;
    increments->next = offset;
    increments->fd = -1;
    return increments;
}

static void close_file(struct increments *increments)
{
    if (increments->fd >= 0) file_close(increments->fd);
    increments->fd = -1;
    mem_free(increments->path);
    increments->path = NULL;
}

void increments_free(struct increments *increments)
{
    if (increments == NULL) return;
    close_file(increments);
    buf_deinit(&increments->aside);
    mem_free(increments);
}

const char *increments_reason(const struct increments *increments)
{
    return increments->reason;
}

static int fail(struct increments *increments, int error, const char *reason)
{
    increments->reason = reason;
    return error;
}

/* --- the file that has the next byte --- */

static bool is_ours(const struct increments *increments, const char *id, int64_t *end)
{
    struct repl_id known;
    if (!repl_id_parse(str_from_c(id), &known)) return false;
    return lineage_shared_end(&increments->lineage, &known, end);
}

/* Where in the stream the file begins; false when it does not say, or is of another history. */
static bool read_start(const struct increments *increments, int fd, int64_t *offset)
{
    char bytes[ANNOTATION_MAX];
    struct increment parser;
    increment_init(&parser);
    ssize_t got = file_read_at(fd, bytes, sizeof(bytes), 0);
    struct str rest = str_of(bytes, got > 0 ? (size_t)got : 0);
    while (rest.len) {
        struct increment_step step = increment_step(&parser, rest, INT64_MAX);
        if (step.event == INCREMENT_START) break;
        if (step.event == INCREMENT_DAMAGED || step.taken == 0) return false;
        rest = str_from(rest, step.taken);
    }
    int64_t end;
    *offset = parser.offset;
    return parser.offset >= 0 && is_ours(increments, parser.id, &end);
}

static bool try_file(struct increments *increments, const char *path)
{
    int64_t start;
    int fd = file_open(path, FILE_READ);
    if (fd < 0) return false;
    if (!read_start(increments, fd, &start) || start > increments->next) {
        file_close(fd);
        return false;
    }
    increments->fd = fd;
    increments->path = mem_strdup(path);
    increments->at = 0;
    increment_init(&increments->parser);
    return true;
}

/* The newest file that begins at or before the next byte. */
static int open_next(struct increments *increments, const struct increment_files *files)
{
    char *last = increments->path;
    increments->path = NULL;
    close_file(increments);
    bool found = false;
    for (size_t i = files->count; i-- > 0 && !found;) {
        found = try_file(increments, files->paths[i]);
    }
    bool is_same = found && last && strcmp(last, increments->path) == 0;
    mem_free(last);
    if (!found) return fail(increments, -ENOENT, "no increment has these bytes");
    if (is_same) return fail(increments, -ENODATA, "an increment ends too soon");
    return 0;
}

/* --- its bytes --- */

static int take_run(struct increments *increments, const struct increment_step *step)
{
    int64_t wanted = increments->next;
    int64_t end = step->run_offset + (int64_t)step->run.len;
    if (end <= wanted) return 0;
    if (step->run_offset > wanted) return fail(increments, -ENODATA, "bytes are missing");
    if (end > increments->shared_end)
        return fail(increments, -ESTALE, "the bytes are of another history");
    struct str part = str_from(step->run, (size_t)(wanted - step->run_offset));
    buf_append_str(&increments->aside, part);
    increments->next = end;
    return 0;
}

static void give(struct increments *increments, struct buf *out)
{
    buf_append_str(out, buf_str(&increments->aside));
    buf_clear(&increments->aside);
}

static int take_step(struct increments *increments, const struct increment_step *step,
                     struct buf *out)
{
    switch (step->event) {
    case INCREMENT_NOTHING:
        break;
    case INCREMENT_RUN:
        return take_run(increments, step);
    case INCREMENT_START:
        give(increments, out);
        if (!is_ours(increments, increments->parser.id, &increments->shared_end))
            return fail(increments, -ESTALE, "an increment is of another history");
        break;
    case INCREMENT_PROVEN:
        give(increments, out);
        break;
    case INCREMENT_DAMAGED:
        return fail(increments, -EIO, increments->parser.damage);
    }
    return 0;
}

/* Everything that was read from the file, up to `limit`; false when that is reached. */
static int take_bytes(struct increments *increments, struct str bytes, int64_t limit,
                      struct buf *out)
{
    while (bytes.len) {
        struct increment_step step = increment_step(&increments->parser, bytes, limit);
        if (step.taken == 0 && step.event != INCREMENT_DAMAGED) return 0;
        int error = take_step(increments, &step, out);
        if (error) return error;
        increments->at += (int64_t)step.taken;
        bytes = str_from(bytes, step.taken);
    }
    return 0;
}

static int read_more(struct increments *increments, const struct increment_files *files, char *room,
                     struct buf *out)
{
    if (increments->fd < 0) return open_next(increments, files);
    ssize_t got = file_read_at(increments->fd, room, READ_SIZE, increments->at);
    if (got < 0) return fail(increments, (int)got, "an increment cannot be read");
    if (got == 0) return open_next(increments, files);
    return take_bytes(increments, str_of(room, (size_t)got), files->end, out);
}

int increments_read(struct increments *increments, const struct increment_files *files, size_t max,
                    struct buf *out)
{
    char *room = mem_alloc(READ_SIZE);
    int error = 0;
    while (error == 0 && out->len < max && increments->next < files->end) {
        error = read_more(increments, files, room, out);
    }
    if (error == 0 && increments->next >= files->end) give(increments, out);
    mem_free(room);
    return error;
}
