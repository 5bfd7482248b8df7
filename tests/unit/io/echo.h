/* A peer for tests: a server that sends back what it gets, and a client that sends a pattern and
 * checks what returns. Both respect a full socket. */
#ifndef SKEIN_TESTS_ECHO_H
#define SKEIN_TESTS_ECHO_H

#include "base/buf.h"
#include "io/conn.h"
#include "io/connect.h"
#include "io/listener.h"
#include "unit/io/io_fixture.h"

struct echo_session {
    struct list link;
    struct echo_server *server;
    struct conn *conn;
    struct buf waiting;
    int result; /* why it ended */
};

struct echo_server {
    struct io_fixture *fixture;
    struct listener *listener;
    struct list sessions;
    size_t read_size; /* per event; small ones leave bytes behind */
    int accepted, ended, last_result;
    int partial_writes;
    bool keeps_silent; /* does not read: the client's socket fills up */
    bool closes_at_once;
    char peer[CONN_ADDRESS_MAX], local[CONN_ADDRESS_MAX];
    char peer_name[64];
};

struct echo_client {
    struct io_fixture *fixture;
    struct conn *conn;
    size_t total, sent, received;
    int partial_writes, wrong_bytes;
    int error; /* of connecting or of the stream */
    char why[256];
    bool is_connected, is_ended;
};

void echo_listen(struct echo_server *server, struct io_fixture *fixture,
                 struct listener_options options);
void echo_stop(struct echo_server *server);

/* Connects and sends `total` bytes. */
void echo_connect(struct echo_client *client, struct io_fixture *fixture,
                  struct connect_options options, size_t total);
void echo_hang_up(struct echo_client *client);
static inline bool echo_is_done(const struct echo_client *client)
{
    return client->is_ended || (client->is_connected && client->received == client->total);
}

#endif
