/* CONFIG REWRITE: a configuration file brought up to date with the running values.
 *
 * Comments, blank lines and the order stay. A line whose option still has the value it gives is not
 * touched; others are replaced where they stand. What the file, with everything it includes, would
 * not give is added at the end below one comment. Reading the result gives the running values;
 * only users and renamed commands that an included file defines stay what that file says. */
#ifndef SKEIN_SERVER_CONFIG_REWRITE_H
#define SKEIN_SERVER_CONFIG_REWRITE_H

#include "server/config_file.h"

/* Appends the new contents of the file whose old ones are `old`. */
void config_rewrite(const struct config *config, struct str old, const struct config_reader *reader,
                    struct buf *out);

#endif
