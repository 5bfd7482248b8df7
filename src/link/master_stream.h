/* Applies what a master sends: requests in the order they came, transactions whole or not at all,
 * and the same bytes into our own journal. */
#ifndef SKEIN_LINK_MASTER_STREAM_H
#define SKEIN_LINK_MASTER_STREAM_H

struct master_link;

/* Takes what is whole off link->in. NULL, or why this is no master's stream: the link must be cut
 * and nothing of it continued. */
const char *master_stream_apply(struct master_link *link);
/* Another stream begins: what was not whole is forgotten. */
void master_stream_reset(struct master_link *link);

#endif
