/* XAUTOCLAIM: claims what has been pending for long, a part of it at a time. */
#include "command/stream_claim.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"

enum {
    AUTO_COUNT = 100,
    COUNT_DIVISOR = 16,
    LOOKS_PER_CLAIM = 10,
    LOOKS_MAX = 1 << 18, /* whatever the count: the scan can go on with the next request */
    STEPS_MAX = 16,      /* over entries nobody claims, before the tree is asked again */
};

struct scan {
    struct stream_id start;
    int64_t count;
    struct stream_id next; /* where the next scan goes on; 0-0: at the beginning */
};

static bool take_scan_count(struct call *call, int at, struct scan *scan)
{
    int64_t most = INT64_MAX / COUNT_DIVISOR;
    if (num_parse_i64(call_arg(call, at), &scan->count) && scan->count > 0 && scan->count <= most)
        return true;
    reply_error(call->reply, "ERR COUNT must be > 0");
    return false;
}

static bool parse_scan(struct call *call, struct stream_claim *claim, struct scan *scan)
{
    scan->count = AUTO_COUNT;
    if (!stream_claim_idle_arg(call, claim, "ERR Invalid min-idle-time argument for XAUTOCLAIM"))
        return false;
    if (!stream_start_arg(call, 5, &scan->start)) return false;
    for (int i = 6; i < call->argc; i++) {
        if (call_is(call, i, "count") && i + 1 < call->argc) {
            if (!take_scan_count(call, ++i, scan)) return false;
        } else if (call_is(call, i, "justid")) {
            claim->just_id = true;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    claim->deliveries = -1;
    claim->delivered_ms = call->host->now_ms;
    return true;
}

/* The entries of the stream beside the pending ones, which have the same order: most often the next
 * entry is the one that is looked for. */
struct presence {
    const struct value *stream;
    struct stream_cursor cursor;
    struct stream_id id; /* met last */
    bool is_started, is_over;
};

static void step(struct presence *presence)
{
    size_t pairs;
    presence->is_over = !stream_next(&presence->cursor, &presence->id, &pairs);
}

/* Whether there is such an entry. The ids asked for must grow. */
static bool is_present(struct presence *presence, struct stream_id id)
{
    int steps = presence->is_started ? STEPS_MAX : 0;
    while (steps > 0 && !presence->is_over && stream_id_cmp(presence->id, id) < 0) {
        step(presence);
        steps--;
    }
    if (steps == 0 && !presence->is_over) {
        stream_range(presence->stream, &presence->cursor, id, STREAM_ID_MAX, false);
        step(presence);
        presence->is_started = true;
    }
    return !presence->is_over && stream_id_cmp(presence->id, id) == 0;
}

/* Looks at pending entries in order; as many may be claimed or forgotten as were asked for. */
static void scan_pendings(struct stream_claim *claim, struct scan *scan)
{
    struct stream_reader *reader = &claim->reader;
    struct presence presence = {.stream = &reader->change.edit.stream};
    int64_t looks = scan->count * LOOKS_PER_CLAIM, left = scan->count;
    if (looks > LOOKS_MAX) looks = LOOKS_MAX;
    struct tree_cursor cursor;
    const struct stream_pending *pending =
        stream_pending_from(&reader->group->pendings, &cursor, scan->start);
    while (looks-- > 0 && left > 0 && pending) {
        struct stream_id id = pending->id;
        bool may_claim = stream_claim_is_idle_enough(claim, pending);
        bool exists = is_present(&presence, id);
        if (!exists || may_claim) {
            if (exists)
                stream_claim_take(claim, id, pending);
            else
                stream_claim_forget(claim, id);
            left--;
            /* The cursor ended with the write. */
            pending = stream_id_next(&id)
                          ? stream_pending_from(&reader->group->pendings, &cursor, id)
                          : NULL;
        } else {
            pending = stream_pending_next(&cursor);
        }
    }
    scan->next = pending ? pending->id : STREAM_ID_MIN;
}

static void run_scan(struct call *call, struct stream_claim *claim, struct scan *scan)
{
    struct stream_reader *reader = &claim->reader;
    stream_reader_join(reader);
    stream_reader_meet(reader);
    scan_pendings(claim, scan);
    reply_array(call->reply, 3);
    stream_reply_id(call->reply, scan->next);
    stream_claim_reply(call, claim);
    reply_array(call->reply, claim->gone_count);
    for (size_t i = 0; i < claim->gone_count; i++) stream_reply_id(call->reply, claim->gone[i]);
    stream_claim_record(claim);
}

void stream_xautoclaim(struct call *call)
{
    struct stream_claim claim = {0};
    struct scan scan = {0};
    if (parse_scan(call, &claim, &scan) && stream_claim_find_group(call, &claim))
        run_scan(call, &claim, &scan);
    stream_claim_deinit(&claim);
}
