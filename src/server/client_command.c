/* CLIENT and its sub-commands. What they know about other modules' state lives there: tracking in
 * tracking_command.c, pauses in client_pause.c. */
#include "base/num.h"
#include "command/blocking.h"
#include "command/help.h"
#include "server/client_filter.h"
#include "server/client_line.h"
#include "server/client_name.h"
#include "server/families.h"
#include "server/master_client.h"
#include "server/server.h"

#define CLIENT_FLAGS (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)

/* A sub-command with too many arguments is answered like one that does not exist. */
static bool too_many_arguments(struct call *call, int max)
{
    if (call->argc <= max) return false;
    reply_error_fmt(call->reply,
                    "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try CLIENT "
                    "HELP.",
                    STR_ARG(str_first(call_arg(call, 1), 128)));
    return true;
}

/* Sets or clears a flag of the session as argv[2] says ON or OFF; answers. */
static void switch_flag(struct call *call, uint64_t flag)
{
    bool on = call_is(call, 2, "on");
    if (!on && !call_is(call, 2, "off")) {
        call_syntax_error(call);
        return;
    }
    if (on)
        call->session->flags |= flag;
    else
        call->session->flags &= ~flag;
    reply_ok(call->reply);
}

/* --- who --- */

static void run_id(struct call *call)
{
    reply_i64(call->reply, (int64_t)call->session->id);
}

static void run_info(struct call *call)
{
    struct buf line = {0};
    if (call->session->link) {
        client_line(client_of(call->session), &server_of(call)->acl, &line);
        buf_append_char(&line, '\n');
    }
    reply_verbatim(call->reply, buf_str(&line), "txt");
    buf_deinit(&line);
}

static void run_getname(struct call *call)
{
    const struct buf *name = &call->session->name;
    if (name->len)
        reply_bulk(call->reply, buf_str(name));
    else
        reply_null(call->reply);
}

static void run_setname(struct call *call)
{
    if (!client_name_is_fine(call_arg(call, 2))) {
        reply_error(call->reply, CLIENT_NAME_REFUSED);
        return;
    }
    client_name_set(&call->session->name, call_arg(call, 2));
    reply_ok(call->reply);
}

static void run_setinfo(struct call *call)
{
    bool is_name = call_is(call, 2, "lib-name");
    if (!is_name && !call_is(call, 2, "lib-ver")) {
        reply_error_fmt(call->reply, "ERR Unrecognized option '%.*s'", STR_ARG(call_arg(call, 2)));
    } else if (!client_name_is_fine(call_arg(call, 3))) {
        reply_error_fmt(call->reply,
                        "ERR %s cannot contain spaces, newlines or special characters.",
                        is_name ? "lib-name" : "lib-ver");
    } else {
        client_name_set(is_name ? &call->session->lib_name : &call->session->lib_ver,
                        call_arg(call, 3));
        reply_ok(call->reply);
    }
}

/* --- all of them --- */

static void append_line(struct call *call, const struct client *client, struct buf *out)
{
    client_line(client, &server_of(call)->acl, out);
    buf_append_char(out, '\n');
}

static void list_type(struct call *call, enum client_type type, struct buf *out)
{
    LIST_FOREACH(at, after, &server_of(call)->clients.all)
    {
        const struct client *client = LIST_ENTRY(at, struct client, node);
        if (session_is(&client->session, SESSION_CLOSE_ASAP)) continue;
        if (type == CLIENT_TYPE_ANY || client_type_of(client) == type) {
            append_line(call, client, out);
        }
    }
    struct client master;
    if (type != CLIENT_TYPE_ANY && type != TYPE_MASTER) return;
    if (master_client_view(server_of(call), &master)) append_line(call, &master, out);
}

static bool list_ids(struct call *call, struct buf *out)
{
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!num_parse_i64(call_arg(call, i), &id)) {
            reply_error(call->reply, "ERR Invalid client ID");
            return false;
        }
        const struct client *client = clients_find(&server_of(call)->clients, (uint64_t)id);
        struct client master;
        if (client)
            append_line(call, client, out);
        else if (master_client_view(server_of(call), &master) && master.session.id == (uint64_t)id)
            append_line(call, &master, out);
    }
    return true;
}

