/* XADD and XTRIM. */
#include "base/mem.h"
#include "command/blocking.h"
#include "command/lookup.h"
#include "command/stream.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"
#include "command/stream_trim_args.h"

struct addition {
    struct stream_trim_args trim;
    bool is_auto; /* "*" */
    bool has_seq; /* not "ms-*" */
    struct stream_id id;
    int id_at;
};

/* --- arguments --- */

static bool take_id(struct call *call, struct addition *addition)
{
    addition->is_auto = str_eq(call_arg(call, addition->id_at), STR("*"));
    if (addition->is_auto) return true;
    return stream_new_id_arg(call, addition->id_at, &addition->id, &addition->has_seq);
}

static bool parse(struct call *call, struct addition *addition)
{
    addition->trim.is_xadd = true;
    addition->id_at = 2;
    bool at_once = str_eq(call_arg(call, 2), STR("*")); /* the usual request */
    if (!at_once && !stream_trim_take(call, &addition->id_at, &addition->trim)) return false;
    if (addition->id_at < call->argc && !take_id(call, addition)) return false;
    if (!stream_trim_check(call, &addition->trim)) return false;
    int words = call->argc - addition->id_at - 1;
    if (words < 2 || words % 2) {
        call_arity_error(call);
        return false;
    }
    if (addition->has_seq && stream_id_is_zero(addition->id)) {
        reply_error(call->reply, "ERR The ID specified in XADD must be greater than 0-0");
        return false;
    }
    return true;
}

/* --- adding --- */

#define EXHAUSTED "ERR The stream has exhausted the last possible ID, unable to add more items"
#define TOO_LARGE "ERR Elements are too large to be stored"
#define TOO_SMALL "ERR The ID specified in XADD is equal or smaller than the target stream top item"

/* Settles the id of the new entry; an error, or NULL. */
static const char *choose_id(const struct call *call, struct stream_id last,
                             struct addition *addition)
{
    struct stream_id *id = &addition->id;
    if (stream_id_cmp(last, STREAM_ID_MAX) == 0) return EXHAUSTED;
    if (addition->is_auto) {
        stream_id_generate(last, (uint64_t)call->host->now_ms, id);
    } else if (!addition->has_seq && id->ms == last.ms) {
        if (last.seq == UINT64_MAX) return TOO_LARGE;
        id->seq = last.seq + 1;
    }
    return stream_id_cmp(*id, last) <= 0 ? TOO_SMALL : NULL;
}

/* The request as it is to be done again: with the id it was given, and the trim as it came out. */
static void record(struct stream_change *change, const struct addition *addition)
{
    struct call *call = change->call;
    bool settled = !addition->is_auto && addition->has_seq;
    if (!call->effects->wanted || (settled && !addition->trim.trim.approximate)) return;
    char digits[STREAM_ID_TEXT];
    struct stream_trim_text text;
    size_t fields = (size_t)(call->argc - addition->id_at - 1), count = 0;
    struct str *argv = mem_alloc((fields + STREAM_TRIM_WORDS + 3) * sizeof(*argv));
    argv[count++] = STR("XADD");
    argv[count++] = change->key;
    if (addition->trim.is_given) {
        stream_trim_text(&change->edit.stream, &addition->trim.trim, &text);
        for (int i = 0; i < STREAM_TRIM_WORDS; i++) argv[count++] = text.words[i];
    }
    argv[count++] = str_of(digits, stream_id_format(digits, addition->id));
    memcpy(argv + count, call->argv + addition->id_at + 1, fields * sizeof(*argv));
    effects_add(call->effects, argv, count + fields);
    mem_free(argv);
}

static void trim_behind(struct stream_change *change, const struct stream_trim_args *args)
{
    if (args->is_given && stream_trim(&change->edit, &args->trim))
        call_event(change->call, EVENT_STREAM, "xtrim", change->key);
}

static bool append(struct stream_change *change, const struct addition *addition)
{
    const struct call *call = change->call;
    const struct str *pairs = call->argv + addition->id_at + 1;
    size_t count = (size_t)(call->argc - addition->id_at - 1) / 2;
    enum stream_append verdict = stream_append(&change->edit, addition->id, pairs, count);
    switch (verdict) {
    case STREAM_APPENDED:
        return true;
    case STREAM_ID_TOO_SMALL:
        reply_error(call->reply, TOO_SMALL);
        break;
    case STREAM_TOO_LARGE:
        reply_error(call->reply, TOO_LARGE);
        break;
    }
    return false;
}

static void add(struct stream_change *change, struct addition *addition)
{
    struct call *call = change->call;
    struct stream_id last = STREAM_ID_MIN;
    if (change->entry) last = value_stream(&change->edit.stream)->last;
    const char *error = choose_id(call, last, addition);
    if (error) {
        reply_error(call->reply, error);
        return;
    }
    bool is_new = change->entry == NULL;
    stream_begin(change);
    if (!append(change, addition)) {
        if (is_new) lookup_delete(call, change->key);
        return;
    }
    stream_reply_id(call->reply, addition->id);
    stream_announce(change, "xadd", 1);
    blocking_ready(call->host->blocking, call->ks, change->key);
    trim_behind(change, &addition->trim);
    record(change, addition);
}

void stream_xadd(struct call *call)
{
    struct addition addition = {0};
    struct stream_change change;
    if (!parse(call, &addition) || !stream_open(call, call_arg(call, 1), &change)) return;
    if (change.entry == NULL && addition.trim.no_mkstream)
        reply_null(call->reply);
    else
        add(&change, &addition);
}

/* --- XTRIM --- */

static void trim(struct stream_change *change, const struct stream_trim *how)
{
    struct call *call = change->call;
    struct stream_trim_text text;
    stream_begin(change);
    uint64_t trimmed = stream_trim(&change->edit, how);
    if (trimmed) {
        stream_announce(change, "xtrim", trimmed);
        if (how->approximate) {
            stream_trim_text(&change->edit.stream, how, &text);
            EFFECTS_ADD(call->effects, STR("XTRIM"), change->key, text.words[0], text.words[1],
                        text.words[2]);
        }
    }
    reply_i64(call->reply, (int64_t)trimmed);
}

void stream_xtrim(struct call *call)
{
    struct stream_trim_args args = {0};
    struct stream_change change;
    int at = 2;
    if (!stream_trim_take(call, &at, &args) || !stream_trim_check(call, &args)) return;
    if (!stream_open(call, call_arg(call, 1), &change)) return;
    if (change.entry)
        trim(&change, &args.trim);
    else
        reply_i64(call->reply, 0);
}
