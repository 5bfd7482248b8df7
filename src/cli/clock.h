/* Waiting, for the modes that sample something at intervals. */
#ifndef SKEIN_CLI_CLOCK_H
#define SKEIN_CLI_CLOCK_H

#include "io/clock.h"

#include <errno.h>

/* Returns early when a signal came. */
static inline void clock_sleep(double seconds)
{
    struct timespec span = {.tv_sec = (time_t)seconds};
    span.tv_nsec = (long)((seconds - (double)span.tv_sec) * 1e9);
    nanosleep(&span, NULL);
}

static inline double clock_seconds_since(int64_t start_us)
{
    return (double)(clock_mono_us() - start_us) / 1e6;
}

#endif
