/* TLS settings made ready: certificates loaded, protocols and ciphers chosen.
 *
 * A context is shared by reference: connections keep the one they began with, so it can be replaced
 * while the server runs. TLS 1.2 is the oldest protocol unless older ones are named; there is no
 * renegotiation and no compression. Nothing here prints; reasons are given as text.
 * OpenSSL writes to sockets in a way that raises SIGPIPE, so the process must ignore that signal
 * (signals_ignore_harmless). */
#ifndef SKEIN_IO_TLS_H
#define SKEIN_IO_TLS_H

#include "base/buf.h"

struct tls_context;

enum tls_auth_clients { TLS_AUTH_CLIENTS_YES, TLS_AUTH_CLIENTS_NO, TLS_AUTH_CLIENTS_OPTIONAL };

/* The tls-* directives; NULL or "" means not set. */
struct tls_options {
    const char *cert_file, *key_file, *key_file_pass;
    const char *client_cert_file, *client_key_file, *client_key_file_pass; /* else the ones above */
    const char *dh_params_file;
    const char *ca_cert_file, *ca_cert_dir;
    enum tls_auth_clients auth_clients;
    const char *protocols;    /* "TLSv1.2 TLSv1.3" */
    const char *ciphers;      /* TLS 1.2 and older */
    const char *ciphersuites; /* TLS 1.3 */
    bool prefer_server_ciphers;
    bool no_session_caching;
    long session_cache_size;      /* 0: 20480 */
    long session_cache_timeout_s; /* 0: 300 */
    bool insecure;                /* clients only: accept any certificate */
    bool system_ca;               /* clients only: trust the machine's store when no CA is given */
};

/* For accepting. Returns NULL and appends the reason to `why`. */
struct tls_context *tls_server_new(const struct tls_options *options, struct buf *why);
/* For connecting: uses the client certificate when one is set, else the server's. */
struct tls_context *tls_client_new(const struct tls_options *options, struct buf *why);
struct tls_context *tls_ref(struct tls_context *context);
void tls_unref(struct tls_context *context);

/* "OpenSSL 3.0.x ...". */
const char *tls_library_version(void);

#endif
