/* The table `redis` of scripts. */
#ifndef SKEIN_SCRIPT_API_H
#define SKEIN_SCRIPT_API_H

#include "script/sandbox.h"

/* Pushes the table for scripts, or for libraries. */
void api_push(lua_State *lua, enum sandbox_globals kind);

/* redis.call, redis.pcall, redis.acl_check_cmd (api_call.c). */
int api_call(lua_State *lua);
int api_pcall(lua_State *lua);
int api_acl_check(lua_State *lua);
/* While a library is loaded there are no commands, as if the function did not exist. */
void api_refuse_outside_run(lua_State *lua, const char *name);
/* Raises {err = "ERR text"}. */
int api_raise(lua_State *lua, const char *text);

#endif
