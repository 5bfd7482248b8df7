#include "unit/io/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct party {
    EVP_PKEY *key;
    X509 *certificate;
};

static void must(int ok)
{
    if (!ok) abort();
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static struct party party_make(const char *name, const struct party *issuer, const char *alt_names)
{
    struct party party = {EVP_EC_gen("P-256"), X509_new()};
    must(party.key && party.certificate);
    X509_set_version(party.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(party.certificate), 1 + name[0]);
    X509_gmtime_adj(X509_getm_notBefore(party.certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(party.certificate), 3600);
    X509_set_pubkey(party.certificate, party.key);
    X509_NAME *subject = X509_get_subject_name(party.certificate);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                    -1, 0));
    X509_set_issuer_name(party.certificate,
                         issuer ? X509_get_subject_name(issuer->certificate) : subject);
    if (issuer == NULL) add_extension(party.certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (alt_names) add_extension(party.certificate, NID_subject_alt_name, alt_names);
    must(X509_sign(party.certificate, issuer ? issuer->key : party.key, EVP_sha256()));
    return party;
}

static void party_free(struct party *party)
{
    EVP_PKEY_free(party->key);
    X509_free(party->certificate);
}

static void write_certificate(const struct party *party, const char *directory, const char *name,
                              char path[128])
{
    snprintf(path, 128, "%s/%s.crt", directory, name);
    FILE *file = fopen(path, "w");
    must(file && PEM_write_X509(file, party->certificate));
    fclose(file);
}

static void write_key(const struct party *party, const char *directory, const char *name,
                      const char *password, char path[128])
{
    snprintf(path, 128, "%s/%s.key", directory, name);
    FILE *file = fopen(path, "w");
    const EVP_CIPHER *cipher = password ? EVP_aes_128_cbc() : NULL;
    must(file && PEM_write_PrivateKey(file, party->key, cipher, NULL, 0, NULL,
                                      (void *)(uintptr_t)password));
    fclose(file);
}

void certificates_make(struct certificates *made, const char *directory)
{
    struct party ca = party_make("test authority", NULL, NULL);
    struct party other_ca = party_make("other authority", NULL, NULL);
    struct party server = party_make("server", &ca, "DNS:skein.test,IP:127.0.0.1");
    struct party client = party_make("alice", &ca, NULL);
    struct party stranger = party_make("mallory", &other_ca, NULL);
    write_certificate(&ca, directory, "ca", made->ca);
    write_certificate(&server, directory, "server", made->server_cert);
    write_key(&server, directory, "server", NULL, made->server_key);
    write_key(&server, directory, "locked", "secret", made->locked_key);
    write_certificate(&client, directory, "client", made->client_cert);
    write_key(&client, directory, "client", NULL, made->client_key);
    write_certificate(&stranger, directory, "stranger", made->stranger_cert);
    write_key(&stranger, directory, "stranger", NULL, made->stranger_key);
    party_free(&ca);
    party_free(&other_ca);
    party_free(&server);
    party_free(&client);
    party_free(&stranger);
}
