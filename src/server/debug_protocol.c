/* DEBUG PROTOCOL: a sample of each type of reply, for tests of clients. */
#include "server/debug.h"

static void three_numbers(struct reply *reply)
{
    for (int i = 0; i < 3; i++) reply_i64(reply, i);
}

static void show_string(struct reply *reply)
{
    reply_bulk(reply, STR("Hello World"));
}

static void show_integer(struct reply *reply)
{
    reply_i64(reply, 12345);
}

static void show_double(struct reply *reply)
{
    reply_double(reply, 3.141);
}

static void show_big_number(struct reply *reply)
{
    reply_big_number(reply, STR("1234567999999999999999999999999999999"));
}

static void show_null(struct reply *reply)
{
    reply_null(reply);
}

static void show_array(struct reply *reply)
{
    reply_array(reply, 3);
    three_numbers(reply);
}

static void show_set(struct reply *reply)
{
    reply_set(reply, 3);
    three_numbers(reply);
}

static void show_map(struct reply *reply)
{
    reply_map(reply, 3);
    for (int i = 0; i < 3; i++) {
        reply_i64(reply, i);
        reply_bool(reply, i == 1);
    }
}

static void show_attribute(struct reply *reply)
{
    if (reply->version > 2) {
        reply_attribute(reply, 1);
        reply_bulk(reply, STR("key-popularity"));
        reply_array(reply, 2);
        reply_bulk(reply, STR("key:123"));
        reply_i64(reply, 90);
    }
    reply_bulk(reply, STR("Some real reply following the attribute"));
}

static void show_push(struct reply *reply)
{
    if (reply->version < 3) {
        reply_error(reply, "ERR RESP2 is not supported by this command");
        return;
    }
    reply_push(reply, 2);
    reply_bulk(reply, STR("server-cpu-usage"));
    reply_i64(reply, 42);
    reply_bulk(reply, STR("Some real reply following the push reply"));
}

static void show_verbatim(struct reply *reply)
{
    reply_verbatim(reply, STR("This is a verbatim\nstring"), "txt");
}

static void show_true(struct reply *reply)
{
    reply_bool(reply, true);
}

static void show_false(struct reply *reply)
{
    reply_bool(reply, false);
}

static const struct {
    const char *type;
    void (*show)(struct reply *reply);
} samples[] = {
    {"string", show_string},     {"integer", show_integer},   {"double", show_double},
    {"bignum", show_big_number}, {"null", show_null},         {"array", show_array},
    {"set", show_set},           {"map", show_map},           {"attrib", show_attribute},
    {"push", show_push},         {"verbatim", show_verbatim}, {"true", show_true},
    {"false", show_false},
};

void debug_protocol(struct call *call)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        if (!call_is(call, 2, samples[i].type)) continue;
        samples[i].show(call->reply);
        return;
    }
    reply_error(call->reply,
                "ERR Wrong protocol type name. Please use one of the following: "
                "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}
