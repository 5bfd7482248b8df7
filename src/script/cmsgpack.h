/* cmsgpack: MessagePack for scripts. */
#ifndef SKEIN_SCRIPT_CMSGPACK_H
#define SKEIN_SCRIPT_CMSGPACK_H

#include <lua.h>

/* Pushes the library. */
void cmsgpack_push(lua_State *lua);

/* cmsgpack_pack.c, cmsgpack_unpack.c */
int cmsgpack_pack(lua_State *lua);
int cmsgpack_unpack(lua_State *lua);
int cmsgpack_unpack_one(lua_State *lua);
int cmsgpack_unpack_limit(lua_State *lua);

#endif
