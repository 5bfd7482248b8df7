/* A client in one line, as CLIENT LIST, CLIENT INFO, the ACL log and our own log show it.
 *
 * Fields and their order are those of Redis 7.2; tools read them by name. */
#ifndef SKEIN_SERVER_CLIENT_LINE_H
#define SKEIN_SERVER_CLIENT_LINE_H

#include "link/client.h"

struct acl;

/* Appends the line without its end. */
void client_line(const struct client *client, const struct acl *acl, struct buf *out);

#endif
