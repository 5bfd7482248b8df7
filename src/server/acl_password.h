/* Passwords are kept as SHA-256 digests and compared in a time that depends on nothing secret. */
#ifndef SKEIN_SERVER_ACL_PASSWORD_H
#define SKEIN_SERVER_ACL_PASSWORD_H

#include "base/buf.h"

enum { ACL_DIGEST = 32 };

struct acl_password {
    unsigned char digest[ACL_DIGEST];
};

struct acl_password acl_password_of(struct str clear_text);
/* From 64 lower-case hexadecimal digits; false when it is anything else. */
bool acl_password_parse(struct str hex, struct acl_password *password);
void acl_password_write(const struct acl_password *password, struct buf *out);
bool acl_password_equal(const struct acl_password *a, const struct acl_password *b);

#endif
