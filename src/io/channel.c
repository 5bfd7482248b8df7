#include "io/channel.h"

#include "base/mem.h"
#include "io/socket.h"
#include "io/tls.h"
#include "io/tls_session.h"
#include "io/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* How one attempt went wrong, for the text of channel_open. */
static int tell(struct buf *why, const char *step, int error)
{
    buf_printf(why, "%s: %s", step, strerror(-error));
    return error;
}

static int wait_connected(int fd, int timeout_ms)
{
    int error = socket_wait(fd, POLLOUT, timeout_ms);
    return error ? error : socket_connect_result(fd);
}

static int try_addresses(const struct addrinfo *found, const struct connect_options *options,
                         int timeout_ms, int *fd)
{
    int error = -EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        *fd = socket_connect(at, options->source);
        if (*fd < 0) {
            error = *fd;
            continue;
        }
        error = wait_connected(*fd, timeout_ms);
        if (error == 0) return 0;
        transport_close(&(struct transport){.fd = *fd});
    }
    return error;
}

static int connect_by_name(const struct connect_options *options, int timeout_ms, int *fd,
                           struct buf *why)
{
    char service[16];
    struct addrinfo *found = NULL;
    struct addrinfo wanted = {.ai_family = options->prefer_family, .ai_socktype = SOCK_STREAM};
    snprintf(service, sizeof(service), "%d", options->port);
    int failed = getaddrinfo(options->host, service, &wanted, &found);
    if (failed && options->prefer_family) {
        wanted.ai_family = AF_UNSPEC;
        failed = getaddrinfo(options->host, service, &wanted, &found);
    }
    if (failed) {
        buf_printf(why, "resolve: %s", gai_strerror(failed));
        return socket_resolver_error(failed);
    }
    int error = try_addresses(found, options, timeout_ms, fd);
    freeaddrinfo(found);
    return error ? tell(why, "connect", error) : 0;
}

static int connect_by_path(const char *path, int timeout_ms, int *fd, struct buf *why)
{
    *fd = socket_connect_unix(path);
    if (*fd < 0) return tell(why, "connect", *fd);
    int error = wait_connected(*fd, timeout_ms);
    if (error == 0) return 0;
    transport_close(&(struct transport){.fd = *fd});
    return tell(why, "connect", error);
}

static int shake_hands(struct channel *channel, const struct connect_options *options,
                       int timeout_ms, struct buf *why)
{
    struct tls_session *tls = tls_session_connect(options, channel_fd(channel));
    if (tls == NULL) return tell(why, "tls", -EINVAL);
    channel->transport.tls = tls;
    int error;
    while ((error = tls_session_handshake(tls)) == -EAGAIN) {
        short events = tls->handshake_wants_write ? POLLOUT : POLLIN;
        error = socket_wait(channel_fd(channel), events, timeout_ms);
        if (error != 0) break;
    }
    if (error == 0) return 0;
    if (tls->error[0] == 0) return tell(why, "tls", error);
    buf_printf(why, "tls: %s", tls->error);
    return error;
}

int channel_open(struct channel **channel, const struct connect_options *options, int timeout_ms,
                 struct buf *why)
{
    int fd = -1;
    *channel = NULL;
    int error = options->path ? connect_by_path(options->path, timeout_ms, &fd, why)
                              : connect_by_name(options, timeout_ms, &fd, why);
    if (error != 0) return error;
    struct channel *opened = mem_new(struct channel);
    opened->transport.fd = fd;
    if (options->tls) error = shake_hands(opened, options, timeout_ms, why);
    if (error != 0)
        channel_close(opened);
    else
        *channel = opened;
    return error;
}

void channel_close(struct channel *channel)
{
    if (channel == NULL) return;
    transport_close(&channel->transport);
    mem_free(channel);
}

ssize_t channel_read(struct channel *channel, void *bytes, size_t size, int timeout_ms)
{
    for (;;) {
        ssize_t got = transport_read(&channel->transport, bytes, size);
        if (got != -EAGAIN) return got;
        struct tls_session *tls = channel->transport.tls;
        short events = tls && tls->read_wants_write ? POLLOUT : POLLIN;
        int error = socket_wait(channel_fd(channel), events, timeout_ms);
        if (error != 0) return error;
    }
}

static void drop_sent(struct iovec **pieces, int *count, size_t sent)
{
    while (*count > 0 && sent >= (*pieces)->iov_len) {
        sent -= (*pieces)->iov_len;
        (*pieces)++;
        (*count)--;
    }
    if (*count == 0) return;
    (*pieces)->iov_base = (char *)(*pieces)->iov_base + sent;
    (*pieces)->iov_len -= sent;
}

int channel_writev(struct channel *channel, struct iovec *pieces, int count, int timeout_ms)
{
    drop_sent(&pieces, &count, 0);
    while (count > 0) {
        ssize_t sent = transport_writev(&channel->transport, pieces, count);
        if (sent == -EAGAIN) {
            struct tls_session *tls = channel->transport.tls;
            short events = tls && tls->write_wants_read ? POLLIN : POLLOUT;
            int error = socket_wait(channel_fd(channel), events, timeout_ms);
            if (error != 0) return error;
            continue;
        }
        if (sent < 0) return (int)sent;
        drop_sent(&pieces, &count, (size_t)sent);
    }
    return 0;
}

int channel_write(struct channel *channel, const void *bytes, size_t len, int timeout_ms)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    return channel_writev(channel, &piece, 1, timeout_ms);
}

bool channel_has_input(struct channel *channel)
{
    struct tls_session *tls = channel->transport.tls;
    if (tls && tls->may_have_input) return true;
    return socket_wait(channel_fd(channel), POLLIN, 0) == 0;
}

int channel_fd(const struct channel *channel)
{
    return channel->transport.fd;
}

bool channel_is_tls(const struct channel *channel)
{
    return channel->transport.tls != NULL;
}

int channel_set_keepalive(struct channel *channel, int seconds)
{
    return socket_set_keepalive(channel_fd(channel), seconds);
}

void channel_abort(struct channel *channel)
{
    shutdown(channel_fd(channel), SHUT_RDWR);
}
