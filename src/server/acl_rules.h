/* What ACL rules are read against: the commands by name, what new users start with, and what can be
 * wrong with a rule. */
#ifndef SKEIN_SERVER_ACL_RULES_H
#define SKEIN_SERVER_ACL_RULES_H

#include "base/buf.h"
#include "base/map.h"
#include "command/registry.h"

struct acl_rules {
    const struct registry *registry;
    struct map by_row;       /* address of a struct command -> its struct command_ref */
    bool all_channels_first; /* acl-pubsub-default: new users hear all channels */
};

/* The registry must be complete and stay as it is. */
void acl_rules_init(struct acl_rules *rules, const struct registry *registry);
void acl_rules_deinit(struct acl_rules *rules);
/* NULL for a command that is not in the registry. */
const struct command_ref *acl_rules_ref(const struct acl_rules *rules,
                                        const struct command *command);
/* Bits of a set of commands: one each, and one more for commands that do not exist yet. */
static inline size_t acl_rules_bits(const struct acl_rules *rules)
{
    return (size_t)rules->registry->count + 1;
}

enum acl_error {
    ACL_OK,
    ACL_BAD_SYNTAX,
    ACL_UNKNOWN_COMMAND,
    ACL_KEYS_AFTER_ALL,
    ACL_CHANNELS_AFTER_ALL,
    ACL_NO_SUCH_PASSWORD,
    ACL_BAD_HASH,
    ACL_FIRST_ARG_OF_SUBCOMMAND,
};
const char *acl_error_text(enum acl_error error);

/* Words of a rule list with those in parentheses that belong together joined by spaces. */
struct acl_grouped {
    struct buf *list;
    size_t count;
};
/* False when a parenthesis is never closed; *unmatched is then the word that opened it. */
bool acl_group(const struct str *words, size_t count, struct acl_grouped *grouped,
               struct str *unmatched);
void acl_grouped_deinit(struct acl_grouped *grouped);

/* True for names and patterns that would fall apart in a line of rules. */
bool acl_has_blanks(struct str text);

#endif
