/* One set of permissions: commands, keys and channels. A user has a first one and may have more in
 * parentheses; a request is allowed when any of them allows all of it.
 *
 * Commands are a bitmap over registry ids plus one bit for commands yet to come (set by +@all). A
 * command whose bit is off may still be allowed for certain first arguments. Nothing here knows
 * users. */
#ifndef SKEIN_SERVER_ACL_SELECTOR_H
#define SKEIN_SERVER_ACL_SELECTOR_H

#include "command/keys.h"
#include "server/acl_rules.h"

enum acl_unlimited {
    ACL_ALL_COMMANDS = 1 << 0,
    ACL_ALL_KEYS = 1 << 1,
    ACL_ALL_CHANNELS = 1 << 2,
    ACL_ALL = ACL_ALL_COMMANDS | ACL_ALL_KEYS | ACL_ALL_CHANNELS,
};

enum acl_access { ACL_READ = 1 << 0, ACL_WRITE = 1 << 1 };

struct acl_pattern {
    char *text;
    size_t len;
    uint32_t access; /* enum acl_access; of key patterns */
};

struct acl_patterns {
    struct acl_pattern *list;
    size_t count;
};

struct acl_first_arg {
    int id; /* the command */
    char *text;
    size_t len;
};

struct acl_selector {
    uint32_t unlimited; /* enum acl_unlimited: shortcuts of what follows */
    uint64_t *commands;
    size_t bits;
    struct acl_first_arg *first_args;
    size_t first_arg_count;
    struct acl_patterns keys, channels;
};

/* Allows nothing (but all channels, if new users may hear them). */
struct acl_selector *acl_selector_new(const struct acl_rules *rules);
/* Reads "(rule rule ...)". NULL, and why in *error, when a rule is wrong. */
struct acl_selector *acl_selector_parse(const struct acl_rules *rules, struct str text,
                                        enum acl_error *error);
struct acl_selector *acl_selector_copy(const struct acl_selector *selector);
void acl_selector_free(struct acl_selector *selector);
enum acl_error acl_selector_apply(struct acl_selector *selector, const struct acl_rules *rules,
                                  struct str rule);

bool acl_selector_has(const struct acl_selector *selector, int id);
/* Also the bits of its sub-commands; forgets first arguments. */
void acl_selector_set(struct acl_selector *selector, const struct command_ref *ref, bool allowed);
/* All commands of a category (one bit of enum command_category). */
void acl_selector_set_category(struct acl_selector *selector, const struct acl_rules *rules,
                               uint32_t category, bool allowed);
/* Whether commands of later versions are allowed. */
static inline bool acl_selector_has_future(const struct acl_selector *selector)
{
    return acl_selector_has(selector, (int)selector->bits - 1);
}

/* In order of relevance: of several selectors' reasons the last one is told. */
enum acl_verdict { ACL_ALLOWED, ACL_DENIED_COMMAND, ACL_DENIED_KEY, ACL_DENIED_CHANNEL };

/* A request to be judged, perhaps by several selectors: its keys are looked for once. */
struct acl_request {
    const struct command *command;
    const struct command *container;
    int id;
    const struct str *argv;
    int argc;
    bool keys_known, keys_wrong;
    struct key_refs keys;
    int denied_at; /* the argument that was refused */
};

enum acl_verdict acl_selector_judge(const struct acl_selector *selector,
                                    struct acl_request *request);
void acl_request_deinit(struct acl_request *request);
/* `literal`: the channel is itself a pattern and must be listed as such. */
bool acl_selector_may_hear(const struct acl_selector *selector, struct str channel, bool literal);

#endif
