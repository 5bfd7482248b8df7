/* Socket calls shared by conns, channels and listeners; all sockets are nonblocking and closed on
 * exec. */
#ifndef SKEIN_IO_SOCKET_H
#define SKEIN_IO_SOCKET_H

#include "io/connect.h"

#include <netdb.h>
#include <stdbool.h>
#include <sys/un.h>

/* Fills in the address of a path; -ENAMETOOLONG when it does not fit. */
int socket_unix_address(const char *path, struct sockaddr_un *out);
/* Turns an error of getaddrinfo into an errno; the text is gai_strerror's. */
int socket_resolver_error(int error);

/* Begins to connect: returns the descriptor, whether or not the connection stands already, or
 * -errno. */
int socket_connect(const struct addrinfo *to, const char *source);
int socket_connect_unix(const char *path);
/* The outcome of a connection attempt once the socket is writable: 0 or -errno. */
int socket_connect_result(int fd);

int socket_set_nodelay(int fd, bool on);
int socket_set_keepalive(int fd, int seconds);
/* Waits for POLLIN or POLLOUT; 0, -ETIMEDOUT or -errno. */
int socket_wait(int fd, short events, int timeout_ms);

#endif
