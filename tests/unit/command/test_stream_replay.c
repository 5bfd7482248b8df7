/* Proves: whatever is done to streams and groups, doing what was recorded of it to a copy makes the
 * copy equal, down to who was given what, when and how often. */
#include "unit/command/steps.h"

#include "base/prng.h"
#include "command/families.h"

enum { ROUNDS = 300, STEPS = 60 };

static const char *const REQUESTS[] = {
    "XADD %k * f v",
    "XADD %k %i a 1 b 2",
    "XADD %k %n-* f v",
    "XADD %k MAXLEN ~ %n * f v",
    "XADD %k MAXLEN %n * f v",
    "XADD %k MINID ~ %i LIMIT %n * f v",
    "XADD %k NOMKSTREAM MINID = %i * f v",
    "XTRIM %k MAXLEN ~ %n",
    "XTRIM %k MINID %i",
    "XTRIM %k MINID ~ %i LIMIT 2",
    "XDEL %k %i %i %i",
    "XSETID %k %i ENTRIESADDED 50",
    "XSETID %k 1700000009 MAXDELETEDID %i",
    "XGROUP CREATE %k %g %i",
    "XGROUP CREATE %k %g $ MKSTREAM ENTRIESREAD %n",
    "XGROUP SETID %k %g %i",
    "XGROUP SETID %k %g 0 ENTRIESREAD %n",
    "XGROUP DESTROY %k %g",
    "XGROUP CREATECONSUMER %k %g %c",
    "XGROUP DELCONSUMER %k %g %c",
    "XREADGROUP GROUP %g %c COUNT %n STREAMS %k >",
    "XREADGROUP GROUP %g %c STREAMS %k >",
    "XREADGROUP GROUP %g %c COUNT 2 NOACK STREAMS %k >",
    "XREADGROUP GROUP %g %c COUNT %n STREAMS %k 0",
    "XREADGROUP GROUP %g %c STREAMS %k %k %i >",
    "XACK %k %g %i %i",
    "XCLAIM %k %g %c 0 %i %i %i",
    "XCLAIM %k %g %c 500 %i %i IDLE %n00 FORCE",
    "XCLAIM %k %g %c 0 %i TIME 16999999%n0 RETRYCOUNT %n JUSTID",
    "XCLAIM %k %g %c 0 %i FORCE LASTID %i",
    "XAUTOCLAIM %k %g %c 0 0 COUNT %n",
    "XAUTOCLAIM %k %g %c 300 %i JUSTID",
    "DEL %k",
};

static void append_word(struct buf *line, char kind, struct prng *prng)
{
    uint64_t pick = prng_below(prng, 100);
    switch (kind) {
    case 'k':
        buf_printf(line, "x%d", pick < 80 ? 1 : 2);
        break;
    case 'g':
        buf_printf(line, "g%d", pick < 70 ? 1 : 2);
        break;
    case 'c':
        buf_printf(line, "c%d", (int)pick % 3);
        break;
    case 'n':
        buf_printf(line, "%d", (int)pick % 10);
        break;
    default:
        /* Ids that XADD * gave, others, and those of a time to come. */
        if (pick < 70)
            buf_printf(line, "%d-%d", HARNESS_START_MS, (int)pick % 24);
        else
            buf_printf(line, "%d-%d", (int)pick % 5 + (pick > 97 ? 1700000001 : 1), (int)pick % 3);
    }
}

static void write_request(struct buf *line, struct prng *prng)
{
    const char *form = REQUESTS[prng_below(prng, sizeof(REQUESTS) / sizeof(REQUESTS[0]))];
    buf_clear(line);
    for (; *form; form++) {
        if (*form == '%')
            append_word(line, *++form, prng);
        else
            buf_append_char(line, *form);
    }
}

static void replay(struct harness *copy, struct str effects)
{
    struct buf lines = {0};
    struct str rest, line;
    steps_read_effects(effects, &lines);
    rest = buf_str(&lines);
    while (rest.len && str_split(&rest, ';', &line)) {
        char text[4096];
        if (line.len == 0) continue;
        assert_true(line.len < sizeof(text));
        memcpy(text, line.ptr, line.len);
        text[line.len] = '\0';
        const char *reply = harness_run(copy, text);
        if (reply[0] == '-') fail_msg("%s: %s", text, reply);
    }
    buf_deinit(&lines);
}

static void compare(struct harness *original, struct harness *copy, const char *request)
{
    static const char *const QUESTIONS[] = {"XINFO STREAM x1 FULL COUNT 0",
                                            "XINFO STREAM x2 FULL COUNT 0"};
    for (size_t i = 0; i < 2; i++) {
        struct buf ours = {0};
        buf_append_c(&ours, harness_run(original, QUESTIONS[i]));
        const char *theirs = harness_run(copy, QUESTIONS[i]);
        if (strcmp(buf_c(&ours), theirs) != 0)
            fail_msg("after %s\n%s\n---\n%s", request, buf_c(&ours), theirs);
        buf_deinit(&ours);
    }
}

static void start(struct harness *h)
{
    harness_init(h, stream_commands, generic_commands, multi_commands, NULL);
    h->settings.stream_node_max_entries = 3;
}

static void a_copy_that_replays_what_was_recorded_stays_equal(void **state)
{
    static struct harness original, copy;
    struct buf line = {0};
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct prng prng;
        prng_init(&prng, round);
        start(&original);
        start(&copy);
        for (int i = 0; i < STEPS; i++) {
            write_request(&line, &prng);
            harness_run(&original, buf_c(&line));
            replay(&copy, buf_str(&original.effects));
            compare(&original, &copy, buf_c(&line));
        }
        harness_deinit(&original);
        harness_deinit(&copy);
    }
    buf_deinit(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_that_replays_what_was_recorded_stays_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
