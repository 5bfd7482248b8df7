#include "command/stream_read_args.h"

#include "base/mem.h"
#include "command/blocking.h"
#include "command/errors.h"
#include "command/stream_ids.h"

/* A word and how many values it has; `take` reads them and answers the error. */
struct option {
    const char *word;
    int values;
    bool (*take)(struct call *call, int at, struct stream_read_args *args);
};

static bool take_block(struct call *call, int at, struct stream_read_args *args)
{
    if (session_is(call->session, SESSION_SCRIPT)) {
        reply_error_fmt(call->reply,
                        "ERR %.*s command is not allowed with BLOCK option from scripts",
                        STR_ARG(call_arg(call, 0)));
        return false;
    }
    args->blocks = true;
    return blocking_timeout_ms(call, at, &args->timeout_ms);
}

static bool take_count(struct call *call, int at, struct stream_read_args *args)
{
    int64_t count;
    if (!call_i64(call, at, &count)) return false;
    args->limit = count > 0 ? (uint64_t)count : UINT64_MAX;
    return true;
}

static bool only_of_group(struct call *call, const struct stream_read_args *args,
                          const char *option)
{
    if (args->of_group) return true;
    reply_error_fmt(call->reply,
                    "ERR The %s option is only supported by XREADGROUP. You called XREAD instead.",
                    option);
    return false;
}

static bool take_group(struct call *call, int at, struct stream_read_args *args)
{
    args->group_at = at;
    return only_of_group(call, args, "GROUP");
}

static bool take_noack(struct call *call, int at, struct stream_read_args *args)
{
    (void)at;
    args->no_ack = true;
    return only_of_group(call, args, "NOACK");
}

static const struct option OPTIONS[] = {
    {"block", 1, take_block},
    {"count", 1, take_count},
    {"group", 2, take_group},
    {"noack", 0, take_noack},
};

static const struct option *find_option(const struct call *call, int at)
{
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        bool fits = at + OPTIONS[i].values < call->argc;
        if (fits && call_is(call, at, OPTIONS[i].word)) return &OPTIONS[i];
    }
    return NULL;
}

/* Keys and ids, which are all that is left. */
static bool take_streams(struct call *call, int at, struct stream_read_args *args)
{
    int words = call->argc - at;
    if (words % 2) {
        reply_error(call->reply, "ERR Unbalanced XREAD list of streams: for each stream key an ID "
                                 "or '$' must be specified.");
        return false;
    }
    args->keys_at = at;
    args->key_count = words / 2;
    args->after = args->few;
    if (args->key_count > STREAM_READ_FEW)
        args->after = mem_alloc((size_t)args->key_count * sizeof(*args->after));
    return true;
}

bool stream_read_args(struct call *call, struct stream_read_args *args)
{
    args->limit = UINT64_MAX;
    for (int i = 1; args->keys_at == 0; i++) {
        const struct option *option = i < call->argc ? find_option(call, i) : NULL;
        if (option) {
            if (!option->take(call, i + 1, args)) return false;
            i += option->values;
        } else if (i + 1 < call->argc && call_is(call, i, "streams")) {
            if (!take_streams(call, i + 1, args)) return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    if (args->group_at || !args->of_group) return true;
    reply_error(call->reply, "ERR Missing GROUP option for XREADGROUP");
    return false;
}

#define NO_DOLLAR                                                                                  \
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "   \
    "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID "      \
    "would just return an empty result set."
#define NO_GREATER                                                                                 \
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "          \
    "<consumer> option."

bool stream_read_id_arg(struct call *call, struct stream_read_args *args, int key,
                        const struct value *stream)
{
    int at = args->keys_at + args->key_count + key;
    struct str text = call_arg(call, at);
    bool last = str_eq(text, STR("$")), fresh = str_eq(text, STR(">"));
    if (!last && !fresh) return stream_id_arg(call, at, &args->after[key]);
    if (last == args->of_group) {
        reply_error(call->reply, last ? NO_DOLLAR : NO_GREATER);
        return false;
    }
    struct stream_id id = stream ? value_stream(stream)->last : STREAM_ID_MIN;
    args->after[key] = fresh ? STREAM_ID_MAX : id;
    return true;
}

void stream_read_args_deinit(struct stream_read_args *args)
{
    if (args->after != args->few) mem_free(args->after);
}
