#include "server/acl_password.h"

#include "base/assert.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

struct acl_password acl_password_of(struct str clear_text)
{
    struct acl_password password;
    int done =
        EVP_Digest(clear_text.ptr, clear_text.len, password.digest, NULL, EVP_sha256(), NULL);
    ASSERT(done == 1);
    return password;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool acl_password_parse(struct str hex, struct acl_password *password)
{
    if (hex.len != sizeof(password->digest) * 2) return false;
    for (size_t i = 0; i < sizeof(password->digest); i++) {
        int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        password->digest[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

void acl_password_write(const struct acl_password *password, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof(password->digest); i++) {
        buf_append_char(out, digits[password->digest[i] >> 4]);
        buf_append_char(out, digits[password->digest[i] & 15]);
    }
}

bool acl_password_equal(const struct acl_password *a, const struct acl_password *b)
{
    return CRYPTO_memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}
