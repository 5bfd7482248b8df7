/* A user: whether it may log in and how, and its selectors, of which the first always exists.
 *
 * Sessions hold pointers to users; a change replaces what a user holds, never the struct. */
#ifndef SKEIN_SERVER_ACL_USER_H
#define SKEIN_SERVER_ACL_USER_H

#include "command/session.h"
#include "server/acl_password.h"
#include "server/acl_selector.h"

enum acl_sanitize { ACL_SANITIZE_UNSAID, ACL_SANITIZE_SKIP, ACL_SANITIZE_ALWAYS };

struct acl_user {
    struct buf name;
    bool enabled, no_password;
    bool unlimited; /* the first selector allows everything: most requests need no look at it */
    enum acl_sanitize sanitize; /* of RESTORE payloads */
    struct acl_password *passwords;
    size_t password_count;
    struct acl_selector **selectors;
    size_t selector_count;
};

/* Disabled, without passwords or permissions. */
struct acl_user *acl_user_new(const struct acl_rules *rules, struct str name);
/* The same user under another name of the same kind: the temporary a change is tried on. */
struct acl_user *acl_user_copy(const struct acl_user *user);
void acl_user_free(struct acl_user *user);
/* Takes over all but the name from `from`, which is freed. */
void acl_user_take(struct acl_user *user, struct acl_user *from);
enum acl_error acl_user_apply(struct acl_user *user, const struct acl_rules *rules,
                              struct str rule);
/* "on nopass ~* &* +@all", the constant form of the user nobody configured. */
void acl_user_unlimit(struct acl_user *user, const struct acl_rules *rules);

/* Compares with every password, so that the time tells neither which nor whether. */
bool acl_user_has_password(const struct acl_user *user, const struct acl_password *password);
enum acl_verdict acl_user_judge(const struct acl_user *user, struct acl_request *request);
/* Whether all that a session listens to is still allowed. */
bool acl_user_may_keep_listening(const struct acl_user *user, const struct session *session);
/* Whether the command could read any key at all: SORT's BY and GET. */
bool acl_user_reads_all_keys(const struct acl_user *user, struct acl_request *request);

#endif
