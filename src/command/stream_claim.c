/* XCLAIM, and what XAUTOCLAIM has in common with it. */
#include "command/stream_claim.h"

#include "base/mem.h"
#include "command/execute.h"
#include "command/lookup.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"

/* --- one entry --- */

void stream_claim_forget(struct stream_claim *claim, struct stream_id id)
{
    struct stream_reader *reader = &claim->reader;
    stream_pending_remove(&reader->change.edit, reader->group, id);
    reader->change.call->changes++;
    if (claim->gone_count == claim->gone_capacity) {
        claim->gone_capacity = claim->gone_capacity ? claim->gone_capacity * 2 : 16;
        claim->gone = mem_realloc(claim->gone, claim->gone_capacity * sizeof(*claim->gone));
    }
    claim->gone[claim->gone_count++] = id;
}

void stream_claim_take(struct stream_claim *claim, struct stream_id id,
                       const struct stream_pending *pending)
{
    struct stream_reader *reader = &claim->reader;
    struct call *call = reader->change.call;
    struct stream_delivery delivery = {.id = id, .delivered_ms = claim->delivered_ms};
    delivery.deliveries = pending ? pending->deliveries : 1;
    if (claim->deliveries >= 0)
        delivery.deliveries = (uint64_t)claim->deliveries;
    else if (!claim->just_id)
        delivery.deliveries++;
    stream_reader_give(reader, &delivery);
    reader->consumer->active_ms = call->host->now_ms;
    call->changes++;
}

bool stream_claim_is_idle_enough(const struct stream_claim *claim,
                                 const struct stream_pending *pending)
{
    int64_t now_ms = claim->reader.change.call->host->now_ms;
    return stream_idle_ms(now_ms, pending->delivered_ms) >= claim->min_idle_ms;
}

static void claim_one(struct stream_claim *claim, struct stream_id id)
{
    struct stream_reader *reader = &claim->reader;
    const struct stream_pending *pending = stream_pending_find(&reader->group->pendings, id);
    if (!stream_has(&reader->change.edit.stream, id)) {
        if (pending) stream_claim_forget(claim, id);
    } else if (pending ? stream_claim_is_idle_enough(claim, pending) : claim->force) {
        stream_claim_take(claim, id, pending);
    }
}

/* --- replies --- */

static void reply_entry(struct call *call, const struct value *stream, struct stream_id id)
{
    struct stream_cursor cursor;
    size_t pairs;
    stream_range(stream, &cursor, id, id, false);
    if (stream_next(&cursor, &id, &pairs)) stream_reply_entry(call->reply, &cursor, id, pairs);
}

void stream_claim_reply(struct call *call, const struct stream_claim *claim)
{
    const struct stream_reader *reader = &claim->reader;
    reply_array(call->reply, reader->given_count);
    for (size_t i = 0; i < reader->given_count; i++) {
        struct stream_id id = reader->given[i].id;
        if (claim->just_id)
            stream_reply_id(call->reply, id);
        else
            reply_entry(call, &reader->change.edit.stream, id);
    }
}

void stream_claim_record(struct stream_claim *claim)
{
    stream_reader_record_forgotten(&claim->reader, claim->gone, claim->gone_count);
    stream_reader_record_given(&claim->reader);
}

void stream_claim_deinit(struct stream_claim *claim)
{
    stream_reader_deinit(&claim->reader);
    mem_free(claim->gone);
}

/* --- opening --- */

static void refuse_group(struct call *call)
{
    reply_error_fmt(call->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s'",
                    STR_ARG(call_arg(call, 1)), STR_ARG(call_arg(call, 2)));
}

bool stream_claim_find_group(struct call *call, struct stream_claim *claim)
{
    struct stream_reader *reader = &claim->reader;
    reader->group_name = call_arg(call, 2);
    reader->consumer_name = call_arg(call, 3);
    if (!stream_open(call, call_arg(call, 1), &reader->change)) return false;
    if (reader->change.entry && stream_group_find(&reader->change.edit.stream, reader->group_name))
        return true;
    refuse_group(call);
    return false;
}

bool stream_claim_idle_arg(struct call *call, struct stream_claim *claim, const char *error)
{
    if (!num_parse_i64(call_arg(call, 4), &claim->min_idle_ms)) {
        reply_error(call->reply, error);
        return false;
    }
    if (claim->min_idle_ms < 0) claim->min_idle_ms = 0;
    return true;
}

/* --- XCLAIM --- */

/* An option that takes a number, and its error. */
struct number_option {
    const char *word, *error;
    void (*set)(struct call *call, struct stream_claim *claim, int64_t number);
};

