#include "base/mem.h"
#include "base/num.h"
#include "command/errors.h"
#include "script/api.h"
#include "script/engine.h"
#include "script/to_lua.h"

#include <lauxlib.h>
#include <stdio.h>

/* With 17 digits, as stock writes them; integers that are exact have the same text in %d,
 * and a zero has no sign. */
static size_t write_number(char *text, size_t room, double number)
{
    static const double exact = 1e15;
    if (number > -exact && number < exact && number == (double)(int64_t)number) {
        return num_format_i64(text, (int64_t)number);
    }
    return (size_t)snprintf(text, room, "%.17g", number);
}

/* Numbers become their text in place, so that all arguments stay alive on the Lua stack. */
static bool read_arguments(lua_State *lua, struct script_engine *engine, int argc)
{
    if ((size_t)argc > engine->argv_capacity) {
        engine->argv_capacity = (size_t)argc * 2;
        engine->argv = mem_realloc(engine->argv, engine->argv_capacity * sizeof(struct str));
    }
    for (int i = 0; i < argc; i++) {
        int type = lua_type(lua, i + 1);
        if (type == LUA_TNUMBER) {
            char text[64];
            size_t len = write_number(text, sizeof(text), lua_tonumber(lua, i + 1));
            lua_pushlstring(lua, text, len);
            lua_replace(lua, i + 1);
        } else if (type != LUA_TSTRING) {
            return false;
        }
        engine->argv[i].ptr = lua_tolstring(lua, i + 1, &engine->argv[i].len);
    }
    return true;
}

/* The request on the stack; pushes an error table and answers false when it is none. The arguments
 * may fill the stack up to its limit: behind them is the room every C function has, and no more. */
static bool read_request(lua_State *lua, struct request_view *request)
{
    struct script_engine *engine = script_engine_of(lua);
    int argc = lua_gettop(lua);
    if (argc == 0) {
        to_lua_push_error(lua,
                          STR("ERR Please specify at least one argument for this redis lib call"));
        return false;
    }
    if (!read_arguments(lua, engine, argc)) {
        to_lua_push_error(lua,
                          STR("ERR Lua redis lib command arguments must be strings or integers"));
        return false;
    }
    *request = (struct request_view){.argv = engine->argv, .argc = argc};
    request->ref = registry_find(engine->host->executor->registry, request->argv, argc);
    return true;
}

static bool arity_fits(const struct command *command, int argc)
{
    return command->arity < 0 ? argc >= -command->arity : argc == command->arity;
}

static struct call call_of(struct script_engine *engine, const struct request_view *request)
{
    return (struct call){.command = request->ref->command,
                         .container = request->ref->container,
                         .argv = request->argv,
                         .argc = request->argc,
                         .session = &engine->session,
                         .reply = &engine->session.reply,
                         .host = engine->host,
                         .ks = &engine->host->store->dbs[engine->session.db]};
}

/* Why the user of the script may not run this, in the words clients know; NULL when he may. */
static const char *denial(struct script_engine *engine, const struct request_view *request)
{
    struct executor *executor = engine->host->executor;
    if (executor->acl_allows == NULL) return NULL;
    struct call call = call_of(engine, request);
    struct buf reason = {0};
    const char *text = NULL;
    if (!executor->acl_allows(executor->owner, &call, &reason)) {
        text = "ERR The user executing the script can't run this command or subcommand";
        if (str_find(buf_str(&reason), STR("key")) >= 0)
            text = "ERR The user executing the script can't access at least one of the keys "
                   "mentioned in the command arguments";
        if (str_find(buf_str(&reason), STR("channel")) >= 0)
            text = "ERR The user executing the script can't publish to the channel mentioned in "
                   "the command";
    }
    buf_deinit(&reason);
    return text;
}

/* What forbids a command in this script before the gates of `execute` are asked. */
static const char *refusal(struct script_engine *engine, const struct request_view *request)
{
    struct script_run *run = &engine->run;
    if (request->ref == NULL) return "ERR Unknown Redis command called from script";
    const struct command *command = request->ref->command;
    if (!arity_fits(command, request->argc) || command->run == NULL) {
        return "ERR Wrong number of args calling Redis command from script";
    }
    if (command->flags & CMD_NOSCRIPT) {
        return "ERR This Redis command is not allowed from script";
    }
    const char *denied = denial(engine, request);
    if (denied) return denied;
    if ((command->flags & CMD_WRITE) && run->is_read_only) {
        return "ERR Write commands are not allowed from read-only scripts.";
    }
    if ((engine->host->executor->state & GATE_STALE) && !(command->flags & CMD_STALE)) {
        return "ERR Can not execute the command on a stale replica";
    }
    if ((command->flags & CMD_DENYOOM) && run->out_of_memory && !run->has_written &&
        !(run->flags & SCRIPT_ALLOW_OOM)) {
        return ERR_OOM;
    }
    return NULL;
}

static void run_request(struct script_engine *engine, struct request_view *request)
{
    struct host *host = engine->host;
    bool wanted = host->effects_wanted;
    if (engine->run.repl == SCRIPT_REPL_NONE) host->effects_wanted = false;
    execute(host->executor, &engine->session, request, ORIGIN_SCRIPT);
    host->effects_wanted = wanted;
    if (request->ref->command->flags & CMD_WRITE) engine->run.has_written = true;
    buf_clear(&engine->reply);
    chain_copy(&engine->out, buf_reserve(&engine->reply, engine->out.len + 1));
    engine->reply.len = engine->out.len;
    chain_consume(&engine->out, engine->out.len);
}

/* Whoever raised or returned this was counted already. */
static void mark_counted(lua_State *lua)
{
    lua_pushboolean(lua, 1);
    lua_setfield(lua, -2, "ignore_error_stats_update");
}

/* Pushes what the command answers; true when that is an error. */
static bool call(lua_State *lua)
{
    struct script_engine *engine = script_engine_of(lua);
    struct request_view request;
    if (!read_request(lua, &request)) return true;
    const char *refused = refusal(engine, &request);
    if (refused) {
        const struct reply *reply = &engine->session.reply;
        if (reply->on_error) reply->on_error(reply->owner, str_from_c(refused));
        to_lua_push_error(lua, str_from_c(refused));
        mark_counted(lua);
        return true;
    }
    run_request(engine, &request);
    lua_settop(lua, 0);
    bool failed = engine->reply.len && engine->reply.ptr[0] == '-';
    to_lua_push(lua, buf_str(&engine->reply));
    if (failed) mark_counted(lua);
    return failed;
}

void api_refuse_outside_run(lua_State *lua, const char *name)
{
    if (script_engine_of(lua)->run.call) return;
    luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name);
}

int api_call(lua_State *lua)
{
    api_refuse_outside_run(lua, "call");
    return call(lua) ? lua_error(lua) : 1;
}

int api_pcall(lua_State *lua)
{
    api_refuse_outside_run(lua, "pcall");
    call(lua);
    return 1;
}

int api_acl_check(lua_State *lua)
{
    struct script_engine *engine = script_engine_of(lua);
    struct request_view request;
    api_refuse_outside_run(lua, "acl_check_cmd");
    if (!read_request(lua, &request)) return lua_error(lua);
    if (request.ref == NULL) {
        return api_raise(lua, "Invalid command passed to redis.acl_check_cmd()");
    }
    lua_pushboolean(lua, denial(engine, &request) == NULL);
    return 1;
}
