/* MODULE: there are none, and none can be loaded. */
#include "command/help.h"
#include "server/families.h"

static void list(struct call *call)
{
    reply_array(call->reply, 0);
}

static void refuse_load(struct call *call)
{
    reply_error(call->reply, "ERR Error loading the extension. This server does not load modules.");
}

static void refuse_unload(struct call *call)
{
    reply_error(call->reply, "ERR Error unloading module: no such module with that name");
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "LIST",
        "    Lists the modules loaded: none, always.",
        "LOAD <path> [<arg> ...]",
        "    Is refused: this server does not load modules.",
        "LOADEX <path> [CONFIG <name> <value> ...] [ARGS ...]",
        "    Is refused too.",
        "UNLOAD <name>",
        "    Knows no module that could be unloaded.",
        NULL,
    };
    help_reply(call, LINES);
}

enum { LOADS = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING | CMD_PROTECTED };

static const struct command subcommands[] = {
    {
        .name = "list",
        .run = list,
        .arity = 2,
        .flags = CMD_ADMIN | CMD_NOSCRIPT,
        .summary = "Lists the modules loaded.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "O(N) in the number of modules",
        .syntax = "",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "load",
        .run = refuse_load,
        .arity = -3,
        .flags = LOADS,
        .summary = "Would load a module; always refused.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "path [arg [arg ...]]",
    },
    {
        .name = "loadex",
        .run = refuse_load,
        .arity = -3,
        .flags = LOADS,
        .summary = "Would load a module with settings; always refused.",
        .since = "7.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "path [CONFIG <name value> [CONFIG <name value> ...]] [ARGS <arg> [<arg> ...]]",
    },
    {
        .name = "unload",
        .run = refuse_unload,
        .arity = 3,
        .flags = LOADS,
        .summary = "Would unload a module; there is none.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "name",
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .summary = "Explains the sub-commands.",
        .since = "5.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};

const struct command module_commands[] = {
    {
        .name = "module",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "The container of commands about modules.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "That of the sub-command",
        .syntax = "",
    },
    {0},
};
