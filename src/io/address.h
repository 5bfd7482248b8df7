/* A socket address and its text in Redis's spelling: "127.0.0.1:80", "[::1]:80", "/path:0". */
#ifndef SKEIN_IO_ADDRESS_H
#define SKEIN_IO_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Big enough for TCP; a unix path is asked from the socket when somebody wants to see it. */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    sa_family_t family;
};

/* `out` holds at least 128 bytes. */
enum { ADDRESS_TEXT_MAX = 128 };
void address_format(const union address *address, char *out);
void address_format_host(const union address *address, char *out);
int address_port(const union address *address);
bool address_is_loopback(const union address *address);

/* The path of a unix socket, its own or its peer's, whichever is bound; "" when neither is. */
void address_unix_path(int fd, char *out);

#endif
