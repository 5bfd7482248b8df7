/* SipHash-1-3: the keyed hash of all tables a client can fill, so that nobody can choose
 * colliding keys. */
#ifndef SKEIN_BASE_HASH_H
#define SKEIN_BASE_HASH_H

#include "base/str.h"

struct hash_seed {
    uint64_t k0, k1;
};

uint64_t hash_bytes(struct hash_seed seed, const void *bytes, size_t len);
/* The same over ASCII letters folded to lower case, for names of commands and options. */
uint64_t hash_nocase(struct hash_seed seed, struct str s);

#endif
