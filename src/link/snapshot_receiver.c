#include "link/snapshot_receiver.h"

#include "base/mem.h"
#include "io/channel.h"
#include "io/clock.h"
#include "io/conn.h"
#include "io/key_delay.h"
#include "repl/transfer.h"

#include <errno.h>
#include <sys/param.h>

enum { READ_SIZE = 256 * 1024, LIFE_US = 1000 * 1000 };

struct receiver {
    struct job job;
    struct receive_order order;
    struct channel *channel;
    struct transfer_reader transfer;
    struct buf in;
    struct str unread;  /* of `in` */
    struct str payload; /* of the snapshot, not yet taken by its reader */
    struct rdb_progress progress;
    struct key_delay delay;
    _Atomic uint64_t bytes, total;
    int64_t began_us, told_us; /* when the master was last told that we live */
    bool is_over;              /* the transfer is */
    struct receive_result result;
};

/* --- in the worker --- */

static void tell_life(struct receiver *receiver)
{
    int64_t now_us = clock_mono_us();
    if (now_us - receiver->told_us < LIFE_US) return;
    receiver->told_us = now_us;
    channel_write(receiver->channel, "\n", 1, receiver->order.timeout_ms);
}

static bool fill(struct receiver *receiver)
{
    struct buf *in = &receiver->in;
    buf_clear(in);
    char *room = buf_reserve(in, READ_SIZE);
    ssize_t len = channel_read(receiver->channel, room, READ_SIZE, receiver->order.timeout_ms);
    if (len <= 0) {
        receiver->result.verdict = RECEIVE_LOST;
        receiver->result.error = (int)len;
        return false;
    }
    in->len = (size_t)len;
    receiver->unread = buf_str(in);
    tell_life(receiver);
    return true;
}

static enum receive_verdict verdict_of(enum transfer_event event)
{
    switch (event) {
    case TRANSFER_REFUSED:
        return RECEIVE_REFUSED;
    case TRANSFER_TOO_BIG:
        return RECEIVE_TOO_BIG;
    case TRANSFER_INVALID:
        return RECEIVE_INVALID;
    case TRANSFER_MORE:
    case TRANSFER_PAYLOAD:
    case TRANSFER_END:
        break;
    }
    return RECEIVE_DONE;
}

static void note_progress(struct receiver *receiver)
{
    receiver->bytes = receiver->transfer.received;
    receiver->total = receiver->transfer.total;
    receiver->result.by_mark = receiver->transfer.state == TRANSFER_BY_MARK;
}

/* Gets the next payload; false at the end of the transfer or when it failed. */
static bool next_payload(struct receiver *receiver)
{
    for (;;) {
        enum transfer_event event =
            transfer_read(&receiver->transfer, &receiver->unread, &receiver->payload);
        if (event == TRANSFER_PAYLOAD) {
            note_progress(receiver);
            if (receiver->payload.len) return true;
        } else if (event == TRANSFER_MORE) {
            if (!fill(receiver)) return false;
        } else {
            receiver->is_over = true;
            receiver->result.verdict = verdict_of(event);
            return false;
        }
    }
}

static ptrdiff_t read_payload(void *context, void *bytes, size_t room)
{
    struct receiver *receiver = context;
    if (receiver->payload.len == 0 && !next_payload(receiver))
        return receiver->is_over && receiver->result.verdict == RECEIVE_DONE ? 0 : -EIO;
    size_t len = MIN(room, receiver->payload.len);
    memcpy(bytes, receiver->payload.ptr, len);
    receiver->payload = str_from(receiver->payload, len);
    return (ptrdiff_t)len;
}

static bool keep_library(void *context, struct str code)
{
    struct receiver *receiver = context;
    struct receive_result *result = &receiver->result;
    result->libraries =
        mem_realloc(result->libraries, (result->library_count + 1) * sizeof(*result->libraries));
    struct buf *library = &result->libraries[result->library_count++];
    *library = (struct buf){0};
    buf_append_str(library, code);
    return true;
}

