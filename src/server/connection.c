/* Commands about the connection itself. */
#include "server/families.h"
#include "server/server.h"

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
        .flags = CMD_FAST | CMD_LOADING | CMD_STALE | CMD_NO_AUTH | CMD_NOSCRIPT | CMD_ALLOW_BUSY,
        .categories = CAT_CONNECTION,
        .summary = "Ends the connection after all replies were sent.",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};
