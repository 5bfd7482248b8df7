/* The loop of one simulated server: io/loop.h over the world's events instead of libuv.
 *
 * A turn takes no virtual time. It is called when something woke the loop: bytes, room to write, a
 * message, a task, a timer. */
#ifndef SKEIN_SIM_LOOP_H
#define SKEIN_SIM_LOOP_H

#include "io/uv_loop.h"
#include "sim/world.h"

struct sim_loop {
    struct loop loop; /* its timers, tasks, mailbox and hooks; nothing of libuv is used */
    struct node *node;
    struct sim_event turn;
    struct list conns;
    bool is_stopped;
};

static inline struct sim_loop *sim_loop_of(struct loop *loop)
{
    return (struct sim_loop *)(void *)loop;
}
/* Something is there for it: it turns soon. */
void sim_loop_wake(struct sim_loop *loop);

/* In net.c: what is ready is delivered; whether anything still is; the memory of closed conns. */
void net_accept_pending(struct node *node);
void net_deliver_ready(struct sim_loop *loop);
bool net_has_ready(const struct sim_loop *loop);
void net_bury(struct sim_loop *loop);

#endif
