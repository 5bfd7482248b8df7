/* The process: service manager, signals, pid file, limits, title; clocks and entropy. */
#include "unit/io/io_fixture.h"

#include "io/entropy.h"
#include "io/file.h"
#include "io/process.h"
#include "io/signals.h"
#include "io/supervise.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A datagram socket as systemd would listen on; `name` begins with '/' or '@'. */
static int manager_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static void systemd_hears_of_our_state(void **state)
{
    struct io_fixture *fixture = *state;
    char abstract[64];
    snprintf(abstract, sizeof(abstract), "@skein-test-%d", getpid());
    const char *names[] = {io_path(fixture, "notify"), abstract};
    for (int i = 0; i < 2; i++) {
        char text[100] = {0};
        int fd = manager_socket(names[i]);
        setenv("NOTIFY_SOCKET", names[i], 1);
        assert_int_equal(supervise_detect(SUPERVISE_AUTO), SUPERVISE_SYSTEMD);
        assert_int_equal(supervise_notify("STATUS=Loading...\nREADY=1\n"), 0);
        assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
        assert_string_equal(text, "STATUS=Loading...\nREADY=1\n");
        close(fd);
    }
    unsetenv("NOTIFY_SOCKET");
}

static void without_a_manager_nothing_is_sent(void **state)
{
    struct io_fixture *fixture = *state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("UPSTART_JOB");
    assert_int_equal(supervise_detect(SUPERVISE_AUTO), SUPERVISE_NO);
    assert_int_equal(supervise_detect(SUPERVISE_SYSTEMD), SUPERVISE_NO);
    assert_int_equal(supervise_notify("READY=1\n"), -ENOENT);
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(supervise_notify("READY=1\n"), -EAFNOSUPPORT);
    setenv("NOTIFY_SOCKET", io_path(fixture, "gone"), 1);
    assert_int_equal(supervise_notify("READY=1\n"), -ENOENT);
    assert_int_equal(supervise_detect(SUPERVISE_NO), SUPERVISE_NO);
    assert_int_equal(supervise_detect(SUPERVISE_UPSTART), SUPERVISE_NO);
    unsetenv("NOTIFY_SOCKET");
}

static void upstart_sees_us_stopped(void **state)
{
    (void)state;
    setenv("UPSTART_JOB", "skein", 1);
    assert_int_equal(supervise_detect(SUPERVISE_AUTO), SUPERVISE_UPSTART);
    pid_t child = fork();
    if (child == 0) _exit(supervise_stop_for_upstart() == 0 && !getenv("UPSTART_JOB") ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    kill(child, SIGCONT);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    unsetenv("UPSTART_JOB");
}

struct asked {
    int count, number;
};

static void on_shutdown(void *ctx, int number)
{
    struct asked *asked = ctx;
    asked->count++;
    asked->number = number;
}

static void signals_arrive_on_the_loop(void **state)
{
    struct io_fixture *fixture = *state;
    struct asked asked = {0};
    struct signals *signals = signals_new(fixture->loop, on_shutdown, &asked);
    raise(SIGHUP);
    raise(SIGPIPE);
    raise(SIGTERM);
    io_wait_until(fixture, asked.count == 1);
    assert_int_equal(asked.number, SIGTERM);
    raise(SIGINT);
    io_wait_until(fixture, asked.count == 2);
    assert_int_equal(asked.number, SIGINT);
    signals_rearm(signals);
    raise(SIGINT);
    io_wait_until(fixture, asked.count == 3);
    signals_free(signals);
}

static int interrupted_twice(void)
{
    struct asked asked = {0};
    struct loop *loop = loop_new();
    signals_new(loop, on_shutdown, &asked);
    raise(SIGINT);
    while (asked.count == 0) loop_turn(loop, true);
    raise(SIGINT); /* the loop does not get to turn any more */
    return 0;
}

static void a_second_interrupt_kills_even_a_busy_process(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) _exit(interrupted_twice());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

static void the_pid_file_holds_our_number(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "pid");
    struct buf text = {0};
    char expected[32];
    snprintf(expected, sizeof(expected), "%d\n", getpid());
    assert_int_equal(process_write_pidfile(path), 0);
    assert_int_equal(file_read_all(path, 100, &text), 0);
    assert_string_equal(buf_c(&text), expected);
    process_remove_pidfile(path);
    assert_false(file_exists(path));
    assert_int_equal(process_write_pidfile(io_path(fixture, "no/pid")), -ENOENT);
    buf_deinit(&text);
}

