/* The client's blocking byte stream to a server: TCP or unix socket, plain or TLS. */
#ifndef SKEIN_CLI_TRANSPORT_H
#define SKEIN_CLI_TRANSPORT_H

#include "cli/options.h"

#include <sys/types.h>

struct transport;

/* Connects as the options say; NULL with the reason appended to `why`. */
struct transport *transport_open(const struct cli_options *options, struct buf *why);
void transport_free(struct transport *transport);
/* Waits for at least one byte, for `timeout_ms` at most (-1: for ever). Returns how many, 0 at the end, or -errno. */
ssize_t cli_transport_read(struct transport *transport, void *bytes, size_t size, int timeout_ms);
/* Takes all bytes; 0 or -errno. */
int transport_write(struct transport *transport, struct str bytes);
/* Takes what it can without waiting: how many bytes, -EAGAIN or another -errno. */
ssize_t transport_write_some(struct transport *transport, struct str bytes);
/* True when a read would not wait. */
bool transport_has_input(struct transport *transport);
int transport_fd(const struct transport *transport);

#endif
