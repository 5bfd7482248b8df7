#include "script/cache.h"
#include "script/families.h"
#include "script/numkeys.h"
#include "script/run.h"

static struct script_engine *engine_of(struct call *call)
{
    return call->host->scripts;
}

static void start(struct call *call, const struct script *script, int key_count)
{
    script_run(engine_of(call), &(struct script_start){
                                    .call = call,
                                    .function = script->function,
                                    .flags = script->flags,
                                    .is_read_only = (call->command->flags & CMD_READONLY) != 0,
                                    .name = script->sha,
                                    .key_count = key_count,
                                });
}

static void run_eval(struct call *call)
{
    int key_count;
    script_announce(engine_of(call), call);
    if (!numkeys_read(call, &key_count)) return;
    struct buf error = {0};
    const struct script *script = script_load(engine_of(call), call_arg(call, 1), &error);
    if (script)
        start(call, script, key_count);
    else
        reply_error_str(call->reply, buf_str(&error));
    buf_deinit(&error);
}

static void run_evalsha(struct call *call)
{
    struct str sha = call_arg(call, 1);
    int key_count = 0;
    script_announce(engine_of(call), call);
    if (sha.len == SCRIPT_SHA_LEN && !numkeys_read(call, &key_count)) return;
    const struct script *script = script_find(engine_of(call), sha);
    if (script)
        start(call, script, key_count);
    else
        reply_error(call->reply, "NOSCRIPT No matching script. Please use EVAL.");
}

#define KEYS_OF_SCRIPT(flags_, notes_)                                                             \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = 2, .find = KEYS_COUNTED, .first = 1,   \
        .step = 1, .notes = (notes_)                                                               \
    }

enum {
    RUNS_SCRIPT =
        CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_MOVABLE_KEYS,
    ANY_USE = KEY_RW | KEY_ACCESS | KEY_UPDATE,
    READS = KEY_RO | KEY_ACCESS,
};

#define WORST_IS_UPDATE                                                                            \
    "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
#define WORST_IS_ACCESS                                                                            \
    "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"

const struct command eval_commands[] = {
    {
        .name = "eval",
        .run = run_eval,
        .arity = -3,
        .flags = RUNS_SCRIPT | CMD_MAY_REPLICATE,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_SCRIPT(ANY_USE, WORST_IS_UPDATE)},
        .summary = "Runs a Lua script.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "That of the script",
        .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
    },
    {
        .name = "evalsha",
        .run = run_evalsha,
        .arity = -3,
        .flags = RUNS_SCRIPT | CMD_MAY_REPLICATE,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_SCRIPT(ANY_USE, NULL)},
        .summary = "Runs a cached Lua script by its SHA-1.",
        .since = "2.6.0",
        .group = "scripting",
        .complexity = "That of the script",
        .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
    },
    {
        .name = "eval_ro",
        .run = run_eval,
        .arity = -3,
        .flags = RUNS_SCRIPT | CMD_READONLY,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_SCRIPT(READS, WORST_IS_ACCESS)},
        .summary = "Runs a Lua script that may not write.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "That of the script",
        .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
    },
    {
        .name = "evalsha_ro",
        .run = run_evalsha,
        .arity = -3,
        .flags = RUNS_SCRIPT | CMD_READONLY,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_SCRIPT(READS, NULL)},
        .summary = "Runs a cached Lua script, which may not write, by its SHA-1.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "That of the script",
        .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
    },
    {0},
};
