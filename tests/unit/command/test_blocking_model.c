/* Proves: whatever sessions do in whatever order, who is served, with what, and who is not, is what
 * a plain model says that walks over everybody each time; deadlines come out like a sorted list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/prng.h"
#include "command/families.h"
#include "waiters.h"

enum { SESSIONS = 24, KEYS = 5, NAMED_MAX = 6, LIST_MAX = 1 << 15, STEPS = 20000 };

static struct harness h;
static struct waiters w;
static struct prng prng;

/* What the model knows of a session. */
struct waiting {
    bool waits;
    uint64_t since; /* the smaller came first */
    int64_t deadline_us;
    int keys[NAMED_MAX], key_count;
    char expected[128]; /* the reply it must have got */
};

static struct {
    struct waiting sessions[SESSIONS];
    int lists[KEYS][LIST_MAX], heads[KEYS], tails[KEYS];
    uint64_t waits_begun;
    int next_value;
    int64_t now_us;
} model;

static int random_below(int bound)
{
    return (int)prng_below(&prng, (uint64_t)bound);
}

static bool is_empty(int key)
{
    return model.heads[key] == model.tails[key];
}

static void expect_element(int session, int key)
{
    char value[16];
    struct waiting *of = &model.sessions[session];
    int len = snprintf(value, sizeof(value), "%d", model.lists[key][model.heads[key]++]);
    snprintf(of->expected, sizeof(of->expected), "*2\r\n$2\r\nk%d\r\n$%d\r\n%s\r\n", key, len,
             value);
    of->waits = false;
}

static void expect(int session, const char *reply)
{
    snprintf(model.sessions[session].expected, sizeof(model.sessions[session].expected), "%s",
             reply);
    model.sessions[session].waits = false;
}

static bool names(const struct waiting *of, int key)
{
    for (int i = 0; i < of->key_count; i++) {
        if (of->keys[i] == key) return true;
    }
    return false;
}

static int first_who_waits_for(int key)
{
    int found = -1;
    for (int i = 0; i < SESSIONS; i++) {
        const struct waiting *of = &model.sessions[i];
        if (!of->waits || !names(of, key)) continue;
        if (found < 0 || of->since < model.sessions[found].since) found = i;
    }
    return found;
}

static void model_serve(const int *ready, int count)
{
    int session;
    for (int i = 0; i < count; i++) {
        while (!is_empty(ready[i]) && (session = first_who_waits_for(ready[i])) >= 0) {
            expect_element(session, ready[i]);
        }
    }
}

/* --- what happens --- */

static int pick_session(bool waiting)
{
    for (int tries = 0; tries < 50; tries++) {
        int at = random_below(SESSIONS);
        if (model.sessions[at].waits == waiting) return at;
    }
    return -1;
}

static void begin_to_wait(void)
{
    char line[128];
    int at = pick_session(false);
    if (at < 0) return;
    struct waiting *of = &model.sessions[at];
    of->key_count = 1 + random_below(NAMED_MAX);
    int timeout_ms = random_below(2) ? random_below(200) : 0;
    int len = snprintf(line, sizeof(line), "BLPOP");
    for (int i = 0; i < of->key_count; i++) {
        of->keys[i] = random_below(KEYS);
        len += snprintf(line + len, sizeof(line) - (size_t)len, " k%d", of->keys[i]);
    }
    snprintf(line + len, sizeof(line) - (size_t)len, " %d.%03d", 0, timeout_ms);
    of->waits = true;
    of->since = model.waits_begun++;
    of->deadline_us = timeout_ms ? model.now_us + timeout_ms * 1000 : INT64_MAX;
    waiters_send(&w, (size_t)at, line);
    for (int i = 0; i < of->key_count && of->waits; i++) {
        if (!is_empty(of->keys[i])) expect_element(at, of->keys[i]);
    }
}

static void push_several(void)
{
    int ready[8], count = 0;
    harness_run(&h, "MULTI");
    for (int i = random_below(4); i >= 0; i--) {
        char line[64];
        int key = random_below(KEYS);
        if (model.tails[key] == LIST_MAX) continue;
        if (is_empty(key)) ready[count++] = key;
        model.lists[key][model.tails[key]++] = model.next_value;
        snprintf(line, sizeof(line), "RPUSH k%d %d", key, model.next_value++);
        harness_run(&h, line);
    }
    harness_run(&h, "EXEC");
    blocking_serve(&w.blocking);
    model_serve(ready, count);
}

