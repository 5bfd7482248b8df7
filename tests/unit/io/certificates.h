/* Throw-away certificates for TLS tests, made in the process: an authority, a server for
 * "skein.test" and 127.0.0.1, a client named "alice", and a client of another authority. */
#ifndef SKEIN_TESTS_CERTIFICATES_H
#define SKEIN_TESTS_CERTIFICATES_H

struct certificates {
    char ca[128], server_cert[128], server_key[128], client_cert[128], client_key[128];
    char stranger_cert[128], stranger_key[128];
    char locked_key[128]; /* the server's key under the password "secret" */
};

/* Writes PEM files into `directory`. */
void certificates_make(struct certificates *certificates, const char *directory);

#endif
