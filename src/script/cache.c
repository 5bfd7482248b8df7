#include "script/cache.h"

#include "base/mem.h"
#include "script/sandbox.h"
#include "script/sha1.h"
#include "script/shebang.h"

#include <lauxlib.h>

struct script *script_find(const struct script_engine *engine, struct str sha)
{
    char folded[SCRIPT_SHA_LEN];
    if (sha.len != SCRIPT_SHA_LEN) return NULL;
    for (size_t i = 0; i < sha.len; i++) folded[i] = char_lower(sha.ptr[i]);
    return map_get(&engine->cache, str_of(folded, sizeof(folded)));
}

static struct script *compile(struct script_engine *engine, struct shebang *shebang,
                              struct buf *error)
{
    lua_State *lua = engine->lua;
    struct str code = shebang->code;
    sandbox_enter(lua, GLOBALS_EVAL);
    if (luaL_loadbufferx(lua, code.len ? code.ptr : "", code.len, "@user_script", "t") != 0) {
        buf_printf(error, "ERR Error compiling script (new function): %s", lua_tostring(lua, -1));
        lua_pop(lua, 1);
        return NULL;
    }
    struct script *script = mem_new(struct script);
    script->flags = shebang->flags;
    script->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    return script;
}

static struct script *load_new(struct script_engine *engine, struct str body, const char *sha,
                               struct buf *error)
{
    struct shebang shebang = {0};
    struct script *script = NULL;
    if (shebang_of_script(body, &shebang, error)) script = compile(engine, &shebang, error);
    shebang_deinit(&shebang);
    if (script == NULL) return NULL;
    memcpy(script->sha, sha, sizeof(script->sha));
    script->bytes = body.len;
    engine->cache_bytes += body.len;
    map_put(&engine->cache, str_from_c(sha), script);
    return script;
}

struct script *script_load(struct script_engine *engine, struct str body, struct buf *error)
{
    struct script *script = recent_find(&engine->recent, body);
    if (script) return script;
    char sha[SCRIPT_SHA_LEN + 1];
    sha1_hex(body, sha);
    script = script_find(engine, str_from_c(sha));
    if (script == NULL) script = load_new(engine, body, sha, error);
    if (script) recent_put(&engine->recent, body, script);
    return script;
}

void script_free(struct script_engine *engine, struct script *script)
{
    luaL_unref(engine->lua, LUA_REGISTRYINDEX, script->function);
    mem_free(script);
}
