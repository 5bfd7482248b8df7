#include "base/num.h"
#include "script/families.h"
#include "script/library.h"
#include "script/numkeys.h"
#include "script/run.h"

static void run_fcall(struct call *call)
{
    struct script_engine *engine = call->host->scripts;
    const struct library_function *function = library_find_function(engine, call_arg(call, 1));
    int key_count;
    int64_t number;
    script_announce(engine, call);
    if (function == NULL) {
        reply_error(call->reply, "ERR Function not found");
        return;
    }
    if (!num_parse_i64(call_arg(call, 2), &number)) {
        reply_error(call->reply, "ERR Bad number of keys provided");
        return;
    }
    if (!numkeys_read(call, &key_count)) return;
    struct buf name = {0};
    buf_append_str(&name, buf_str(&function->name));
    script_run(engine, &(struct script_start){
                           .call = call,
                           .function = function->callback,
                           .flags = function->flags,
                           .is_function = true,
                           .is_read_only = (call->command->flags & CMD_READONLY) != 0,
                           .name = buf_c(&name),
                           .key_count = key_count,
                       });
    buf_deinit(&name);
}

#define KEYS_OF_FUNCTION(flags_, notes_)                                                           \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = 2, .find = KEYS_COUNTED, .first = 1,   \
        .step = 1, .notes = (notes_)                                                               \
    }

enum {
    RUNS_FUNCTION =
        CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_MOVABLE_KEYS,
};

const struct command fcall_commands[] = {
    {
        .name = "fcall",
        .run = run_fcall,
        .arity = -3,
        .flags = RUNS_FUNCTION | CMD_MAY_REPLICATE,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_FUNCTION(
            KEY_RW | KEY_ACCESS | KEY_UPDATE,
            "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")},
        .summary = "Runs a function.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "That of the function",
        .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
    },
    {
        .name = "fcall_ro",
        .run = run_fcall,
        .arity = -3,
        .flags = RUNS_FUNCTION | CMD_READONLY,
        .categories = CAT_SCRIPTING,
        .keys = {KEYS_OF_FUNCTION(
            KEY_RO | KEY_ACCESS,
            "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")},
        .summary = "Runs a function that may not write.",
        .since = "7.0.0",
        .group = "scripting",
        .complexity = "That of the function",
        .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
    },
    {0},
};
