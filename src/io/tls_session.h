/* One TLS connection over a nonblocking socket: the part between a tls_context and a transport.
 *
 * A read can need the socket to become writable and a write can need it readable;
 * `read_wants_write` and `write_wants_read` say so after -EAGAIN. Failures of the protocol are
 * -EPROTO with a text. */
#ifndef SKEIN_IO_TLS_SESSION_H
#define SKEIN_IO_TLS_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct connect_options;
struct tls_context;

enum { TLS_ERROR_MAX = 160 };

struct tls_session {
    SSL *ssl;
    struct tls_context *context; /* a reference */
    bool is_established, is_failed;
    bool handshake_wants_write, read_wants_write, write_wants_read;
    bool may_have_input; /* OpenSSL holds bytes that the socket will not announce again */
    char *wanted_name;   /* the host or address the peer's certificate must be for, or NULL */
    char error[TLS_ERROR_MAX];
};

/* NULL when OpenSSL cannot. The socket stays the caller's. */
struct tls_session *tls_session_accept(struct tls_context *context, int fd);
struct tls_session *tls_session_connect(const struct connect_options *options, int fd);
void tls_session_free(struct tls_session *session);

/* 0 when done, -EAGAIN or -errno. */
int tls_session_handshake(struct tls_session *session);
ssize_t tls_session_read(struct tls_session *session, void *bytes, size_t size);
ssize_t tls_session_writev(struct tls_session *session, const struct iovec *pieces, int count);
/* Tells the peer that no more follows, if that is possible without waiting. */
void tls_session_end(struct tls_session *session);
bool tls_session_peer_name(const struct tls_session *session, char *out, size_t size);

/* In tls.c: a new SSL of this context. */
SSL *tls_context_session(struct tls_context *context);
/* Takes OpenSSL's queue of errors as one line. */
void tls_take_error(char *out, size_t size);

#endif
