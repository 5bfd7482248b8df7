#include "disk/aof_load.h"

#include "base/mem.h"
#include "command/prefetch.h"
#include "disk/aof_growth.h"
#include "disk/aof_tail.h"
#include "io/file.h"
#include "io/key_delay.h"

#include <stdio.h>
#include <sys/param.h>

enum { READ_BYTES = 1 << 20, NAME_MAX_SHOWN = 64 };

struct aof_load {
    struct aof_load_order order;
    struct aof_load_result result;
    struct aof_scan *scan; /* result.scan */
    int fd;                /* -1: could not be opened */
    bool has_ended;
    struct buf bytes; /* of the file, from offset `base` on */
    int64_t base;
    bool at_end; /* of the file */
    struct key_delay delay;
    struct aof_growth growth;
    /* Requests that are complete and wait to be run together. */
    struct aof_piece pieces[PREFETCH_MAX];
    struct request_view views[PREFETCH_MAX];
    int64_t starts[PREFETCH_MAX]; /* where in the file each begins */
    size_t count;
};

/* --- running --- */

/* False, with the damage told, when nobody knows the command. */
static bool is_known(struct aof_load *load, const struct request_view *view, int64_t at)
{
    struct aof_scan *scan = load->scan;
    if (view->ref) return true;
    struct str name = str_first(view->argv[0], NAME_MAX_SHOWN);
    snprintf(scan->damage, sizeof(scan->damage), "unknown command '%.*s'", STR_ARG(name));
    scan->damage_at = at;
    return false;
}

static void run(struct aof_load *load, struct request_view *view)
{
    const struct aof_load_order *order = &load->order;
    uint64_t errors = order->session->reply.errors;
    execute(order->executor, order->session, view, ORIGIN_FILE);
    load->result.failed += order->session->reply.errors != errors;
    if (order->delay_us) key_delay_pass(&load->delay, NULL);
}

/* Runs what waits; AOF_DAMAGED when there is a command nobody knows. */
static enum aof_verdict run_waiting(struct aof_load *load)
{
    const struct executor *executor = load->order.executor;
    size_t count = load->count;
    load->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct aof_piece *piece = &load->pieces[i];
        load->views[i] = (struct request_view){.argv = piece->args, .argc = (int)piece->argc};
    }
    prefetch_requests(load->views, count, executor->registry,
                      &executor->host->store->dbs[load->order.session->db]);
    for (size_t i = 0; i < count; i++) {
        if (!is_known(load, &load->views[i], load->starts[i])) return AOF_DAMAGED;
        run(load, &load->views[i]);
    }
    return AOF_REQUEST;
}

/* Runs the requests between MULTI and EXEC, all of which are at hand. */
static enum aof_verdict run_unit(struct aof_load *load, size_t from, size_t to)
{
    struct aof_piece *piece = &load->pieces[0];
    struct str bytes = str_of(load->bytes.ptr + from, to - from);
    size_t requests = 0;
    while (bytes.len) {
        enum aof_verdict verdict = aof_parse(piece, bytes);
        bytes = str_from(bytes, piece->len);
        if (verdict != AOF_REQUEST || requests++ == 0 || bytes.len == 0) continue;
        struct request_view view = {.argv = piece->args, .argc = (int)piece->argc};
        view.ref = registry_find(load->order.executor->registry, view.argv, view.argc);
        if (!is_known(load, &view, load->base + (int64_t)from)) return AOF_DAMAGED;
        run(load, &view);
    }
    return AOF_REQUEST;
}

/* --- reading --- */

static struct str unread(const struct aof_load *load)
{
    return str_from(buf_str(&load->bytes), (size_t)(load->scan->at - load->base));
}

/* Takes the next piece; runs what is to be run. */
static enum aof_verdict take_piece(struct aof_load *load)
{
    struct aof_scan *scan = load->scan;
    struct str bytes = unread(load);
    if (load->count == PREFETCH_MAX && run_waiting(load) == AOF_DAMAGED) return AOF_DAMAGED;
    struct aof_piece *piece = &load->pieces[load->count];
    bool was_in_unit = scan->in_unit;
    int64_t unit_at = scan->unit_at;
    enum aof_verdict verdict = aof_parse(piece, bytes);
    verdict = aof_scan_step(scan, verdict, piece, bytes.ptr);
    if (verdict != AOF_REQUEST || scan->in_unit) return verdict;
    if (!was_in_unit) {
        load->starts[load->count++] = scan->at - (int64_t)piece->len;
        return verdict;
    }
    if (run_waiting(load) == AOF_DAMAGED) return AOF_DAMAGED;
    return run_unit(load, (size_t)(unit_at - load->base), (size_t)(scan->at - load->base));
}

