/* redis.register_function, for the code of a library that is being loaded. */
#ifndef SKEIN_SCRIPT_LIBRARY_API_H
#define SKEIN_SCRIPT_LIBRARY_API_H

#include <lua.h>

int library_register_function(lua_State *lua);

#endif
