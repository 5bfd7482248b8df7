#include "base/mem.h"
#include "command/errors.h"
#include "command/random_count.h"
#include "command/set.h"
#include "command/set_commands.h"

enum { EFFECT_MEMBERS = 1024 }; /* removed by one SREM */

/* --- popping --- */

/* Members on their way out, copied: removing one may move the others. */
struct popped {
    struct buf bytes;
    size_t *ends; /* of each in `bytes` */
    size_t count;
};

static void pop_visit(void *context, const struct member *member)
{
    struct popped *popped = context;
    buf_append_str(&popped->bytes, member->name);
    popped->ends[popped->count++] = popped->bytes.len;
}

static struct str popped_at(const struct popped *popped, size_t i)
{
    size_t start = i ? popped->ends[i - 1] : 0;
    return str_of(popped->bytes.ptr + start, popped->ends[i] - start);
}

/* Chance would choose others elsewhere, so the journal hears what was removed. */
static void record(struct call *call, const struct popped *popped)
{
    struct str argv[EFFECT_MEMBERS + 2] = {STR("SREM"), call_arg(call, 1)};
    size_t argc = 2;
    for (size_t i = 0; i < popped->count; i++) {
        argv[argc++] = popped_at(popped, i);
        bool is_last = i + 1 == popped->count;
        if (!is_last && argc < EFFECT_MEMBERS + 2) continue;
        effects_add(call->effects, argv, argc);
        argc = 2;
    }
}

static void pop(struct set_change *change, struct popped *popped, size_t count)
{
    struct members_edit *edit = set_writable(change, STR(""), 0);
    popped->ends = mem_alloc(count * sizeof(*popped->ends));
    members_pick(&edit->set, &edit->store->prng, count, pop_visit, popped);
    for (size_t i = 0; i < popped->count; i++) members_remove(edit, popped_at(popped, i));
    set_end(change, "spop");
    change->call->changes += popped->count - 1;
    record(change->call, popped);
}

static void popped_deinit(struct popped *popped)
{
    buf_deinit(&popped->bytes);
    mem_free(popped->ends);
}

static void pop_one(struct set_change *change)
{
    struct call *call = change->call;
    struct popped popped = {0};
    if (change->entry == NULL) {
        reply_null(call->reply);
        return;
    }
    pop(change, &popped, 1);
    reply_bulk(call->reply, popped_at(&popped, 0));
    popped_deinit(&popped);
}

/* The key itself is what is popped. */
static void pop_all(struct set_change *change)
{
    struct call *call = change->call;
    uint64_t count = members_len(&change->edit.set);
    bool lazy = call->host->settings->lazy_server_del;
    set_reply_all(call, &change->edit.set);
    call_event(call, EVENT_SET, "spop", change->key);
    lookup_delete(call, change->key);
    call_changed(call, change->key);
    call->changes += count - 1;
    call_event(call, EVENT_GENERIC, "del", change->key);
    EFFECTS_ADD(call->effects, lazy ? STR("UNLINK") : STR("DEL"), change->key);
}

static void pop_many(struct set_change *change, size_t count)
{
    struct call *call = change->call;
    struct popped popped = {0};
    if (change->entry == NULL || count == 0) {
        reply_set(call->reply, 0);
        return;
    }
    if (count >= members_len(&change->edit.set)) {
        pop_all(change);
        return;
    }
    pop(change, &popped, count);
    reply_set(call->reply, popped.count);
    for (size_t i = 0; i < popped.count; i++) reply_bulk(call->reply, popped_at(&popped, i));
    popped_deinit(&popped);
}

void set_spop(struct call *call)
{
    struct set_change change;
    int64_t count = 0;
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    bool is_list = call->argc == 3;
    if (is_list && (!num_parse_i64(call_arg(call, 2), &count) || count < 0)) {
        reply_error(call->reply, ERR_NOT_POSITIVE);
        return;
    }
    if (!set_begin(&change, call, call_arg(call, 1))) return;
    if (is_list)
        pop_many(&change, (size_t)count);
    else
        pop_one(&change);
}

/* --- looking --- */

static void reply_visit(void *context, const struct member *member)
{
    reply_bulk(context, member->name);
}

static void reply_different(struct call *call, const struct value *set, size_t count)
{
    size_t len = members_len(set);
    if (count > len) count = len;
    reply_array(call->reply, count);
    members_pick(set, &call->host->store->prng, count, reply_visit, call->reply);
}

/* The offsets of all members of a packed set, so that each pick is one step. */
static size_t *packed_offsets(const struct packed *packed, size_t len)
{
    size_t *offsets = mem_alloc(len * sizeof(*offsets)), at = packed_first(packed);
    for (size_t i = 0; i < len; i++, at = packed_next(packed, at)) offsets[i] = at;
    return offsets;
}

static void reply_repeated(struct call *call, const struct value *set, size_t count)
{
    struct prng *prng = &call->host->store->prng;
    size_t len = members_len(set);
    size_t *offsets = set->encoding == ENC_PACKED ? packed_offsets(value_packed(set), len) : NULL;
    struct member member;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) {
        if (offsets) {
            size_t at = offsets[prng_below(prng, len)];
            member.name = packed_text(value_packed(set), at, member.room);
        } else {
            members_random(set, prng, &member);
        }
        reply_bulk(call->reply, member.name);
    }
    mem_free(offsets);
}

static void reply_some(struct call *call, const struct value *set, int64_t count)
{
    if (count == 0)
        reply_array(call->reply, 0);
    else if (count > 0)
        reply_different(call, set, (size_t)count);
    else if (random_count_allowed(call, count))
        reply_repeated(call, set, (size_t)-count);
}

void set_srandmember(struct call *call)
{
    int64_t count;
    bool failed, is_list = call->argc == 3;
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    if (is_list && !random_count_arg(call, 2, &count)) return;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_SET, &failed);
    if (failed) return;
    if (entry == NULL) {
        if (is_list)
            reply_array(call->reply, 0);
        else
            reply_null(call->reply);
        return;
    }
    struct value set = entry_value(entry);
    if (is_list) {
        reply_some(call, &set, count);
        return;
    }
    struct member member;
    members_random(&set, &call->host->store->prng, &member);
    reply_bulk(call->reply, member.name);
}
