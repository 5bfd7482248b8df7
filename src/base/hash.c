#include "base/hash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline void sip_absorb(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t last_word(const unsigned char *bytes, size_t len)
{
    uint64_t word = (uint64_t)len << 56;
    for (size_t i = 0; i < (len & 7); i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t hash_bytes(struct hash_seed seed, const void *bytes, size_t len)
{
    struct sip s = {seed.k0 ^ 0x736f6d6570736575u, seed.k1 ^ 0x646f72616e646f6du,
                    seed.k0 ^ 0x6c7967656e657261u, seed.k1 ^ 0x7465646279746573u};
    const unsigned char *at = bytes; /* may be NULL when there are none */
    for (size_t left = len; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sip_absorb(&s, word);
    }
    sip_absorb(&s, last_word(at, len));
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_nocase(struct hash_seed seed, struct str s)
{
    char folded[64];
    uint64_t hash = s.len;
    while (s.len) {
        size_t n = s.len < sizeof(folded) ? s.len : sizeof(folded);
        for (size_t i = 0; i < n; i++) folded[i] = char_lower(s.ptr[i]);
        hash = hash_bytes(seed, folded, n) ^ rotl(hash, 7);
        s = str_from(s, n);
    }
    return hash;
}
