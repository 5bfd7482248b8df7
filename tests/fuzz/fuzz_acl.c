/* Any list of rules must be read or refused without harm, and what describes the user must read
 * back as the same user: the text of ACL LIST is what files keep.
 *
 * Rules are the input's lines. */
#include "server/acl_describe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES_MAX = 64 };

static const struct command config_subcommands[] = {
    {.name = "get", .arity = -3, .flags = CMD_ADMIN},
    {.name = "set", .arity = -4, .flags = CMD_ADMIN},
    {.name = "help", .arity = 2},
    {0},
};

static const struct command commands[] = {
    {.name = "get", .arity = 2, .flags = CMD_READONLY | CMD_FAST, .categories = CAT_STRING},
    {.name = "set", .arity = 3, .flags = CMD_WRITE, .categories = CAT_STRING},
    {.name = "del", .arity = -2, .flags = CMD_WRITE, .categories = CAT_KEYSPACE},
    {.name = "select", .arity = 2, .flags = CMD_FAST, .categories = CAT_CONNECTION},
    {.name = "publish", .arity = 3, .flags = CMD_PUBSUB | CMD_FAST},
    {.name = "config", .arity = -2, .subcommands = config_subcommands},
    {0},
};

/* Applies words as ACL SETUSER does: false when one of them is wrong. */
static bool apply(struct acl_user *user, const struct acl_rules *rules, struct str text,
                  char separator)
{
    struct str words[RULES_MAX * 4], unmatched;
    size_t count = 0;
    while (count < RULES_MAX * 4 && str_split(&text, separator, &words[count])) count++;
    struct acl_grouped grouped;
    bool fine = text.ptr == NULL && acl_group(words, count, &grouped, &unmatched);
    for (size_t i = 0; fine && i < grouped.count; i++) {
        fine = acl_user_apply(user, rules, buf_str(&grouped.list[i])) == ACL_OK;
    }
    if (text.ptr == NULL) acl_grouped_deinit(&grouped);
    return fine;
}

static void check_round_trip(const struct acl_user *user, const struct acl_rules *rules)
{
    struct buf once = {0}, again = {0};
    struct acl_user *copy = acl_user_new(rules, STR("copy"));
    acl_describe_user(user, rules, &once);
    if (!apply(copy, rules, buf_str(&once), ' ')) abort();
    acl_describe_user(copy, rules, &again);
    if (!str_eq(buf_str(&once), buf_str(&again))) abort();
    acl_user_free(copy);
    buf_deinit(&once);
    buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registry registry;
    struct acl_rules rules;
    if (size > 2048) return 0;
    registry_init(&registry);
    registry_add(&registry, commands);
    acl_rules_init(&rules, &registry);
    struct acl_user *user = acl_user_new(&rules, STR("fuzz"));
    struct str text = str_of((const char *)data, size);
    struct str lines = text, line;
    size_t count = 0;
    while (str_split(&lines, '\n', &line)) count++;
    if (size && count <= RULES_MAX && apply(user, &rules, text, '\n')) {
        check_round_trip(user, &rules);
    }
    acl_user_free(user);
    acl_rules_deinit(&rules);
    registry_deinit(&registry);
    return 0;
}
