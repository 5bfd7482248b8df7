/* Requests in a row with what each must answer, announce and leave behind for replicas.
 *
 * Effects are written as one request per ';', words separated by spaces; see harness.h for the
 * rest. What is NULL is not compared; "" says that there must be none. */
#ifndef SKEIN_TESTS_COMMAND_STEPS_H
#define SKEIN_TESTS_COMMAND_STEPS_H

#include "base/num.h"
#include "unit/command/harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct step {
    const char *request, *reply, *events, *effects;
};

/* "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n" becomes "DEL k;". Arguments in tests hold no line ends. */
static inline void steps_read_effects(struct str bytes, struct buf *out)
{
    size_t words = 0;
    while (bytes.len) {
        ptrdiff_t end = str_find(bytes, STR("\r\n"));
        struct str line = str_first(bytes, (size_t)end);
        bytes = str_from(bytes, (size_t)end + 2);
        if (line.len && line.ptr[0] == '*' && words == 0) {
            int64_t count = 0;
            assert_true(num_parse_i64(str_from(line, 1), &count));
            words = (size_t)count * 2;
            continue;
        }
        if (words-- % 2 == 0) continue;
        buf_append_str(out, line);
        buf_append_char(out, words ? ' ' : ';');
    }
}

static inline void steps_compare(const struct step *step, const char *what, const char *expected,
                                 const char *found)
{
    if (expected == NULL || strcmp(expected, found) == 0) return;
    print_error("%s\n  %s expected: %s\n  %s found:    %s\n", step->request, what, expected, what,
                found);
    fail();
}

static inline void steps_run(struct harness *h, const struct step *steps, size_t count)
{
    struct buf effects = {0};
    for (const struct step *step = steps; step < steps + count; step++) {
        steps_compare(step, "reply", step->reply, harness_run(h, step->request));
        steps_compare(step, "events", step->events, buf_c(&h->events));
        buf_clear(&effects);
        steps_read_effects(buf_str(&h->effects), &effects);
        steps_compare(step, "effects", step->effects, buf_c(&effects));
    }
    buf_deinit(&effects);
}

#define STEPS_RUN(h, ...)                                                                          \
    steps_run((h), (const struct step[]){__VA_ARGS__},                                             \
              sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

#endif
