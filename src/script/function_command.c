#include "script/function_dump.h"

#include "base/glob.h"
#include "command/help.h"
#include "script/families.h"
#include "script/flush_mode.h"
#include "script/library.h"
#include "script/run.h"
#include "script/shebang.h"

static void run_load(struct call *call)
{
    int code_at = call->argc - 1;
    for (int i = 2; i < code_at; i++) {
        if (call_is(call, i, "replace")) continue;
        reply_error_fmt(call->reply, "ERR Unknown option given: %.*s",
                        STR_ARG(str_first(call_arg(call, i), 128)));
        return;
    }
    struct buf error = {0};
    const struct library *library =
        library_load(call->host->scripts, call_arg(call, code_at), code_at > 2, &error);
    if (library) {
        call->changes++;
        reply_bulk(call->reply, buf_str(&library->name));
    } else {
        reply_error_str(call->reply, buf_str(&error));
    }
    buf_deinit(&error);
}

static void run_delete(struct call *call)
{
    struct library *library = library_find(call->host->scripts, call_arg(call, 2));
    if (library == NULL) {
        reply_error(call->reply, "ERR Library not found");
        return;
    }
    library_delete(call->host->scripts, library);
    call->changes++;
    reply_ok(call->reply);
}

/* --- FUNCTION LIST --- */

static void reply_flags(struct reply *reply, uint32_t flags)
{
    const char *name;
    uint32_t flag;
    reply_set(reply, (size_t)__builtin_popcount(flags));
    for (int i = 0; (name = shebang_flag_name(i, &flag)); i++) {
        if (flags & flag) reply_status(reply, name);
    }
}

static void reply_function(struct reply *reply, const struct library_function *function)
{
    reply_map(reply, 3);
    reply_bulk_c(reply, "name");
    reply_bulk(reply, buf_str(&function->name));
    reply_bulk_c(reply, "description");
    if (function->is_described)
        reply_bulk(reply, buf_str(&function->description));
    else
        reply_null(reply);
    reply_bulk_c(reply, "flags");
    reply_flags(reply, function->flags);
}

static void reply_library(struct reply *reply, const struct library *library, bool with_code)
{
    reply_map(reply, with_code ? 4 : 3);
    reply_bulk_c(reply, "library_name");
    reply_bulk(reply, buf_str(&library->name));
    reply_bulk_c(reply, "engine");
    reply_bulk_c(reply, "LUA");
    reply_bulk_c(reply, "functions");
    reply_array(reply, library->count);
    for (size_t i = 0; i < library->count; i++) reply_function(reply, library->functions[i]);
    if (!with_code) return;
    reply_bulk_c(reply, "library_code");
    reply_bulk(reply, buf_str(&library->code));
}

struct list_request {
    struct str pattern;
    bool has_pattern, with_code;
};

static bool parse_list(struct call *call, struct list_request *request)
{
    for (int i = 2; i < call->argc; i++) {
        if (!request->with_code && call_is(call, i, "withcode")) {
            request->with_code = true;
        } else if (!request->has_pattern && call_is(call, i, "libraryname")) {
            if (++i == call->argc) {
                reply_error(call->reply, "ERR library name argument was not given");
                return false;
            }
            request->has_pattern = true;
            request->pattern = call_arg(call, i);
        } else {
            reply_error_fmt(call->reply, "ERR Unknown argument %.*s",
                            STR_ARG(str_first(call_arg(call, i), 128)));
            return false;
        }
    }
    return true;
}

static void run_list(struct call *call)
{
    struct list_request request = {0};
    struct map_cursor cursor = {0};
    struct reply_later later;
    struct str name;
    void *library;
    size_t count = 0;
    if (!parse_list(call, &request)) return;
    reply_later_begin(call->reply, &later);
    while (map_next(&call->host->scripts->libraries->libraries, &cursor, &name, &library)) {
        if (request.has_pattern && !glob_match_nocase(request.pattern, name)) continue;
        reply_library(call->reply, library, request.with_code);
        count++;
    }
    reply_later_array(call->reply, &later, count);
}

/* --- FUNCTION STATS --- */

