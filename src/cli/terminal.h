/* What the program needs of the terminal besides line editing, and of Ctrl-C while a long mode
 * runs. */
#ifndef SKEIN_CLI_TERMINAL_H
#define SKEIN_CLI_TERMINAL_H

#include "base/buf.h"

/* Reads a line from the terminal (else from standard input) without showing it. False at the end
 * of input. */
bool terminal_read_secret(const char *question, struct buf *answer);
/* Columns of the terminal behind standard output; 80 when unknown. */
size_t terminal_columns(void);
/* Reads standard input to its end. */
void terminal_read_input(struct buf *out);

/* Turns Ctrl-C into a question that the mode asks when it suits: returns a descriptor, or -1. */
int interrupt_watch(void);
bool interrupt_arrived(int watch);
void interrupt_unwatch(int watch);

#endif
