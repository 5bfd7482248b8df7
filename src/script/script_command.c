#include "command/help.h"
#include "script/cache.h"
#include "script/families.h"
#include "script/flush_mode.h"
#include "script/run.h"

static void run_load(struct call *call)
{
    struct buf error = {0};
    const struct script *script = script_load(call->host->scripts, call_arg(call, 2), &error);
    if (script)
        reply_bulk_c(call->reply, script->sha);
    else
        reply_error_str(call->reply, buf_str(&error));
    buf_deinit(&error);
}

static void run_exists(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        reply_i64(call->reply, script_find(call->host->scripts, call_arg(call, i)) != NULL);
    }
}

static void run_flush(struct call *call)
{
    bool async;
    if (!flush_mode_read(call, &async)) {
        reply_error(call->reply, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return;
    }
    script_cache_flush(call->host->scripts, !async);
    reply_ok(call->reply);
}

static void run_kill(struct call *call)
{
    script_kill(call->host->scripts, call->reply, false);
}

static void run_debug(struct call *call)
{
    if (call_is(call, 2, "no"))
        reply_ok(call->reply);
    else if (call_is(call, 2, "yes") || call_is(call, 2, "sync"))
        reply_error(call->reply, "ERR The Lua debugger is not available");
    else
        reply_error(call->reply, "ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

static void run_help(struct call *call)
{
    static const char *const lines[] = {
        "DEBUG (YES|SYNC|NO)",
        "    There is no debugger; only NO is accepted.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tells of each script whether it is cached.",
        "FLUSH [ASYNC|SYNC]",
        "    Forgets all cached scripts; clients must send them again.",
        "KILL",
        "    Ends the script that runs, if it has written nothing yet.",
        "LOAD <script>",
        "    Caches a script without running it and answers its SHA-1.",
        NULL,
    };
    help_reply(call, lines);
}

static const struct command subcommands[] = {
    {
        .name = "load",
        .run = run_load,
        .arity = 3,
        .flags = CMD_NOSCRIPT | CMD_STALE,
        .categories = CAT_SCRIPTING,
        .summary = "Caches a script without running it.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "O(N) with N the length of the script",
        .syntax = "script",
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "exists",
        .run = run_exists,
        .arity = -3,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Tells which scripts are cached.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of scripts asked for",
        .syntax = "sha1 [sha1 ...]",
        .tips = {"request_policy:all_shards", "response_policy:agg_logical_and"},
    },
    {
        .name = "flush",
        .run = run_flush,
        .arity = -2,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Forgets all cached scripts.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of cached scripts",
        .syntax = "[ASYNC | SYNC]@6.2.0",
        .history = {{"6.2.0", "ASYNC and SYNC choose who frees the scripts."}},
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "kill",
        .run = run_kill,
        .arity = 2,
        .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
        .categories = CAT_SCRIPTING,
        .summary = "Ends the script that runs.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "O(1)",
        .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
    },
    {
        .name = "debug",
        .run = run_debug,
        .arity = 3,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Would set the debug mode; there is no debugger.",
        .since = "3.2.0",
        .group = "scripting",
        .complexity = "O(1)",
        .syntax = "<YES | SYNC | NO>",
    },
    {
        .name = "help",
        .run = run_help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .categories = CAT_SCRIPTING,
        .summary = "Lists the sub-commands.",
        .since = "5.0.0",
        .group = "scripting",
        .complexity = "O(1)",
    },
    {0},
};

const struct command script_commands[] = {
    {
        .name = "script",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "A container for commands about cached scripts.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "That of the sub-command",
    },
    {0},
};
