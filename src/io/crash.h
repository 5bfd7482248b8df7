/* The report of a crash: signal, address, registers, stack, memory map and what the program adds,
 * then death by the same signal.
 *
 * One installation per process, since signal handlers have no context. Everything runs in the
 * handler, on its own stack, and uses write(2) only; the extra writers may do no more than format
 * into their own memory and call crash_text. */
#ifndef SKEIN_IO_CRASH_H
#define SKEIN_IO_CRASH_H

#include "base/str.h"

struct log;

struct crash_options {
    const char *program;              /* "skein 1.0.0", for the head line */
    struct log *log;                  /* where the report goes; NULL: stderr */
    void (*extra)(void *ctx, int fd); /* may be NULL */
    void *ctx;
};

/* Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. Keeps a reference to `options`' pointers. */
int crash_install(const struct crash_options *options);
void crash_uninstall(void);
/* For extra writers. */
void crash_text(int fd, const char *text);

#endif
