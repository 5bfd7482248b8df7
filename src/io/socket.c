#include "io/socket.h"

#include "io/clock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

int socket_unix_address(const char *path, struct sockaddr_un *out)
{
    size_t len = strlen(path);
    if (len == 0) return -EINVAL;
    if (len >= sizeof(out->sun_path)) return -ENAMETOOLONG;
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    memcpy(out->sun_path, path, len + 1);
    return 0;
}

int socket_resolver_error(int error)
{
    switch (error) {
    case 0:
        return 0;
    case EAI_SYSTEM:
        return errno ? -errno : -EIO;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_AGAIN:
        return -EAGAIN;
    default:
        return -EADDRNOTAVAIL;
    }
}

int socket_set_nodelay(int fd, bool on)
{
    int value = on;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int socket_set_keepalive(int fd, int seconds)
{
    int on = seconds > 0;
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0) return -errno;
    if (!on) return 0;
    /* Three probes over about as long as the peer had been quiet. */
    int probe_s = seconds / 3 > 0 ? seconds / 3 : 1, probes = 3;
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof(probe_s)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes)) != 0)
        return -errno;
    return 0;
}

static int bind_source(int fd, int family, const char *source)
{
    struct addrinfo wanted = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int result = socket_resolver_error(getaddrinfo(source, NULL, &wanted, &found));
    if (result != 0) return result;
    result = -EADDRNOTAVAIL;
    for (struct addrinfo *at = found; at != NULL && result != 0; at = at->ai_next)
        result = bind(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : -errno;
    freeaddrinfo(found);
    return result;
}

static int begin_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    if (connect(fd, address, len) == 0 || errno == EINPROGRESS) return fd;
    int error = -errno;
    close(fd);
    return error;
}

int socket_connect(const struct addrinfo *to, const char *source)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int error = source ? bind_source(fd, to->ai_family, source) : 0;
    if (error == 0) error = socket_set_nodelay(fd, true);
    if (error != 0) {
        close(fd);
        return error;
    }
    return begin_connect(fd, to->ai_addr, to->ai_addrlen);
}

int socket_connect_unix(const char *path)
{
    struct sockaddr_un address;
    int error = socket_unix_address(path, &address);
    if (error != 0) return error;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    return begin_connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

int socket_connect_result(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) return -errno;
    return -error;
}

int socket_wait(int fd, short events, int timeout_ms)
{
    int64_t end_us = timeout_ms < 0 ? INT64_MAX : clock_mono_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = events};
        int ready = poll(&wait, 1, timeout_ms);
        if (ready > 0) return 0;
        if (ready == 0) return -ETIMEDOUT;
        if (errno != EINTR) return -errno;
        if (timeout_ms < 0) continue;
        int64_t left_us = end_us - clock_mono_us();
        timeout_ms = left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
    }
}
