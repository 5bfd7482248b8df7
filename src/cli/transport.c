#include "cli/transport.h"

#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct transport {
    int fd;
};

static int open_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

static int open_address(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0) return -errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    return fd;
}

static int open_tcp(const char *host, int port, struct buf *why)
{
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int failed = getaddrinfo(host, service, &hints, &addresses);
    if (failed) {
        buf_append_c(why, gai_strerror(failed));
        return -EHOSTUNREACH;
    }
    int fd = -EHOSTUNREACH;
    for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next) fd = open_address(a);
    freeaddrinfo(addresses);
    if (fd < 0) buf_append_c(why, strerror(-fd));
    return fd;
}

struct transport *transport_open(const struct cli_options *options, struct buf *why)
{
    int fd;
    if (options->socket_path) {
        fd = open_unix(options->socket_path);
        if (fd < 0) buf_append_c(why, strerror(-fd));
    } else {
        fd = open_tcp(options->host, options->port, why);
    }
    if (fd < 0) return NULL;
    struct transport *transport = mem_new(struct transport);
    transport->fd = fd;
    return transport;
}

void transport_free(struct transport *transport)
{
    if (!transport) return;
    close(transport->fd);
    mem_free(transport);
}

static int wait_readable(struct transport *transport, int timeout_ms)
{
    struct pollfd pollfd = {.fd = transport->fd, .events = POLLIN};
    int ready;
    do ready = poll(&pollfd, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return -errno;
    return ready == 0 ? -ETIMEDOUT : 0;
}

ssize_t cli_transport_read(struct transport *transport, void *bytes, size_t size, int timeout_ms)
{
    int failed = wait_readable(transport, timeout_ms);
    if (failed) return failed;
    ssize_t got = recv(transport->fd, bytes, size, 0);
    return got < 0 ? -errno : got;
}

int transport_write(struct transport *transport, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t taken = send(transport->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return -errno;
        bytes = str_from(bytes, (size_t)taken);
    }
    return 0;
}

ssize_t transport_write_some(struct transport *transport, struct str bytes)
{
    ssize_t taken = send(transport->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return taken < 0 ? -errno : taken;
}

bool transport_has_input(struct transport *transport)
{
    return wait_readable(transport, 0) == 0;
}

int transport_fd(const struct transport *transport)
{
    return transport->fd;
}
