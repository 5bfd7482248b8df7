#include "link/past.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/file.h"

#include <errno.h>
#include <sys/param.h>

struct past {
    struct job job;
    struct worker_pool *pool;
    size_t lane;
    int64_t offset;
    struct buf front, back;
    size_t taken; /* of the front block */
    struct past_piece pieces[PAST_PIECES];
    int piece_count;
    struct increments *increments; /* NULL: pieces are read */
    struct increment_files files;
    bool is_reading; /* the back block is the worker's */
    bool is_over;    /* nobody wants it any more: it goes when the fetch ends */
    int error;
};

struct past *past_new(struct worker_pool *pool, size_t lane, int64_t offset)
{
    struct past *past = mem_new(struct past);
    past->pool = pool;
    past->lane = lane;
    past->offset = offset;
    return past;
}

static void destroy(void *context)
{
    struct past *past = context;
    increments_free(past->increments);
    increment_files_deinit(&past->files);
    buf_deinit(&past->front);
    buf_deinit(&past->back);
    mem_free(past);
}

/* The last descriptor of a file that was removed may be among what goes: that takes its time. */
static void destroy_in_worker(struct past *past)
{
    past->job = (struct job){.run = destroy, .ctx = past};
    worker_submit(past->pool, past->lane, &past->job);
}

void past_free(struct past *past)
{
    if (past == NULL) return;
    past->is_over = true;
    if (!past->is_reading) destroy_in_worker(past);
}

static bool can_turn(const struct past *past)
{
    return past->taken == past->front.len && !past->is_reading && past->back.len > 0;
}

struct str past_peek(struct past *past)
{
    if (can_turn(past)) {
        struct buf empty = past->front;
        past->front = past->back;
        past->back = empty;
        past->taken = 0;
        buf_clear(&past->back);
    }
    return str_from(buf_str(&past->front), past->taken);
}

void past_take(struct past *past, size_t len)
{
    ASSERT(len <= past->front.len - past->taken);
    past->taken += len;
    past->offset += (int64_t)len;
}

int64_t past_offset(const struct past *past)
{
    return past->offset;
}

bool past_can_fetch(const struct past *past)
{
    return !past->is_reading && past->back.len == 0 && past->error == 0;
}

int64_t past_wanted(const struct past *past)
{
    return past->offset + (int64_t)(past->front.len - past->taken + past->back.len);
}

int past_error(const struct past *past)
{
    return past->is_reading ? 0 : past->error;
}

bool past_is_reading(const struct past *past)
{
    return past->is_reading;
}

const char *past_reason(const struct past *past)
{
    const char *reason = past->increments ? increments_reason(past->increments) : NULL;
    return reason ? reason : "what was kept for it on disk cannot be read";
}

/* --- in the worker --- */

static int read_piece(const struct past_piece *piece, struct buf *out)
{
    char *room = buf_reserve(out, piece->len);
    size_t done = 0;
    while (done < piece->len) {
        ssize_t got =
            file_read_at(piece->fd, room + done, piece->len - done, piece->at + (int64_t)done);
        if (got <= 0) return got < 0 ? (int)got : -EIO;
        done += (size_t)got;
    }
    out->len += done;
    return 0;
}

static void run(void *context)
{
    struct past *past = context;
    if (past->increments)
        past->error = increments_read(past->increments, &past->files, PAST_BLOCK, &past->back);
    for (int i = 0; i < past->piece_count && past->error == 0; i++) {
        past->error = read_piece(&past->pieces[i], &past->back);
    }
}

static void done(void *context)
{
    struct past *past = context;
    past->is_reading = false;
    increment_files_deinit(&past->files);
    if (past->is_over) destroy_in_worker(past);
}

static void submit(struct past *past)
{
    past->is_reading = true;
    past->job = (struct job){.run = run, .done = done, .ctx = past};
    worker_submit(past->pool, past->lane, &past->job);
}

void past_fetch(struct past *past, const struct past_piece *pieces, int count)
{
    ASSERT(past_can_fetch(past) && count <= PAST_PIECES);
    size_t room = PAST_BLOCK;
    past->piece_count = 0;
    for (int i = 0; i < count && room > 0; i++) {
        struct past_piece *piece = &past->pieces[past->piece_count++];
        *piece = pieces[i];
        piece->len = MIN(piece->len, room);
        room -= piece->len;
    }
    submit(past);
}

void past_use_increments(struct past *past, const struct lineage *lineage)
{
    past->increments = increments_new(lineage, past->offset);
}

bool past_uses_increments(const struct past *past)
{
    return past->increments != NULL;
}

void past_fetch_increments(struct past *past, struct increment_files *files)
{
    ASSERT(past_can_fetch(past) && past->increments);
    past->files = *files;
    *files = (struct increment_files){0};
    submit(past);
}
