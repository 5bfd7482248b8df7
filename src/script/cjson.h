/* cjson: JSON to Lua values and back, as scripts know it.
 *
 * Encoding is bounded in depth and in bytes, decoding in depth. */
#ifndef SKEIN_SCRIPT_CJSON_H
#define SKEIN_SCRIPT_CJSON_H

#include "script/engine.h"

/* What a fresh engine starts with. */
#define CJSON_SETTINGS                                                                             \
    ((struct cjson_settings){.sparse_ratio = 2,                                                    \
                             .sparse_safe = 10,                                                    \
                             .encode_depth = 1000,                                                 \
                             .decode_depth = 1000,                                                 \
                             .precision = 14,                                                      \
                             .keep_buffer = true,                                                  \
                             .decode_invalid = 1})

/* Pushes the library. */
void cjson_push(lua_State *lua);

/* cjson_encode.c, cjson_decode.c */
int cjson_encode(lua_State *lua);
int cjson_decode(lua_State *lua);

#endif