static void delay_key(void *context)
{
    struct receiver *receiver = context;
    key_delay_pass(&receiver->delay, &receiver->progress.cancelled);
}

/* Behind the snapshot's own end there is at most the mark. */
static bool reach_end(struct receiver *receiver)
{
    while (!receiver->is_over) {
        if (receiver->payload.len) return false;
        next_payload(receiver);
        if (!receiver->is_over && receiver->result.verdict == RECEIVE_LOST) return true;
    }
    return true;
}

static void run(void *context)
{
    struct receiver *receiver = context;
    struct receive_result *result = &receiver->result;
    struct rdb_read_options options = receiver->order.options;
    options.progress = &receiver->progress;
    options.on_library = keep_library;
    options.after_key = receiver->delay.each_us ? delay_key : NULL;
    options.context = receiver;
    struct rdb_input input = {read_payload, receiver, UINT64_MAX};
    bool sound = rdb_read_file(&input, receiver->order.store, &options, &result->read);
    bool is_whole = sound && result->read.rest.len == 0 && reach_end(receiver);
    if (!is_whole && result->verdict == RECEIVE_DONE) result->verdict = RECEIVE_DAMAGED;
    if (result->verdict == RECEIVE_REFUSED)
        buf_append(&result->words, receiver->transfer.head, receiver->transfer.head_len);
    if (result->verdict == RECEIVE_DONE) buf_append_str(&result->stream, receiver->unread);
}

/* --- on the loop's thread --- */

static void finished(void *context)
{
    struct receiver *receiver = context;
    struct receive_result *result = &receiver->result;
    conn_reclaim(receiver->order.conn);
    result->bytes = receiver->transfer.received;
    result->duration_us = clock_mono_us() - receiver->began_us;
    receiver->order.on_end(receiver->order.context, result);
    for (size_t i = 0; i < result->library_count; i++) buf_deinit(&result->libraries[i]);
    mem_free(result->libraries);
    buf_deinit(&result->words);
    buf_deinit(&result->stream);
    buf_deinit(&result->read.rest);
    buf_deinit(&receiver->in);
    mem_free(receiver);
}

struct receiver *receive_begin(struct worker_pool *pool, size_t lane,
                               const struct receive_order *order)
{
    struct receiver *receiver = mem_new(struct receiver);
    receiver->order = *order;
    receiver->delay.each_us = order->key_delay_us;
    buf_append_str(&receiver->in, order->pending);
    receiver->unread = buf_str(&receiver->in);
    receiver->began_us = receiver->told_us = clock_mono_us();
    transfer_reader_init(&receiver->transfer, order->max_len);
    receiver->channel = conn_lend(order->conn);
    receiver->job = (struct job){.run = run, .done = finished, .ctx = receiver};
    worker_submit(pool, lane, &receiver->job);
    return receiver;
}

void receive_cancel(struct receiver *receiver)
{
    receiver->progress.cancelled = true;
    channel_abort(receiver->channel);
}

uint64_t receive_bytes(const struct receiver *receiver)
{
    return receiver->bytes;
}

uint64_t receive_total(const struct receiver *receiver)
{
    return receiver->total;
}

struct receive_progress receive_progress(const struct receiver *receiver)
{
    const struct rdb_progress *progress = &receiver->progress;
    struct receive_progress at = {receiver->bytes, receiver->total, progress->keys,
                                  receiver->began_us};
    if (at.total) return at;
    at.done = progress->keys;
    at.total = progress->keys_total;
    return at;
}

const char *receive_verdict_name(enum receive_verdict verdict)
{
    static const char *const names[RECEIVE_VERDICTS] = {
        [RECEIVE_DONE] = "done",       [RECEIVE_LOST] = "connection lost",
        [RECEIVE_REFUSED] = "refused", [RECEIVE_INVALID] = "not a transfer",
        [RECEIVE_TOO_BIG] = "too big", [RECEIVE_DAMAGED] = "damaged snapshot",
    };
    return names[verdict];
}
