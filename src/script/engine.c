#include "script/engine.h"

#include "base/mem.h"
#include "script/cache.h"
#include "script/cjson.h"
#include "script/library.h"
#include "script/random.h"
#include "script/run.h"
#include "script/sandbox.h"

#include <lauxlib.h>
#include <luajit.h>

enum { SCRATCH_KEPT = 1 << 20 };

static void *allocate(void *ud, void *ptr, size_t old_size, size_t new_size)
{
    struct script_engine *engine = ud;
    if (ptr == NULL) old_size = 0;
    if (new_size == 0) {
        engine->used -= old_size;
        mem_free(ptr);
        return NULL;
    }
    if (new_size > old_size && new_size - old_size > engine->limit - engine->used) return NULL;
    engine->used += new_size - old_size;
    return mem_realloc(ptr, new_size);
}

struct script_engine *script_engine_new(struct host *host)
{
    struct script_engine *engine = mem_new(struct script_engine);
    engine->host = host;
    engine->limit = SIZE_MAX;
    engine->cjson = CJSON_SETTINGS;
    engine->random = RANDOM_START;
    session_init(&engine->session, 0, &engine->out);
    engine->lua = lua_newstate(allocate, engine);
    luaJIT_setmode(engine->lua, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    sandbox_open(engine->lua);
    script_watch(engine);
    engine->libraries = library_set_new();
    return engine;
}

void script_engine_free(struct script_engine *engine)
{
    if (engine == NULL) return;
    script_cache_flush(engine, false);
    library_set_free(engine, engine->libraries);
    lua_close(engine->lua);
    map_deinit(&engine->cache, NULL);
    session_deinit(&engine->session);
    chain_deinit(&engine->out);
    buf_deinit(&engine->reply);
    buf_deinit(&engine->scratch);
    mem_free(engine->argv);
    mem_free(engine);
}

struct script_engine *script_engine_of(lua_State *lua)
{
    void *engine;
    lua_getallocf(lua, &engine);
    return engine;
}

void script_cache_flush(struct script_engine *engine, bool now)
{
    struct map_cursor cursor = {0};
    struct str sha;
    void *script;
    recent_forget(&engine->recent);
    while (map_next(&engine->cache, &cursor, &sha, &script)) script_free(engine, script);
    map_deinit(&engine->cache, NULL);
    engine->cache = (struct map){0};
    engine->cache_bytes = 0;
    if (now) lua_gc(engine->lua, LUA_GCCOLLECT, 0);
}

struct buf *script_scratch(lua_State *lua)
{
    struct buf *scratch = &script_engine_of(lua)->scratch;
    if (scratch->capacity > SCRATCH_KEPT) buf_deinit(scratch);
    buf_clear(scratch);
    return scratch;
}

void script_scratch_check(lua_State *lua, const struct buf *scratch)
{
    if (scratch->len > SCRIPT_MEMORY_MAX) luaL_error(lua, "not enough memory");
}
