#include "command/execute.h"

#include "base/assert.h"
#include "command/errors.h"
#include "command/multi.h"

/* A state of the server, and the commands that cannot run in it: those with a flag of `only` (0:
 * any command) that have no flag of `except`. */
struct gate {
    uint32_t state;
    uint32_t only, except;
    const char *error;
};

static const struct gate gates[] = {
    {GATE_DISK_ERROR, CMD_WRITE, 0, ERR_MISCONF},
    {GATE_LOG_ERROR, CMD_WRITE, 0, ERR_MISCONF_LOG},
    {GATE_FEW_REPLICAS, CMD_WRITE, 0, ERR_NOREPLICAS},
    {GATE_READ_ONLY, CMD_WRITE, 0, ERR_READONLY},
    {GATE_STALE, 0, CMD_STALE, ERR_MASTERDOWN},
    {GATE_LOADING, 0, CMD_LOADING, ERR_LOADING},
    {GATE_ASYNC_LOADING, CMD_NO_ASYNC_LOADING, 0, ERR_LOADING},
    {GATE_BUSY, 0, CMD_ALLOW_BUSY, ERR_BUSY_SCRIPT},
    {GATE_BUSY_FUNCTION, 0, CMD_ALLOW_BUSY, ERR_BUSY_FUNCTION},
};

/* One request on its way: the call its handler gets, and what only `execute` needs. */
struct run {
    struct executor *executor;
    struct call call;
    const struct command_ref *ref;
    enum origin origin;
    bool runs_again; /* see blocking.h */
    int64_t started_us;
    uint64_t errors_before, inner_errors_before;
    struct buf reason;
};

void executor_init(struct executor *executor, struct host *host, struct registry *registry)
{
    *executor = (struct executor){.host = host, .registry = registry};
    host->executor = executor;
}

void executor_deinit(struct executor *executor)
{
    for (int i = 0; i < EXECUTE_DEPTH_MAX; i++) effects_deinit(&executor->effects[i]);
    effects_unit_deinit(&executor->unit);
}

/* --- refusing --- */

static void refuse(struct run *run, struct str error)
{
    struct executor *executor = run->executor;
    if (executor->on_rejected) executor->on_rejected(executor->owner, run->ref, error);
    multi_refuse(run->call.session, run->ref ? run->ref->command : NULL, error);
}

enum { QUOTED_MAX = 128 };

static void refuse_unknown(struct run *run)
{
    const struct call *call = &run->call;
    struct str name = str_first(call->argv[0], QUOTED_MAX);
    buf_printf(&run->reason,
               "ERR unknown command '%.*s', with args beginning with: ", STR_ARG(name));
    size_t start = run->reason.len;
    for (int i = 1; i < call->argc && run->reason.len - start < QUOTED_MAX; i++) {
        struct str arg = str_first(call->argv[i], QUOTED_MAX - (run->reason.len - start));
        buf_printf(&run->reason, "'%.*s' ", STR_ARG(arg));
    }
    refuse(run, buf_str(&run->reason));
}

static void refuse_unknown_subcommand(struct run *run)
{
    struct str sub = str_first(run->call.argv[1], QUOTED_MAX);
    buf_printf(&run->reason, "ERR unknown subcommand '%.*s'. Try %s HELP.", STR_ARG(sub),
               run->ref->full_name);
    size_t at = run->reason.len - strlen(run->ref->full_name) - sizeof(" HELP.") + 1;
    for (char *c = run->reason.ptr + at; *c != ' '; c++) {
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    }
    refuse(run, buf_str(&run->reason));
}

static bool arity_fits(const struct command *command, int argc)
{
    return command->arity < 0 ? argc >= -command->arity : argc == command->arity;
}

