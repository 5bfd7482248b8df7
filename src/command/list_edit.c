#include "command/errors.h"
#include "command/list.h"
#include "command/list_commands.h"

enum { SETTLE_SHARE = 2 }; /* as in list.c: half of the limit */

static void finish(struct list_edit *edit, const char *event)
{
    if (list_edit_len(edit)) sequence_settle(&edit->sequence, SETTLE_SHARE);
    list_store(edit);
    list_announce(edit, event);
}

void list_linsert(struct call *call)
{
    struct list_edit edit;
    struct sequence_search pivot = {.element = call_arg(call, 3), .to = SIZE_MAX};
    struct str element = call_arg(call, 4);
    bool after = call_is(call, 2, "after");
    if (!after && !call_is(call, 2, "before")) {
        call_syntax_error(call);
        return;
    }
    if (!list_open(call, call_arg(call, 1), &edit) || !list_element_fits(call, element)) return;
    if (edit.entry == NULL) {
        reply_i64(call->reply, 0);
        return;
    }
    sequence_search_begin(&pivot, &edit.sequence.list);
    if (!sequence_search_next(&pivot)) {
        reply_i64(call->reply, -1);
        return;
    }
    list_begin(&edit);
    sequence_reserve(&edit.sequence, element.len, 1);
    sequence_insert(&edit.sequence, pivot.index + after, element);
    list_store(&edit);
    list_announce(&edit, "linsert");
    reply_i64(call->reply, (int64_t)list_edit_len(&edit));
}

void list_lset(struct call *call)
{
    struct list_edit edit;
    struct str element = call_arg(call, 3);
    int64_t index;
    if (!list_open(call, call_arg(call, 1), &edit) || !list_element_fits(call, element)) return;
    if (edit.entry == NULL) {
        reply_error(call->reply, ERR_NO_SUCH_KEY);
        return;
    }
    if (!call_i64(call, 2, &index)) return;
    int64_t len = (int64_t)list_edit_len(&edit);
    if (index < 0) index += len;
    if (index < 0 || index >= len) {
        reply_error(call->reply, "ERR index out of range");
        return;
    }
    list_begin(&edit);
    sequence_reserve(&edit.sequence, element.len, 1);
    sequence_replace(&edit.sequence, (size_t)index, element);
    finish(&edit, "lset");
    reply_ok(call->reply);
}

void list_ltrim(struct call *call)
{
    struct list_edit edit;
    int64_t start, stop;
    if (!call_i64(call, 2, &start) || !call_i64(call, 3, &stop)) return;
    if (!list_open(call, call_arg(call, 1), &edit)) return;
    reply_ok(call->reply);
    if (edit.entry == NULL) return;
    int64_t len = (int64_t)list_edit_len(&edit);
    if (start < 0) start += len;
    if (stop < 0) stop += len;
    if (start < 0) start = 0;
    if (stop >= len) stop = len - 1;
    bool keeps = start <= stop;
    size_t left = keeps ? (size_t)start : (size_t)len;
    size_t right = keeps ? (size_t)(len - 1 - stop) : 0;
    list_begin(&edit);
    if (right) sequence_remove(&edit.sequence, (size_t)stop + 1, right);
    if (left) sequence_remove(&edit.sequence, 0, left);
    finish(&edit, "ltrim");
    call->changes += left + right - 1; /* nothing trimmed is no change */
}

/* How many elements from `cursor` on in one direction are equal, `max` at most. */
static size_t run_length(struct sequence_search *search, size_t max)
{
    struct sequence_cursor *cursor = &search->cursor;
    size_t count = 0;
    for (bool more = true; more && count < max && sequence_is(cursor, search->element); count++)
        more = search->backwards ? sequence_prev(cursor) : sequence_next(cursor);
    return count;
}

/* Removes what a search finds from its first match on, and returns how much that was. */
static size_t remove_found(struct sequence *sequence, struct sequence_search *search, size_t max)
{
    size_t removed = 0, bound = search->index + search->backwards;
    while (removed < max) {
        *(search->backwards ? &search->to : &search->from) = bound;
        sequence_search_begin(search, &sequence->list);
        if (!sequence_search_next(search)) break;
        bound = search->index;
        size_t run = run_length(search, max - removed);
        if (search->backwards) bound -= run - 1;
        sequence_remove(sequence, bound, run);
        removed += run;
    }
    return removed;
}

void list_lrem(struct call *call)
{
    struct list_edit edit;
    struct sequence_search search = {.element = call_arg(call, 3), .to = SIZE_MAX};
    int64_t count;
    if (!call_i64(call, 2, &count)) return;
    if (!list_open(call, call_arg(call, 1), &edit)) return;
    search.backwards = count < 0;
    if (edit.entry) sequence_search_begin(&search, &edit.sequence.list);
    if (edit.entry == NULL || !sequence_search_next(&search)) {
        reply_i64(call->reply, 0);
        return;
    }
    size_t max = count < 0 ? 0 - (size_t)count : count ? (size_t)count : SIZE_MAX;
    list_begin(&edit);
    size_t removed = remove_found(&edit.sequence, &search, max);
    finish(&edit, "lrem");
    call->changes += removed - 1;
    reply_i64(call->reply, (int64_t)removed);
}
