#include <math.h>

#include "command/errors.h"
#include "command/lookup.h"
#include "command/string.h"
#include "command/string_commands.h"

static void add_integer(struct call *call, int64_t increment)
{
    bool failed = false;
    struct str key = call_arg(call, 1);
    struct entry *entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    int64_t number = 0;
    if (entry && !num_parse_i64(view.bytes, &number)) {
        reply_error(call->reply, ERR_NOT_INTEGER);
        return;
    }
    if (!num_add_i64(number, increment, &number)) {
        reply_error(call->reply, ERR_OVERFLOW);
        return;
    }
    struct value value = {.type = TYPE_STRING, .encoding = ENC_INT, .integer = number};
    if (entry)
        keyspace_set_value(call->ks, entry, value);
    else
        string_put_value(call, key, value, NO_EXPIRY);
    string_changed(call, key, "incrby");
    reply_i64(call->reply, number);
}

void string_incr(struct call *call)
{
    add_integer(call, 1);
}

void string_decr(struct call *call)
{
    add_integer(call, -1);
}

void string_incrby(struct call *call)
{
    int64_t increment;
    if (call_i64(call, 2, &increment)) add_integer(call, increment);
}

void string_decrby(struct call *call)
{
    int64_t decrement;
    if (!call_i64(call, 2, &decrement)) return;
    if (decrement == INT64_MIN)
        reply_error(call->reply, "ERR decrement would overflow");
    else
        add_integer(call, -decrement);
}

/* Floating point may give other digits on another machine, so others get the result. */
static void put_float(struct call *call, struct entry *entry, struct str digits)
{
    struct str key = call_arg(call, 1);
    struct value value = string_value(call, digits, ENC_EMBEDDED);
    if (entry)
        keyspace_set_value(call->ks, entry, value);
    else
        string_put_value(call, key, value, NO_EXPIRY);
    string_changed(call, key, "incrbyfloat");
    EFFECTS_ADD(call->effects, STR("SET"), key, digits, STR("KEEPTTL"));
}

void string_incrbyfloat(struct call *call)
{
    bool failed = false;
    long double number = 0, increment;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    if ((entry && !num_parse_long_double(view.bytes, &number)) ||
        !num_parse_long_double(call_arg(call, 2), &increment)) {
        reply_error(call->reply, ERR_NOT_FLOAT);
        return;
    }
    number += increment;
    if (!isfinite(number)) {
        reply_error(call->reply, ERR_NAN_OR_INF);
        return;
    }
    char room[NUM_DOUBLE_MAX];
    struct str digits = str_of(room, num_format_human(room, number));
    put_float(call, entry, digits);
    reply_bulk(call->reply, digits);
}
