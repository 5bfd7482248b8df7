#include "server/master_client.h"

#include "server/server.h"

enum { US_PER_MS = 1000 };

bool master_client_view(struct server *server, struct client *view)
{
    const struct master_link *link = &server->replication.link;
    if (link->state != LINK_UP || link->conn == NULL) return false;
    *view = (struct client){
        .session = link->session,
        .clients = &server->clients,
        .conn = link->conn,
        .in = link->in,
        .created_us = link->up_since_ms * US_PER_MS,
        .active_us = link->heard_ms * US_PER_MS,
    };
    return true;
}
