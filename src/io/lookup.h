/* A host name becomes addresses, in a thread of its own.
 *
 * The resolver may wait for a server that never answers, and cannot be interrupted. So each lookup
 * has a thread that nobody waits for: who cancels one forgets it at once, and a process ends
 * whatever its lookups do (libuv's own would hold up both the loop's end and the exit). How many
 * may wait at a time is limited; beyond that a lookup fails as one that should be tried again. */
#ifndef SKEIN_IO_LOOKUP_H
#define SKEIN_IO_LOOKUP_H

#include <netdb.h>

struct loop;
struct lookup;

enum { LOOKUPS_MAX = 16 };

/* The address that `host` already is, without asking anybody; the caller frees it. NULL: a name. */
struct addrinfo *lookup_literal(const char *host, int port);

/* `done` is called once on the loop's thread, never from within lookup_start: with an EAI_ code and
 * a list that the callee frees (freeaddrinfo; NULL on failure). Texts are copied. */
struct lookup *lookup_start(struct loop *loop, const char *host, int port,
                            void (*done)(void *ctx, int status, struct addrinfo *found), void *ctx);
/* `done` will not be called. NULL is nothing. */
void lookup_cancel(struct lookup *lookup);

#endif
