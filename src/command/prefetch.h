/* Requests that are known ahead of their turn: their commands are found, and the memory their first
 * keys need is asked for all at once. Sixteen cache misses in flight take little longer than one.
 * */
#ifndef SKEIN_COMMAND_PREFETCH_H
#define SKEIN_COMMAND_PREFETCH_H

#include "command/execute.h"

enum { PREFETCH_MAX = 32 };

/* Fills `ref` and `hint` of at most PREFETCH_MAX views. */
void prefetch_requests(struct request_view *views, size_t count, const struct registry *registry,
                       const struct keyspace *ks);

#endif
