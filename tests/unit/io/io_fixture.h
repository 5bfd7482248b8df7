/* What the tests of io/ share: a loop with a heartbeat, a scratch directory, waiting with a
 * deadline. */
#ifndef SKEIN_TESTS_IO_FIXTURE_H
#define SKEIN_TESTS_IO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/loop.h"
#include "io/timer.h"

struct io_fixture {
    struct loop *loop;
    struct timer heartbeat; /* so that a wait looks at its deadline */
    char directory[64];
    char paths[8][128];
    unsigned path_count;
};

int io_setup(void **state);
int io_teardown(void **state);
/* A path in the scratch directory; the last eight stay valid. */
const char *io_path(struct io_fixture *fixture, const char *name);

/* Turns the loop until the condition holds; fails after a minute. */
#define io_wait_until(fixture, condition)                                                          \
    do {                                                                                           \
        int64_t deadline_us = clock_mono_us() + 60000000;                                          \
        while (!(condition)) {                                                                     \
            if (clock_mono_us() > deadline_us) fail_msg("never true: %s", #condition);             \
            loop_turn((fixture)->loop, true);                                                      \
        }                                                                                          \
    } while (0)

#endif
