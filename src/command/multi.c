#include "command/multi.h"

#include "base/mem.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/execute.h"
#include "command/families.h"
#include "command/watch.h"

/* What runs inside MULTI at once. */
static const char *const IMMEDIATE[] = {"exec", "discard", "multi", "watch", "quit", "reset"};

bool multi_queues(const struct session *session, const struct command *command,
                  const struct command *container)
{
    if (!session_is(session, SESSION_MULTI)) return false;
    if (container) return true;
    for (size_t i = 0; i < sizeof(IMMEDIATE) / sizeof(IMMEDIATE[0]); i++) {
        if (strcmp(command->name, IMMEDIATE[i]) == 0) return false;
    }
    return true;
}

/* The views and the bytes they show, in one allocation. */
static struct queued_request copy_request(const struct command *command, const struct str *argv,
                                          int argc)
{
    size_t views = (size_t)argc * sizeof(struct str), bytes = 0;
    for (int i = 0; i < argc; i++) bytes += argv[i].len;
    struct str *copies = mem_alloc(views + bytes);
    char *at = (char *)copies + views;
    for (int i = 0; i < argc; i++) {
        copies[i] = (struct str){at, argv[i].len};
        if (argv[i].len) memcpy(at, argv[i].ptr, argv[i].len);
        at += argv[i].len;
    }
    return (struct queued_request){.command = command, .argc = argc, .argv = copies};
}

static void keep(struct session *session, struct queued_request request)
{
    if (session->queued_count == session->queued_capacity) {
        session->queued_capacity = session->queued_capacity ? session->queued_capacity * 2 : 4;
        session->queued =
            mem_realloc(session->queued, session->queued_capacity * sizeof(*session->queued));
    }
    session->queued[session->queued_count++] = request;
    session->queued_bytes += mem_usable(request.argv);
}

void multi_queue(struct session *session, const struct command *command, const struct str *argv,
                 int argc)
{
    if (!session_is(session, SESSION_DIRTY_CAS | SESSION_DIRTY_EXEC)) {
        keep(session, copy_request(command, argv, argc));
        session->queued_flags |= command->flags;
        session->queued_lacking |= ~(uint64_t)command->flags;
    }
    reply_status(&session->reply, "QUEUED");
}

void multi_discard(struct session *session)
{
    for (size_t i = 0; i < session->queued_count; i++) mem_free(session->queued[i].argv);
    mem_free(session->queued);
    session->queued = NULL;
    session->queued_count = session->queued_capacity = session->queued_bytes = 0;
    session->queued_flags = session->queued_lacking = 0;
    session->flags &= ~(uint64_t)(SESSION_MULTI | SESSION_DIRTY_CAS | SESSION_DIRTY_EXEC);
    watch_clear(session);
}

static bool is_exec(const struct command *command)
{
    return command && strcmp(command->name, "exec") == 0;
}

/* The reason goes without its "ERR ". */
static void abort_exec(struct session *session, struct str error)
{
    multi_discard(session);
    if (str_starts_with(error, STR("ERR "))) error = str_from(error, 4);
    reply_error_fmt(&session->reply, "EXECABORT Transaction discarded because of: %.*s",
                    STR_ARG(error));
}

void multi_refuse(struct session *session, const struct command *command, struct str error)
{
    if (is_exec(command)) {
        abort_exec(session, error);
        return;
    }
    if (session_is(session, SESSION_MULTI)) session->flags |= SESSION_DIRTY_EXEC;
    reply_error_str(&session->reply, error);
}

uint64_t multi_flags(const struct session *session, const struct command *command)
{
    return command->flags | (is_exec(command) ? session->queued_flags : 0);
}

bool multi_all_have(const struct session *session, const struct command *command, uint64_t flag)
{
    bool queued_lack = is_exec(command) && (session->queued_lacking & flag);
    return (command->flags & flag) == flag && !queued_lack;
}

/* --- commands --- */

static void run_multi(struct call *call)
{
    if (session_is(call->session, SESSION_MULTI)) {
        reply_error(call->reply, "ERR MULTI calls can not be nested");
        return;
    }
    call->session->flags |= SESSION_MULTI;
    reply_ok(call->reply);
}

