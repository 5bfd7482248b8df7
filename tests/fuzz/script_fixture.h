/* A server without sockets that runs one script over the bytes of the fuzzer.
 *
 * A script that does not end is killed at the first look at the clock, and one that says "BROKEN"
 * has seen a property violated. */
#ifndef SKEIN_TESTS_FUZZ_SCRIPT_FIXTURE_H
#define SKEIN_TESTS_FUZZ_SCRIPT_FIXTURE_H

#include "command/families.h"
#include "script/engine.h"
#include "script/families.h"
#include "unit/command/harness.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Time goes on whenever somebody looks. */
static inline int64_t fixture_clock_us(void *owner)
{
    struct harness *h = owner;
    h->host.now_us += 1000;
    return h->host.now_us;
}

static inline int64_t fixture_slow_after_us(void *owner)
{
    (void)owner;
    return 1;
}

static inline bool fixture_stop(void *owner)
{
    (void)owner;
    return true;
}

/* EVAL of a script with the bytes as ARGV[1]. */
static inline void fixture_eval(struct str script, struct str bytes)
{
    struct harness *h = malloc(sizeof(*h));
    harness_init(h, string_commands, generic_commands, eval_commands, script_commands, NULL);
    h->host.scripts = script_engine_new(&h->host);
    h->executor.clock_us = fixture_clock_us;
    h->host.scripts->hooks = (struct script_hooks){
        .owner = h, .slow_after_us = fixture_slow_after_us, .serve = fixture_stop};
    struct str argv[] = {STR("EVAL"), script, STR("0"), bytes};
    const char *reply = harness_run_argv(h, argv, 4);
    if (h->reply.len == 0 || strstr(reply, "BROKEN")) abort();
    script_engine_free(h->host.scripts);
    harness_deinit(h);
    free(h);
}

#endif
