/* A harness with scripts in it; see unit/command/harness.h. */
#ifndef SKEIN_TESTS_SCRIPT_WORLD_H
#define SKEIN_TESTS_SCRIPT_WORLD_H

#include "command/families.h"
#include "script/engine.h"
#include "script/families.h"
#include "unit/command/steps.h"

static inline void world_init(struct harness *h)
{
    harness_init(h, string_commands, generic_commands, multi_commands, hll_commands,
                 object_commands, eval_commands, script_commands, function_commands, fcall_commands,
                 NULL);
    h->host.scripts = script_engine_new(&h->host);
}

static inline void world_deinit(struct harness *h)
{
    script_engine_free(h->host.scripts);
    harness_deinit(h);
}

/* Runs EVAL with no keys. */
static inline const char *world_eval(struct harness *h, const char *script)
{
    struct str argv[] = {STR("EVAL"), str_from_c(script), STR("0")};
    return harness_run_argv(h, argv, 3);
}

/* A script and what it must answer. An error is compared up to the place where it says which
 * script it was. */
struct script_case {
    const char *script, *reply;
};

static inline void world_expect(struct harness *h, const struct script_case *one)
{
    const char *found = world_eval(h, one->script);
    const char *tail = found[0] == '-' ? strstr(found, " script: ") : NULL;
    size_t len = tail ? (size_t)(tail - found) : strlen(found);
    if (len == strlen(one->reply) && memcmp(found, one->reply, len) == 0) return;
    print_error("%s\n  expected: %s\n  found:    %s\n", one->script, one->reply, found);
    fail();
}

#define WORLD_EXPECT(h, ...)                                                                       \
    do {                                                                                           \
        static const struct script_case cases_[] = {__VA_ARGS__};                                  \
        for (size_t i_ = 0; i_ < sizeof(cases_) / sizeof(cases_[0]); i_++) {                       \
            world_expect((h), &cases_[i_]);                                                        \
        }                                                                                          \
    } while (0)

#endif