static void delete_one(void)
{
    char line[64];
    int key = random_below(KEYS);
    snprintf(line, sizeof(line), "DEL k%d", key);
    harness_run(&h, line);
    blocking_serve(&w.blocking);
    model.heads[key] = model.tails[key];
}

static void let_time_pass(void)
{
    model.now_us += random_below(60 * 1000);
    h.executor.last_clock_us = model.now_us;
    blocking_expire(&w.blocking, model.now_us);
    for (int i = 0; i < SESSIONS; i++) {
        const struct waiting *of = &model.sessions[i];
        if (of->waits && of->deadline_us <= model.now_us) expect(i, "*-1\r\n");
    }
}

static void end_one(void)
{
    int at = pick_session(true);
    if (at < 0) return;
    int how = random_below(3);
    struct session *session = &w.sessions[at];
    if (how == 0) {
        blocking_leave(&w.blocking, session);
        expect(at, "");
    } else {
        assert_true(blocking_unblock(&w.blocking, session, how == 1));
        expect(at, how == 1 ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n" : "*-1\r\n");
    }
}

static void compare(void)
{
    size_t waiting = 0;
    for (int i = 0; i < SESSIONS; i++) {
        struct waiting *of = &model.sessions[i];
        assert_string_equal(waiters_got(&w, (size_t)i), of->expected);
        assert_int_equal(session_is(&w.sessions[i], SESSION_BLOCKED), of->waits);
        waiting += of->waits;
        of->expected[0] = '\0';
    }
    assert_int_equal(w.blocking.count, waiting);
}

static void everybody_gets_what_the_model_says(void **state)
{
    (void)state;
    memset(&model, 0, sizeof(model));
    prng_init(&prng, 20260131);
    harness_init(&h, list_commands, generic_commands, multi_commands, NULL);
    waiters_init(&w, &h, SESSIONS);
    for (int i = 0; i < STEPS; i++) {
        int what = random_below(20);
        if (what < 11)
            begin_to_wait();
        else if (what < 15)
            push_several();
        else if (what < 17)
            let_time_pass();
        else if (what < 18)
            delete_one();
        else
            end_one();
        compare();
    }
    while (pick_session(true) >= 0) end_one();
    assert_true(model.next_value > STEPS / 10);
    waiters_deinit(&w);
    assert_int_equal(w.blocking.queues.by_name.len, 0);
    assert_int_equal(w.blocking.deadlines.count, 0);
    harness_deinit(&h);
}

/* --- deadlines --- */

enum { DEADLINES = 200 };

static const struct deadline *earliest(const struct deadline *all)
{
    const struct deadline *found = NULL;
    for (int i = 0; i < DEADLINES; i++) {
        if (all[i].slot == 0) continue;
        bool is_before = found == NULL || all[i].at_us < found->at_us ||
                         (all[i].at_us == found->at_us && all[i].serial < found->serial);
        if (is_before) found = &all[i];
    }
    return found;
}

static void the_earliest_deadline_is_always_first(void **state)
{
    static struct deadline all[DEADLINES];
    struct deadlines deadlines = {0};
    (void)state;
    prng_init(&prng, 42);
    for (int i = 0; i < 20000; i++) {
        struct deadline *one = &all[random_below(DEADLINES)];
        if (one->slot)
            deadlines_remove(&deadlines, one);
        else
            deadlines_add(&deadlines, one, random_below(1000));
        assert_ptr_equal(deadlines_first(&deadlines), earliest(all));
        if (random_below(2) == 0 && deadlines.count) {
            deadlines_remove(&deadlines, deadlines_first(&deadlines));
        }
    }
    for (int i = 0; i < DEADLINES; i++) deadlines_remove(&deadlines, &all[i]);
    assert_null(deadlines_first(&deadlines));
    deadlines_deinit(&deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_gets_what_the_model_says),
        cmocka_unit_test(the_earliest_deadline_is_always_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
