/* Who may do what: users, their passwords and permissions, and the log of what was refused.
 *
 * A session always has a user; the one called "default" always exists and is what new sessions get.
 * Changes are all or nothing: rules are tried on a copy. Sessions of users that lose a channel they
 * listen to, or go away, are ended through the hooks. Rules of one user are in acl_user.h, files in
 * acl_file.h, the commands in acl_command.c. */
#ifndef SKEIN_SERVER_ACL_H
#define SKEIN_SERVER_ACL_H

#include "command/call.h"
#include "server/acl_log.h"
#include "server/acl_users.h"

/* How the ACL reaches the clients. All may be NULL. */
struct acl_hooks {
    void *context;
    /* Calls `visit` for every client. */
    void (*each_session)(void *context, void (*visit)(void *argument, struct session *session),
                         void *argument);
    /* Ends a session soon, not inside this call. Never the one whose request runs: that one gets
     * SESSION_CLOSE_AFTER_REPLY. */
    void (*end_session)(void *context, struct session *session);
    /* Appends the line of CLIENT LIST. */
    void (*describe_session)(void *context, const struct session *session, struct buf *out);
};

struct acl {
    struct acl_rules rules;
    struct acl_users users;
    struct acl_user *default_user;
    struct acl_log log;
    struct acl_hooks hooks;
    struct buf file; /* path of the ACL file; empty without one */
};

enum { ACL_LOG_DEFAULT_LEN = 128 };

/* The registry must be complete. */
void acl_init(struct acl *acl, const struct registry *registry, const struct acl_hooks *hooks);
void acl_deinit(struct acl *acl);

/* requirepass: the only password of the default user; an empty one means none is needed. */
void acl_set_default_password(struct acl *acl, struct str password);
/* A new session starts as the default user, authenticated if that needs no password. Those that
 * were refused are admitted for as long as the default user needs none later on. */
void acl_begin_session(const struct acl *acl, struct session *session);
/* NULL when the user is unknown or disabled or the password wrong, all after the same work. */
struct acl_user *acl_authenticate(const struct acl *acl, struct str name, struct str password);
/* AUTH and HELLO AUTH: the call's session becomes that user; false (and an entry in the log) when
 * it may not. The error to answer is ACL_WRONG_PASSWORD. */
bool acl_login(struct acl *acl, struct call *call, struct str name, struct str password);
#define ACL_WRONG_PASSWORD "WRONGPASS invalid username-password pair or user is disabled."
#define ACL_NO_PASSWORD_SET                                                                        \
    "ERR AUTH <password> called without any password configured for the default user. Are you "    \
    "sure your configuration is correct?"

/* The gate of `execute`: false with the reply's text in *error, and an entry in the log. */
bool acl_allows(struct acl *acl, struct call *call, struct buf *error);
/* Whether SORT may use patterns that reach any key. */
bool acl_allows_all_keys(const struct acl *acl, const struct call *call);

/* The rules of a user, changed or created. False with a reason in *error and nothing changed. `by`
 * is the session that asks, or NULL. */
struct acl_change {
    struct str name;
    const struct str *rules;
    size_t rule_count;
    struct session *by;
};
bool acl_set_user(struct acl *acl, const struct acl_change *change, struct buf *error);
/* False when there is no such user. Never the default user. */
bool acl_delete_user(struct acl *acl, struct str name, struct session *by);
/* Puts other users in place of all; takes them. Sessions of users that are the same in both stay.
 */
void acl_replace_users(struct acl *acl, struct acl_users *users, struct session *by);

#endif
