/* Listening sockets of one port, or of one unix path.
 *
 * A bind list is Redis's: names or addresses, "*" for all of IPv4, "::*" for all of IPv6, a leading
 * '-' for an address that may be missing on this machine. Families the kernel does not know are
 * skipped. All sockets of the list open or none does.
 *
 * Connections are accepted a few at a time so that a flood cannot starve those already here. When
 * the process runs out of descriptors accepting rests for a moment and goes on by itself. */
#ifndef SKEIN_IO_LISTENER_H
#define SKEIN_IO_LISTENER_H

#include "base/buf.h"

struct conn;
struct loop;
struct listener;
struct tls_context;

struct listener_options {
    const char *const *hosts; /* TCP: the bind list */
    size_t host_count;
    int port;                /* 0: any free port, the same for all hosts */
    const char *path;        /* unix socket instead of TCP when not NULL */
    unsigned mode;           /* its permissions; 0: those of umask 077 */
    int backlog;             /* 0: 511 */
    int accept_max;          /* connections per waking; 0: 64 */
    struct tls_context *tls; /* borrowed for the call; NULL: plain */
    /* Takes the conn. Start it or close it. */
    void (*on_accept)(void *ctx, struct conn *conn);
    void *ctx;
};

/* On failure returns -errno and appends "127.0.0.1:6379: bind: Address already in use" to `why`. */
int listener_open(struct listener **listener, struct loop *loop,
                  const struct listener_options *options, struct buf *why);
/* Closes the sockets; a unix path is removed if it still is this socket. NULL is allowed. */
void listener_close(struct listener *listener);

/* Connections accepted from now on use this context; those already here keep theirs. */
void listener_set_tls(struct listener *listener, struct tls_context *tls);
/* While paused the kernel queues connections. */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);
/* The port really bound. */
int listener_port(const struct listener *listener);
size_t listener_socket_count(const struct listener *listener);
/* How often accepting had to rest for want of descriptors or memory. */
size_t listener_rest_count(const struct listener *listener);

#endif
