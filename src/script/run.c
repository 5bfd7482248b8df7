#include "script/run.h"

#include "command/errors.h"
#include "script/base_functions.h"
#include "script/from_lua.h"
#include "script/library.h"
#include "script/sandbox.h"

#include <lauxlib.h>

enum { HOOK_EVERY = 100000, REPLY_KEPT = 1 << 20 };

/* --- the hook --- */

static int64_t now_us(const struct script_engine *engine)
{
    struct executor *executor = engine->host->executor;
    return executor->clock_us ? executor->clock_us(executor->owner) : 0;
}

static void raise_killed(lua_State *lua)
{
    lua_pushliteral(lua, "Script killed by user with SCRIPT KILL...");
    lua_error(lua);
}

static uint32_t busy_gate(const struct script_run *run)
{
    return run->is_function ? GATE_BUSY_FUNCTION : GATE_BUSY;
}

/* Lets others in; true when this script must end. */
static bool serve(struct script_engine *engine)
{
    const struct script_hooks *hooks = &engine->hooks;
    struct script_run *run = &engine->run;
    int64_t slow_us = hooks->slow_after_us ? hooks->slow_after_us(hooks->owner) : 0;
    if (slow_us <= 0 || now_us(engine) - run->started_us < slow_us) return false;
    run->is_slow = true;
    engine->host->executor->state |= busy_gate(run);
    if (hooks->serve && hooks->serve(hooks->owner)) run->is_killed = true;
    return run->is_killed;
}

static void on_count(lua_State *lua, lua_Debug *activation)
{
    struct script_engine *engine = script_engine_of(lua);
    (void)activation;
    if (engine->loading) {
        library_check_time(lua, now_us(engine));
        return;
    }
    if (engine->run.call == NULL) return;
    if (engine->run.is_killed || serve(engine)) {
        /* A script that catches the error gets it again at once, and again. */
        lua_sethook(lua, on_count, LUA_MASKLINE | LUA_MASKCOUNT, 1);
        raise_killed(lua);
    }
}

void script_watch(struct script_engine *engine)
{
    lua_sethook(engine->lua, on_count, LUA_MASKCOUNT, HOOK_EVERY);
}

/* --- may it run --- */

static const char *refused_by_state(uint32_t state, const struct script_start *start)
{
    if ((state & GATE_STALE) && !(start->flags & SCRIPT_ALLOW_STALE)) return ERR_MASTERDOWN;
    if (start->flags & SCRIPT_NO_WRITES) return NULL;
    if (start->is_read_only) {
        return "ERR Can not execute a script with write flag using *_ro command.";
    }
    if (state & GATE_READ_ONLY) {
        return "READONLY Can not run script with write flag on readonly replica.";
    }
    if (state & GATE_DISK_ERROR) return ERR_MISCONF;
    if (state & GATE_LOG_ERROR) return ERR_MISCONF_LOG;
    if (state & GATE_FEW_REPLICAS) return ERR_NOREPLICAS;
    return NULL;
}

static const char *refusal(const struct script_engine *engine, const struct script_start *start)
{
    if (start->flags & SCRIPT_COMPAT) return NULL;
    const char *refused = refused_by_state(engine->host->executor->state, start);
    if (refused) return refused;
    bool needs_room = !(start->flags & (SCRIPT_ALLOW_OOM | SCRIPT_NO_WRITES));
    return needs_room && engine->run.out_of_memory ? ERR_OOM : NULL;
}

/* --- the run --- */

static void begin(struct script_engine *engine, const struct script_start *start)
{
    struct executor *executor = engine->host->executor;
    struct session *session = &engine->session, *caller = start->call->session;
    engine->run = (struct script_run){
        .call = start->call,
        .name = start->name,
        .function = start->function,
        .flags = start->flags,
        .is_function = start->is_function,
        .is_read_only = start->is_read_only || (start->flags & SCRIPT_NO_WRITES),
        .repl = SCRIPT_REPL_ALL,
        .started_us = now_us(engine),
    };
    engine->run.out_of_memory = executor->make_room && !executor->make_room(executor->owner);
    session->id = caller->id;
    session->db = caller->db;
    session->user = caller->user;
    session->authenticated = true;
    session->flags = SESSION_SCRIPT | SESSION_DENY_BLOCKING | (caller->flags & SESSION_MASTER);
    session->reply.version = 2;
}

