/* The link to our master as CLIENT LIST and CLIENT KILL see it: one more client, with the letter M,
 * while its stream flows. */
#ifndef SKEIN_SERVER_MASTER_CLIENT_H
#define SKEIN_SERVER_MASTER_CLIENT_H

#include "link/client.h"

struct server;

/* Fills `view` with what is shown of the link: it borrows all it holds from the link until the next
 * event, and is neither kept nor freed. False: the stream of no master flows. */
bool master_client_view(struct server *server, struct client *view);

#endif