/* In a child, so that the daemon's parent that exits is not the test. */
static void a_daemon_has_its_own_session_and_no_terminal(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "daemon");
    pid_t child = fork();
    if (child == 0) {
        int error = process_daemonize();
        char text[64], target[64] = {0};
        ssize_t len = readlink("/proc/self/fd/1", target, sizeof(target) - 1);
        int size = snprintf(text, sizeof(text), "%d %d %s", error, getsid(0) == getpid(),
                            len > 0 ? target : "?");
        file_replace(path, str_of(text, (size_t)size));
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    io_wait_until(fixture, file_exists(path));
    struct buf text = {0};
    assert_int_equal(file_read_all(path, 100, &text), 0);
    assert_string_equal(buf_c(&text), "0 1 /dev/null");
    buf_deinit(&text);
}

static void the_limit_of_open_files_rises_as_far_as_allowed(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 64, .rlim_max = 200};
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(1);
        if (process_raise_open_files(50) != 64) _exit(2);
        if (process_raise_open_files(100) != 100) _exit(3);
        uint64_t got = process_raise_open_files(1000);
        getrlimit(RLIMIT_NOFILE, &limit);
        if (got != limit.rlim_cur || (got != 1000 && got != 200)) _exit(4);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_title_replaces_the_arguments_in_place(void **state)
{
    (void)state;
    char area[] = "skein\0--port\0006379";
    char *argv[] = {area, area + 6, area + 13, NULL};
    setenv("SKEIN_TITLE_TEST", "kept", 1);
    struct process_title *title = process_title_new(3, argv);
    assert_string_equal(argv[2], "6379");
    assert_ptr_not_equal(argv[2], area + 13);
    process_title_set(title, STR("skein *:6379"));
    assert_string_equal(area, "skein *:6379");
    process_title_set(title, STR("much longer than there is room for"));
    assert_string_equal(area, "much longer than ");
    process_title_set(title, STR("short"));
    assert_string_equal(area, "short");
    assert_string_equal(argv[0], "skein");
    assert_string_equal(getenv("SKEIN_TITLE_TEST"), "kept");
    process_title_free(title);
}

static void usage_is_measured(void **state)
{
    (void)state;
    int64_t end_us = clock_mono_us() + 20000;
    struct process_cpu before = process_cpu_used(PROCESS_CPU_SELF);
    while (clock_mono_us() < end_us || process_cpu_used(PROCESS_CPU_SELF).user_s <= before.user_s)
        for (int i = 0; i < 1000; i++) entropy_u64();
    struct process_cpu thread = process_cpu_used(PROCESS_CPU_THREAD);
    struct process_cpu self = process_cpu_used(PROCESS_CPU_SELF);
    assert_true(self.user_s > before.user_s);
    assert_true(thread.user_s + thread.system_s > 0);
    assert_true(process_rss_bytes() > 1000000);
    assert_true(process_rss_bytes() < process_total_memory_bytes());
    struct buf text = {0};
    process_system_name(&text);
    assert_int_equal(strncmp(buf_c(&text), "Linux ", 6), 0);
    buf_clear(&text);
    assert_true(process_executable(&text));
    assert_non_null(strstr(buf_c(&text), "test_process"));
    buf_deinit(&text);
    int score = -1;
    assert_int_equal(process_read_oom_score(&score), 0);
    assert_int_equal(process_set_oom_score(score), 0);
}

static void identifiers_are_hexadecimal_and_differ(void **state)
{
    (void)state;
    char one[41], two[41];
    entropy_hex(one, 40);
    entropy_hex(two, 40);
    assert_int_equal(strspn(one, "0123456789abcdef"), 40);
    assert_int_equal(strlen(one), 40);
    assert_string_not_equal(one, two);
    assert_true(entropy_u64() != entropy_u64());
    assert_true(entropy_hash_seed().k0 != entropy_hash_seed().k0);
}

static void clocks_agree_with_each_other(void **state)
{
    (void)state;
    int64_t ms = clock_wall_ms(), us = clock_wall_us();
    assert_true(us / 1000 - ms <= 1000 && us / 1000 >= ms);
    assert_true(ms > 1600000000000);
    int64_t first = clock_mono_us();
    assert_true(clock_mono_us() >= first);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

static void processors_are_those_we_may_use(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    assert_int_equal(process_cpu_count(), CPU_COUNT(&before));
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(process_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(systemd_hears_of_our_state),
        IO_TEST(without_a_manager_nothing_is_sent),
        IO_TEST(upstart_sees_us_stopped),
        IO_TEST(signals_arrive_on_the_loop),
        IO_TEST(a_second_interrupt_kills_even_a_busy_process),
        IO_TEST(the_pid_file_holds_our_number),
        IO_TEST(a_daemon_has_its_own_session_and_no_terminal),
        IO_TEST(the_limit_of_open_files_rises_as_far_as_allowed),
        IO_TEST(the_title_replaces_the_arguments_in_place),
        IO_TEST(usage_is_measured),
        IO_TEST(processors_are_those_we_may_use),
        IO_TEST(identifiers_are_hexadecimal_and_differ),
        IO_TEST(clocks_agree_with_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