static void end(struct script_engine *engine)
{
    struct script_run *run = &engine->run;
    if (run->is_slow) engine->host->executor->state &= ~busy_gate(run);
    if (run->is_killed) script_watch(engine);
    *run = (struct script_run){0};
    engine->session.user = NULL;
    if (engine->reply.capacity > REPLY_KEPT) buf_deinit(&engine->reply);
    lua_settop(engine->lua, 0);
}

static void push_arguments(lua_State *lua, const struct str *argv, int count)
{
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, argv[i].len ? argv[i].ptr : "", argv[i].len);
        lua_rawseti(lua, -2, i + 1);
    }
}

/* Runs protected: nothing here may be owned by C. */
static int run_in_lua(lua_State *lua)
{
    const struct script_start *start = lua_touserdata(lua, 1);
    const struct str *keys = start->call->argv + 3, *args = keys + start->key_count;
    int arg_count = start->call->argc - 3 - start->key_count;
    sandbox_enter(lua, start->is_function ? GLOBALS_FUNCTION : GLOBALS_EVAL);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, start->function);
    push_arguments(lua, keys, start->key_count);
    if (!start->is_function) sandbox_set_global(lua, "KEYS");
    push_arguments(lua, args, arg_count);
    if (!start->is_function) sandbox_set_global(lua, "ARGV");
    lua_call(lua, start->is_function ? 2 : 0, 1);
    return 1;
}

static bool append_field(lua_State *lua, const char *name, struct buf *text)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    bool is_there = lua_isstring(lua, -1);
    if (is_there) {
        struct str field;
        field.ptr = lua_tolstring(lua, -1, &field.len);
        buf_append_str(text, field);
    }
    lua_pop(lua, 1);
    return is_there;
}

/* The error on top: a table of base_describe_error, or a plain text when memory or stack were used
 * up. */
static void reply_failure(struct script_engine *engine, const struct script_start *start)
{
    lua_State *lua = engine->lua;
    struct buf text = {0}, place = {0};
    if (lua_type(lua, -1) == LUA_TTABLE) {
        if (!append_field(lua, "err", &text)) buf_append_c(&text, "ERR unknown error");
        if (append_field(lua, "source", &place)) {
            buf_append_char(&place, ':');
            append_field(lua, "line", &place);
        }
    } else {
        const char *what = lua_tostring(lua, -1);
        buf_printf(&text, "ERR %s", what ? what : "unknown error");
    }
    buf_printf(&text, " script: %s", start->name);
    if (place.len) buf_printf(&text, ", on %.*s", (int)place.len, place.ptr);
    buf_append_char(&text, '.');
    if (lua_type(lua, -1) == LUA_TTABLE && from_lua_is_counted(lua, -1))
        reply_error_again(start->call->reply, buf_str(&text));
    else
        reply_error_str(start->call->reply, buf_str(&text));
    buf_deinit(&text);
    buf_deinit(&place);
}

void script_announce(struct script_engine *engine, const struct call *call)
{
    if (engine->hooks.on_request) engine->hooks.on_request(engine->hooks.owner, call);
}

void script_run(struct script_engine *engine, const struct script_start *start)
{
    lua_State *lua = engine->lua;
    begin(engine, start);
    const char *refused = refusal(engine, start);
    if (refused) {
        reply_error(start->call->reply, refused);
        end(engine);
        return;
    }
    lua_pushcfunction(lua, base_describe_error);
    lua_pushcfunction(lua, run_in_lua);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)start);
    engine->limit = engine->used + SCRIPT_MEMORY_MAX;
    int status = lua_pcall(lua, 1, 1, 1);
    engine->limit = SIZE_MAX;
    if (status == 0)
        from_lua_reply(lua, start->call->reply, engine->session.reply.version);
    else
        reply_failure(engine, start);
    end(engine);
}

void script_kill(struct script_engine *engine, struct reply *reply, bool function)
{
    struct script_run *run = &engine->run;
    if (run->call == NULL) {
        reply_error(reply, "NOTBUSY No scripts in execution right now.");
    } else if (session_is(run->call->session, SESSION_MASTER)) {
        reply_error(reply, "UNKILLABLE The busy script was sent by a master instance in the "
                           "context of replication and cannot be killed.");
    } else if (run->has_written) {
        reply_error(reply, "UNKILLABLE Sorry the script already executed write commands against "
                           "the dataset. You can either wait the script termination or kill the "
                           "server in a hard way using the SHUTDOWN NOSAVE command.");
    } else if (run->is_function != function) {
        reply_error(reply, run->is_function ? ERR_BUSY_FUNCTION : ERR_BUSY_SCRIPT);
    } else {
        run->is_killed = true;
        reply_ok(reply);
    }
}