static bool list_chosen(struct call *call, struct buf *out)
{
    enum client_type type = CLIENT_TYPE_ANY;
    if (call->argc > 3 && call_is(call, 2, "id")) return list_ids(call, out);
    if (call->argc == 4 && call_is(call, 2, "type")) {
        if (!client_filter_type(call, 3, &type)) return false;
    } else if (call->argc != 2) {
        call_syntax_error(call);
        return false;
    }
    list_type(call, type, out);
    return true;
}

static void run_list(struct call *call)
{
    struct buf text = {0};
    if (list_chosen(call, &text)) reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

/* A client that kills itself still gets its answer. */
static int64_t kill_matching(struct call *call, const struct client_filter *filter)
{
    int64_t killed = 0;
    LIST_FOREACH(at, after, &server_of(call)->clients.all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        if (session_is(&client->session, SESSION_CLOSE_ASAP)) continue;
        if (!client_filter_takes(filter, client, call->session)) continue;
        killed++;
        if (&client->session == call->session)
            client->session.flags |= SESSION_CLOSE_AFTER_REPLY;
        else
            client_close_soon(client, CLOSED_BY_US);
    }
    return killed;
}

/* The link to our master is killed like a client, by TYPE master before its stream flows too; it
 * comes back by itself. */
static int64_t kill_master_link(struct call *call, const struct client_filter *filter)
{
    struct master_link *link = &server_of(call)->replication.link;
    struct client view;
    bool is_shown = master_client_view(server_of(call), &view);
    if (link->conn == NULL || (!is_shown && filter->type != TYPE_MASTER)) return 0;
    if (is_shown && !client_filter_takes(filter, &view, call->session)) return 0;
    master_link_cut(link, "CLIENT KILL");
    return 1;
}

static void run_kill(struct call *call)
{
    struct client_filter filter = {.skips_me = true};
    if (call->argc == 3) {
        filter = (struct client_filter){.address = call_arg(call, 2)};
        if (kill_matching(call, &filter) + kill_master_link(call, &filter))
            reply_ok(call->reply);
        else
            reply_error(call->reply, "ERR No such client");
    } else if (client_filter_parse(call, &filter)) {
        int64_t killed = kill_matching(call, &filter);
        reply_i64(call->reply, killed + kill_master_link(call, &filter));
    }
}

static void run_unblock(struct call *call)
{
    int64_t id;
    if (too_many_arguments(call, 4)) return;
    if (call->argc == 4 && !call_is(call, 3, "timeout") && !call_is(call, 3, "error")) {
        reply_error(call->reply, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    if (!call_i64(call, 2, &id)) return;
    struct client *client = clients_find(&server_of(call)->clients, (uint64_t)id);
    bool with_error = call->argc == 4 && call_is(call, 3, "error");
    bool done = client && blocking_unblock(call->host->blocking, &client->session, with_error);
    reply_i64(call->reply, done);
}

/* --- how it is served --- */

static void run_no_evict(struct call *call)
{
    switch_flag(call, SESSION_NO_EVICT);
}

static void run_no_touch(struct call *call)
{
    switch_flag(call, SESSION_NO_TOUCH);
}

static void run_reply(struct call *call)
{
    struct session *session = call->session;
    if (call_is(call, 2, "on")) {
        session->flags &= ~(uint64_t)(SESSION_REPLY_OFF | SESSION_REPLY_SKIP);
        session->reply.discards = false;
        reply_ok(call->reply);
    } else if (call_is(call, 2, "off")) {
        session->flags |= SESSION_REPLY_OFF;
        session->reply.discards = true;
    } else if (call_is(call, 2, "skip")) {
        if (!session_is(session, SESSION_REPLY_OFF)) session->flags |= SESSION_REPLY_SKIP_NEXT;
    } else {
        call_syntax_error(call);
    }
}

/* --- pauses --- */

static bool read_pause_mode(struct call *call, enum pause_mode *mode)
{
    *mode = PAUSE_ALL;
    if (call->argc == 3 || call_is(call, 3, "all")) return true;
    *mode = PAUSE_WRITES;
    if (call_is(call, 3, "write")) return true;
    reply_error(call->reply, "ERR CLIENT PAUSE mode must be WRITE or ALL");
    return false;
}

static void run_pause(struct call *call)
{
    enum pause_mode mode;
    int64_t timeout_ms;
    if (too_many_arguments(call, 4) || !read_pause_mode(call, &mode)) return;
    if (!num_parse_i64(call_arg(call, 2), &timeout_ms)) {
        reply_error(call->reply, "ERR timeout is not an integer or out of range");
    } else if (timeout_ms < 0) {
        reply_error(call->reply, "ERR timeout is negative");
    } else if (timeout_ms > INT64_MAX - call->host->now_ms) {
        reply_error(call->reply, "ERR timeout is out of range");
    } else {
        server_pause(server_of(call), PAUSE_BY_COMMAND, mode, timeout_ms);
        reply_ok(call->reply);
    }
}

static void run_unpause(struct call *call)
{
    server_unpause(server_of(call), PAUSE_BY_COMMAND);
    reply_ok(call->reply);
}

static void run_help(struct call *call)
{
    static const char *const lines[] = {
        "CACHING (YES|NO)",
        "    Decides about caching the keys of the next command (OPTIN and OPTOUT tracking).",
        "GETNAME",
        "    The name of this connection.",
        "GETREDIR",
        "    The id that invalidation messages are redirected to; 0 is none, -1 no tracking.",
        "ID",
        "    The id of this connection.",
        "INFO",
        "    This connection in one line of fields.",
        "KILL <ip:port>",
        "    Closes the connection from that address.",
        "KILL <option> <value> [<option> <value> ...]",
        "    Closes connections that fit all options: ID <id>, ADDR <ip:port>, LADDR <ip:port>,",
        "    TYPE (NORMAL|MASTER|REPLICA|PUBSUB), USER <name>, SKIPME (YES|NO), which says",
        "    whether this one is left out (YES if not given).",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <id> [<id> ...]]",
        "    All connections, or those chosen, one per line.",
        "NO-EVICT (ON|OFF)",
        "    Exempts this connection from being closed when clients use too much memory.",
        "NO-TOUCH (ON|OFF)",
        "    Lets the reads of this connection leave the age of keys alone.",
        "PAUSE <milliseconds> [WRITE|ALL]",
        "    Lets requests of all clients wait, or only writes; ALL if not given.",
        "REPLY (ON|OFF|SKIP)",
        "    Turns replies on or off, or leaves out that of the next command.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    What library this connection uses.",
        "SETNAME <name>",
        "    Names this connection.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT]",
        "    [NOLOOP]",
        "    Turns on messages about changed keys for caches of the client.",
        "TRACKINGINFO",
        "    What this connection tracks.",
        "UNBLOCK <id> [TIMEOUT|ERROR]",
        "    Ends the blocking command of a connection as if its time was over, or with an error.",
        "UNPAUSE",
        "    Ends a pause.",
        NULL,
    };
    help_reply(call, lines);
}

static const struct command client_subcommands[] = {
    {
        .name = "id",
        .run = run_id,
        .arity = 2,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Tells the number of this connection, which no other ever had.",
        .since = "5.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "info",
        .run = run_info,
        .arity = 2,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Describes this connection in one line.",
        .since = "6.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "list",
        .run = run_list,
        .arity = -2,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Lists open connections, one per line.",
        .since = "2.4.0",
        .group = "connection",
        .complexity = "O(N) where N is the number of client connections",
        .syntax = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>]@5.0.0 "
                  "[ID client-id [client-id ...]]@6.2.0",
        .history = {{"2.8.12", "The field `id`."},
                    {"5.0.0", "The filter `TYPE`."},
                    {"6.0.0", "The field `user`."},
                    {"6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the "
                              "filter `ID`."},
                    {"7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."},
                    {"7.0.3", "The field `ssub`."}},
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "kill",
        .run = run_kill,
        .arity = -3,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Closes connections.",
        .since = "2.4.0",
        .group = "connection",
        .complexity = "O(N) where N is the number of client connections",
        .syntax = "<ip:port | <[ID client-id]@2.8.12 | "
                  "[TYPE <NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | PUBSUB>]@2.8.12 | "
                  "[USER username] | [ADDR ip:port] | [LADDR ip:port]@6.2.0 | "
                  "[SKIPME yes/no]>>",
        .history = {{"2.8.12", "Filters."},
                    {"2.8.12", "The filter `ID`."},
                    {"3.2.0", "The type `master`."},
                    {"5.0.0", "The type `replica`, which `slave` means too."},
                    {"6.2.0", "The filter `LADDR`."}},
    },
    {
        .name = "getname",
        .run = run_getname,
        .arity = 2,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Tells the name of this connection.",
        .since = "2.6.9",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "setname",
        .run = run_setname,
        .arity = 3,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Names this connection.",
        .since = "2.6.9",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "connection-name",
    },
    {
        .name = "setinfo",
        .run = run_setinfo,
        .arity = 4,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Says which client library this connection uses.",
        .since = "7.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "<LIB-NAME libname | LIB-VER libver>",
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "pause",
        .run = run_pause,
        .arity = -3,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Lets requests wait for a while.",
        .since = "2.9.50",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "timeout [WRITE | ALL]@6.2.0",
        .history = {{"6.2.0", "The mode `WRITE`."}},
    },
    {
        .name = "unpause",
        .run = run_unpause,
        .arity = 2,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Ends a pause.",
        .since = "6.2.0",
        .group = "connection",
        .complexity = "O(N) Where N is the number of paused clients",
        .syntax = "",
    },
    {
        .name = "reply",
        .run = run_reply,
        .arity = 3,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Chooses whether requests are answered.",
        .since = "3.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "<ON | OFF | SKIP>",
    },
    {
        .name = "unblock",
        .run = run_unblock,
        .arity = -3,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Wakes a client that waits in a blocking command.",
        .since = "5.0.0",
        .group = "connection",
        .complexity = "O(log N) where N is the number of client connections",
        .syntax = "client-id [TIMEOUT | ERROR]",
    },
    {
        .name = "no-evict",
        .run = run_no_evict,
        .arity = 3,
        .flags = CMD_ADMIN | CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Exempts this connection from eviction of clients.",
        .since = "7.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "<ON | OFF>",
    },
    {
        .name = "no-touch",
        .run = run_no_touch,
        .arity = 3,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Lets the reads of this connection leave the age of keys alone.",
        .since = "7.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "<ON | OFF>",
    },
    {
        .name = "tracking",
        .run = tracking_command,
        .arity = -3,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Turns messages about changed keys on or off.",
        .since = "6.0.0",
        .group = "connection",
        .complexity = "O(1). Some options may introduce additional complexity.",
        .syntax = "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] "
                  "[OPTIN] [OPTOUT] [NOLOOP]",
    },
    {
        .name = "trackinginfo",
        .run = tracking_info_command,
        .arity = 2,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Tells what this connection tracks.",
        .since = "6.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "caching",
        .run = tracking_caching_command,
        .arity = 3,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Decides whether the keys of the next command are tracked.",
        .since = "6.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "<YES | NO>",
    },
    {
        .name = "getredir",
        .run = tracking_getredir_command,
        .arity = 2,
        .flags = CLIENT_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Tells which connection gets the messages about changed keys.",
        .since = "6.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "help",
        .run = run_help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .categories = CAT_CONNECTION,
        .summary = "Explains the sub-commands.",
        .since = "5.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};

const struct command client_commands[] = {
    {
        .name = "client",
        .arity = -2,
        .subcommands = client_subcommands,
        .summary = "Commands about connections of clients.",
        .since = "2.4.0",
        .group = "connection",
        .complexity = "Depends on subcommand.",
        .syntax = "",
    },
    {0},
};