static void run_discard(struct call *call)
{
    if (!session_is(call->session, SESSION_MULTI)) {
        reply_error(call->reply, "ERR DISCARD without MULTI");
        return;
    }
    multi_discard(call->session);
    reply_ok(call->reply);
}

/* Each request passes `execute` again; the queue is the session's own and does not change
 * meanwhile. */
static void run_queued(struct call *call)
{
    struct session *session = call->session;
    uint64_t denied_before = session->flags & SESSION_DENY_BLOCKING;
    session->flags |= SESSION_DENY_BLOCKING;
    for (size_t i = 0; i < session->queued_count; i++) {
        const struct queued_request *queued = &session->queued[i];
        struct request_view request = {.argv = queued->argv, .argc = queued->argc};
        execute(call->host->executor, session, &request, ORIGIN_EXEC);
    }
    if (!denied_before) session->flags &= ~(uint64_t)SESSION_DENY_BLOCKING;
}

static void run_exec(struct call *call)
{
    struct session *session = call->session;
    if (!session_is(session, SESSION_MULTI)) {
        reply_error(call->reply, "ERR EXEC without MULTI");
        return;
    }
    if (watch_has_expired(session)) session->flags |= SESSION_DIRTY_CAS;
    if (session_is(session, SESSION_DIRTY_EXEC)) {
        reply_error(call->reply, ERR_EXECABORT);
    } else if (session_is(session, SESSION_DIRTY_CAS)) {
        reply_null_array(call->reply);
    } else {
        watch_clear(session);
        reply_array(call->reply, session->queued_count);
        run_queued(call);
    }
    multi_discard(session);
}

static void run_watch(struct call *call)
{
    struct session *session = call->session;
    if (session_is(session, SESSION_MULTI)) {
        reply_error(call->reply, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    bool lost_already = session_is(session, SESSION_DIRTY_CAS);
    for (int i = 1; i < call->argc && !lost_already && call->host->watches; i++) {
        watch_add(call->host->watches, session, call->ks, call_arg(call, i));
    }
    reply_ok(call->reply);
}

static void run_unwatch(struct call *call)
{
    watch_clear(call->session);
    call->session->flags &= ~(uint64_t)SESSION_DIRTY_CAS;
    reply_ok(call->reply);
}

enum { RUNS_ANYTIME = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };

const struct command multi_commands[] = {
    {
        .name = "multi",
        .run = run_multi,
        .arity = 1,
        .flags = RUNS_ANYTIME | CMD_FAST | CMD_ALLOW_BUSY,
        .categories = CAT_TRANSACTION,
        .summary = "Begins a transaction.",
        .since = "1.2.0",
        .group = "transactions",
        .complexity = "O(1)",
    },
    {
        .name = "exec",
        .run = run_exec,
        .arity = 1,
        .flags = RUNS_ANYTIME | CMD_SKIP_SLOWLOG,
        .categories = CAT_TRANSACTION,
        .summary = "Runs the commands of a transaction.",
        .since = "1.2.0",
        .group = "transactions",
        .complexity = "That of the commands in the transaction",
    },
    {
        .name = "discard",
        .run = run_discard,
        .arity = 1,
        .flags = RUNS_ANYTIME | CMD_FAST | CMD_ALLOW_BUSY,
        .categories = CAT_TRANSACTION,
        .summary = "Drops a transaction before it ran.",
        .since = "2.0.0",
        .group = "transactions",
        .complexity = "O(N) with N the number of commands in the transaction",
    },
    {
        .name = "watch",
        .run = run_watch,
        .arity = -2,
        .flags = RUNS_ANYTIME | CMD_FAST | CMD_ALLOW_BUSY,
        .categories = CAT_TRANSACTION,
        .keys = {KEY_REST(KEY_RO, 1)},
        .summary = "Makes the next transaction depend on keys staying as they are.",
        .since = "2.2.0",
        .group = "transactions",
        .complexity = "O(1) for each key",
        .syntax = "key [key ...]",
    },
    {
        .name = "unwatch",
        .run = run_unwatch,
        .arity = 1,
        .flags = RUNS_ANYTIME | CMD_FAST | CMD_ALLOW_BUSY,
        .categories = CAT_TRANSACTION,
        .summary = "Forgets all watched keys.",
        .since = "2.2.0",
        .group = "transactions",
        .complexity = "O(1)",
    },
    {0},
};
