#include "base/num.h"
#include "command/errors.h"
#include "command/list.h"
#include "command/list_commands.h"

/* An element on its way from one list to another. */
struct move {
    struct list_edit from;
    enum list_end take, put;
    struct buf element;
};

static void take(struct move *move)
{
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    struct list_edit *from = &move->from;
    list_begin(from);
    size_t at = move->take == LIST_LEFT ? 0 : list_edit_len(from) - 1;
    sequence_seek(&from->sequence.list, &cursor, at);
    buf_append_str(&move->element, sequence_element(&cursor, room));
    sequence_remove(&from->sequence, at, 1);
}

static void put(struct list_edit *to, const struct move *move)
{
    sequence_reserve(&to->sequence, move->element.len, 1);
    list_push(to, buf_str(&move->element), move->put);
}

static void rotate(struct move *move)
{
    struct list_edit *list = &move->from;
    struct call *call = list->call;
    take(move);
    put(list, move);
    list_store(list);
    call_changed(call, list->key);
    call->changes--;
    call_event(call, EVENT_LIST, list_push_event(move->put), list->key);
    list_announce(list, list_pop_event(move->take));
}

static void move_to(struct move *move, struct list_edit *to)
{
    take(move);
    if (list_edit_len(&move->from)) sequence_settle(&move->from.sequence, 2);
    list_store(&move->from);
    list_begin(to);
    put(to, move);
    list_store(to);
    list_announce(to, list_push_event(move->put));
    list_announce(&move->from, list_pop_event(move->take));
    to->call->changes--;
}

bool list_move(struct call *call, enum list_end take_from, enum list_end put_at)
{
    struct move move = {.take = take_from, .put = put_at};
    struct list_edit to;
    if (!list_open(call, call_arg(call, 1), &move.from)) return true;
    if (move.from.entry == NULL) return false;
    if (!list_open(call, call_arg(call, 2), &to)) return true;
    if (str_eq(call_arg(call, 1), call_arg(call, 2)))
        rotate(&move);
    else
        move_to(&move, &to);
    reply_bulk(call->reply, buf_str(&move.element));
    buf_deinit(&move.element);
    return true;
}

void list_lmove(struct call *call)
{
    enum list_end from, to;
    if (!list_end_arg(call, 3, &from) || !list_end_arg(call, 4, &to)) return;
    if (!list_move(call, from, to)) reply_null(call->reply);
}

void list_rpoplpush(struct call *call)
{
    if (!list_move(call, LIST_RIGHT, LIST_LEFT)) reply_null(call->reply);
}

/* --- LMPOP --- */

static bool positive(struct call *call, int at, const char *error, int64_t *number)
{
    if (num_parse_i64(call_arg(call, at), number) && *number > 0) return true;
    reply_error(call->reply, error);
    return false;
}

bool list_mpop_parse(struct call *call, int numkeys_at, struct list_mpop *request)
{
    int64_t keys;
    bool counted = false;
    *request = (struct list_mpop){.count = 1, .keys = call->argv + numkeys_at + 1};
    if (!positive(call, numkeys_at, "ERR numkeys should be greater than 0", &keys)) return false;
    if (keys >= call->argc - numkeys_at - 1) {
        call_syntax_error(call);
        return false;
    }
    request->key_count = (size_t)keys;
    int at = numkeys_at + 1 + (int)keys;
    if (!list_end_arg(call, at, &request->end)) return false;
    for (at++; at < call->argc; at += 2) {
        if (counted || at + 1 >= call->argc || !call_is(call, at, "count")) {
            call_syntax_error(call);
            return false;
        }
        if (!positive(call, at + 1, "ERR count should be greater than 0", &request->count))
            return false;
        counted = true;
    }
    return true;
}

/* Others get the form that needs no looking for the key. */
static void record_pop(struct call *call, struct str key, enum list_end end, size_t count)
{
    char digits[NUM_I64_MAX];
    EFFECTS_ADD(call->effects, end == LIST_LEFT ? STR("LPOP") : STR("RPOP"), key,
                str_of(digits, num_format_i64(digits, (int64_t)count)));
}

static void pop_from(struct list_edit *edit, const struct list_mpop *request)
{
    struct call *call = edit->call;
    list_begin(edit);
    size_t len = list_edit_len(edit);
    reply_array(call->reply, 2);
    reply_bulk(call->reply, edit->key);
    list_pop_range(edit, request->end, (size_t)request->count);
    size_t popped = len - list_edit_len(edit);
    list_store(edit);
    list_announce(edit, list_pop_event(request->end));
    record_pop(call, edit->key, request->end, popped);
    call->changes += popped - 1;
}

bool list_mpop(struct call *call, const struct list_mpop *request)
{
    struct list_edit edit;
    for (size_t i = 0; i < request->key_count; i++) {
        if (!list_open(call, request->keys[i], &edit)) return true;
        if (edit.entry == NULL) continue;
        pop_from(&edit, request);
        return true;
    }
    return false;
}

void list_lmpop(struct call *call)
{
    struct list_mpop request;
    if (!list_mpop_parse(call, 1, &request)) return;
    if (!list_mpop(call, &request)) reply_null_array(call->reply);
}
