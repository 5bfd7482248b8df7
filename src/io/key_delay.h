/* The debugging aid that slows saving and loading down: so many microseconds for each key, or, when
 * negative, one for so many keys. */
#ifndef SKEIN_IO_KEY_DELAY_H
#define SKEIN_IO_KEY_DELAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct key_delay {
    int each_us;
    uint64_t passed;
};

/* Waits as long as a key is to take, but not on after `cancelled`, which may be
 * NULL. */
void key_delay_pass(struct key_delay *delay, const atomic_bool *cancelled);

#endif
