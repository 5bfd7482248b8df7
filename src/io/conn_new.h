/* How listeners and connecting attempts make conns; for this folder only. */
#ifndef SKEIN_IO_CONN_NEW_H
#define SKEIN_IO_CONN_NEW_H

#include "io/address.h"
#include "io/conn.h"

struct loop;
struct tls_session;

/* Takes the socket. `peer` is NULL for a unix socket. On failure the socket is closed and NULL
 * returned. */
struct conn *conn_new(struct loop *loop, int fd, const union address *peer);
/* Puts TLS on the stream; takes the session. */
void conn_add_tls(struct conn *conn, struct tls_session *tls);
/* The error a failed stream has (negative errno), else 0. */
int conn_error(const struct conn *conn);

#endif
