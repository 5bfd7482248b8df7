#include "disk/aof_load.h"

#include "command/prefetch.h"
#include "disk/key_delay.h"
#include "io/file.h"

#include <stdio.h>
#include <sys/param.h>

enum { READ_BYTES = 1 << 20, NAME_MAX_SHOWN = 64 };

struct loading {
    const struct aof_load_order *order;
    struct aof_load_result *result;
    struct aof_scan *scan;
    int fd;
    struct buf bytes; /* of the file, from offset `base` on */
    int64_t base;
    bool at_end; /* of the file */
    struct key_delay delay;
    /* Requests that are complete and wait to be run together. */
    struct aof_piece pieces[PREFETCH_MAX];
    struct request_view views[PREFETCH_MAX];
    int64_t starts[PREFETCH_MAX]; /* where in the file each begins */
    size_t count;
};

/* --- running --- */

/* False, with the damage told, when nobody knows the command. */
static bool is_known(struct loading *loading, const struct request_view *view, int64_t at)
{
    struct aof_scan *scan = loading->scan;
    if (view->ref) return true;
    struct str name = str_first(view->argv[0], NAME_MAX_SHOWN);
    snprintf(scan->damage, sizeof(scan->damage), "unknown command '%.*s'", STR_ARG(name));
    scan->damage_at = at;
    return false;
}

static void run(struct loading *loading, struct request_view *view)
{
    const struct aof_load_order *order = loading->order;
    uint64_t errors = order->session->reply.errors;
    execute(order->executor, order->session, view, ORIGIN_FILE);
    loading->result->failed += order->session->reply.errors != errors;
    if (order->delay_us) key_delay_pass(&loading->delay, NULL);
}

/* Runs what waits; AOF_DAMAGED when there is a command nobody knows. */
static enum aof_verdict run_waiting(struct loading *loading)
{
    const struct executor *executor = loading->order->executor;
    size_t count = loading->count;
    loading->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct aof_piece *piece = &loading->pieces[i];
        loading->views[i] = (struct request_view){.argv = piece->args, .argc = (int)piece->argc};
    }
    prefetch_requests(loading->views, count, executor->registry,
                      &executor->host->store->dbs[loading->order->session->db]);
    for (size_t i = 0; i < count; i++) {
        if (!is_known(loading, &loading->views[i], loading->starts[i])) return AOF_DAMAGED;
        run(loading, &loading->views[i]);
    }
    return AOF_REQUEST;
}

/* Runs the requests between MULTI and EXEC, all of which are at hand. */
static enum aof_verdict run_unit(struct loading *loading, size_t from, size_t to)
{
    struct aof_piece *piece = &loading->pieces[0];
    struct str bytes = str_of(loading->bytes.ptr + from, to - from);
    size_t requests = 0;
    while (bytes.len) {
        enum aof_verdict verdict = aof_parse(piece, bytes);
        bytes = str_from(bytes, piece->len);
        if (verdict != AOF_REQUEST || requests++ == 0 || bytes.len == 0) continue;
        struct request_view view = {.argv = piece->args, .argc = (int)piece->argc};
        view.ref = registry_find(loading->order->executor->registry, view.argv, view.argc);
        if (!is_known(loading, &view, loading->base + (int64_t)from)) return AOF_DAMAGED;
        run(loading, &view);
    }
    return AOF_REQUEST;
}

/* --- reading --- */

static struct str unread(const struct loading *loading)
{
    return str_from(buf_str(&loading->bytes), (size_t)(loading->scan->at - loading->base));
}

