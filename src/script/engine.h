/* The Lua world of one executor: a state without the JIT, sandboxed; the scripts it has compiled;
 * the run that is on.
 *
 * One run at a time: scripts cannot run scripts. Everything of a run goes through script_run
 * (run.h); outside of it the state is only compiled into. The state's allocator knows its engine,
 * which is how functions called from Lua find it.
 *
 * Memory: while a run is on, the Lua heap may grow by SCRIPT_MEMORY_MAX; a request beyond that
 * fails inside Lua as "not enough memory". Buffers that C code needs while Lua may raise an error
 * belong to the engine, so nothing leaks. */
#ifndef SKEIN_SCRIPT_ENGINE_H
#define SKEIN_SCRIPT_ENGINE_H

#include "base/map.h"
#include "command/execute.h"
#include "script/recent.h"

#include <lua.h>

enum { SCRIPT_MEMORY_MAX = 512 << 20, SCRIPT_SHA_LEN = 40 };

enum script_flag {
    SCRIPT_NO_WRITES = 1 << 0,
    SCRIPT_ALLOW_OOM = 1 << 1,
    SCRIPT_ALLOW_STALE = 1 << 2,
    SCRIPT_NO_CLUSTER = 1 << 3,
    SCRIPT_ALLOW_CROSS_SLOT = 1 << 4,
    SCRIPT_COMPAT = 1 << 5, /* no shebang: what it may do is seen command by command */
};

/* What the server does for scripts. */
struct script_hooks {
    void *owner;
    /* From when on a script is slow, in microseconds; 0: never. */
    int64_t (*slow_after_us)(void *owner);
    /* Serves other clients while a slow script runs; true when the server wants to end. */
    bool (*serve)(void *owner);
    void (*log)(void *owner, int level, struct str text);
    /* A request for a script came, and does nothing yet. NULL: nobody cares. */
    void (*on_request)(void *owner, const struct call *call);
};

enum { SCRIPT_REPL_NONE = 0, SCRIPT_REPL_AOF = 1, SCRIPT_REPL_REPLICA = 2, SCRIPT_REPL_ALL = 3 };

/* The run that is on. */
struct script_run {
    struct call *call; /* NULL: none */
    const char *name;  /* of the function, for FUNCTION STATS */
    int function;      /* in the state's registry */
    uint32_t flags;    /* enum script_flag */
    bool is_function;
    bool is_read_only; /* EVAL_RO, FCALL_RO, or the flag no-writes */
    bool has_written;
    bool is_killed;
    bool is_slow;
    bool out_of_memory; /* there was no room when it began */
    int repl;
    int64_t started_us;
};

/* Settings of cjson that scripts may change; like stock's they outlive the script. */
struct cjson_settings {
    bool sparse_convert, keep_buffer;
    int sparse_ratio, sparse_safe;
    int encode_depth, decode_depth;
    int precision;
    int encode_invalid, decode_invalid; /* enum in cjson.c */
};

struct library_set;

struct script_engine {
    lua_State *lua;
    size_t used, limit; /* of the Lua heap */
    struct host *host;
    struct script_hooks hooks;
    struct map cache; /* sha -> struct script */
    size_t cache_bytes;
    struct recent_scripts recent; /* of the cache */
    struct library_set *libraries;
    struct library_loading *loading; /* FUNCTION LOAD runs a library's code */
    struct script_run run;
    struct session session; /* of the commands of scripts */
    struct chain out;
    struct buf reply, scratch;
    struct str *argv;
    size_t argv_capacity;
    struct cjson_settings cjson;
    uint64_t random;
};

struct script_engine *script_engine_new(struct host *host);
void script_engine_free(struct script_engine *engine);
/* The engine a state belongs to. */
struct script_engine *script_engine_of(lua_State *lua);
/* Empties the cache; the Lua heap shrinks in time, or at once when `now`. */
void script_cache_flush(struct script_engine *engine, bool now);
/* An empty buffer for the time of one call from Lua. */
struct buf *script_scratch(lua_State *lua);
/* Raises "not enough memory" when the scratch buffer has grown beyond what a script may hold. */
void script_scratch_check(lua_State *lua, const struct buf *scratch);

#endif
