/* Watching replication: what a master sends its replicas, printed one command per line as CSV. */
#ifndef SKEIN_CLI_REPLICA_STREAM_H
#define SKEIN_CLI_REPLICA_STREAM_H

#include "cli/session.h"

/* SYNC or PSYNC was sent. Skips the snapshot and prints the stream until the connection ends;
 * -errno. */
int replica_stream_follow(struct cli_session *session);

#endif
