/* COMMAND: what the server can do. */
#include "base/glob.h"
#include "command/call.h"
#include "command/category.h"
#include "command/command_info.h"
#include "command/execute.h"
#include "command/families.h"
#include "command/help.h"
#include "command/keys.h"

static const struct registry *registry_of(const struct call *call)
{
    return call->host->executor->registry;
}

/* --- all commands, or those named --- */

static void info_of_all(struct call *call)
{
    const struct registry *registry = registry_of(call);
    struct map_cursor cursor = {0};
    struct str name;
    void *ref;
    reply_array(call->reply, registry->by_name.len);
    while (map_next(&registry->by_name, &cursor, &name, &ref)) command_info_reply(call->reply, ref);
}

static void info(struct call *call)
{
    if (call->argc == 2) {
        info_of_all(call);
        return;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        const struct command_ref *ref = registry_get(registry_of(call), call_arg(call, i));
        if (ref)
            command_info_reply(call->reply, ref);
        else
            reply_null(call->reply);
    }
}

static void docs_of_all(struct call *call)
{
    const struct registry *registry = registry_of(call);
    struct map_cursor cursor = {0};
    struct str name;
    void *value;
    reply_map(call->reply, registry->by_name.len);
    while (map_next(&registry->by_name, &cursor, &name, &value)) {
        const struct command_ref *ref = value;
        reply_bulk_c(call->reply, ref->full_name);
        command_docs_reply(call->reply, ref);
    }
}

static void docs(struct call *call)
{
    struct reply_later later;
    size_t found = 0;
    if (call->argc == 2) {
        docs_of_all(call);
        return;
    }
    reply_later_begin(call->reply, &later);
    for (int i = 2; i < call->argc; i++) {
        const struct command_ref *ref = registry_get(registry_of(call), call_arg(call, i));
        if (!ref) continue;
        reply_bulk_c(call->reply, ref->full_name);
        command_docs_reply(call->reply, ref);
        found++;
    }
    reply_later_map(call->reply, &later, found);
}

static void count(struct call *call)
{
    reply_i64(call->reply, (int64_t)registry_of(call)->by_name.len);
}

/* --- LIST --- */

enum filter_kind { FILTER_NONE, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN };

struct filter {
    enum filter_kind kind;
    uint32_t category;
    struct str pattern;
};

static bool passes(const struct filter *filter, const struct command_ref *ref)
{
    switch (filter->kind) {
    case FILTER_NONE:
        return true;
    case FILTER_MODULE:
        return false;
    case FILTER_CATEGORY:
        return (ref->categories & filter->category) != 0;
    case FILTER_PATTERN:
        return glob_match_nocase(filter->pattern, str_from_c(ref->full_name));
    }
    return false;
}

static bool parse_filter(struct call *call, struct filter *filter)
{
    if (call->argc == 2) return true;
    if (call->argc != 5 || !call_is(call, 2, "filterby")) return false;
    if (call_is(call, 3, "module"))
        filter->kind = FILTER_MODULE;
    else if (call_is(call, 3, "aclcat"))
        filter->kind = FILTER_CATEGORY;
    else if (call_is(call, 3, "pattern"))
        filter->kind = FILTER_PATTERN;
    filter->category = category_find(call_arg(call, 4));
    filter->pattern = call_arg(call, 4);
    return filter->kind != FILTER_NONE;
}

static size_t list_one(struct reply *reply, const struct filter *filter,
                       const struct command_ref *ref)
{
    size_t listed = 0;
    if (passes(filter, ref)) {
        reply_bulk_c(reply, ref->full_name);
        listed++;
    }
    for (size_t i = 0; ref->subcommands && ref->subcommands[i]; i++) {
        listed += list_one(reply, filter, ref->subcommands[i]);
    }
    return listed;
}

static void list(struct call *call)
{
    struct filter filter = {0};
    struct map_cursor cursor = {0};
    struct reply_later later;
    struct str name;
    size_t listed = 0;
    void *ref;
    if (!parse_filter(call, &filter)) {
        call_syntax_error(call);
        return;
    }
    reply_later_begin(call->reply, &later);
    while (map_next(&registry_of(call)->by_name, &cursor, &name, &ref)) {
        listed += list_one(call->reply, &filter, ref);
    }
    reply_later_array(call->reply, &later, listed);
}

/* --- GETKEYS --- */

static bool has_keys(const struct command *command)
{
    if (command->find_keys) return true;
    for (int i = 0; i < COMMAND_KEY_SPECS && command->keys[i].begin != KEYS_END; i++) {
        if (!(command->keys[i].flags & KEY_NOT_KEY)) return true;
    }
    return false;
}

static bool fits_arity(const struct command *command, int argc)
{
    return command->arity >= 0 ? argc == command->arity : argc >= -command->arity;
}

/* Why the keys of a request cannot be told; NULL when they can. A container that names no
 * sub-command has no handler. */
