/* A socket with or without TLS on it: what a conn and a channel have in common. */
#ifndef SKEIN_IO_TRANSPORT_H
#define SKEIN_IO_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct tls_session;

struct transport {
    int fd;
    struct tls_session *tls; /* NULL: plain */
};

/* Bytes moved, 0 at the end of the stream (reading), -EAGAIN or another negative errno. */
ssize_t transport_read(struct transport *transport, void *bytes, size_t size);
ssize_t transport_writev(struct transport *transport, const struct iovec *pieces, int count);
/* Says goodbye if TLS, frees the session and closes the socket. */
void transport_close(struct transport *transport);

/* The face of a conn that was lent to a thread (conn_lend, channel.h). */
struct channel {
    struct transport transport;
};

#endif