static void reply_running(struct call *call, const struct script_run *run)
{
    struct reply *reply = call->reply;
    const struct executor *executor = call->host->executor;
    int64_t now_us = executor->clock_us ? executor->clock_us(executor->owner) : 0;
    reply_map(reply, 3);
    reply_bulk_c(reply, "name");
    reply_bulk_c(reply, run->name);
    reply_bulk_c(reply, "command");
    reply_array(reply, (size_t)run->call->argc);
    for (int i = 0; i < run->call->argc; i++) reply_bulk(reply, call_arg(run->call, i));
    reply_bulk_c(reply, "duration_ms");
    reply_i64(reply, (now_us - run->started_us) / 1000);
}

static void run_stats(struct call *call)
{
    const struct script_engine *engine = call->host->scripts;
    struct reply *reply = call->reply;
    reply_map(reply, 2);
    reply_bulk_c(reply, "running_script");
    if (engine->run.call && engine->run.is_function)
        reply_running(call, &engine->run);
    else
        reply_null(reply);
    reply_bulk_c(reply, "engines");
    reply_map(reply, 1);
    reply_bulk_c(reply, "LUA");
    reply_map(reply, 2);
    reply_bulk_c(reply, "libraries_count");
    reply_i64(reply, (int64_t)engine->libraries->libraries.len);
    reply_bulk_c(reply, "functions_count");
    reply_i64(reply, (int64_t)engine->libraries->functions.len);
}

static void run_kill(struct call *call)
{
    script_kill(call->host->scripts, call->reply, true);
}

static void run_flush(struct call *call)
{
    bool async;
    if (call->argc > 3) {
        reply_error(call->reply, "ERR unknown subcommand or wrong number of arguments for 'flush'. "
                                 "Try FUNCTION HELP.");
    } else if (!flush_mode_read(call, &async)) {
        reply_error(call->reply, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    } else {
        library_set_replace(call->host->scripts, library_set_new());
        call->changes++;
        reply_ok(call->reply);
    }
}

static void run_help(struct call *call)
{
    static const char *const lines[] = {
        "DELETE <library-name>",
        "    Deletes a library and its functions.",
        "DUMP",
        "    Answers all libraries as bytes that RESTORE takes.",
        "FLUSH [ASYNC|SYNC]",
        "    Deletes all libraries.",
        "KILL",
        "    Ends the function that runs, if it has written nothing yet.",
        "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
        "    Lists the libraries with their functions.",
        "LOAD [REPLACE] <code>",
        "    Makes a library out of code that begins with '#!lua name=<library-name>'.",
        "RESTORE <bytes> [FLUSH|APPEND|REPLACE]",
        "    Adds the libraries of a DUMP; what to do with those that exist is the option's.",
        "STATS",
        "    Tells which function runs, and how many there are.",
        NULL,
    };
    help_reply(call, lines);
}

static const struct command subcommands[] = {
    {
        .name = "load",
        .run = run_load,
        .arity = -3,
        .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Makes a library.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(1), with compiling left out",
        .syntax = "[REPLACE] function-code",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "delete",
        .run = run_delete,
        .arity = 3,
        .flags = CMD_WRITE | CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Deletes a library.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(1)",
        .syntax = "library-name",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "list",
        .run = run_list,
        .arity = -2,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Lists libraries and their functions.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of functions",
        .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "dump",
        .run = function_dump,
        .arity = 2,
        .flags = CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Answers all libraries as bytes.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of functions",
    },
    {
        .name = "restore",
        .run = function_restore,
        .arity = -3,
        .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Adds the libraries of a dump.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of functions in the dump",
        .syntax = "serialized-value [FLUSH | APPEND | REPLACE]",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "stats",
        .run = run_stats,
        .arity = 2,
        .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
        .categories = CAT_SCRIPTING,
        .summary = "Tells which function runs.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(1)",
        .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    },
    {
        .name = "kill",
        .run = run_kill,
        .arity = 2,
        .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
        .categories = CAT_SCRIPTING,
        .summary = "Ends the function that runs.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(1)",
        .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
    },
    {
        .name = "flush",
        .run = run_flush,
        .arity = -2,
        .flags = CMD_WRITE | CMD_NOSCRIPT,
        .categories = CAT_SCRIPTING,
        .summary = "Deletes all libraries.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(N) with N the number of functions",
        .syntax = "[ASYNC | SYNC]",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "help",
        .run = run_help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .categories = CAT_SCRIPTING,
        .summary = "Lists the sub-commands.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "O(1)",
    },
    {0},
};

const struct command function_commands[] = {
    {
        .name = "function",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "A container for commands about functions.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "That of the sub-command",
    },
    {0},
};
