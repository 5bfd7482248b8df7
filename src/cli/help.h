/* The words "help" and "?": what commands do and how they are written, as the server documents
 * them. */
#ifndef SKEIN_CLI_HELP_H
#define SKEIN_CLI_HELP_H

#include "cli/docs.h"

bool help_is_wanted(struct command_words words);
/* Prints help; the docs are asked from the server. */
void help_run(struct cli_session *session, struct command_words words);
/* The same with docs at hand. The words begin with "help". */
void help_print(FILE *out, const struct docs *docs, struct command_words words, bool is_coloured);

#endif
