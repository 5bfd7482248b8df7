/* How soon the kernel lets a thread run, when there are more threads than processors.
 *
 * A wish that needs no privilege. It is not a priority as nice values are: the share of the
 * processor stays the same (docs/adr/0019). A kernel that does not know it, or a policy that
 * somebody chose for this process, leaves things as they are. */
#ifndef SKEIN_IO_PRIORITY_H
#define SKEIN_IO_PRIORITY_H

#include <stdbool.h>

/* Asks for short turns for the calling thread, and for threads it starts from here on: who takes
 * less at a time is let run sooner, also in the middle of another's longer turn. False: somebody
 * chose a policy, or may forbid this. Linux before 6.12 says true and does nothing. */
bool priority_run_soon(void);

#endif
