#include "script/library.h"

#include "base/mem.h"
#include "script/base_functions.h"
#include "script/run.h"
#include "script/sandbox.h"
#include "script/shebang.h"

#include <lauxlib.h>

enum { LOAD_MAX_US = 500 * 1000 };

static void free_library(struct script_engine *engine, struct library *library)
{
    if (library == NULL) return;
    for (size_t i = 0; i < library->count; i++) {
        struct library_function *function = library->functions[i];
        luaL_unref(engine->lua, LUA_REGISTRYINDEX, function->callback);
        buf_deinit(&function->name);
        buf_deinit(&function->description);
        mem_free(function);
    }
    mem_free(library->functions);
    buf_deinit(&library->name);
    buf_deinit(&library->code);
    mem_free(library);
}

struct library_set *library_set_new(void)
{
    struct library_set *set = mem_new(struct library_set);
    set->functions.nocase = true;
    return set;
}

void library_set_free(struct script_engine *engine, struct library_set *set)
{
    struct map_cursor cursor = {0};
    struct str name;
    void *library;
    while (map_next(&set->libraries, &cursor, &name, &library)) free_library(engine, library);
    map_deinit(&set->libraries, NULL);
    map_deinit(&set->functions, NULL);
    mem_free(set);
}

struct library *library_find(const struct script_engine *engine, struct str name)
{
    return map_get(&engine->libraries->libraries, name);
}

struct library_function *library_find_function(const struct script_engine *engine, struct str name)
{
    return map_get(&engine->libraries->functions, name);
}

void library_delete(struct script_engine *engine, struct library *library)
{
    struct library_set *set = engine->libraries;
    map_remove(&set->libraries, buf_str(&library->name));
    for (size_t i = 0; i < library->count; i++) {
        map_remove(&set->functions, buf_str(&library->functions[i]->name));
    }
    free_library(engine, library);
}

bool library_name_is_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = char_lower(name.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    }
    return name.len > 0;
}

bool library_add(struct library *library, const struct library_function *function)
{
    for (size_t i = 0; i < library->count; i++) {
        if (str_eq_nocase(buf_str(&library->functions[i]->name), buf_str(&function->name))) {
            return false;
        }
    }
    struct library_function *added = mem_new(struct library_function);
    *added = *function;
    added->library = library;
    size_t size = (library->count + 1) * sizeof(*library->functions);
    library->functions = mem_realloc(library->functions, size);
    library->functions[library->count++] = added;
    return true;
}

void library_check_time(lua_State *lua, int64_t now_us)
{
    const struct library_loading *loading = script_engine_of(lua)->loading;
    if (now_us - loading->started_us < LOAD_MAX_US) return;
    lua_pushliteral(lua, "FUNCTION LOAD timeout");
    lua_error(lua);
}

/* --- loading --- */

static const char *text_of_error(lua_State *lua)
{
    if (lua_type(lua, -1) == LUA_TTABLE) {
        lua_pushliteral(lua, "err");
        lua_rawget(lua, -2);
    }
    const char *text = lua_tostring(lua, -1);
    return text ? text : "unknown error";
}

static int run_code(lua_State *lua)
{
    lua_call(lua, 0, 0);
    return 0;
}

/* The compiled code is on top; pops it. */
static bool register_functions(struct script_engine *engine, struct library *library,
                               struct buf *error)
{
    lua_State *lua = engine->lua;
    struct executor *executor = engine->host->executor;
    struct library_loading loading = {.library = library};
    if (executor->clock_us) loading.started_us = executor->clock_us(executor->owner);
    lua_pushcfunction(lua, base_describe_error);
    lua_insert(lua, -2);
    lua_pushcfunction(lua, run_code);
    lua_insert(lua, -2);
    engine->loading = &loading;
    engine->limit = engine->used + SCRIPT_MEMORY_MAX;
    int status = lua_pcall(lua, 1, 0, -3);
    engine->limit = SIZE_MAX;
    engine->loading = NULL;
    if (status) buf_printf(error, "ERR Error registering functions: %s", text_of_error(lua));
    lua_settop(lua, 0);
    return status == 0;
}

static bool run_library(struct script_engine *engine, struct library *library, struct str code,
                        struct buf *error)
{
    lua_State *lua = engine->lua;
    sandbox_enter(lua, GLOBALS_FUNCTION);
    if (luaL_loadbufferx(lua, code.ptr, code.len, "@user_function", "t") != 0) {
        buf_printf(error, "ERR Error compiling function: %s", lua_tostring(lua, -1));
        lua_settop(lua, 0);
        return false;
    }
    if (!register_functions(engine, library, error)) return false;
    if (library->count == 0) buf_append_c(error, "ERR No functions registered");
    return library->count > 0;
}

/* No function may carry the name of one in another library. */
static bool names_are_free(struct script_engine *engine, const struct library *library,
                           const struct library *replaced, struct buf *error)
{
    for (size_t i = 0; i < library->count; i++) {
        struct str name = buf_str(&library->functions[i]->name);
        const struct library_function *other = library_find_function(engine, name);
        if (other == NULL || other->library == replaced) continue;
        buf_printf(error, "ERR Function %.*s already exists", STR_ARG(name));
        return false;
    }
    return true;
}

void library_join(struct script_engine *engine, struct library *library)
{
    struct library_set *set = engine->libraries;
    map_put(&set->libraries, buf_str(&library->name), library);
    for (size_t i = 0; i < library->count; i++) {
        struct library_function *function = library->functions[i];
        map_put(&set->functions, buf_str(&function->name), function);
    }
}

static struct library *make_library(struct script_engine *engine, const struct shebang *shebang,
                                    struct str code, struct buf *error)
{
    struct library *library = mem_new(struct library);
    buf_append_str(&library->name, buf_str(&shebang->name));
    buf_append_str(&library->code, code);
    if (run_library(engine, library, shebang->code, error)) return library;
    free_library(engine, library);
    return NULL;
}

static struct library *load(struct script_engine *engine, const struct shebang *shebang,
                            struct str code, bool replace, struct buf *error)
{
    struct str name = buf_str(&shebang->name);
    if (!library_name_is_valid(name)) {
        buf_append_c(error, LIBRARY_NAME_ERROR);
        return NULL;
    }
    struct library *old = library_find(engine, name);
    if (old && !replace) {
        buf_printf(error, "ERR Library '%.*s' already exists", STR_ARG(name));
        return NULL;
    }
    struct library *library = make_library(engine, shebang, code, error);
    if (library == NULL) return NULL;
    if (!names_are_free(engine, library, old, error)) {
        free_library(engine, library);
        return NULL;
    }
    if (old) library_delete(engine, old);
    library_join(engine, library);
    return library;
}

struct library *library_load(struct script_engine *engine, struct str code, bool replace,
                             struct buf *error)
{
    struct library *library = NULL;
    struct shebang shebang = {0};
    if (shebang_of_library(code, &shebang, error)) {
        library = load(engine, &shebang, code, replace, error);
    }
    shebang_deinit(&shebang);
    return library;
}
