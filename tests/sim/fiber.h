/* Code that waits: the jobs of workers, which block on channels and files.
 *
 * A fiber has a stack of its own and runs until it parks or ends; only one runs at a time, and
 * whoever resumed it goes on then. Stacks are kept and used again. */
#ifndef SKEIN_SIM_FIBER_H
#define SKEIN_SIM_FIBER_H

#include <stdbool.h>

struct fiber;

struct fiber *fiber_new(void (*run)(void *ctx), void *ctx);
/* Runs it until it parks or ends; true when it has ended, and then it is gone. */
bool fiber_resume(struct fiber *fiber);
/* From inside: back to whoever resumed us. */
void fiber_park(void);
/* The fiber that runs now; NULL outside of any. */
struct fiber *fiber_current(void);
/* Frees the stacks that are kept. */
void fiber_free_spare(void);

#endif
