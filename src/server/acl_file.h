/* Users in files: the ACL file, and the `user` lines of the configuration. One source or the other,
 * never both.
 *
 * Reading is all or nothing: every wrong line is reported with its number, and then nothing has
 * changed. Saving puts a complete new file (mode 0600) in place of the old one. */
#ifndef SKEIN_SERVER_ACL_FILE_H
#define SKEIN_SERVER_ACL_FILE_H

#include "server/acl.h"
#include "server/config.h"

/* What the configuration says at start. */
struct acl_startup {
    const struct config_users *users; /* name, rule, rule ... of each `user` line */
    const char *file;                 /* aclfile; "" without one */
};
/* False with a reason in *error: the server must not start. */
bool acl_start(struct acl *acl, const struct acl_startup *startup, struct buf *error);

/* ACL LOAD and SAVE; acl->file must be set. */
bool acl_load(struct acl *acl, struct session *by, struct buf *error);
bool acl_save(const struct acl *acl, struct buf *error);
/* One "user ..." line per user. */
void acl_write_users(const struct acl *acl, struct buf *out);

#endif
