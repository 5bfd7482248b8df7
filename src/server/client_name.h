/* Names that clients give themselves: they appear in lists of one line per client. */
#ifndef SKEIN_SERVER_CLIENT_NAME_H
#define SKEIN_SERVER_CLIENT_NAME_H

#include "base/buf.h"

/* Printable ASCII without spaces. */
bool client_name_is_fine(struct str name);
/* An empty name takes the name away. */
void client_name_set(struct buf *name, struct str value);

#define CLIENT_NAME_REFUSED                                                                        \
    "ERR Client names cannot contain spaces, newlines or special characters."

#endif
