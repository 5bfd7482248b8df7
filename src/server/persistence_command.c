/* SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, DEBUG RELOAD and DEBUG LOADAOF. */
#include "command/errors.h"
#include "server/debug.h"
#include "server/families.h"
#include "server/server.h"

static bool is_saving(struct call *call)
{
    bool saving = server_of(call)->persistence.save != NULL;
    if (saving) reply_error(call->reply, "ERR Background save already in progress");
    return saving;
}

static void save(struct call *call)
{
    if (is_saving(call)) return;
    if (persistence_save_now(server_of(call)))
        reply_ok(call->reply);
    else
        reply_error(call->reply, "ERR");
}

/* Nothing else can be in a save's way, so there is nothing to be scheduled after. */
static void save_in_background(struct call *call)
{
    bool schedule = call->argc > 1 && call_is(call, 1, "schedule");
    if (call->argc > 2 || (call->argc == 2 && !schedule)) {
        call_syntax_error(call);
        return;
    }
    if (is_saving(call)) return;
    persistence_save_begin(server_of(call));
    reply_status(call->reply, "Background saving started");
}

/* A base of the append-only file goes through the same worker, after the snapshot. */
static void rewrite_append_only(struct call *call)
{
    struct server *server = server_of(call);
    struct append_file *file = &server->append_file;
    bool is_cleaning = file->aof.rewrite.step == AOF_STEP_CLEANING;
    if (aof_is_rewriting(&file->aof) && !is_cleaning) {
        reply_error(call->reply, "ERR Background append only file rewriting already in progress");
    } else if (server->persistence.save || is_cleaning) {
        file->is_scheduled = true;
        reply_status(call->reply, "Background append only file rewriting scheduled");
    } else if (append_file_rewrite(server)) {
        reply_status(call->reply, "Background append only file rewriting started");
    } else {
        reply_error(call->reply, "ERR Can't execute an AOF background rewriting. Please check the "
                                 "server logs for more information.");
    }
}

static void last_save(struct call *call)
{
    reply_i64(call->reply, server_of(call)->persistence.last_save_s);
}

/* --- DEBUG RELOAD --- */

struct reload {
    bool keeps_file, keeps_keys, replaces;
};

static bool parse_reload(struct call *call, struct reload *reload)
{
    for (int i = 2; i < call->argc; i++) {
        if (call_is(call, i, "nosave")) {
            reload->keeps_file = true;
        } else if (call_is(call, i, "noflush")) {
            reload->keeps_keys = true;
        } else if (call_is(call, i, "merge")) {
            reload->replaces = true;
        } else {
            reply_error(call->reply, "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE "
                                     "options.");
            return false;
        }
    }
    return true;
}

void debug_reload(struct call *call)
{
    struct server *server = server_of(call);
    struct reload reload = {0};
    if (!parse_reload(call, &reload)) return;
    if (!reload.keeps_file && !persistence_save_now(server)) {
        reply_error(call->reply, "ERR");
    } else if (!persistence_reload(server, reload.keeps_keys, reload.replaces)) {
        reply_error(call->reply, "ERR Error trying to load the RDB dump, check server logs.");
    } else {
        log_write(server->log, LEVEL_WARNING, "DB reloaded by DEBUG RELOAD");
        reply_ok(call->reply);
    }
}

void debug_load_append_only(struct call *call)
{
    if (append_file_reload(server_of(call)))
        reply_ok(call->reply);
    else
        reply_error(call->reply, "ERR Error trying to load the AOF files, check server logs.");
}

const struct command persistence_commands[] = {
    {
        .name = "bgrewriteaof",
        .run = rewrite_append_only,
        .arity = 1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING,
        .summary = "Gives the append-only file a new base while everything goes on.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "save",
        .run = save,
        .arity = 1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING | CMD_NO_MULTI,
        .summary = "Saves all data to disk before anything else is served.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(N) in the number of keys",
        .syntax = "",
    },
    {
        .name = "bgsave",
        .run = save_in_background,
        .arity = -1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING,
        .summary = "Saves all data to disk while everything goes on.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "[SCHEDULE]@3.2.2",
        .history = {{"3.2.2", "SCHEDULE was added."}},
    },
    {
        .name = "lastsave",
        .run = last_save,
        .arity = 1,
        .flags = CMD_FAST | CMD_LOADING | CMD_STALE,
        .categories = CAT_ADMIN | CAT_DANGEROUS,
        .summary = "Tells when the data was last saved, in seconds since 1970.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
        .tips = {"nondeterministic_output"},
    },
    {0},
};