/* Takes the next piece; runs what is to be run. */
static enum aof_verdict take_piece(struct loading *loading)
{
    struct aof_scan *scan = loading->scan;
    struct str bytes = unread(loading);
    if (loading->count == PREFETCH_MAX && run_waiting(loading) == AOF_DAMAGED) return AOF_DAMAGED;
    struct aof_piece *piece = &loading->pieces[loading->count];
    bool was_in_unit = scan->in_unit;
    int64_t unit_at = scan->unit_at;
    enum aof_verdict verdict = aof_parse(piece, bytes);
    verdict = aof_scan_step(scan, verdict, piece, bytes.ptr);
    if (verdict != AOF_REQUEST || scan->in_unit) return verdict;
    if (!was_in_unit) {
        loading->starts[loading->count++] = scan->at - (int64_t)piece->len;
        return verdict;
    }
    if (run_waiting(loading) == AOF_DAMAGED) return AOF_DAMAGED;
    return run_unit(loading, (size_t)(unit_at - loading->base), (size_t)(scan->at - loading->base));
}

/* Takes pieces until the bytes are used up or something is wrong. */
static enum aof_verdict take_pieces(struct loading *loading)
{
    enum aof_verdict verdict;
    do verdict = take_piece(loading);
    while (verdict == AOF_REQUEST || verdict == AOF_LINE);
    /* What waits looks into the bytes that are about to move. */
    if (run_waiting(loading) == AOF_DAMAGED) return AOF_DAMAGED;
    return verdict;
}

/* Drops what has been run, and reads more; how much grows with a piece that does not fit. */
static int refill(struct loading *loading)
{
    const struct aof_scan *scan = loading->scan;
    int64_t needed = scan->in_unit ? scan->unit_at : scan->at;
    buf_consume(&loading->bytes, (size_t)(needed - loading->base));
    loading->base = needed;
    size_t room = MAX((size_t)READ_BYTES, loading->bytes.len);
    char *to = buf_reserve(&loading->bytes, room);
    int64_t end = loading->base + (int64_t)loading->bytes.len;
    ssize_t len = file_read_at(loading->fd, to, room, end);
    if (len < 0) return (int)len;
    loading->bytes.len += (size_t)len;
    loading->at_end = len == 0;
    return 0;
}

static enum aof_load_verdict finish(struct loading *loading, enum aof_verdict verdict)
{
    if (verdict == AOF_DAMAGED) return AOF_LOAD_DAMAGED;
    struct aof_scan *scan = loading->scan;
    bool is_whole = unread(loading).len == 0 && !scan->in_unit;
    return is_whole ? AOF_LOAD_DONE : AOF_LOAD_TORN;
}

static enum aof_load_verdict load(struct loading *loading)
{
    const struct aof_load_order *order = loading->order;
    enum aof_verdict verdict = AOF_SHORT;
    while (verdict == AOF_SHORT && !loading->at_end) {
        int error = refill(loading);
        if (error) {
            loading->result->error = error;
            return AOF_LOAD_UNREADABLE;
        }
        verdict = take_pieces(loading);
        if (order->on_progress) order->on_progress(order->context, loading->scan->at);
    }
    return finish(loading, verdict);
}

static int open_at(const struct aof_load_order *order, int64_t *size)
{
    struct file_info info;
    int fd = file_open(order->path, FILE_READ);
    if (fd < 0) return fd;
    int error = file_info_fd(fd, &info);
    if (error) {
        file_close(fd);
        return error;
    }
    *size = info.size_bytes;
    return fd;
}

struct aof_load_result aof_load_file(const struct aof_load_order *order)
{
    struct aof_load_result result = {.verdict = AOF_LOAD_UNREADABLE};
    aof_scan_init(&result.scan, order->from);
    int fd = open_at(order, &result.size);
    if (fd < 0) {
        result.error = fd;
        return result;
    }
    struct loading loading = {
        .order = order, .result = &result, .scan = &result.scan, .fd = fd, .base = order->from};
    result.verdict = load(&loading);
    for (size_t i = 0; i < PREFETCH_MAX; i++) aof_piece_deinit(&loading.pieces[i]);
    buf_deinit(&loading.bytes);
    file_close(fd);
    return result;
}
