/* A blocking byte stream with deadlines, for code that has nothing else to do: the command line
 * client, the checkers and worker threads that were lent a conn.
 *
 * The socket itself stays nonblocking; every wait is a poll with a timeout in milliseconds (-1: for
 * ever) that ends in -ETIMEDOUT. */
#ifndef SKEIN_IO_CHANNEL_H
#define SKEIN_IO_CHANNEL_H

#include "base/buf.h"

#include <sys/types.h>
#include <sys/uio.h>

struct channel;
struct connect_options;

/* Connects (through every address the name has) and, with TLS, shakes hands, in `timeout_ms` per
 * address. On failure returns -errno and appends the reason to `why`. */
int channel_open(struct channel **channel, const struct connect_options *options, int timeout_ms,
                 struct buf *why);
void channel_close(struct channel *channel);

/* Waits for at least one byte; returns how many, 0 at the end of the stream, or -errno. */
ssize_t channel_read(struct channel *channel, void *bytes, size_t size, int timeout_ms);
/* Returns 0 when all bytes were taken; the timeout counts from the last byte that moved. */
int channel_write(struct channel *channel, const void *bytes, size_t len, int timeout_ms);
int channel_writev(struct channel *channel, struct iovec *pieces, int count, int timeout_ms);
/* True when a read would not wait. */
bool channel_has_input(struct channel *channel);

int channel_fd(const struct channel *channel);
bool channel_is_tls(const struct channel *channel);
int channel_set_keepalive(struct channel *channel, int seconds);
/* From any thread: makes every present and later read or write fail soon. */
void channel_abort(struct channel *channel);

#endif