static const char *refusal(const struct command_ref *ref, int argc)
{
    if (!ref || (ref->subcommands && !ref->command->run)) return "ERR Invalid command specified";
    if (!has_keys(ref->command)) return "ERR The command has no key arguments";
    if (!fits_arity(ref->command, argc)) {
        return "ERR Invalid number of arguments specified for command";
    }
    return NULL;
}

static void reply_keys(struct call *call, const struct key_refs *refs, bool with_flags)
{
    size_t keys = 0;
    for (int i = 0; i < refs->count; i++) keys += !(refs->list[i].flags & KEY_NOT_KEY);
    reply_array(call->reply, keys);
    for (int i = 0; i < refs->count; i++) {
        if (refs->list[i].flags & KEY_NOT_KEY) continue;
        if (with_flags) reply_array(call->reply, 2);
        reply_bulk(call->reply, call_arg(call, 2 + refs->list[i].at));
        if (with_flags) command_key_flags_reply(call->reply, refs->list[i].flags);
    }
}

static void reply_keys_of_request(struct call *call, bool with_flags)
{
    const struct str *argv = call->argv + 2;
    int argc = call->argc - 2;
    const struct command_ref *ref = registry_find(registry_of(call), argv, argc);
    const char *error = refusal(ref, argc);
    struct key_refs refs = {0};
    if (error) {
        reply_error(call->reply, error);
        return;
    }
    bool found = command_find_keys(ref->command, argv, argc, &refs);
    bool none_needed = (ref->command->flags & CMD_NO_MANDATORY_KEYS) != 0;
    if ((found && refs.count) || none_needed)
        reply_keys(call, &refs, with_flags);
    else
        reply_error(call->reply, "ERR Invalid arguments specified for command");
    key_refs_deinit(&refs);
}

static void getkeys(struct call *call)
{
    reply_keys_of_request(call, false);
}

static void getkeysandflags(struct call *call)
{
    reply_keys_of_request(call, true);
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "(no subcommand)",
        "    Describes all commands.",
        "COUNT",
        "    Tells how many commands there are.",
        "DOCS [<command-name> ...]",
        "    Explains the named commands, or all.",
        "GETKEYS <full-command>",
        "    Lists the keys of a request.",
        "GETKEYSANDFLAGS <full-command>",
        "    Lists the keys of a request and what it does to them.",
        "INFO [<command-name> ...]",
        "    Describes the named commands, or all.",
        "LIST [FILTERBY MODULE <name>|ACLCAT <category>|PATTERN <pattern>]",
        "    Lists the names of all commands, or of those a filter lets through.",
        NULL,
    };
    help_reply(call, LINES);
}

#define ABOUT(run_, arity_, since_)                                                                \
    .run = (run_), .arity = (arity_), .flags = CMD_LOADING | CMD_STALE,                            \
    .categories = CAT_CONNECTION, .since = (since_), .group = "server"
#define IN_NO_ORDER .tips = {"nondeterministic_output_order"}

static const struct command subcommands[] = {
    {
        .name = "count",
        ABOUT(count, 2, "2.8.13"),
        .summary = "Tells how many commands there are.",
        .complexity = "O(1)",
    },
    {
        .name = "docs",
        ABOUT(docs, -2, "7.0.0"),
        IN_NO_ORDER,
        .summary = "Explains commands to people.",
        .complexity = "O(N) with N the commands asked for",
        .syntax = "[command-name [command-name ...]]",
    },
    {
        .name = "getkeys",
        ABOUT(getkeys, -4, "2.8.13"),
        .summary = "Lists the keys of a request.",
        .complexity = "O(N) with N the arguments of the request",
        .syntax = "command [arg [arg ...]]",
    },
    {
        .name = "getkeysandflags",
        ABOUT(getkeysandflags, -4, "7.0.0"),
        .summary = "Lists the keys of a request and what it does to them.",
        .complexity = "O(N) with N the arguments of the request",
        .syntax = "command [arg [arg ...]]",
    },
    {
        .name = "help",
        ABOUT(help, 2, "5.0.0"),
        .summary = "Explains the sub-commands.",
        .complexity = "O(1)",
    },
    {
        .name = "info",
        ABOUT(info, -2, "2.8.13"),
        IN_NO_ORDER,
        .summary = "Describes commands to programs.",
        .complexity = "O(N) with N the commands asked for",
        .syntax = "[command-name [command-name ...]]",
        .history = {{"7.0.0", "Describes all commands when none is named."}},
    },
    {
        .name = "list",
        ABOUT(list, -2, "7.0.0"),
        IN_NO_ORDER,
        .summary = "Lists the names of commands.",
        .complexity = "O(N) with N the number of commands",
        .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
    },
    {0},
};

const struct command command_commands[] = {
    {
        .name = "command",
        ABOUT(info_of_all, -1, "2.8.13"),
        IN_NO_ORDER,
        .subcommands = subcommands,
        .summary = "Describes all commands.",
        .complexity = "O(N) with N the number of commands",
    },
    {0},
};
