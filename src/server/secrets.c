#include "server/secrets.h"

#include "server/config_option.h"

static bool all_arguments(const struct call *call, int at)
{
    (void)call;
    return at >= 1;
}

/* ACL SETUSER: rules hold passwords, and the name tells whose they are. */
static bool all_after_subcommand(const struct call *call, int at)
{
    (void)call;
    return at >= 2;
}

/* HELLO 3 AUTH user password. */
static bool after_auth(const struct call *call, int at)
{
    return (at >= 3 && call_is(call, at - 1, "auth")) || (at >= 4 && call_is(call, at - 2, "auth"));
}

/* MIGRATE ... AUTH password, or AUTH2 user password. */
static bool migrate_credentials(const struct call *call, int at)
{
    return at >= 7 && (call_is(call, at - 1, "auth") || call_is(call, at - 1, "auth2") ||
                       call_is(call, at - 2, "auth2"));
}

static bool secret_settings(const struct call *call, int at)
{
    if (at < 3 || at % 2 == 0) return false;
    struct config_found found = config_option_find(call_arg(call, at - 1));
    return found.option && (found.option->flags & CONFIG_SECRET);
}

static const struct {
    const char *container, *name;
    secret_rule *rule;
} rules[] = {
    {NULL, "auth", all_arguments},          {NULL, "hello", after_auth},
    {NULL, "migrate", migrate_credentials}, {"acl", "setuser", all_after_subcommand},
    {"config", "set", secret_settings},
};

secret_rule *secret_rule_of(const struct call *call)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        bool contained = rules[i].container != NULL;
        if (contained != (call->container != NULL)) continue;
        if (contained && strcmp(rules[i].container, call->container->name) != 0) continue;
        if (strcmp(rules[i].name, call->command->name) == 0) return rules[i].rule;
    }
    return NULL;
}
