/* A client of one node: sends requests, counts replies, and comes again when it was cut off.
 *
 * It is part of the world and not of a node, so nothing it does takes time. */
#ifndef SKEIN_SIM_CLIENT_H
#define SKEIN_SIM_CLIENT_H

#include "base/str.h"
#include "proto/reply_parse.h"
#include "sim/world.h"

struct conn;

struct sim_client;

struct client_reply {
    const struct reply_node *node;
    size_t index; /* of the request on this connection, from 0 */
};

struct sim_client {
    struct node *node;
    struct conn *conn;
    struct reply_parser parser;
    size_t sent, answered;
    uint64_t errors;
    /* NULL: nobody minds what is answered. */
    void (*on_reply)(struct sim_client *client, const struct client_reply *reply);
};

void sim_client_init(struct sim_client *client, struct node *node);
void sim_client_deinit(struct sim_client *client);
/* Words separated by single spaces; false when the node does not answer the phone. */
bool sim_client_send(struct sim_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A request with a value of so many bytes at its end. */
bool sim_client_send_value(struct sim_client *client, const char *words, size_t len);

#endif
