#include "io/transport.h"

#include "io/tls_session.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t transport_read(struct transport *transport, void *bytes, size_t size)
{
    if (transport->tls) return tls_session_read(transport->tls, bytes, size);
    ssize_t got;
    do got = recv(transport->fd, bytes, size, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t transport_writev(struct transport *transport, const struct iovec *pieces, int count)
{
    if (transport->tls) return tls_session_writev(transport->tls, pieces, count);
    ssize_t sent;
    if (count > IOV_MAX) count = IOV_MAX;
    do {
        if (count == 1) {
            sent = send(transport->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL);
        } else {
            struct msghdr message = {.msg_iov = (struct iovec *)pieces,
                                     .msg_iovlen = (size_t)count};
            sent = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
        }
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

void transport_close(struct transport *transport)
{
    if (transport->tls) tls_session_end(transport->tls);
    tls_session_free(transport->tls);
    if (transport->fd >= 0) close(transport->fd);
    *transport = (struct transport){.fd = -1};
}
