/* DEBUG: for tests and for those who look inside. Needs enable-debug-command. */
#include "server/debug.h"

#include "base/assert.h"
#include "base/glob.h"
#include "base/num.h"
#include "command/help.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "server/families.h"
#include "server/server.h"

#include <signal.h>
#include <stdlib.h>

static void accept_it(struct call *call)
{
    reply_ok(call->reply);
}

static bool is_on(const struct call *call, int at)
{
    return !str_eq(call_arg(call, at), STR("0"));
}

static void sleep_now(struct call *call)
{
    double seconds;
    if (num_parse_double(call_arg(call, 2), &seconds) && seconds > 0 && seconds < 1e6) {
        clock_sleep_us((int64_t)(seconds * 1e6));
    }
    reply_ok(call->reply);
}

static void set_active_expire(struct call *call)
{
    call->host->settings->active_expire = is_on(call, 2);
    reply_ok(call->reply);
}

static void pause_cron(struct call *call)
{
    server_of(call)->cron_paused = is_on(call, 2);
    reply_ok(call->reply);
}

static void refuse_jmap(struct call *call)
{
    reply_error(call->reply, "ERR DEBUG JMAP is about Java; DEBUG HTSTATS and MEMORY STATS are "
                             "what this server has");
}

static void string_match(struct call *call)
{
    /* The first argument is the text itself; its length needs no telling. */
    reply_i64(call->reply, glob_match(call_arg(call, 3), call_arg(call, 2)));
}

static void answer_error(struct call *call)
{
    reply_error_str(call->reply, call_arg(call, 2));
}

static void write_log(struct call *call)
{
    log_write(server_of(call)->log, LEVEL_WARNING, "DEBUG LOG: %.*s", STR_ARG(call_arg(call, 2)));
    reply_ok(call->reply);
}

static void change_replication_id(struct call *call)
{
    struct server *server = server_of(call);
    replication_change_id(server);
    log_write(server->log, LEVEL_NOTICE, "The replication id is now %s",
              server->replication.lineage.id.text);
    reply_ok(call->reply);
}

static void replicate(struct call *call)
{
    effects_add(call->effects, call->argv + 2, (size_t)call->argc - 2);
    reply_ok(call->reply);
}