static void set_idle(struct call *call, struct stream_claim *claim, int64_t idle_ms)
{
    if (!num_add_i64(call->host->now_ms, idle_ms == INT64_MIN ? INT64_MAX : -idle_ms,
                     &claim->delivered_ms))
        claim->delivered_ms = -1;
}

static void set_time(struct call *call, struct stream_claim *claim, int64_t time_ms)
{
    (void)call;
    claim->delivered_ms = time_ms;
}

static void set_retry_count(struct call *call, struct stream_claim *claim, int64_t deliveries)
{
    (void)call;
    claim->deliveries = deliveries;
}

static const struct number_option NUMBER_OPTIONS[] = {
    {"idle", "ERR Invalid IDLE option argument for XCLAIM", set_idle},
    {"time", "ERR Invalid TIME option argument for XCLAIM", set_time},
    {"retrycount", "ERR Invalid RETRYCOUNT option argument for XCLAIM", set_retry_count},
};

static const struct number_option *find_number_option(const struct call *call, int at)
{
    for (size_t i = 0; i < sizeof(NUMBER_OPTIONS) / sizeof(NUMBER_OPTIONS[0]); i++) {
        if (call_is(call, at, NUMBER_OPTIONS[i].word)) return &NUMBER_OPTIONS[i];
    }
    return NULL;
}

static bool take_number(struct call *call, int at, const struct number_option *option,
                        struct stream_claim *claim)
{
    int64_t number;
    if (num_parse_i64(call_arg(call, at), &number)) {
        option->set(call, claim, number);
        return true;
    }
    reply_error(call->reply, option->error);
    return false;
}

/* Takes the option at *at with its value; answers the error. */
static bool take_option(struct call *call, int *at, struct stream_claim *claim)
{
    bool has_value = *at + 1 < call->argc;
    const struct number_option *option = has_value ? find_number_option(call, *at) : NULL;
    if (option) return take_number(call, ++*at, option, claim);
    if (has_value && call_is(call, *at, "lastid")) return stream_id_arg(call, ++*at, &claim->last);
    if (call_is(call, *at, "force")) return claim->force = true;
    if (call_is(call, *at, "justid")) return claim->just_id = true;
    reply_error_fmt(call->reply, "ERR Unrecognized XCLAIM option '%.*s'",
                    STR_ARG(call_arg(call, *at)));
    return false;
}

/* A time to come is one that a clock told wrong, unless the master's did, or the file says so. */
static void settle_time(const struct call *call, struct stream_claim *claim)
{
    bool obeys = session_is(call->session, SESSION_MASTER) ||
                 (call->host->executor->state & GATE_LOADING) != 0;
    bool is_ahead = claim->delivered_ms > call->host->now_ms;
    if (claim->delivered_ms < 0 || (is_ahead && !obeys)) claim->delivered_ms = call->host->now_ms;
}

/* The arguments behind the ids, which end at *ids_end; answers the error. */
static bool parse_claim(struct call *call, struct stream_claim *claim, int *ids_end)
{
    struct stream_id id;
    int at = 5;
    claim->delivered_ms = claim->deliveries = -1;
    while (at < call->argc && stream_read_id(call_arg(call, at), &id)) at++;
    *ids_end = at;
    for (; at < call->argc; at++) {
        if (!take_option(call, &at, claim)) return false;
    }
    settle_time(call, claim);
    return true;
}

static void run_claim(struct call *call, struct stream_claim *claim, int ids_end)
{
    struct stream_reader *reader = &claim->reader;
    struct stream_id id;
    stream_reader_join(reader);
    bool moves = stream_id_cmp(claim->last, reader->group->last) > 0;
    if (moves) reader->group->last = claim->last;
    stream_reader_meet(reader);
    for (int i = 5; i < ids_end; i++) {
        if (stream_read_id(call_arg(call, i), &id)) claim_one(claim, id);
    }
    stream_claim_reply(call, claim);
    if (moves && reader->given_count == 0) {
        stream_reader_record_progress(reader);
        call->changes++;
    }
    stream_claim_record(claim);
}

void stream_xclaim(struct call *call)
{
    struct stream_claim claim = {0};
    int ids_end;
    if (stream_claim_find_group(call, &claim) &&
        stream_claim_idle_arg(call, &claim, "ERR Invalid min-idle-time argument for XCLAIM") &&
        parse_claim(call, &claim, &ids_end))
        run_claim(call, &claim, ids_end);
    stream_claim_deinit(&claim);
}
