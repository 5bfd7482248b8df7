/* The network: streams between nodes, and from the clients of the tests, that are slow, cut and
 * torn into pieces of any size.
 *
 * Bytes travel in segments with a delay of their connection and some of their own; connections do
 * not wait for each other, so what was said first on one may be heard after what was said later on
 * another. A receiver's window bounds what is on the way: behind it a writer is told to wait. */
#ifndef SKEIN_SIM_NET_H
#define SKEIN_SIM_NET_H

#include "io/conn.h"
#include "sim/world.h"

/* A stream from the outside to a node; NULL when nobody listens there. Its events are called by
 * the world. */
struct conn *net_dial(struct node *node);
/* All connections of the node break: with a reset, or without a word. */
void net_drop_node(struct node *node, bool silently);
/* Every connection between the two breaks, somewhere in what is under way. */
void net_break(struct node *a, struct node *b);
/* Nothing travels between the two from now on, or again. */
void net_part(struct node *a, struct node *b, bool is_cut);

#endif
