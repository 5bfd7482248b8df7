/* The report of a crash, taken in children that die. */
#include "unit/io/io_fixture.h"

#include "base/buf.h"
#include "io/crash.h"
#include "io/file.h"
#include "io/log.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void crash_way(void);

static void by_signal(void)
{
    raise(SIGSEGV);
}

static void by_abort(void)
{
    abort();
}

static void *crash_in_thread(void *ctx)
{
    pthread_setname_np(pthread_self(), "walker");
    raise(SIGFPE);
    return ctx;
}

static void in_a_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, crash_in_thread, NULL);
    pthread_join(thread, NULL);
}

/* Touches more and more stack until there is none. */
static __attribute__((noinline)) int dig(int depth)
{
    volatile char hole[4096];
    hole[0] = (char)depth;
    hole[sizeof(hole) - 1] = hole[0];
    return (depth < INT_MAX ? dig(depth + 1) : 0) + hole[sizeof(hole) - 1];
}

static void by_a_full_stack(void)
{
    dig(1);
}

static void add_information(void *ctx, int fd)
{
    crash_text(fd, ctx);
}

static void fault_again(void *ctx, int fd)
{
    (void)ctx;
    (void)fd;
    abort();
}

/* Lets a child crash and returns the signal that ended it; its log is appended to `out`. */
static int report_of(struct io_fixture *fixture, crash_way *crash, struct crash_options options,
                     struct buf *out)
{
    const char *path = io_path(fixture, "crash.log");
    int status;
    file_remove(path);
    pid_t child = fork();
    if (child == 0) {
        options.log = log_new();
        options.program = "skein 0.0.1";
        log_set_file(options.log, path);
        if (crash_install(&options) != 0) _exit(1);
        crash();
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(file_read_all(path, 1000000, out), 0);
    assert_true(WIFSIGNALED(status));
    return WTERMSIG(status);
}

static void assert_has(struct buf *report, const char *text)
{
    if (!strstr(buf_c(report), text)) fail_msg("no '%s' in:\n%s", text, buf_c(report));
}

static void the_report_says_what_where_and_why(void **state)
{
    static const char information[] = "connected_clients:7\n";
    struct buf report = {0};
    struct crash_options options = {.extra = add_information,
                                    .ctx = (void *)(uintptr_t)information};
    assert_int_equal(report_of(*state, by_signal, options, &report), SIGSEGV);
    assert_has(&report, "crash report of skein 0.0.1");
    assert_has(&report, "crashed by signal: 11 (SIGSEGV), sent by process ");
    assert_has(&report, "registers:\n  ");
    assert_has(&report, "stack, from 0x");
    assert_has(&report, "test_crash");
    assert_has(&report, "memory map (code):\n");
    assert_has(&report, "r-xp");
    assert_null(strstr(buf_c(&report), "rw-p"));
    assert_has(&report, information);
    assert_has(&report, "end of the crash report");
    buf_deinit(&report);
}

static void the_process_dies_by_the_same_signal(void **state)
{
    struct buf report = {0};
    assert_int_equal(report_of(*state, by_abort, (struct crash_options){0}, &report), SIGABRT);
    assert_has(&report, "SIGABRT");
    buf_deinit(&report);
}

static void a_thread_is_named(void **state)
{
    struct buf report = {0};
    assert_int_equal(report_of(*state, in_a_thread, (struct crash_options){0}, &report), SIGFPE);
    assert_has(&report, "thread: walker, process ");
    buf_deinit(&report);
}

static void a_full_stack_is_reported_too(void **state)
{
    struct buf report = {0};
    int number = report_of(*state, by_a_full_stack, (struct crash_options){0}, &report);
    assert_int_equal(number, SIGSEGV);
    assert_has(&report, "crashed by signal: 11 (SIGSEGV), code ");
    assert_has(&report, "end of the crash report");
    buf_deinit(&report);
}

static void a_fault_while_reporting_still_ends_the_process(void **state)
{
    struct buf report = {0};
    struct crash_options options = {.extra = fault_again};
    assert_int_equal(report_of(*state, by_signal, options, &report), SIGABRT);
    assert_has(&report, "signal: 11 (SIGSEGV)");
    buf_deinit(&report);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(the_report_says_what_where_and_why),
        IO_TEST(the_process_dies_by_the_same_signal),
        IO_TEST(a_thread_is_named),
        IO_TEST(a_full_stack_is_reported_too),
        IO_TEST(a_fault_while_reporting_still_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
