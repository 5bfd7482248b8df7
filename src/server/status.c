/* Small questions about the server: TIME. */
#include "io/clock.h"
#include "server/families.h"
#include "server/server.h"

static void tell_time(struct call *call)
{
    /* Within scripts and transactions time stands still; everyone else gets the clock. */
    bool stands = session_is(call->session, SESSION_SCRIPT | SESSION_MULTI);
    int64_t now_us = stands ? call->host->now_us : clock_wall_us();
    reply_array(call->reply, 2);
    reply_bulk_i64(call->reply, now_us / 1000000);
    reply_bulk_i64(call->reply, now_us % 1000000);
}

const struct command status_commands[] = {
    {
        .name = "time",
        .run = tell_time,
        .arity = 1,
        .flags = CMD_FAST | CMD_LOADING | CMD_STALE,
        .summary = "Tells the server's time: seconds since 1970 and microseconds.",
        .since = "2.6.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
        .tips = {"nondeterministic_output"},
    },
    {0},
};
