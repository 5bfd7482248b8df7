/* What a script returned as a reply: the rules of to_lua.h the other way round.
 *
 * Numbers are cut to integers, a table is an array up to its first nil unless one of the special
 * fields says what it is, false is null while the script speaks RESP2. Metatables are not asked. */
#ifndef SKEIN_SCRIPT_FROM_LUA_H
#define SKEIN_SCRIPT_FROM_LUA_H

#include "proto/reply.h"

#include <lua.h>

/* Pops the value on top and answers it; `version` is what the script chose with setresp. */
void from_lua_reply(lua_State *lua, struct reply *reply, int version);
/* The cast of the language, with an answer for what it leaves undefined. */
int64_t from_lua_integer(double number);

/* Whether the statistics know the error in the table at `at` already. */
bool from_lua_is_counted(lua_State *lua, int at);

#endif
