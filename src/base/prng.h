/* A small fast generator (xoshiro256**) for sampling and eviction; never for secrets. Its seed
 * is handed in. */
#ifndef SKEIN_BASE_PRNG_H
#define SKEIN_BASE_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t s[4];
};

void prng_init(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng);
/* Uniform in [0, bound); bound must not be 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);
/* Uniform in [0, 1). */
double prng_unit(struct prng *prng);

#endif
