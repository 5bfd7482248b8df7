#include "script/sha1.h"

#include <openssl/evp.h>

void sha1_hex(struct str bytes, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(bytes.ptr, bytes.len, digest, NULL, EVP_sha1(), NULL);
    for (int i = 0; i < SHA1_HEX_LEN / 2; i++) {
        *hex++ = digits[digest[i] >> 4];
        *hex++ = digits[digest[i] & 15];
    }
    *hex = 0;
}
