/* SLOWLOG: the requests that took long. */
#include "base/num.h"
#include "command/help.h"
#include "server/access.h"
#include "server/families.h"
#include "server/slowlog.h"

enum { DEFAULT_COUNT = 10 };

static void show(struct reply *reply, const struct slowlog_entry *entry)
{
    reply_array(reply, 6);
    reply_i64(reply, (int64_t)entry->id);
    reply_i64(reply, entry->time_s);
    reply_i64(reply, entry->duration_us);
    reply_raw(reply, buf_str(&entry->args));
    reply_bulk(reply, buf_str(&entry->address));
    reply_bulk(reply, buf_str(&entry->client_name));
}

static bool read_count(struct call *call, const struct slowlog *log, size_t *count)
{
    int64_t wanted = DEFAULT_COUNT;
    if (call->argc > 2 && (!num_parse_i64(call_arg(call, 2), &wanted) || wanted < -1)) {
        reply_error(call->reply, "ERR count should be greater than or equal to -1");
        return false;
    }
    *count = wanted < 0 || (uint64_t)wanted > log->count ? log->count : (size_t)wanted;
    return true;
}

static void get(struct call *call)
{
    const struct slowlog *log = server_slowlog(call);
    size_t count = 0;
    if (call->argc > 3) {
        reply_error_fmt(call->reply,
                        "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
                        "SLOWLOG HELP.",
                        STR_ARG(call_arg(call, 1)));
        return;
    }
    if (!read_count(call, log, &count)) return;
    reply_array(call->reply, count);
    LIST_FOREACH(at, after, &log->entries)
    {
        if (count-- == 0) break;
        show(call->reply, LIST_ENTRY(at, struct slowlog_entry, node));
    }
}

static void len(struct call *call)
{
    reply_i64(call->reply, (int64_t)server_slowlog(call)->count);
}

static void reset(struct call *call)
{
    slowlog_trim(server_slowlog(call), 0);
    reply_ok(call->reply);
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "GET [<count>]",
        "    Lists the newest <count> slow requests (10 unless told, -1 for all), each with id,",
        "    time, microseconds, arguments, and the client's address and name.",
        "LEN",
        "    Tells how many slow requests are kept.",
        "RESET",
        "    Forgets them.",
        NULL,
    };
    help_reply(call, LINES);
}

#define ABOUT_SLOW                                                                                 \
    .flags = CMD_ADMIN | CMD_LOADING | CMD_STALE, .since = "2.2.12", .group = "server"

static const struct command subcommands[] = {
    {
        .name = "get",
        .run = get,
        .arity = -2,
        ABOUT_SLOW,
        .summary = "Lists the newest requests of the slow log.",
        .complexity = "O(N) in the number of entries answered",
        .syntax = "[count]",
        .history = {{"4.0.0", "Entries tell the client's address and name."}},
        .tips = {"request_policy:all_nodes", "nondeterministic_output"},
    },
    {
        .name = "len",
        .run = len,
        .arity = 2,
        ABOUT_SLOW,
        .summary = "Tells how many entries the slow log has.",
        .complexity = "O(1)",
        .syntax = "",
        .tips = {"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
    },
    {
        .name = "reset",
        .run = reset,
        .arity = 2,
        ABOUT_SLOW,
        .summary = "Empties the slow log.",
        .complexity = "O(N) in the number of entries",
        .syntax = "",
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .summary = "Explains the sub-commands.",
        .since = "6.2.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};

const struct command slowlog_commands[] = {
    {
        .name = "slowlog",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "The container of the slow log's commands.",
        .since = "2.2.12",
        .group = "server",
        .complexity = "That of the sub-command",
        .syntax = "",
    },
    {0},
};
