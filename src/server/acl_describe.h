/* Users as rules again: what ACL LIST, GETUSER and files show.
 *
 * Only the resulting permissions are kept, not the rules that led there, so the text is computed:
 * categories are used as far as they describe the set of commands well, single commands correct the
 * rest. Reading the text back gives the same permissions. */
#ifndef SKEIN_SERVER_ACL_DESCRIBE_H
#define SKEIN_SERVER_ACL_DESCRIBE_H

#include "server/acl_user.h"

/* "+@all -@dangerous +keys" */
void acl_describe_commands(const struct acl_selector *selector, const struct acl_rules *rules,
                           struct buf *out);
/* "~a* %R~b" and "&c", the latter without the leading "resetchannels" of a rule list. */
void acl_describe_keys(const struct acl_selector *selector, struct buf *out);
void acl_describe_channels(const struct acl_selector *selector, struct buf *out);
/* "on nopass ~* &* +@all (~x +get)": all rules, without the name. */
void acl_describe_user(const struct acl_user *user, const struct acl_rules *rules, struct buf *out);

/* The words "on", "nopass", ... in their order; ends with NULL. `has` tells whether a user has one.
 */
struct acl_user_flag {
    const char *word;
    bool (*has)(const struct acl_user *user);
};
extern const struct acl_user_flag acl_user_flags[];

#endif
