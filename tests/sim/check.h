/* What must be true at every moment, and what must come true in the end.
 *
 *     places   who is at the same offset of the same history has the same data
 *     offsets  within a history nobody goes back, but by a crash or a full synchronisation
 *     pairs    of a transaction all is there or nothing
 *     partial  who shares a history with its master, and asks for bytes that are kept, continues
 *     words    what one server says to another is understood, taken and true
 *     starts   what a crash left can be loaded
 *     healed   in the end all have the same data, and their links are up
 *
 * The checks look into the servers, between their turns. What WAIT and WAITAOF promise is in
 * promise.h. */
#ifndef SKEIN_SIM_CHECK_H
#define SKEIN_SIM_CHECK_H

#include "sim/world.h"

struct check;

/* What has been looked at: a run that looks at nothing proves nothing. */
struct check_counts {
    uint64_t places, repeated; /* digests noted; compared with an earlier one */
    uint64_t full, partial;    /* synchronisations seen */
    uint64_t starts;
    uint64_t promises; /* answers of WAIT and WAITAOF that say somebody has a write */
};

struct check *check_new(void);
void check_free(struct check *check);
struct check_counts *check_counts(struct check *check);

/* After a turn of the node: its place is looked at now and then, by its offset, so that all nodes
 * look at the same ones. */
void check_turn(struct node *node);
/* All nodes, whatever their offset. */
void check_now(void);
void check_crashed(struct node *node);
void check_ended(struct node *node);
void check_ended_badly(struct node *node);
/* All are up and have the same data at the same place. */
bool check_is_healed(const struct node *master);
/* Says what is still different. */
void check_tell_unhealed(const struct node *master);

#endif
