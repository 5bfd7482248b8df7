/* Any bytes from a client of the TLS port: the handshake ends with an error and a reason, waits, or
 * is done; nothing leaks, and what is answered stays small. */
#include "base/mem.h"
#include "io/tls.h"
#include "io/tls_session.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_MAX = 1 << 17, ANSWER_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static X509 *sign_own(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_set_pubkey(certificate, key);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

/* A key and its certificate, in one file that has no name. */
static int write_identity(void)
{
    int fd = memfd_create("identity", MFD_CLOEXEC);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = sign_own(key);
    BIO *file = BIO_new_fd(fd, BIO_NOCLOSE);
    PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_X509(file, certificate);
    BIO_free(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return fd;
}

/* Made once: that takes longer than a handshake. */
static struct tls_context *server_context(void)
{
    static struct tls_context *context;
    if (context) return context;
    char path[64];
    struct buf why = {0};
    int fd = write_identity();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct tls_options options = {
        .cert_file = path, .key_file = path, .auth_clients = TLS_AUTH_CLIENTS_NO};
    context = tls_server_new(&options, &why);
    close(fd);
    if (context == NULL) abort();
    return context;
}

static void read_on(struct tls_session *session)
{
    char bytes[1024];
    ssize_t got;
    do got = tls_session_read(session, bytes, sizeof(bytes));
    while (got > 0);
    if (got != 0 && got != -EAGAIN && !session->is_failed) abort();
}

static void serve(int fd)
{
    struct tls_session *session = tls_session_accept(server_context(), fd);
    int result = tls_session_handshake(session);
    if (result == -EAGAIN) result = tls_session_handshake(session);
    if (result != 0 && result != -EAGAIN && !session->is_failed) abort();
    if (result == -EPROTO && session->error[0] == '\0') abort();
    if (session->is_established) read_on(session);
    tls_session_end(session);
    tls_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    if (size > INPUT_MAX) return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) abort();
    ssize_t sent = send(ends[0], data, size, MSG_NOSIGNAL);
    (void)sent;
    serve(ends[1]);
    char *answer = mem_alloc(ANSWER_MAX);
    if (recv(ends[0], answer, ANSWER_MAX, MSG_DONTWAIT) == ANSWER_MAX) abort();
    mem_free(answer);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
