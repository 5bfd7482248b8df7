/* Digests of values and of the whole data set, equal to those of stock Redis's DEBUG DIGEST.
 *
 * Twenty bytes that start as zeroes. What has an order is mixed in (the result depends on what came
 * before), what has none is combined by exclusive or. A value's digest begins with its type and
 * ends with a mark if it expires; how its elements enter is a row per type. */
#ifndef SKEIN_SERVER_DIGEST_H
#define SKEIN_SERVER_DIGEST_H

#include "store/keyspace.h"

enum { DIGEST_BYTES = 20, DIGEST_TEXT = 2 * DIGEST_BYTES };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

/* Without order. */
void digest_xor(struct digest *digest, struct str bytes);
/* With order. */
void digest_mix(struct digest *digest, struct str bytes);
/* A finished digest enters another one, without order. */
void digest_join(struct digest *digest, const struct digest *part);

/* A value with its expiry, without its key. */
void digest_entry(struct digest *digest, const struct entry *entry);
void digest_store(struct digest *digest, const struct store *store);
/* 40 hexadecimal digits, no NUL. */
void digest_text(const struct digest *digest, char out[DIGEST_TEXT]);

#endif
