/* The client's blocking byte stream to a server: TCP or unix socket, plain or TLS. */
#ifndef SKEIN_CLI_WIRE_H
#define SKEIN_CLI_WIRE_H

#include "cli/options.h"

#include <sys/types.h>

struct wire;

/* Connects as the options say; NULL with the reason appended to `why`. */
struct wire *wire_open(const struct cli_options *options, struct buf *why);
void wire_free(struct wire *wire);
/* Waits for at least one byte, for `timeout_ms` at most (-1: for ever). Returns how many, 0 at
 * the end, or -errno. */
ssize_t wire_read(struct wire *wire, void *bytes, size_t size, int timeout_ms);
/* Takes all bytes; 0 or -errno. */
int wire_write(struct wire *wire, struct str bytes);
/* Takes what it can without waiting: how many bytes, -EAGAIN or another -errno. */
ssize_t wire_write_some(struct wire *wire, struct str bytes);
/* True when a read would not wait. */
bool wire_has_input(struct wire *wire);
int wire_fd(const struct wire *wire);

#endif
