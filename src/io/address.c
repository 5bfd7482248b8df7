#include "io/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void address_format_host(const union address *address, char *out)
{
    const void *bytes = address->family == AF_INET6 ? (const void *)&address->v6.sin6_addr
                                                    : (const void *)&address->v4.sin_addr;
    bool is_internet = address->family == AF_INET || address->family == AF_INET6;
    if (!is_internet || inet_ntop(address->family, bytes, out, ADDRESS_TEXT_MAX) == NULL)
        memcpy(out, "?", 2);
}

int address_port(const union address *address)
{
    if (address->family == AF_INET) return ntohs(address->v4.sin_port);
    if (address->family == AF_INET6) return ntohs(address->v6.sin6_port);
    return 0;
}

void address_format(const union address *address, char *out)
{
    char host[ADDRESS_TEXT_MAX];
    address_format_host(address, host);
    snprintf(out, ADDRESS_TEXT_MAX, strchr(host, ':') ? "[%.100s]:%d" : "%.100s:%d", host,
             address_port(address));
}

bool address_is_loopback(const union address *address)
{
    if (address->family == AF_INET) return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    if (address->family != AF_INET6) return false;
    const struct in6_addr *v6 = &address->v6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
}

typedef int name_getter(int fd, struct sockaddr *address, socklen_t *len);

static bool copy_path(int fd, name_getter *get, char *out)
{
    struct sockaddr_un name;
    socklen_t len = sizeof(name);
    if (get(fd, (struct sockaddr *)&name, &len) != 0 || name.sun_family != AF_UNIX) return false;
    if (len <= offsetof(struct sockaddr_un, sun_path) || name.sun_path[0] == 0) return false;
    size_t path_len = strnlen(name.sun_path, len - offsetof(struct sockaddr_un, sun_path));
    memcpy(out, name.sun_path, path_len);
    out[path_len] = 0;
    return true;
}

void address_unix_path(int fd, char *out)
{
    if (!copy_path(fd, getsockname, out) && !copy_path(fd, getpeername, out)) out[0] = 0;
}
