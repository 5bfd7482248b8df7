/* Users sorted by name, the order in which they are listed. Owns them. */
#ifndef SKEIN_SERVER_ACL_USERS_H
#define SKEIN_SERVER_ACL_USERS_H

#include "server/acl_user.h"

struct acl_users {
    struct acl_user **list;
    size_t count, capacity;
};

void acl_users_deinit(struct acl_users *users);
struct acl_user *acl_users_find(const struct acl_users *users, struct str name);
/* The name must be new. Takes the user. */
void acl_users_add(struct acl_users *users, struct acl_user *user);
/* Takes the user out and hands it over; NULL when there is none. */
struct acl_user *acl_users_remove(struct acl_users *users, struct str name);

#endif
