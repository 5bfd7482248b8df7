/* Slows down whoever guesses passwords: after some wrong ones from an address, the next attempt
 * from there must wait, twice as long after each further one.
 *
 * Pure: the clock comes in. A right password, or a while without a wrong one, is forgiveness.
 * Nobody is refused: an attempt that waits is judged when its time has come, so that a neighbour
 * with a right password only comes later. The number of addresses remembered is bounded; the one
 * that failed longest ago gives way. */
#ifndef SKEIN_SERVER_LOGIN_GUARD_H
#define SKEIN_SERVER_LOGIN_GUARD_H

#include "base/list.h"
#include "base/map.h"

struct login_guard {
    struct map by_address; /* struct login_failures */
    struct list by_age;    /* the same, the oldest failure first */
};

enum {
    LOGIN_FREE_FAILURES = 5,
    LOGIN_FIRST_DELAY_MS = 100,
    LOGIN_DELAY_MAX_MS = 5000,
    LOGIN_FORGIVEN_AFTER_MS = 60000,
    LOGIN_ADDRESSES_MAX = 4096,
};

void login_guard_init(struct login_guard *guard, struct hash_seed seed);
void login_guard_deinit(struct login_guard *guard);
void login_guard_failed(struct login_guard *guard, struct str address, int64_t now_ms);
void login_guard_succeeded(struct login_guard *guard, struct str address);
/* How long the next attempt from there must wait; 0: not at all. */
int64_t login_guard_delay_ms(struct login_guard *guard, struct str address, int64_t now_ms);

#endif
