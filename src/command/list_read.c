#include "command/errors.h"
#include "command/list.h"
#include "command/list_commands.h"

void list_llen(struct call *call)
{
    struct value list;
    bool failed;
    if (list_find(call, call_arg(call, 1), &list, &failed))
        reply_i64(call->reply, (int64_t)sequence_len(&list));
    else if (!failed)
        reply_i64(call->reply, 0);
}

/* An index counted from the end when it is negative; out of [0, len) when there is no such
 * element. */
static int64_t index_in(int64_t index, size_t len)
{
    return index < 0 ? index + (int64_t)len : index;
}

void list_lindex(struct call *call)
{
    struct value list;
    struct sequence_cursor cursor;
    bool failed;
    int64_t index;
    char room[NUM_I64_MAX];
    if (!list_find(call, call_arg(call, 1), &list, &failed)) {
        if (!failed) reply_null(call->reply);
        return;
    }
    if (!call_i64(call, 2, &index)) return;
    index = index_in(index, sequence_len(&list));
    if (index >= 0 && sequence_seek(&list, &cursor, (size_t)index))
        reply_bulk(call->reply, sequence_element(&cursor, room));
    else
        reply_null(call->reply);
}

static void reply_range(struct call *call, const struct value *list, size_t start, size_t count)
{
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    reply_array(call->reply, count);
    if (count) sequence_seek(list, &cursor, start);
    for (size_t i = 0; i < count; i++) reply_bulk(call->reply, sequence_step(&cursor, room));
}

void list_lrange(struct call *call)
{
    struct value list;
    bool failed;
    int64_t start, stop;
    if (!call_i64(call, 2, &start) || !call_i64(call, 3, &stop)) return;
    if (!list_find(call, call_arg(call, 1), &list, &failed)) {
        if (!failed) reply_array(call->reply, 0);
        return;
    }
    size_t len = sequence_len(&list);
    start = index_in(start, len);
    stop = index_in(stop, len);
    if (start < 0) start = 0;
    if (stop >= (int64_t)len) stop = (int64_t)len - 1;
    size_t count = start <= stop ? (size_t)(stop - start) + 1 : 0;
    reply_range(call, &list, (size_t)start, count);
}

/* --- LPOS --- */

struct search {
    int64_t rank, max_len;
    int64_t count; /* -1: only one, answered alone; 0: all */
};

static bool parse_rank(struct call *call, int at, struct search *search)
{
    if (!call_i64(call, at, &search->rank)) return false;
    if (search->rank == INT64_MIN) {
        reply_error_fmt(call->reply, "%s, value must between %lld and %lld", ERR_OUT_OF_RANGE,
                        (long long)-INT64_MAX, (long long)INT64_MAX);
        return false;
    }
    if (search->rank != 0) return true;
    reply_error(call->reply, "ERR RANK can't be zero: use 1 to start from the first match, 2 from "
                             "the second ... or use negative to start from the end of the list");
    return false;
}

static bool parse_natural(struct call *call, int at, int64_t *number, const char *error)
{
    if (num_parse_i64(call_arg(call, at), number) && *number >= 0) return true;
    reply_error(call->reply, error);
    return false;
}

static bool parse_search(struct call *call, struct search *search)
{
    bool sound = true;
    *search = (struct search){.rank = 1, .count = -1};
    for (int i = 3; i < call->argc && sound; i += 2) {
        if (i + 1 < call->argc && call_is(call, i, "rank")) {
            sound = parse_rank(call, i + 1, search);
        } else if (i + 1 < call->argc && call_is(call, i, "count")) {
            sound = parse_natural(call, i + 1, &search->count, "ERR COUNT can't be negative");
        } else if (i + 1 < call->argc && call_is(call, i, "maxlen")) {
            sound = parse_natural(call, i + 1, &search->max_len, "ERR MAXLEN can't be negative");
        } else {
            call_syntax_error(call);
            sound = false;
        }
    }
    return sound;
}

/* Answers with the positions of an element and returns how many there were. */
static size_t find_positions(struct call *call, const struct value *list,
                             const struct search *search)
{
    size_t len = sequence_len(list), found = 0;
    bool backwards = search->rank < 0;
    uint64_t skip = (uint64_t)(backwards ? -search->rank : search->rank) - 1;
    size_t max_len = search->max_len ? (size_t)search->max_len : SIZE_MAX;
    size_t wanted = search->count == 0 ? SIZE_MAX : 1;
    if (search->count > 0) wanted = (size_t)search->count;
    struct sequence_search matches = {
        .element = call_arg(call, 2),
        .from = backwards && max_len < len ? len - max_len : 0,
        .to = backwards ? len : max_len,
        .backwards = backwards,
    };
    sequence_search_begin(&matches, list);
    while (found < wanted && sequence_search_next(&matches)) {
        if (skip) {
            skip--;
            continue;
        }
        reply_i64(call->reply, (int64_t)matches.index);
        found++;
    }
    return found;
}

void list_lpos(struct call *call)
{
    struct search search;
    struct value list;
    struct reply_later later;
    bool failed;
    if (!parse_search(call, &search)) return;
    bool alone = search.count < 0;
    if (!list_find(call, call_arg(call, 1), &list, &failed)) {
        if (!failed && alone) reply_null(call->reply);
        if (!failed && !alone) reply_array(call->reply, 0);
    } else if (alone) {
        if (find_positions(call, &list, &search) == 0) reply_null(call->reply);
    } else {
        reply_later_begin(call->reply, &later);
        reply_later_array(call->reply, &later, find_positions(call, &list, &search));
    }
}
