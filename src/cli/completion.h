/* What TAB offers: command names and, behind "help", groups too. Pure. */
#ifndef SKEIN_CLI_COMPLETION_H
#define SKEIN_CLI_COMPLETION_H

#include "cli/docs.h"

/* Calls `add` with every line that the one typed could become. Names take the case of what was
 * typed. */
void completion_list(const struct docs *docs, struct str line,
                     void (*add)(void *ctx, struct str line), void *ctx);

#endif
