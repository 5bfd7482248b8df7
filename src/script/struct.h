/* struct: binary records for scripts. */
#ifndef SKEIN_SCRIPT_STRUCT_H
#define SKEIN_SCRIPT_STRUCT_H

#include <lua.h>

/* Pushes the library. */
void struct_push(lua_State *lua);

#endif
