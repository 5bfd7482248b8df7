/* From bytes a client sent to requests that ran: what client.c, client_input.c and intake.c share.
 *
 * What one read brought stays where it was read, in the intake, until the loop has told of all
 * clients that sent something, or until there is no room for more. Then the requests of all of them
 * are parsed, their keys are prefetched together, and they run in the order in which they were
 * read. A client whose request is not complete keeps its bytes in a buffer of its own, and is read
 * there until it is. */
#ifndef SKEIN_LINK_CLIENT_INPUT_H
#define SKEIN_LINK_CLIENT_INPUT_H

#include "link/batch.h"
#include "link/client.h"

enum { INTAKE_BYTES = 64 * 1024, INTAKE_ROOM = 16 * 1024 };

/* Bytes of one client that have not run. */
struct intake_part {
    struct client *client; /* NULL: done with, or gone */
    struct str bytes;
    struct batch_part requests;
    size_t next; /* of its views */
};

struct intake {
    char *bytes;
    size_t used;
    struct request_batch *batch;
    size_t count;   /* parts */
    size_t running; /* the part that runs; BATCH_MAX: none */
    struct intake_part parts[BATCH_MAX];
};

/* intake.c */
struct intake *intake_new(void);
void intake_free(struct intake *intake);
/* Room for a read; parts that were waiting may run to make it. */
char *intake_room(struct clients *clients, size_t *size);
/* `bytes` of that room now hold what the client sent. */
void intake_add(struct client *client, struct str bytes);
/* The client is about to be freed. */
void intake_forget(struct intake_part *part);

/* client_input.c */
void client_on_readable(void *context);
bool client_is_stopped(const struct client *client);
struct request_limits client_request_limits(const struct client *client);
/* False when the request must wait and be given again. */
bool client_run_request(struct client *client, struct request_view *request, bool is_inline);
/* Runs all complete requests in `bytes` and returns how many bytes they took. */
size_t client_run_bytes(struct client *client, struct str bytes);
void client_protocol_error(struct client *client, struct str bytes);
/* The end of a turn of reading or resuming: `rest` did not run. */
void client_end_input(struct client *client, struct str rest);

/* client.c */
/* Keeps the sum of all clients true; called wherever the memory of one may have changed. */
void client_account(struct client *client);

#endif
