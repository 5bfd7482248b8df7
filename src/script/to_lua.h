/* Replies of commands as Lua values.
 *
 * RESP2: integers are numbers, bulks strings, arrays tables, null is false, a status {ok=...}, an
 * error {err=...}. RESP3 adds {map=...}, {set=...}, {double=...}, {big_number=...},
 * {verbatim_string={string=..., format=...}}, booleans, and null as nil. */
#ifndef SKEIN_SCRIPT_TO_LUA_H
#define SKEIN_SCRIPT_TO_LUA_H

#include "base/str.h"

#include <lua.h>

/* Pushes the value of one complete reply. */
void to_lua_push(lua_State *lua, struct str reply);
/* Pushes {err=...} for an error text with or without its dash; a text without a code gets ERR. */
void to_lua_push_error(lua_State *lua, struct str text);

#endif
