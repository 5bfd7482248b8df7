/* Whether a selector allows a request. */
#include "server/acl_selector.h"

#include "base/glob.h"

/* Commands whose arguments are channels that the user must be allowed to use. */
struct channel_command {
    const char *name;
    bool all;     /* all arguments, else the first */
    bool literal; /* patterns: must be listed as they are */
};

static const struct channel_command channel_commands[] = {
    {"publish", false, false},   {"spublish", false, false}, {"subscribe", true, false},
    {"ssubscribe", true, false}, {"psubscribe", true, true}, {NULL, false, false},
};

static const struct channel_command *channels_of(const struct acl_request *request)
{
    if (!(request->command->flags & CMD_PUBSUB) || request->container) return NULL;
    for (const struct channel_command *at = channel_commands; at->name; at++) {
        if (strcmp(request->command->name, at->name) == 0) return at;
    }
    return NULL;
}

static bool may_run(const struct acl_selector *selector, const struct acl_request *request)
{
    if (selector->unlimited & ACL_ALL_COMMANDS) return true;
    if (request->command->flags & CMD_NO_AUTH) return true;
    if (acl_selector_has(selector, request->id)) return true;
    if (request->argc < 2) return false;
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        const struct acl_first_arg *arg = &selector->first_args[i];
        if (arg->id == request->id && str_eq_nocase(request->argv[1], str_of(arg->text, arg->len)))
            return true;
    }
    return false;
}

static bool may_use_key(const struct acl_selector *selector, struct str key, uint32_t flags)
{
    uint32_t needed = 0;
    if (flags & KEY_ACCESS) needed |= ACL_READ;
    if (flags & (KEY_INSERT | KEY_DELETE | KEY_UPDATE)) needed |= ACL_WRITE;
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct acl_pattern *pattern = &selector->keys.list[i];
        if ((pattern->access & needed) == needed &&
            glob_match(str_of(pattern->text, pattern->len), key))
            return true;
    }
    return false;
}

/* SUNSUBSCRIBE tells shard channels like keys, and may come without any. */
static bool takes_keys(const struct command *command)
{
    for (int i = 0; i < COMMAND_KEY_SPECS && command->keys[i].begin != KEYS_END; i++) {
        if ((command->keys[i].flags & KEY_NOT_KEY) == 0) return true;
    }
    return command->find_keys != NULL;
}

static void find_keys(struct acl_request *request)
{
    const struct command *command = request->command;
    if (request->keys_known) return;
    request->keys_known = true;
    if (!takes_keys(command)) return;
    request->keys_wrong = !command_find_keys(command, request->argv, request->argc, &request->keys);
}

/* A request whose keys cannot be told is refused: its handler would refuse it too, and must not be
 * trusted to. */
static bool may_use_keys(const struct acl_selector *selector, struct acl_request *request)
{
    if (selector->unlimited & ACL_ALL_KEYS) return true;
    find_keys(request);
    request->denied_at = request->argc > 1;
    if (request->keys_wrong) return false;
    for (int i = 0; i < request->keys.count; i++) {
        const struct key_ref *ref = &request->keys.list[i];
        if (ref->flags & KEY_NOT_KEY) continue;
        request->denied_at = ref->at;
        if (!may_use_key(selector, request->argv[ref->at], ref->flags)) return false;
    }
    return true;
}

bool acl_selector_may_hear(const struct acl_selector *selector, struct str channel, bool literal)
{
    if (selector->unlimited & ACL_ALL_CHANNELS) return true;
    for (size_t i = 0; i < selector->channels.count; i++) {
        struct str pattern =
            str_of(selector->channels.list[i].text, selector->channels.list[i].len);
        if (literal ? str_eq(pattern, channel) : glob_match(pattern, channel)) return true;
    }
    return false;
}

static bool may_use_channels(const struct acl_selector *selector, struct acl_request *request)
{
    if (selector->unlimited & ACL_ALL_CHANNELS) return true;
    const struct channel_command *channels = channels_of(request);
    if (channels == NULL) return true;
    for (int i = 1; i < (channels->all ? request->argc : 2); i++) {
        request->denied_at = i;
        if (!acl_selector_may_hear(selector, request->argv[i], channels->literal)) return false;
    }
    return true;
}

enum acl_verdict acl_selector_judge(const struct acl_selector *selector,
                                    struct acl_request *request)
{
    request->denied_at = 0;
    if (!may_run(selector, request)) return ACL_DENIED_COMMAND;
    if (!may_use_keys(selector, request)) return ACL_DENIED_KEY;
    if (!may_use_channels(selector, request)) return ACL_DENIED_CHANNEL;
    return ACL_ALLOWED;
}

void acl_request_deinit(struct acl_request *request)
{
    key_refs_deinit(&request->keys);
}
