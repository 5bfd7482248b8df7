/* The text that ps shows for the server, from proc-title-template.
 *
 * Variables: {title} the program as it was called, {listen-addr} where it listens first,
 * {server-mode} (empty: there is only one), {port}, {tls-port}, {unixsocket}, {config-file}. The
 * template was checked when it was set. */
#ifndef SKEIN_SERVER_TITLE_H
#define SKEIN_SERVER_TITLE_H

#include "base/buf.h"
#include "server/config.h"

void title_write(const struct config *config, const char *program, struct buf *out);

#endif
