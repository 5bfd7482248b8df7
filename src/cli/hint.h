/* The rest of a command's syntax while it is being typed. Pure. */
#ifndef SKEIN_CLI_HINT_H
#define SKEIN_CLI_HINT_H

#include "cli/docs.h"

/* Appends what may follow the words typed so far; nothing when the command is unknown, complete,
 * or does not match its documentation. */
void hint_derive(struct buf *out, const struct docs *docs, struct command_words words);
/* The same for a line of the prompt: skips a repeat count, and separates the hint from what was
 * typed. */
void hint_derive_line(struct buf *out, const struct docs *docs, struct str line);

#endif
