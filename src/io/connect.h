/* Outgoing connections that do not block: the links of replicas.
 *
 * A name is resolved in a thread (lookup.h), then its addresses are tried in order; with TLS the
 * handshake belongs to connecting. The whole attempt has no deadline of its own: the owner cancels
 * it when it has waited enough. */
#ifndef SKEIN_IO_CONNECT_H
#define SKEIN_IO_CONNECT_H

struct conn;
struct connecting;
struct loop;
struct tls_context;

enum connect_name_check {
    CONNECT_NAME_UNCHECKED,
    CONNECT_NAME_IF_ANY, /* only when the certificate says for which hosts it is */
    CONNECT_NAME_CHECKED,
};

struct connect_options {
    const char *host; /* name or address */
    int port;
    const char *path;        /* unix socket instead when not NULL */
    const char *source;      /* address to connect from, or NULL */
    int prefer_family;       /* AF_INET or AF_INET6 first; 0: as the resolver sorts */
    struct tls_context *tls; /* NULL: plain; borrowed for the attempt */
    const char *sni;         /* server name to ask for, or NULL; an address is not sent */
    /* Whether the certificate must be for `sni`, or `host` without it. */
    enum connect_name_check name_check;
};

/* Called once, never from within connect_start: with a conn that the callee takes (and starts), or
 * with NULL, a negative errno and a text that says at which step ("resolve", "connect", "tls") it
 * failed. */
struct connect_result {
    struct conn *conn;
    int error;
    const char *why;
};

/* Copies the options. The handle is gone once `done` was called or the attempt cancelled. */
struct connecting *connect_start(struct loop *loop, const struct connect_options *options,
                                 void (*done)(void *ctx, const struct connect_result *result),
                                 void *ctx);
/* `done` will not be called. */
void connect_cancel(struct connecting *connecting);

#endif
