/* A machine of the world: a real struct server, its disk, and what fate has in store for it.
 *
 * The server's own code runs unchanged over the simulated io (loop.c, worker.c, net.c, disk.c,
 * system.c). A crash is: the disk is what it would be after it, all connections are gone, and what
 * is left of the server is taken apart where it can do no harm. */
#ifndef SKEIN_SIM_NODE_H
#define SKEIN_SIM_NODE_H

#include "sim/world.h"

#include "base/buf.h"

struct server;
struct sim_disk;
struct sim_loop;
struct listener;

enum node_state {
    NODE_DOWN, /* no process: connections are refused */
    NODE_DARK, /* no machine: nobody answers */
    NODE_UP,
    NODE_GHOST, /* being taken apart: it has no effects any more */
};

struct node {
    size_t index;
    char name[16];
    char host[16]; /* "10.0.0.1" */
    enum node_state state;
    struct server *server;
    struct sim_loop *loop;
    struct listener *listener;
    struct sim_disk *disk;
    struct buf options; /* lines of its configuration that stay the same */
    struct buf master;  /* "10.0.0.2 6379", as of its end; empty: it was a master */
    unsigned starts;
    bool is_doomed;      /* the disk says that the machine has lost its power */
    bool is_failed;      /* the server ended by itself */
    int64_t bytes_per_s; /* of what it reads; 0: as fast as it comes */
};

enum { NODE_PORT = 6379 };

struct node *node_new(size_t index);
void node_free(struct node *node);
/* Starts the server; `as_it_was`: with the master it had at its end. */
void node_start(struct node *node, bool as_it_was);
/* kill -9, or the loss of power with all that was not synced. */
void node_crash(struct node *node, bool loses_power);
/* After its loop was stopped: the server ends as main would end it. */
void node_end(struct node *node);
static inline bool node_is_up(const struct node *node)
{
    return node->state == NODE_UP;
}
/* By its address; NULL when there is none. */
struct node *node_find(const char *host);

#endif
