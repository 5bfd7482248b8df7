/* What scripts see: the base functions, table, string, math, bit, coroutine, cjson, cmsgpack,
 * struct and redis, all of them read-only, and nothing that reaches files, the process, bytecode
 * or the debugger.
 *
 * A frozen table is an empty proxy in front of the real one. The proxy's metatable reads from the
 * real table and refuses writes; it is hidden, so that the real table never comes into a script's
 * hands. Functions that go around metatables (rawset, rawget, setmetatable, pairs) are replaced by
 * ones that know proxies. What table.insert and the like leave in a proxy is wiped before the next
 * run.
 *
 * There are two sets of globals: of EVAL, which has KEYS and ARGV, and of libraries. */
#ifndef SKEIN_SCRIPT_SANDBOX_H
#define SKEIN_SCRIPT_SANDBOX_H

#include <lua.h>

enum sandbox_globals { GLOBALS_EVAL, GLOBALS_FUNCTION, GLOBALS_KINDS };

/* Builds the libraries and all globals in a fresh state. */
void sandbox_open(lua_State *lua);
/* Makes a set the globals of what is compiled and run next, as it was built. */
void sandbox_enter(lua_State *lua, enum sandbox_globals kind);
/* Pops a table and sets it as a global of EVAL scripts. */
void sandbox_set_global(lua_State *lua, const char *name);

#endif
