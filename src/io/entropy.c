#include "io/entropy.h"

#include "base/assert.h"

#include <errno.h>
#include <sys/random.h>

void entropy_fill(void *bytes, size_t len)
{
    char *at = bytes;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR) continue;
        ASSERT(got > 0);
        at += got;
        len -= (size_t)got;
    }
}

uint64_t entropy_u64(void)
{
    uint64_t number;
    entropy_fill(&number, sizeof(number));
    return number;
}

struct hash_seed entropy_hash_seed(void)
{
    struct hash_seed seed;
    entropy_fill(&seed, sizeof(seed));
    return seed;
}

void entropy_hex(char *out, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    entropy_fill(out, len);
    for (size_t i = 0; i < len; i++) out[i] = digits[out[i] & 15];
    out[len] = 0;
}
