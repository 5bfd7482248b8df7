/* A nonblocking byte stream to a peer, with one face for TCP, unix sockets and TLS.
 *
 * A conn comes from a listener or from connect_start and is silent until conn_start. It reads and
 * writes the socket directly when its owner asks: a readable event costs one recv and no
 * allocation. It keeps no bytes of its own.
 *
 * Every failure of the stream shows up as the result of conn_read or conn_writev; an event is
 * delivered to make the owner ask. A TLS handshake goes on by itself after conn_start and looks
 * like a quiet peer until it is done; how long to wait for it is the owner's matter. */
#ifndef SKEIN_IO_CONN_H
#define SKEIN_IO_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct conn;
struct channel;

struct conn_events {
    void (*on_readable)(void *ctx); /* bytes, the end or an error wait */
    void (*on_writable)(void *ctx); /* only after conn_want_write(conn, true) */
};

/* Begins to deliver events; `events` must outlive the conn. May be called again to change the
 * owner. */
void conn_start(struct conn *conn, const struct conn_events *events, void *ctx);
/* No event is delivered and the conn must not be used after this. Allowed inside the conn's own
 * callbacks. */
void conn_close(struct conn *conn);

/* Returns how many bytes, 0 at the end of the stream, -EAGAIN or another negative errno. After a
 * result shorter than `size` the socket was empty: asking again at once is not worth a system call.
 */
ssize_t conn_read(struct conn *conn, void *bytes, size_t size);
/* Returns how many bytes were taken (possibly fewer than given), -EAGAIN or another negative errno.
 * After -EAGAIN or a short result the next call begins with the first byte that was not taken and
 * offers no fewer bytes than before. */
ssize_t conn_writev(struct conn *conn, const struct iovec *pieces, int count);

/* While wanted, on_writable is called whenever the socket takes bytes. */
void conn_want_write(struct conn *conn, bool wanted);
/* A paused conn is not told about bytes, nor about the end of the stream. */
void conn_pause_reading(struct conn *conn);
void conn_resume_reading(struct conn *conn);
/* Sends FIN (and the end of TLS) but still reads. */
void conn_shutdown_writing(struct conn *conn);

/* "127.0.0.1:5000", "[::1]:5000", "/run/skein.sock:0", or "?:0" when unknown. Returns `out`. */
enum { CONN_ADDRESS_MAX = 128 };
const char *conn_peer(const struct conn *conn, char out[CONN_ADDRESS_MAX]);
const char *conn_local(const struct conn *conn, char out[CONN_ADDRESS_MAX]);
/* The same without port and brackets. */
const char *conn_peer_host(const struct conn *conn, char out[CONN_ADDRESS_MAX]);
const char *conn_local_host(const struct conn *conn, char out[CONN_ADDRESS_MAX]);
int conn_peer_port(const struct conn *conn);
int conn_local_port(const struct conn *conn);
bool conn_is_unix(const struct conn *conn);
/* A unix socket or an address of this machine's loopback: what protected mode lets in. */
bool conn_is_loopback(const struct conn *conn);

int conn_fd(const struct conn *conn);
bool conn_is_tls(const struct conn *conn);
/* False while the TLS handshake goes on. */
bool conn_is_established(const struct conn *conn);
/* The common name in the peer's verified certificate; false when there is none. */
bool conn_tls_peer_name(const struct conn *conn, char *out, size_t size);
/* What OpenSSL said when a TLS operation failed with -EPROTO, or "". */
const char *conn_tls_error(const struct conn *conn);

/* Probes a quiet peer after so many seconds and drops it after three probes, about as long again; 0
 * turns it off. */
int conn_set_keepalive(struct conn *conn, int seconds);
/* Whether small pieces are sent at once (the default) or collected; nothing for unix sockets. */
void conn_set_nodelay(struct conn *conn, bool on);
/* Bytes the kernel has taken but the peer has not acknowledged; -errno when unknown. */
int conn_unsent_bytes(const struct conn *conn);

/* Lends the stream to one other thread, which uses it blocking; until conn_reclaim the conn
 * delivers no events and must not be read, written or closed. To end a loan early: channel_abort,
 * wait for the thread, reclaim. */
struct channel *conn_lend(struct conn *conn);
void conn_reclaim(struct conn *conn);

#endif
