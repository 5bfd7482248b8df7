/* The functions of the base library that must know frozen tables, or must not know bytecode. */
#ifndef SKEIN_SCRIPT_BASE_FUNCTIONS_H
#define SKEIN_SCRIPT_BASE_FUNCTIONS_H

#include <lua.h>

/* Adds them to the table on top. */
void base_open(lua_State *lua);
/* __newindex of a frozen table. */
int base_refuse_write(lua_State *lua);
/* Takes the place of bit.tohex, its upvalue, which does not bear every count of digits. */
int base_tohex(lua_State *lua);
/* os.clock */
int base_clock(lua_State *lua);
/* The handler of errors that end a script: a table {err, source, line}. */
int base_describe_error(lua_State *lua);

#endif
