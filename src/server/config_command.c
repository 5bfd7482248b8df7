#include "server/config_command.h"

#include "base/glob.h"
#include "base/mem.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/help.h"
#include "server/access.h"
#include "server/families.h"

/* --- GET --- */

struct listing {
    const struct config *config;
    struct reply *reply;
    struct buf text;
    unsigned char *shown; /* two per option: its name, its alias */
    size_t pairs;
};

static bool is_pattern(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '*' || c == '?' || c == '[') return true;
    }
    return false;
}

static void show(struct listing *listing, size_t index, bool alias, struct str name)
{
    if (listing->shown[2 * index + alias]) return;
    listing->shown[2 * index + alias] = 1;
    listing->pairs++;
    const struct config_option *option = config_option_at(index);
    buf_clear(&listing->text);
    config_option_format(option, config_field_const(option, listing->config), &listing->text);
    reply_bulk(listing->reply, name);
    reply_bulk(listing->reply, buf_str(&listing->text));
}

static void show_matching(struct listing *listing, struct str pattern)
{
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        if (option->flags & (CONFIG_FILE_ONLY | CONFIG_HIDDEN)) continue;
        struct str name = str_from_c(option->name), alias = str_from_c(option->alias);
        if (glob_match_nocase(pattern, name)) show(listing, i, false, name);
        if (alias.len > 0 && glob_match_nocase(pattern, alias)) show(listing, i, true, alias);
    }
}

/* A plain name is answered as it was spelled. */
static void show_named(struct listing *listing, struct str name)
{
    struct config_found found = config_option_find(name);
    if (!found.option || (found.option->flags & CONFIG_FILE_ONLY)) return;
    show(listing, found.index, !str_is(name, found.option->name), name);
}

static void get(struct call *call)
{
    struct listing listing = {.config = server_config(call)->config, .reply = call->reply};
    struct reply_later later;
    listing.shown = mem_calloc(2 * config_option_count());
    reply_later_begin(call->reply, &later);
    for (int i = 2; i < call->argc; i++) {
        struct str arg = call_arg(call, i);
        if (is_pattern(arg)) {
            show_matching(&listing, arg);
        } else {
            show_named(&listing, arg);
        }
    }
    reply_later_map(call->reply, &later, listing.pairs);
    mem_free(listing.shown);
    buf_deinit(&listing.text);
}

/* --- SET --- */

static void reply_failure(struct call *call, const struct config_failure *failure)
{
    if (failure->unknown) {
        reply_error_fmt(call->reply,
                        "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'",
                        STR_ARG(failure->culprit));
        return;
    }
    reply_error_fmt(call->reply,
                    "ERR CONFIG SET failed (possibly related to argument '%.*s') - %.*s",
                    STR_ARG(failure->culprit), STR_ARG(buf_str(&failure->reason)));
}

static bool is_local(const struct config_service *service, const struct session *session)
{
    return service->is_local && service->is_local(service->hooks.ctx, session);
}

static void set(struct call *call)
{
    if (call->argc % 2 != 0) {
        reply_error(call->reply, ERR_SYNTAX);
        return;
    }
    struct config_service *service = server_config(call);
    size_t count = (size_t)(call->argc - 2) / 2;
    struct config_assignment *list = mem_alloc(count * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        int at = (int)(2 + 2 * i);
        list[i] = (struct config_assignment){call_arg(call, at), call_arg(call, at + 1)};
    }
    struct config_request request = {list, count, is_local(service, call->session)};
    struct config_failure failure = {0};
    if (config_set(service->config, &service->hooks, &request, &failure)) {
        reply_ok(call->reply);
    } else {
        reply_failure(call, &failure);
    }
    buf_deinit(&failure.reason);
    mem_free(list);
}

/* --- REWRITE, RESETSTAT, HELP --- */

static void rewrite(struct call *call)
{
    struct config_service *service = server_config(call);
    struct buf reason = {0};
    if (service->refresh) service->refresh(service->hooks.ctx);
    if (service->rewrite(service->config, &reason)) {
        reply_ok(call->reply);
    } else {
        reply_error_fmt(call->reply, "ERR %.*s", STR_ARG(buf_str(&reason)));
    }
    buf_deinit(&reason);
}

static void resetstat(struct call *call)
{
    struct config_service *service = server_config(call);
    if (service->reset_statistics) service->reset_statistics(service->hooks.ctx);
    reply_ok(call->reply);
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "GET <pattern> [<pattern> ...]",
        "    Shows the options whose names match, and their values.",
        "SET <option> <value> [<option> <value> ...]",
        "    Changes options; if one cannot be changed, none is.",
        "REWRITE",
        "    Brings the configuration file up to date with the values in use.",
        "RESETSTAT",
        "    Sets the counters that INFO shows back to zero.",
        NULL,
    };
    help_reply(call, LINES);
}

#define ABOUT(run_, arity_, since_)                                                                \
    .run = (run_), .arity = (arity_), .since = (since_), .group = "server",                        \
    .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE

static const struct command subcommands[] = {
    {
        .name = "get",
        ABOUT(get, -3, "2.0.0"),
        .summary = "Shows options and their values.",
        .complexity = "O(N) with N the patterns given",
        .syntax = "parameter [parameter ...]",
        .history = {{"7.0.0", "Takes several patterns."}},
    },
    {
        .name = "set",
        ABOUT(set, -4, "2.0.0"),
        .summary = "Changes options while the server runs.",
        .complexity = "O(N) with N the options given",
        .syntax = "parameter value [parameter value ...]",
        .history = {{"7.0.0", "Sets several options in one call."}},
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "rewrite",
        ABOUT(rewrite, 2, "2.8.0"),
        .summary = "Writes the values in use to the configuration file.",
        .complexity = "O(1)",
    },
    {
        .name = "resetstat",
        ABOUT(resetstat, 2, "2.0.0"),
        .summary = "Sets the counters of INFO back to zero.",
        .complexity = "O(1)",
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .since = "5.0.0",
        .group = "server",
        .summary = "Explains the sub-commands.",
        .complexity = "O(1)",
    },
    {0},
};

const struct command config_commands[] = {
    {
        .name = "config",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "Holds the commands about the server's options.",
        .since = "2.0.0",
        .group = "server",
        .complexity = "Depends on the sub-command.",
    },
    {0},
};
