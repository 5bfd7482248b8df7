/* Commands about the connection itself. */
#include "base/num.h"
#include "command/errors.h"
#include "command/multi.h"
#include "server/client_name.h"
#include "server/families.h"
#include "server/server.h"

#define CONNECTION_FLAGS                                                                           \
    (CMD_FAST | CMD_LOADING | CMD_STALE | CMD_NO_AUTH | CMD_NOSCRIPT | CMD_ALLOW_BUSY)

static void ping(struct call *call)
{
    bool restricted = session_is(call->session, SESSION_PUBSUB) && call->reply->version == 2;
    if (call->argc > 2) {
        call_arity_error(call);
    } else if (restricted) {
        reply_array(call->reply, 2);
        reply_bulk(call->reply, STR("pong"));
        reply_bulk(call->reply, call->argc == 2 ? call_arg(call, 1) : STR(""));
    } else if (call->argc == 2) {
        reply_bulk(call->reply, call_arg(call, 1));
    } else {
        reply_status(call->reply, "PONG");
    }
}

static void echo(struct call *call)
{
    reply_bulk(call->reply, call_arg(call, 1));
}

static void quit(struct call *call)
{
    reply_ok(call->reply);
    call->session->flags |= SESSION_CLOSE_AFTER_REPLY;
}

/* --- who the client is --- */

/* AUTH and HELLO: answers and counts what is wrong. */
static bool login(struct call *call, struct str name, struct str password)
{
    struct server *server = server_of(call);
    bool was_stranger = !call->session->authenticated;
    bool right = acl_login(&server->acl, call, name, password);
    if (was_stranger) server_count_login(server, call->session, right);
    if (!right) reply_error(call->reply, ACL_WRONG_PASSWORD);
    return right;
}

static void auth(struct call *call)
{
    struct str name = STR("default"), password = call_arg(call, call->argc - 1);
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    if (call->argc == 2 && server_of(call)->acl.default_user->no_password) {
        reply_error(call->reply, ACL_NO_PASSWORD_SET);
        return;
    }
    if (call->argc == 3) name = call_arg(call, 1);
    if (login(call, name, password)) reply_ok(call->reply);
}

/* What HELLO asks for. */
struct greeting {
    int64_t version; /* 0: as it is */
    struct str name;
    bool names;
};

static bool read_name(struct call *call, int at, struct greeting *greeting)
{
    greeting->name = call_arg(call, at);
    greeting->names = true;
    if (client_name_is_fine(greeting->name)) return true;
    reply_error(call->reply, CLIENT_NAME_REFUSED);
    return false;
}

/* The first thing that is wrong is answered, a password before what stands behind it. */
static bool read_greeting_options(struct call *call, struct greeting *greeting)
{
    for (int i = 2; i < call->argc; i++) {
        int values = call->argc - i - 1;
        if (values >= 2 && call_is(call, i, "auth")) {
            if (!login(call, call_arg(call, i + 1), call_arg(call, i + 2))) return false;
            i += 2;
        } else if (values >= 1 && call_is(call, i, "setname")) {
            if (!read_name(call, ++i, greeting)) return false;
        } else {
            reply_error_fmt(call->reply, "ERR Syntax error in HELLO option '%.*s'",
                            STR_ARG(call_arg(call, i)));
            return false;
        }
    }
    return true;
}

static bool read_greeting(struct call *call, struct greeting *greeting)
{
    if (call->argc == 1) return true;
    if (!num_parse_i64(call_arg(call, 1), &greeting->version)) {
        reply_error(call->reply, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (greeting->version != 2 && greeting->version != 3) {
        reply_error(call->reply, "NOPROTO unsupported protocol version");
        return false;
    }
    return read_greeting_options(call, greeting);
}

static void reply_greeting(struct call *call)
{
    struct reply *reply = call->reply;
    reply_map(reply, 7);
    reply_bulk_c(reply, "server");
    reply_bulk_c(reply, "redis");
    reply_bulk_c(reply, "version");
    reply_bulk_c(reply, SKEIN_REDIS_VERSION);
    reply_bulk_c(reply, "proto");
    reply_i64(reply, reply->version);
    reply_bulk_c(reply, "id");
    reply_i64(reply, (int64_t)call->session->id);
    reply_bulk_c(reply, "mode");
    reply_bulk_c(reply, "standalone");
    reply_bulk_c(reply, "role");
    reply_bulk_c(reply, call->host->settings->is_replica ? "replica" : "master");
    reply_bulk_c(reply, "modules");
    reply_array(reply, 0);
}

#define HELLO_NO_AUTH                                                                              \
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " \
    "<user> <pass> option can be used to authenticate the client and select the RESP "             \
    "protocol version at the same time"

/* Nothing of a greeting takes effect unless all of it does, but for a right password. */
static void hello(struct call *call)
{
    struct greeting greeting = {0};
    if (!read_greeting(call, &greeting)) return;
    if (!call->session->authenticated) {
        reply_error(call->reply, HELLO_NO_AUTH);
        return;
    }
    if (greeting.names) client_name_set(&call->session->name, greeting.name);
    if (greeting.version) call->reply->version = (int)greeting.version;
    reply_greeting(call);
}

/* The connection becomes as if it was new, but for what its library said about itself. */
static void reset(struct call *call)
{
    struct server *server = server_of(call);
    struct session *session = call->session;
    if (session_is(session, SESSION_REPLICA) && !session_is(session, SESSION_MONITOR)) {
        reply_error(call->reply, "ERR can only reset normal client connections");
        return;
    }
    monitors_leave(&server->monitors, session);
    tracking_leave(&server->tracking, session);
    pubsub_leave(&server->pubsub, session);
    monitors_leave(&server->monitors, session);
    multi_discard(session);
    session->flags &= ~(uint64_t)(SESSION_REPLY_OFF | SESSION_REPLY_SKIP_NEXT | SESSION_NO_TOUCH |
                                  SESSION_NO_EVICT);
    session->reply.discards = session_is(session, SESSION_REPLY_SKIP);
    session->reply.version = 2;
    session->db = 0;
    buf_deinit(&session->name);
    acl_begin_session(&server->acl, session);
    reply_status(call->reply, "RESET");
}

const struct command connection_commands[] = {
    {
        .name = "ping",
        .run = ping,
        .arity = -1,
        .flags = CMD_FAST,
        .categories = CAT_CONNECTION,
        .summary = "Answers PONG, or the message given: is the server there?",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "[message]",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "echo",
        .run = echo,
        .arity = 2,
        .flags = CMD_FAST | CMD_LOADING | CMD_STALE,
        .categories = CAT_CONNECTION,
        .summary = "Gives the message back.",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "message",
    },
    {
        .name = "quit",
        .run = quit,
        .arity = -1,
        .flags = CONNECTION_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Ends the connection after all replies were sent.",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {
        .name = "auth",
        .run = auth,
        .arity = -2,
        .flags = CONNECTION_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Tells who the client is: a user's name and password.",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(N) where N is the number of passwords defined for the user",
        .syntax = "[username]@6.0.0 password",
        .history = {{"6.0.0", "User names."}},
    },
    {
        .name = "hello",
        .run = hello,
        .arity = -1,
        .flags = CONNECTION_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Chooses the protocol version; may tell who the client is too.",
        .since = "6.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
        .history = {{"6.2.0", "The version may be left out, to ask about the connection only."}},
    },
    {
        .name = "reset",
        .run = reset,
        .arity = 1,
        .flags = CONNECTION_FLAGS,
        .categories = CAT_CONNECTION,
        .summary = "Makes the connection as it was when it was new.",
        .since = "6.2.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};
