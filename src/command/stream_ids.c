#include "command/stream_ids.h"

#include "base/num.h"

#define INVALID_ID "ERR Invalid stream ID specified as stream command argument"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool read_number(struct str text, uint64_t *number)
{
    if (num_parse_u64(text, number)) return true;
    while (text.len && is_space(text.ptr[0])) text = str_from(text, 1);
    if (text.len && text.ptr[0] == '+') text = str_from(text, 1);
    while (text.len > 1 && text.ptr[0] == '0') text = str_from(text, 1);
    return num_parse_u64(text, number);
}

/* `open` is set for "ms-*"; NULL: that is no id here. */
static bool read_id(struct str text, uint64_t missing_seq, struct stream_id *id, bool *open)
{
    ptrdiff_t dash = str_find_char(text, '-');
    struct str ms = dash < 0 ? text : str_first(text, (size_t)dash);
    struct str seq = dash < 0 ? STR("") : str_from(text, (size_t)dash + 1);
    id->seq = missing_seq;
    if (!read_number(ms, &id->ms)) return false;
    if (dash < 0) return true;
    if (open && str_eq(seq, STR("*"))) {
        *open = true;
        return true;
    }
    return read_number(seq, &id->seq);
}

static bool refuse(struct call *call)
{
    reply_error(call->reply, INVALID_ID);
    return false;
}

bool stream_read_id(struct str text, struct stream_id *id)
{
    return read_id(text, 0, id, NULL);
}

bool stream_id_arg(struct call *call, int at, struct stream_id *id)
{
    return stream_read_id(call_arg(call, at), id) || refuse(call);
}

bool stream_new_id_arg(struct call *call, int at, struct stream_id *id, bool *has_seq)
{
    bool open = false;
    if (!read_id(call_arg(call, at), 0, id, &open)) return refuse(call);
    *has_seq = !open;
    return true;
}

/* One end of an interval: what a missing number means there, how it moves when it is left out. */
struct bound {
    uint64_t missing_seq;
    bool (*move)(struct stream_id *id);
    const char *error;
};

static bool bound_arg(struct call *call, int at, const struct bound *bound, struct stream_id *id)
{
    struct str text = call_arg(call, at);
    bool is_open = text.len > 1 && text.ptr[0] == '(';
    if (is_open) text = str_from(text, 1);
    if (!is_open && str_eq(text, STR("-"))) {
        *id = STREAM_ID_MIN;
        return true;
    }
    if (!is_open && str_eq(text, STR("+"))) {
        *id = STREAM_ID_MAX;
        return true;
    }
    if (!read_id(text, bound->missing_seq, id, NULL)) return refuse(call);
    if (!is_open || bound->move(id)) return true;
    reply_error(call->reply, bound->error);
    return false;
}

bool stream_start_arg(struct call *call, int at, struct stream_id *start)
{
    static const struct bound START = {0, stream_id_next, "ERR invalid start ID for the interval"};
    return bound_arg(call, at, &START, start);
}

bool stream_end_arg(struct call *call, int at, struct stream_id *end)
{
    static const struct bound END = {UINT64_MAX, stream_id_prev,
                                     "ERR invalid end ID for the interval"};
    return bound_arg(call, at, &END, end);
}

void stream_reply_id(struct reply *reply, struct stream_id id)
{
    char text[STREAM_ID_TEXT];
    reply_bulk(reply, str_of(text, stream_id_format(text, id)));
}