/* Takes pieces until the bytes are used up or something is wrong. */
static enum aof_verdict take_pieces(struct aof_load *load)
{
    enum aof_verdict verdict;
    do verdict = take_piece(load);
    while (verdict == AOF_REQUEST || verdict == AOF_LINE);
    /* What waits looks into the bytes that are about to move. */
    if (run_waiting(load) == AOF_DAMAGED) return AOF_DAMAGED;
    return verdict;
}

/* Drops what has been run, and reads more; how much grows with a piece that does not fit. */
static int refill(struct aof_load *load)
{
    const struct aof_scan *scan = load->scan;
    int64_t needed = scan->in_unit ? scan->unit_at : scan->at;
    buf_consume(&load->bytes, (size_t)(needed - load->base));
    load->base = needed;
    size_t room = MAX((size_t)READ_BYTES, load->bytes.len);
    char *to = buf_reserve(&load->bytes, room);
    int64_t end = load->base + (int64_t)load->bytes.len;
    ssize_t len = file_read_at(load->fd, to, room, end);
    if (len < 0) return (int)len;
    load->bytes.len += (size_t)len;
    load->at_end = len == 0;
    return 0;
}

static enum aof_load_verdict finish(struct aof_load *load, enum aof_verdict verdict)
{
    struct aof_scan *scan = load->scan;
    aof_growth_end(&load->growth, load->order.executor->host->store);
    if (verdict == AOF_DAMAGED) {
        load->result.has_zeros = aof_ends_in_zeros(load->fd, scan->damage_at);
        return load->result.has_zeros ? AOF_LOAD_TORN : AOF_LOAD_DAMAGED;
    }
    bool is_whole = unread(load).len == 0 && !scan->in_unit;
    return is_whole ? AOF_LOAD_DONE : AOF_LOAD_TORN;
}

static void note_growth(struct aof_load *load)
{
    struct store *store = load->order.executor->host->store;
    struct keyspace *ks = &store->dbs[load->order.session->db];
    int64_t from = load->order.from;
    aof_growth_step(&load->growth, ks, load->scan->at - from, load->result.size - from);
}

bool aof_load_step(struct aof_load *load)
{
    if (load->has_ended) return false;
    int error = refill(load);
    enum aof_verdict verdict = error ? AOF_SHORT : take_pieces(load);
    load->has_ended = error || load->at_end || verdict == AOF_DAMAGED;
    if (!load->has_ended) {
        note_growth(load);
        return true;
    }
    load->result.error = error;
    load->result.verdict = error ? AOF_LOAD_UNREADABLE : finish(load, verdict);
    return false;
}

static int open_file(const char *path, int64_t *size)
{
    struct file_info info;
    int fd = file_open(path, FILE_READ);
    if (fd < 0) return fd;
    int error = file_info_fd(fd, &info);
    if (error == 0) *size = info.size_bytes;
    if (error) file_close(fd);
    return error ? error : fd;
}

struct aof_load *aof_load_new(const struct aof_load_order *order)
{
    struct aof_load *load = mem_new(struct aof_load);
    load->order = *order;
    load->scan = &load->result.scan;
    load->base = order->from;
    load->delay.each_us = order->delay_us;
    load->result.verdict = AOF_LOAD_UNREADABLE;
    aof_scan_init(load->scan, order->from);
    load->fd = open_file(order->path, &load->result.size);
    load->has_ended = load->fd < 0;
    if (load->fd < 0) load->result.error = load->fd;
    return load;
}

const struct aof_load_result *aof_load_result(const struct aof_load *load)
{
    return &load->result;
}

void aof_load_free(struct aof_load *load)
{
    if (load == NULL) return;
    for (size_t i = 0; i < PREFETCH_MAX; i++) aof_piece_deinit(&load->pieces[i]);
    buf_deinit(&load->bytes);
    if (load->fd >= 0) file_close(load->fd);
    mem_free(load);
}
