#include "io/tls.h"

#include "base/mem.h"
#include "io/tls_session.h"

#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdio.h>

struct tls_context {
    SSL_CTX *ssl;
    atomic_int references; /* sessions of lent conns may end on other threads */
};

struct tls_context *tls_ref(struct tls_context *context)
{
    if (context) atomic_fetch_add(&context->references, 1);
    return context;
}

void tls_unref(struct tls_context *context)
{
    if (context == NULL || atomic_fetch_sub(&context->references, 1) > 1) return;
    SSL_CTX_free(context->ssl);
    mem_free(context);
}

SSL *tls_context_session(struct tls_context *context)
{
    return SSL_new(context->ssl);
}

const char *tls_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

void tls_take_error(char *out, size_t size)
{
    const char *detail = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &detail, &flags);
    if (code == 0) {
        snprintf(out, size, "unknown TLS error");
    } else {
        const char *reason = ERR_reason_error_string(code);
        bool has_detail = (flags & ERR_TXT_STRING) && detail && detail[0];
        snprintf(out, size, "%s%s%s", reason ? reason : "TLS error", has_detail ? ": " : "",
                 has_detail ? detail : "");
    }
    ERR_clear_error();
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != 0;
}

static bool refuse(struct buf *why, const char *what, const char *value)
{
    char error[TLS_ERROR_MAX];
    tls_take_error(error, sizeof(error));
    buf_printf(why, "%s%s%s: %s", what, value ? " " : "", value ? value : "", error);
    return false;
}

static const struct protocol {
    const char *name;
    int version;
    uint64_t off;
} protocols[] = {
    {"TLSv1", TLS1_VERSION, SSL_OP_NO_TLSv1},
    {"TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
    {"TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
    {"TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3},
};
enum { PROTOCOL_COUNT = sizeof(protocols) / sizeof(protocols[0]) };

static const struct protocol *find_protocol(struct str name)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (str_is(name, protocols[i].name)) return &protocols[i];
    return NULL;
}

static bool set_protocols(SSL_CTX *ssl, const char *names, struct buf *why)
{
    if (!is_set(names)) return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1;
    uint64_t off = 0;
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) off |= protocols[i].off;
    int oldest = TLS1_3_VERSION;
    bool any = false;
    struct str rest = str_from_c(names), name;
    while (str_split(&rest, ' ', &name)) {
        if (name.len == 0) continue;
        const struct protocol *protocol = find_protocol(name);
        if (protocol == NULL) {
            buf_printf(why, "unknown TLS protocol '%.*s'", STR_ARG(name));
            return false;
        }
        off &= ~protocol->off;
        if (protocol->version < oldest) oldest = protocol->version;
        any = true;
    }
    if (!any) return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1;
    SSL_CTX_set_options(ssl, off);
    return SSL_CTX_set_min_proto_version(ssl, oldest) == 1;
}

/* Without a password of ours OpenSSL would ask the terminal; a server must fail instead. */
static int give_password(char *out, int size, int for_writing, void *ctx)
{
    (void)for_writing;
    const char *password = ctx;
    size_t len = password ? strlen(password) : 0;
    if (len == 0 || len > (size_t)size) return -1;
    memcpy(out, password, len);
    return (int)len;
}

struct identity {
    const char *cert_file, *key_file, *key_file_pass;
};

static bool set_identity(SSL_CTX *ssl, struct identity identity, struct buf *why)
{
    SSL_CTX_set_default_passwd_cb(ssl, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, (void *)(uintptr_t)identity.key_file_pass);
    bool ok = true;
    if (SSL_CTX_use_certificate_chain_file(ssl, identity.cert_file) != 1)
        ok = refuse(why, "Failed to load certificate", identity.cert_file);
    else if (SSL_CTX_use_PrivateKey_file(ssl, identity.key_file, SSL_FILETYPE_PEM) != 1)
        ok = refuse(why, "Failed to load private key", identity.key_file);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    return ok;
}

static bool set_authorities(SSL_CTX *ssl, const struct tls_options *options, struct buf *why)
{
    const char *file = is_set(options->ca_cert_file) ? options->ca_cert_file : NULL;
    const char *directory = is_set(options->ca_cert_dir) ? options->ca_cert_dir : NULL;
    if (file == NULL && directory == NULL) return true;
    if (SSL_CTX_load_verify_locations(ssl, file, directory) == 1) return true;
    return refuse(why, "Failed to load CA certificates from", file ? file : directory);
}

static bool set_dh_params(SSL_CTX *ssl, const char *path, struct buf *why)
{
    if (!is_set(path)) return SSL_CTX_set_dh_auto(ssl, 1) == 1;
    EVP_PKEY *params = NULL;
    BIO *file = BIO_new_file(path, "r");
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &params, "PEM", NULL, "DH", OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS, NULL, NULL);
    bool ok = file && decoder && OSSL_DECODER_from_bio(decoder, file) == 1 && params &&
              SSL_CTX_set0_tmp_dh_pkey(ssl, params) == 1;
    if (!ok) {
        EVP_PKEY_free(params);
        refuse(why, "Failed to load DH parameters", path);
    }
    OSSL_DECODER_CTX_free(decoder);
    BIO_free(file);
    return ok;
}

