/* XDEL and XSETID. */
#include "base/mem.h"
#include "command/errors.h"
#include "command/stream.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"

/* NULL after the error of one of them was answered. */
static struct stream_id *parse_ids(struct call *call, int from)
{
    struct stream_id *ids = mem_alloc((size_t)(call->argc - from) * sizeof(*ids));
    for (int i = from; i < call->argc; i++) {
        if (stream_id_arg(call, i, &ids[i - from])) continue;
        mem_free(ids);
        return NULL;
    }
    return ids;
}

void stream_xdel(struct call *call)
{
    struct stream_change change;
    uint64_t deleted = 0;
    if (!stream_open(call, call_arg(call, 1), &change)) return;
    if (change.entry == NULL) {
        reply_i64(call->reply, 0);
        return;
    }
    struct stream_id *ids = parse_ids(call, 2);
    if (ids == NULL) return;
    stream_begin(&change);
    for (int i = 0; i < call->argc - 2; i++) deleted += stream_delete(&change.edit, ids[i]);
    mem_free(ids);
    if (deleted) stream_announce(&change, "xdel", deleted);
    reply_i64(call->reply, (int64_t)deleted);
}

/* --- XSETID --- */

struct new_facts {
    struct stream_facts facts;
    bool has_added, has_deleted;
};

static bool take_added(struct call *call, int at, struct new_facts *facts)
{
    int64_t added;
    if (!call_i64(call, at, &added)) return false;
    if (added < 0) {
        reply_error(call->reply, "ERR entries_added must be positive");
        return false;
    }
    facts->facts.added = (uint64_t)added;
    facts->has_added = true;
    return true;
}

static bool take_deleted(struct call *call, int at, struct new_facts *facts)
{
    if (!stream_id_arg(call, at, &facts->facts.deleted)) return false;
    if (stream_id_cmp(facts->facts.last, facts->facts.deleted) < 0) {
        reply_error(call->reply, "ERR The ID specified in XSETID is smaller than the provided "
                                 "max_deleted_entry_id");
        return false;
    }
    facts->has_deleted = !stream_id_is_zero(facts->facts.deleted);
    return true;
}

static bool parse_facts(struct call *call, struct new_facts *facts)
{
    if (!stream_id_arg(call, 2, &facts->facts.last)) return false;
    for (int i = 3; i < call->argc; i += 2) {
        bool has_value = i + 1 < call->argc, taken;
        if (has_value && call_is(call, i, "entriesadded")) {
            taken = take_added(call, i + 1, facts);
        } else if (has_value && call_is(call, i, "maxdeletedid")) {
            taken = take_deleted(call, i + 1, facts);
        } else {
            call_syntax_error(call);
            taken = false;
        }
        if (!taken) return false;
    }
    return true;
}

static struct stream_id last_entry(const struct value *stream)
{
    struct stream_cursor cursor;
    struct stream_id id = STREAM_ID_MIN;
    size_t pairs;
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, true);
    stream_next(&cursor, &id, &pairs);
    return id;
}

/* Why these facts cannot be true of the stream, or NULL. */
static const char *contradiction(const struct value *stream, const struct new_facts *facts)
{
    const struct stream_object *object = value_stream(stream);
    if (object->len == 0) return NULL;
    if (stream_id_cmp(facts->facts.last, last_entry(stream)) < 0)
        return "ERR The ID specified in XSETID is smaller than the target stream top item";
    if (facts->has_added && object->len > facts->facts.added)
        return "ERR The entries_added specified in XSETID is smaller than the target stream length";
    return NULL;
}

static void set_facts(struct stream_change *change, struct new_facts *facts)
{
    struct reply *reply = change->call->reply;
    const struct stream_object *object = value_stream(&change->edit.stream);
    const char *error = contradiction(&change->edit.stream, facts);
    if (error) {
        reply_error(reply, error);
        return;
    }
    if (!facts->has_added) facts->facts.added = object->added;
    if (!facts->has_deleted) facts->facts.deleted = object->deleted;
    stream_begin(change);
    stream_set_facts(&change->edit, &facts->facts);
    reply_ok(reply);
    stream_announce_unwatched(change->call, change->key, "xsetid");
}

void stream_xsetid(struct call *call)
{
    struct new_facts facts = {0};
    struct stream_change change;
    if (!parse_facts(call, &facts) || !stream_open(call, call_arg(call, 1), &change)) return;
    if (change.entry)
        set_facts(&change, &facts);
    else
        reply_error(call->reply, ERR_NO_SUCH_KEY);
}
