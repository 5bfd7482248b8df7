#include "command/stream_trim_args.h"

#include "command/errors.h"
#include "command/execute.h"
#include "command/stream_ids.h"

enum { LIMIT_NODES = 100, LIMIT_DEFAULT = 10000, LIMIT_MAX = 1000000 };

struct option {
    const char *word;
    int values; /* that must follow at least */
    bool only_xadd;
    /* Takes the values from `at` on and returns where the next argument is; 0 after an error. */
    int (*take)(struct call *call, int at, struct stream_trim_args *args);
};

/* "=" and "~" may stand before the threshold, which then must follow. 0 after an error. */
static int take_precision(struct call *call, int at, struct stream_trim_args *args)
{
    if (args->is_given) {
        reply_error(call->reply, "ERR syntax error, MAXLEN and MINID options at the same time are "
                                 "not compatible");
        return 0;
    }
    args->is_given = true;
    bool has_sign = at + 1 < call->argc;
    args->trim.approximate = has_sign && str_eq(call_arg(call, at), STR("~"));
    if (args->trim.approximate || (has_sign && str_eq(call_arg(call, at), STR("=")))) at++;
    return at;
}

static int take_maxlen(struct call *call, int at, struct stream_trim_args *args)
{
    int64_t len;
    at = take_precision(call, at, args);
    if (at == 0 || !call_i64(call, at, &len)) return 0;
    if (len < 0) {
        reply_error(call->reply, "ERR The MAXLEN argument must be >= 0.");
        return 0;
    }
    args->trim.by = STREAM_KEEP_LEN;
    args->trim.len = (uint64_t)len;
    return at + 1;
}

static int take_minid(struct call *call, int at, struct stream_trim_args *args)
{
    at = take_precision(call, at, args);
    if (at == 0 || !stream_id_arg(call, at, &args->trim.from)) return 0;
    args->trim.by = STREAM_KEEP_FROM;
    return at + 1;
}

static int take_limit(struct call *call, int at, struct stream_trim_args *args)
{
    if (!call_i64(call, at, &args->limit)) return 0;
    if (args->limit < 0) {
        reply_error(call->reply, "ERR The LIMIT argument must be >= 0.");
        return 0;
    }
    args->has_limit = true;
    return at + 1;
}

static int take_nomkstream(struct call *call, int at, struct stream_trim_args *args)
{
    (void)call;
    args->no_mkstream = true;
    return at;
}

static const struct option OPTIONS[] = {
    {"maxlen", 1, false, take_maxlen},
    {"minid", 1, false, take_minid},
    {"limit", 1, false, take_limit},
    {"nomkstream", 0, true, take_nomkstream},
};

static const struct option *find_option(const struct call *call, int at, bool is_xadd)
{
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        const struct option *option = &OPTIONS[i];
        bool fits = at + option->values < call->argc && (is_xadd || !option->only_xadd);
        if (fits && call_is(call, at, option->word)) return option;
    }
    return NULL;
}

/* What comes from a master or a file was done there to the full. */
static bool obeys(const struct call *call)
{
    return session_is(call->session, SESSION_MASTER) ||
           (call->host->executor->state & GATE_LOADING) != 0;
}

static uint64_t default_limit(const struct call *call)
{
    int64_t entries = call->host->settings->stream_node_max_entries;
    if (entries <= 0) return LIMIT_DEFAULT;
    if (entries > LIMIT_MAX / LIMIT_NODES) return LIMIT_MAX;
    return (uint64_t)entries * LIMIT_NODES;
}

bool stream_trim_take(struct call *call, int *at, struct stream_trim_args *args)
{
    while (*at < call->argc) {
        const struct option *option = find_option(call, *at, args->is_xadd);
        if (option == NULL && args->is_xadd) return true;
        if (option == NULL) {
            call_syntax_error(call);
            return false;
        }
        *at = option->take(call, *at + 1, args);
        if (*at == 0) return false;
    }
    return true;
}

static const char *refusal(const struct call *call, const struct stream_trim_args *args)
{
    if (args->limit && !args->is_given)
        return "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    if (!args->is_xadd && !args->is_given)
        return "ERR syntax error, XTRIM must be called with a trimming strategy";
    if (args->has_limit && !args->trim.approximate && !obeys(call))
        return "ERR syntax error, LIMIT cannot be used without the special ~ option";
    return NULL;
}

bool stream_trim_check(struct call *call, struct stream_trim_args *args)
{
    const char *error = refusal(call, args);
    if (error) {
        reply_error(call->reply, error);
        return false;
    }
    if (args->trim.approximate && !obeys(call))
        args->trim.limit = args->has_limit ? (uint64_t)args->limit : default_limit(call);
    return true;
}

void stream_trim_text(const struct value *stream, const struct stream_trim *trim,
                      struct stream_trim_text *text)
{
    const struct stream_object *object = value_stream(stream);
    bool by_len = trim->by == STREAM_KEEP_LEN;
    uint64_t kept = trim->approximate ? object->len : trim->len;
    struct stream_id from = trim->approximate ? object->first : trim->from;
    if (trim->approximate && object->len == 0) from = STREAM_ID_MAX;
    size_t len =
        by_len ? num_format_u64(text->threshold, kept) : stream_id_format(text->threshold, from);
    text->words[0] = by_len ? STR("MAXLEN") : STR("MINID");
    text->words[1] = STR("=");
    text->words[2] = str_of(text->threshold, len);
}