static void packed_threshold(struct call *call)
{
    int64_t bytes;
    if (!num_parse_i64(call_arg(call, 2), &bytes) || bytes < 0 || bytes > UINT32_MAX) {
        reply_error(call->reply,
                    "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
        return;
    }
    reply_ok(call->reply);
}

static void struct_sizes(struct call *call)
{
    struct buf text = {0};
    buf_printf(&text, "bits:%zu entry:%zu blob:%zu object:%zu client:%zu session:%zu ",
               8 * sizeof(void *), sizeof(struct entry), sizeof(struct blob), sizeof(struct object),
               sizeof(struct client), sizeof(struct session));
    reply_bulk(call->reply, buf_str(&text));
    buf_deinit(&text);
}

static void client_eviction(struct call *call)
{
    struct server *server = server_of(call);
    if (server->config.clients.maxmemory_clients == 0) {
        reply_error(call->reply, "ERR maxmemory-clients is disabled.");
        return;
    }
    struct buf text = {0};
    LIST_FOREACH(at, after, &server->clients.all)
    {
        const struct client *client = LIST_ENTRY(at, struct client, node);
        buf_printf(&text, "id=%llu bytes=%zu\n", (unsigned long long)client->session.id,
                   client_memory(client));
    }
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

static void crash_by_signal(struct call *call)
{
    (void)call;
    raise(SIGSEGV);
}

static void crash_by_abort(struct call *call)
{
    log_write(server_of(call)->log, LEVEL_WARNING, "DEBUG PANIC was asked for");
    abort();
}

static void crash_by_assertion(struct call *call)
{
    (void)call;
    assert_failed("DEBUG ASSERT was not asked for", __FILE__, __LINE__);
}

/* --- the table --- */

static void help(struct call *call);

enum { ANY = INT32_MAX };

static const struct action {
    const char *name;
    int least, most; /* arguments behind the name */
    void (*run)(struct call *call);
    const char *usage, *purpose; /* usage NULL: not in the help */
} actions[] = {
    {"aof-flush-sleep", 1, 1, accept_it, "AOF-FLUSH-SLEEP <microseconds>",
     "    Is accepted and changes nothing."},
    {"assert", 0, 0, crash_by_assertion, "ASSERT", "    Crashes by a failed assertion."},
    {"change-repl-id", 0, 0, change_replication_id, "CHANGE-REPL-ID",
     "    Takes a new replication id."},
    {"client-eviction", 0, 0, client_eviction, "CLIENT-EVICTION",
     "    Tells how much memory each client takes, when maxmemory-clients is set."},
    {"dict-resizing", 1, 1, accept_it, "DICT-RESIZING <0|1>",
     "    Does nothing: tables here grow page by page."},
    {"digest", 0, 0, debug_digest, "DIGEST", "    Gives a digest of all data."},
    {"digest-value", 0, ANY, debug_digest_value, "DIGEST-VALUE [<key> ...]",
     "    Gives a digest of each value."},
    {"error", 1, 1, answer_error, "ERROR <text>", "    Answers <text> as an error."},
    {"freeze-walk", 0, 0, debug_freeze_walk, "FREEZE-WALK",
     "    Freezes the data and counts its entries in a worker thread."},
    {"help", 0, 0, help, NULL, NULL},
    {"htstats", 1, 2, debug_htstats, "HTSTATS <db>",
     "    Describes the table of a database's keys."},
    {"htstats-key", 1, 2, debug_htstats_key, "HTSTATS-KEY <key>",
     "    Describes the table of a value."},
    {"jmap", 0, ANY, refuse_jmap, NULL, NULL},
    {"log", 1, 1, write_log, "LOG <text>", "    Writes <text> to the log."},
    {"object", 1, 2, debug_object, "OBJECT <key>", "    Tells how a value is kept."},
    {"panic", 0, 0, crash_by_abort, "PANIC", "    Crashes on purpose."},
    {"pause-cron", 1, 1, pause_cron, "PAUSE-CRON <0|1>", "    Stops the periodic jobs, or not."},
    {"populate", 1, 3, debug_populate, "POPULATE <count> [<prefix> [<size>]]",
     "    Creates keys <prefix>:0, <prefix>:1, ... (\"key\" unless told) that do not exist yet."},
    {"protocol", 1, 1, debug_protocol, "PROTOCOL <type>",
     "    Answers a sample of a type: string, integer, double, bignum, null, array,"},
    {"quicklist-packed-threshold", 1, 1, packed_threshold, "QUICKLIST-PACKED-THRESHOLD <size>",
     "    Is accepted and changes nothing."},
    {"loadaof", 0, 0, debug_load_append_only, "LOADAOF",
     "    Writes what is waiting to the append-only file, then loads the data from it."},
    {"reload", 0, ANY, debug_reload, "RELOAD [<option> ...]",
     "    Saves and loads the data again; the options are NOSAVE, NOFLUSH and MERGE."},
    {"replicate", 1, ANY, replicate, "REPLICATE <command> [<argument> ...]",
     "    Sends a command to the replicas, run here or not, known or not: their data may differ."},
    {"replybuffer", 2, 2, accept_it, "REPLYBUFFER PEAK-RESET-TIME <milliseconds|NEVER|RESET>",
     "    Is accepted and changes nothing: buffers follow what they hold."},
    {"segfault", 0, 0, crash_by_signal, "SEGFAULT", "    Crashes as by a wild pointer."},
    {"set-active-expire", 1, 1, set_active_expire, "SET-ACTIVE-EXPIRE <0|1>",
     "    Turns off (0) or on the deletion of expired keys that nobody asks for."},
    {"set-disable-deny-scripts", 1, 1, accept_it, "SET-DISABLE-DENY-SCRIPTS <0|1>",
     "    Is accepted and changes nothing."},
    {"sleep", 1, 1, sleep_now, "SLEEP <seconds>", "    Lets the whole server stand still."},
    {"stringmatch-len", 2, 2, string_match, "STRINGMATCH-LEN <text> <pattern>",
     "    Tells whether the pattern matches the text."},
    {"structsize", 0, 0, struct_sizes, "STRUCTSIZE", "    Tells the sizes of some structures."},
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

static void help(struct call *call)
{
    const char *lines[2 * ACTIONS + 1];
    size_t count = 0;
    for (size_t i = 0; i < ACTIONS; i++) {
        if (actions[i].usage == NULL) continue;
        lines[count++] = actions[i].usage;
        lines[count++] = actions[i].purpose;
    }
    lines[count] = NULL;
    help_reply(call, lines);
}

static void debug(struct call *call)
{
    int given = call->argc - 2;
    for (size_t i = 0; i < ACTIONS; i++) {
        const struct action *action = &actions[i];
        if (!call_is(call, 1, action->name)) continue;
        if (given < action->least || given > action->most) break;
        action->run(call);
        return;
    }
    reply_error_fmt(call->reply,
                    "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try DEBUG "
                    "HELP.",
                    STR_ARG(str_first(call_arg(call, 1), 128)));
}

const struct command debug_commands[] = {
    {
        .name = "debug",
        .run = debug,
        .arity = -2,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_PROTECTED,
        .summary = "The container of commands for tests and for looking inside.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "That of the sub-command",
        .syntax = "",
    },
    {0},
};
