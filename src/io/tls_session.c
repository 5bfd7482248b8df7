#include "io/tls_session.h"

#include "base/mem.h"
#include "io/connect.h"
#include "io/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { RECORD_MAX = 16 * 1024 };

static struct tls_session *session_new(struct tls_context *context, int fd)
{
    SSL *ssl = tls_context_session(context);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    struct tls_session *session = mem_new(struct tls_session);
    session->ssl = ssl;
    session->context = tls_ref(context);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL) return;
    SSL_free(session->ssl);
    tls_unref(session->context);
    mem_free(session->wanted_name);
    mem_free(session);
}

struct tls_session *tls_session_accept(struct tls_context *context, int fd)
{
    struct tls_session *session = session_new(context, fd);
    if (session != NULL) SSL_set_accept_state(session->ssl);
    return session;
}

static bool is_ip_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool expect_name(SSL *ssl, const char *name)
{
    if (is_ip_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1;
}

/* Certificates made by hand often name no host at all, only a subject. */
static bool names_a_host(X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        found = type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return found;
}

static bool is_for(X509 *certificate, const char *name)
{
    if (is_ip_address(name)) return X509_check_ip_asc(certificate, name, 0) == 1;
    return X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* OpenSSL asks for each certificate of the chain; the peer's own is the one at depth 0. */
static int judge_names(int is_trusted, X509_STORE_CTX *chain)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct tls_session *session = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get_current_cert(chain);
    if (!is_trusted || X509_STORE_CTX_get_error_depth(chain) > 0) return is_trusted;
    if (!names_a_host(certificate) || is_for(certificate, session->wanted_name)) return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

static bool expect_peer(struct tls_session *session, const struct connect_options *options)
{
    const char *name = options->sni ? options->sni : options->host;
    if (options->name_check == CONNECT_NAME_UNCHECKED) return true;
    if (name == NULL) return false;
    session->wanted_name = mem_strdup(name);
    if (options->name_check == CONNECT_NAME_CHECKED) return expect_name(session->ssl, name);
    SSL_set_app_data(session->ssl, session);
    SSL_set_verify(session->ssl, SSL_get_verify_mode(session->ssl), judge_names);
    return true;
}

static bool ask_for_name(SSL *ssl, const char *name)
{
    return name == NULL || is_ip_address(name) || SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tls_session *tls_session_connect(const struct connect_options *options, int fd)
{
    struct tls_session *session = session_new(options->tls, fd);
    if (session == NULL) return NULL;
    SSL_set_connect_state(session->ssl);
    if (!ask_for_name(session->ssl, options->sni) || !expect_peer(session, options)) {
        tls_session_free(session);
        return NULL;
    }
    return session;
}

static int fail(struct tls_session *session, int error)
{
    session->is_failed = true;
    return error;
}

/* What a call that did not succeed means. Returns 0 for the end of the stream. */
static int outcome(struct tls_session *session, int result, bool *wants_write, bool *wants_read)
{
    int saved_errno = errno;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *wants_write = false;
        *wants_read = true;
        return -EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        *wants_write = true;
        *wants_read = false;
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        if (saved_errno == 0) return 0;
        return fail(session, -saved_errno);
    default:
        tls_take_error(session->error, sizeof(session->error));
        return fail(session, -EPROTO);
    }
}

/* A failed session must not be used any more, and each call needs an empty queue of errors. */
static bool begin(struct tls_session *session)
{
    ERR_clear_error();
    errno = 0;
    return !session->is_failed;
}

static void note_certificate_error(struct tls_session *session)
{
    long verdict = SSL_get_verify_result(session->ssl);
    if (!session->is_failed || verdict == X509_V_OK) return;
    size_t used = strlen(session->error);
    bool is_other =
        verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
    snprintf(session->error + used, sizeof(session->error) - used, "%s%s%s%s", used ? ": " : "",
             X509_verify_cert_error_string(verdict), is_other ? ", it is not for " : "",
             is_other && session->wanted_name ? session->wanted_name : "");
}

int tls_session_handshake(struct tls_session *session)
{
    if (!begin(session)) return -EPROTO;
    int result = SSL_do_handshake(session->ssl);
    if (result == 1) {
        session->is_established = true;
        session->handshake_wants_write = false;
        session->may_have_input = SSL_has_pending(session->ssl);
        return 0;
    }
    bool wants_read;
    result = outcome(session, result, &session->handshake_wants_write, &wants_read);
    note_certificate_error(session);
    if (result == 0) return fail(session, -ECONNRESET);
    return result;
}

ssize_t tls_session_read(struct tls_session *session, void *bytes, size_t size)
{
    if (!begin(session)) return -EPROTO;
    size_t got = 0;
    session->read_wants_write = false;
    int result = SSL_read_ex(session->ssl, bytes, size, &got);
    if (result == 1) {
        session->may_have_input = SSL_has_pending(session->ssl);
        return (ssize_t)got;
    }
    session->may_have_input = false;
    bool wants_read;
    return outcome(session, result, &session->read_wants_write, &wants_read);
}

/* Where in the pieces the writing stands. */
struct progress {
    const struct iovec *pieces;
    int count;
    size_t offset; /* in the first piece */
};

static void advance(struct progress *at, size_t len)
{
    at->offset += len;
    while (at->count > 0 && at->offset >= at->pieces->iov_len) {
        at->offset -= at->pieces->iov_len;
        at->pieces++;
        at->count--;
    }
}

/* Small pieces become one record, so that short replies do not each pay for a header and a system
 * call. Returns where the bytes are: in `record`, or in place when one piece is all there is. */
static const char *next_record(const struct progress *at, char *record, size_t *len)
{
    const char *first = (const char *)at->pieces->iov_base + at->offset;
    size_t first_len = at->pieces->iov_len - at->offset;
    if (at->count == 1 || first_len >= RECORD_MAX) {
        *len = first_len < RECORD_MAX ? first_len : RECORD_MAX;
        return first;
    }
    memcpy(record, first, first_len);
    *len = first_len;
    for (int i = 1; i < at->count && *len < RECORD_MAX; i++) {
        size_t part = at->pieces[i].iov_len;
        if (part > RECORD_MAX - *len) part = RECORD_MAX - *len;
        memcpy(record + *len, at->pieces[i].iov_base, part);
        *len += part;
    }
    return record;
}

static int write_record(struct tls_session *session, const void *bytes, size_t len, size_t *taken)
{
    if (!begin(session)) return -EPROTO;
    session->write_wants_read = false;
    int result = SSL_write_ex(session->ssl, bytes, len, taken);
    if (result == 1) return 0;
    bool wants_write;
    result = outcome(session, result, &wants_write, &session->write_wants_read);
    return result == 0 ? fail(session, -EPIPE) : result;
}

ssize_t tls_session_writev(struct tls_session *session, const struct iovec *pieces, int count)
{
    char record[RECORD_MAX];
    struct progress at = {.pieces = pieces, .count = count};
    ssize_t total = 0;
    advance(&at, 0);
    while (at.count > 0) {
        size_t len, taken = 0;
        const char *bytes = next_record(&at, record, &len);
        int error = write_record(session, bytes, len, &taken);
        if (error != 0) return total > 0 ? total : error;
        total += (ssize_t)taken;
        advance(&at, taken);
    }
    return total;
}

void tls_session_end(struct tls_session *session)
{
    if (!session->is_established || !begin(session)) return;
    SSL_shutdown(session->ssl);
    ERR_clear_error();
}

bool tls_session_peer_name(const struct tls_session *session, char *out, size_t size)
{
    X509 *certificate = SSL_get0_peer_certificate(session->ssl);
    if (certificate == NULL || SSL_get_verify_result(session->ssl) != X509_V_OK) return false;
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_NAME_get_text_by_NID(subject, NID_commonName, out, (int)size) >= 0;
}
