/* The wish for short turns: granted, or nothing changes. */
#include "io/priority.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

struct attempt {
    int policy; /* of the thread, before */
    bool granted;
    struct attributes before, after;
};

static struct attributes read_attributes(void)
{
    struct attributes attributes = {.size = sizeof(attributes)};
    syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0);
    return attributes;
}

static void *run(void *context)
{
    struct attempt *attempt = context;
    struct sched_param param = {0};
    sched_setscheduler(0, attempt->policy, &param);
    attempt->before = read_attributes();
    attempt->granted = priority_run_soon();
    attempt->after = read_attributes();
    return NULL;
}

/* In a thread of its own: the others of this program stay as they are. */
static struct attempt try_with(int policy)
{
    struct attempt attempt = {.policy = policy};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, &attempt), 0);
    pthread_join(thread, NULL);
    return attempt;
}

/* A kernel that knows turns tells how long they are; an older one tells 0. */
static void a_usual_thread_gets_short_turns_and_keeps_its_share(void **state)
{
    (void)state;
    struct attempt attempt = try_with(SCHED_OTHER);
    if (attempt.before.policy != SCHED_OTHER) return; /* this program was started under another */
    assert_true(attempt.granted);
    assert_int_equal(attempt.after.policy, SCHED_OTHER);
    assert_int_equal(attempt.after.nice, attempt.before.nice);
    if (attempt.before.runtime_ns) assert_int_equal(attempt.after.runtime_ns, 100000);
}

static void a_policy_that_somebody_chose_stays(void **state)
{
    (void)state;
    struct attempt attempt = try_with(SCHED_BATCH);
    assert_false(attempt.granted);
    assert_int_equal(attempt.after.policy, attempt.before.policy);
    assert_int_equal(attempt.after.runtime_ns, attempt.before.runtime_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_thread_gets_short_turns_and_keeps_its_share),
        cmocka_unit_test(a_policy_that_somebody_chose_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