/* Finds the command and checks its arity, or answers why not. */
static bool identify(struct run *run)
{
    struct call *call = &run->call;
    if (run->ref == NULL) run->ref = registry_find(run->executor->registry, call->argv, call->argc);
    if (run->ref == NULL) {
        refuse_unknown(run);
        return false;
    }
    const struct command *command = run->ref->command;
    if (command->subcommands && call->argc > 1) {
        refuse_unknown_subcommand(run);
        return false;
    }
    if (!arity_fits(command, call->argc) || command->run == NULL) {
        buf_printf(&run->reason, "ERR wrong number of arguments for '%s' command",
                   run->ref->full_name);
        refuse(run, buf_str(&run->reason));
        return false;
    }
    call->command = command;
    call->container = run->ref->container;
    return true;
}

static const char *closed_gate(const struct run *run)
{
    const struct session *session = run->call.session;
    const struct command *command = run->call.command;
    uint64_t flags = multi_flags(session, command);
    uint32_t state = run->executor->state;
    if (run->origin == ORIGIN_SCRIPT) state &= ~(uint32_t)(GATE_BUSY | GATE_BUSY_FUNCTION);
    for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
        const struct gate *gate = &gates[i];
        if ((state & gate->state) == 0) continue;
        if (gate->only && (flags & gate->only) == 0) continue;
        if (gate->except && multi_all_have(session, command, gate->except)) continue;
        return gate->error;
    }
    return NULL;
}

static bool has_room(const struct run *run)
{
    struct executor *executor = run->executor;
    if (executor->make_room == NULL || executor->make_room(executor->owner)) return true;
    if (multi_queues(run->call.session, run->call.command, run->call.container))
        return false; /* a queue takes memory */
    return (multi_flags(run->call.session, run->call.command) & CMD_DENYOOM) == 0;
}

static bool is_allowed(struct run *run)
{
    struct executor *executor = run->executor;
    struct call *call = &run->call;
    if (!call->session->authenticated && !(call->command->flags & CMD_NO_AUTH)) {
        refuse(run, STR(ERR_NO_AUTH));
        return false;
    }
    if (session_is(call->session, SESSION_MULTI) && (call->command->flags & CMD_NO_MULTI)) {
        refuse(run, STR("ERR Command not allowed inside a transaction"));
        return false;
    }
    bool allowed =
        !executor->acl_allows || executor->acl_allows(executor->owner, call, &run->reason);
    if (allowed && executor->session_allows) {
        allowed = executor->session_allows(executor->owner, call, &run->reason);
    }
    if (!allowed) refuse(run, buf_str(&run->reason));
    return allowed;
}

/* All that may stop a request whose command is known; answers the error. */
static bool passes_gates(struct run *run)
{
    if (run->origin == ORIGIN_MASTER || run->origin == ORIGIN_FILE) return true;
    if (!is_allowed(run)) return false;
    if (run->origin == ORIGIN_EXEC) return true;
    /* Whether there is room was asked when the script began. */
    if (run->origin != ORIGIN_SCRIPT && !has_room(run)) {
        refuse(run, STR(ERR_OOM));
        return false;
    }
    if (run->executor->state == 0) return true;
    const char *error = closed_gate(run);
    if (error) refuse(run, str_from_c(error));
    return error == NULL;
}

/* --- running --- */

/* Adds what the request did to the unit of the outermost one. */
static void collect_effects(struct run *run)
{
    struct executor *executor = run->executor;
    const struct call *call = &run->call;
    struct effects *effects = call->effects;
    int db = call->ks->id;
    if (effects->before_count) {
        effects_unit_add(&executor->unit, db, buf_str(&effects->before), effects->before_count);
    }
    if (!effects->replaced && call->changes && (call->command->flags & CMD_WRITE)) {
        effects_add(effects, call->argv, (size_t)call->argc);
    }
    if (effects->instead_count) {
        effects_unit_add(&executor->unit, db, buf_str(&effects->instead), effects->instead_count);
    }
}

static void emit_effects(struct executor *executor)
{
    if (executor->unit.count == 0 || executor->on_effects == NULL) return;
    struct str bytes = effects_unit_end(&executor->unit);
    executor->on_effects(executor->owner, &executor->unit, bytes);
}