static bool set_ciphers(SSL_CTX *ssl, const struct tls_options *options, struct buf *why)
{
    if (is_set(options->ciphers) && SSL_CTX_set_cipher_list(ssl, options->ciphers) != 1)
        return refuse(why, "Failed to set ciphers", options->ciphers);
    if (is_set(options->ciphersuites) && SSL_CTX_set_ciphersuites(ssl, options->ciphersuites) != 1)
        return refuse(why, "Failed to set ciphersuites", options->ciphersuites);
    return true;
}

static SSL_CTX *context_base(const SSL_METHOD *method)
{
    SSL_CTX *ssl = SSL_CTX_new(method);
    if (ssl == NULL) return NULL;
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    /* A record then costs one system call instead of two. */
    SSL_CTX_set_read_ahead(ssl, 1);
    return ssl;
}

static void set_session_cache(SSL_CTX *ssl, const struct tls_options *options)
{
    if (options->no_session_caching) {
        SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
        return;
    }
    long size = options->session_cache_size, timeout_s = options->session_cache_timeout_s;
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(ssl, size > 0 ? size : 20480);
    SSL_CTX_set_timeout(ssl, timeout_s > 0 ? timeout_s : 300);
    SSL_CTX_set_session_id_context(ssl, (const unsigned char *)"skein", 5);
}

static bool fill_server(SSL_CTX *ssl, const struct tls_options *options, struct buf *why)
{
    static const int verify_modes[] = {
        [TLS_AUTH_CLIENTS_YES] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
        [TLS_AUTH_CLIENTS_NO] = SSL_VERIFY_NONE,
        [TLS_AUTH_CLIENTS_OPTIONAL] = SSL_VERIFY_PEER,
    };
    struct identity identity = {options->cert_file, options->key_file, options->key_file_pass};
    bool has_authority = is_set(options->ca_cert_file) || is_set(options->ca_cert_dir);
    if (!is_set(identity.cert_file) || !is_set(identity.key_file)) {
        buf_append_c(why, "tls-cert-file and tls-key-file are both needed to accept TLS");
        return false;
    }
    if (!has_authority && options->auth_clients != TLS_AUTH_CLIENTS_NO) {
        buf_append_c(why, "checking the certificates of clients needs tls-ca-cert-file or "
                          "tls-ca-cert-dir (or tls-auth-clients no)");
        return false;
    }
    if (options->prefer_server_ciphers) SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_verify(ssl, verify_modes[options->auth_clients], NULL);
    set_session_cache(ssl, options);
    return set_identity(ssl, identity, why) && set_dh_params(ssl, options->dh_params_file, why);
}

static bool fill_client(SSL_CTX *ssl, const struct tls_options *options, struct buf *why)
{
    struct identity identity = {options->cert_file, options->key_file, options->key_file_pass};
    if (is_set(options->client_cert_file))
        identity = (struct identity){options->client_cert_file, options->client_key_file,
                                     options->client_key_file_pass};
    SSL_CTX_set_verify(ssl, options->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    bool has_authority = is_set(options->ca_cert_file) || is_set(options->ca_cert_dir);
    if (options->system_ca && !has_authority && SSL_CTX_set_default_verify_paths(ssl) != 1)
        return refuse(why, "Failed to load the system's CA certificates", NULL);
    if (!is_set(identity.cert_file)) return true;
    if (!is_set(identity.key_file)) identity.key_file = identity.cert_file;
    return set_identity(ssl, identity, why);
}

typedef bool fill_function(SSL_CTX *ssl, const struct tls_options *options, struct buf *why);

static struct tls_context *context_new(const SSL_METHOD *method, fill_function *fill,
                                       const struct tls_options *options, struct buf *why)
{
    ERR_clear_error();
    SSL_CTX *ssl = context_base(method);
    if (ssl == NULL) {
        refuse(why, "Failed to create a TLS context", NULL);
        return NULL;
    }
    if (!set_protocols(ssl, options->protocols, why) || !fill(ssl, options, why) ||
        !set_authorities(ssl, options, why) || !set_ciphers(ssl, options, why)) {
        SSL_CTX_free(ssl);
        return NULL;
    }
    struct tls_context *context = mem_new(struct tls_context);
    context->ssl = ssl;
    atomic_init(&context->references, 1);
    return context;
}

struct tls_context *tls_server_new(const struct tls_options *options, struct buf *why)
{
    return context_new(TLS_server_method(), fill_server, options, why);
}

struct tls_context *tls_client_new(const struct tls_options *options, struct buf *why)
{
    return context_new(TLS_client_method(), fill_client, options, why);
}
