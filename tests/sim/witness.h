/* A client that writes and then asks with WAIT or WAITAOF where its write is. What it is told goes
 * to the promises, and sometimes one of those whose disk was promised loses its power at once. It
 * asks again only when it was answered, or cut off. */
#ifndef SKEIN_SIM_WITNESS_H
#define SKEIN_SIM_WITNESS_H

#include "sim/client.h"

struct witness {
    struct sim_client client;
    uint64_t session;        /* its id at the server */
    int64_t written;         /* the last value; each is greater than the one before */
    bool has_written;        /* the write was taken */
    bool asks_of_disks;      /* WAITAOF */
    struct sim_event strike; /* the power of `struck` goes, right behind a promise */
    struct node *struck;
    uint64_t *told; /* counts the answers that promise something */
};

void witness_init(struct witness *witness, struct node *node, uint64_t *told);
void witness_deinit(struct witness *witness);
void witness_ask(struct witness *witness);

#endif
