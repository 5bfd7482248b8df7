/* Which clients CLIENT LIST shows and CLIENT KILL closes: the filters of both commands. */
#ifndef SKEIN_SERVER_CLIENT_FILTER_H
#define SKEIN_SERVER_CLIENT_FILTER_H

#include "command/call.h"
#include "link/client.h"

enum client_type { CLIENT_TYPE_ANY, TYPE_NORMAL, TYPE_REPLICA, TYPE_PUBSUB, TYPE_MASTER };

struct client_filter {
    uint64_t id; /* 0: any */
    enum client_type type;
    const struct acl_user *user; /* NULL: any */
    struct str address, local_address;
    bool skips_me;
};

/* Reads "ID 5 TYPE normal ..." from argv[2] on; false with the error answered. */
bool client_filter_parse(struct call *call, struct client_filter *filter);
bool client_filter_type(struct call *call, int at, enum client_type *type);
bool client_filter_takes(const struct client_filter *filter, const struct client *client,
                         const struct session *me);
enum client_type client_type_of(const struct client *client);

#endif