void executor_record(struct executor *executor, const struct call *call)
{
    const struct effects *effects = call->effects;
    if (effects->before_count == 0) return;
    if (executor->depth == 0) effects_unit_begin(&executor->unit);
    effects_unit_add(&executor->unit, call->ks->id, buf_str(&effects->before),
                     effects->before_count);
    if (executor->depth == 0) emit_effects(executor);
}

static void begin(struct run *run)
{
    run->started_us = run->executor->last_clock_us;
    run->errors_before = run->call.reply->errors;
    run->inner_errors_before = run->executor->errors;
}

/* Did the command answer an error of its own? EXEC has not failed when a command in it did. */
static bool has_failed(struct run *run)
{
    struct executor *executor = run->executor;
    uint64_t all = run->call.reply->errors - run->errors_before;
    uint64_t inner = executor->errors - run->inner_errors_before;
    if (all <= inner) return false;
    executor->errors += all - inner;
    return true;
}

static void finish(struct run *run)
{
    struct executor *executor = run->executor;
    struct outcome outcome = {
        .ref = run->ref, .changes = run->call.changes, .again = run->runs_again};
    outcome.failed = has_failed(run);
    if (executor->clock_us) {
        executor->last_clock_us = executor->clock_us(executor->owner);
        outcome.duration_us = executor->last_clock_us - run->started_us;
    }
    if (executor->after_run) executor->after_run(executor->owner, &run->call, &outcome);
}

static void run_command(struct run *run)
{
    struct executor *executor = run->executor;
    struct call *call = &run->call;
    bool wanted = executor->host->effects_wanted;
    ASSERT(executor->depth < EXECUTE_DEPTH_MAX);
    call->effects = &executor->effects[executor->depth];
    effects_reset(call->effects, wanted);
    call->effects->db = call->ks->id;
    if (executor->depth++ == 0 && wanted) effects_unit_begin(&executor->unit);
    if (executor->before_run) executor->before_run(executor->owner, call);
    begin(run);
    const struct call *outer = executor->running;
    executor->running = call;
    call->command->run(call);
    executor->running = outer;
    finish(run);
    if (wanted) collect_effects(run);
    if (--executor->depth == 0 && wanted) emit_effects(executor);
}

static enum execute_verdict dispatch(struct run *run)
{
    struct executor *executor = run->executor;
    struct call *call = &run->call;
    struct session *session = call->session;
    if (!passes_gates(run)) return EXECUTE_DONE;
    if (run->origin == ORIGIN_CLIENT) {
        uint32_t flags = (uint32_t)multi_flags(session, call->command);
        if (executor->must_wait && executor->must_wait(executor->owner, session, flags)) {
            return EXECUTE_WAIT;
        }
        if (multi_queues(session, call->command, call->container)) {
            multi_queue(session, call->command, call->argv, call->argc);
            return EXECUTE_DONE;
        }
    }
    run_command(run);
    return EXECUTE_DONE;
}

enum execute_verdict execute(struct executor *executor, struct session *session,
                             struct request_view *request, enum origin origin)
{
    struct store *store = executor->host->store;
    struct run run = {
        .executor = executor,
        .origin = origin,
        .ref = request->ref,
        .runs_again = session->blocked != NULL,
        .call = {.argv = request->argv,
                 .argc = request->argc,
                 .session = session,
                 .reply = &session->reply,
                 .host = executor->host,
                 .ks = &store->dbs[session->db],
                 .adoptable = request->adoptable},
    };
    enum execute_verdict verdict = EXECUTE_DONE;
    struct key_hint outer_hint = store->hint;
    store->hint = request->hint;
    bool is_known = identify(&run);
    if (origin == ORIGIN_CLIENT) session->last_command = run.call.command;
    if (is_known) verdict = dispatch(&run);
    store->hint = outer_hint;
    request->adoptable = run.call.adoptable;
    buf_deinit(&run.reason);
    return verdict;
}
