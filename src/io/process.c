#include "io/process.h"

#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static int stdio_to_null(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0) return -errno;
    for (int stdio = STDIN_FILENO; stdio <= STDERR_FILENO; stdio++)
        if (dup2(fd, stdio) < 0) return -errno;
    if (fd > STDERR_FILENO) close(fd);
    return 0;
}

int process_daemonize(void)
{
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child > 0) _exit(0);
    if (setsid() < 0) return -errno;
    return stdio_to_null();
}

int process_write_pidfile(const char *path)
{
    struct buf text = {0};
    buf_append_i64(&text, getpid());
    buf_append_char(&text, '\n');
    int fd = file_open_mode(path, FILE_CREATE, 0644);
    int error = fd < 0 ? fd : file_write(fd, text.ptr, text.len, NULL);
    if (fd >= 0) file_close(fd);
    buf_deinit(&text);
    return error;
}

void process_remove_pidfile(const char *path)
{
    file_remove(path);
}

uint64_t process_raise_open_files(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    struct rlimit higher = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
    if (higher.rlim_max < wanted) higher.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return wanted;
    higher = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return limit.rlim_max;
    return limit.rlim_cur;
}

static const char oom_path[] = "/proc/self/oom_score_adj";

int process_read_oom_score(int *value)
{
    struct buf text = {0};
    int error = file_read_all(oom_path, 64, &text);
    if (error == 0) *value = atoi(buf_c(&text));
    buf_deinit(&text);
    return error;
}

int process_set_oom_score(int value)
{
    struct buf text = {0};
    buf_append_i64(&text, value);
    int fd = open(oom_path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 ? -errno : file_write(fd, text.ptr, text.len, NULL);
    if (fd >= 0) file_close(fd);
    buf_deinit(&text);
    return error;
}

int process_refuse_huge_pages(void)
{
    return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int process_set_dumpable(bool dumpable)
{
    return prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0) == 0 ? 0 : -errno;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int process_cpu_count(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return CPU_COUNT(&allowed);
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

struct process_cpu process_cpu_used(enum process_cpu_of of)
{
    static const int who[] = {
        [PROCESS_CPU_SELF] = RUSAGE_SELF,
        [PROCESS_CPU_CHILDREN] = RUSAGE_CHILDREN,
        [PROCESS_CPU_THREAD] = RUSAGE_THREAD,
    };
    struct rusage usage = {0};
    getrusage(who[of], &usage);
    return (struct process_cpu){seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

uint64_t process_rss_bytes(void)
{
    char text[128];
    unsigned long long pages = 0;
    int fd = file_open("/proc/self/statm", FILE_READ);
    if (fd < 0) return 0;
    ssize_t len = file_read(fd, text, sizeof(text) - 1);
    file_close(fd);
    if (len <= 0) return 0;
    text[len] = 0;
    const char *resident = strchr(text, ' ');
    if (resident) pages = strtoull(resident + 1, NULL, 10);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_total_memory_bytes(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void process_system_name(struct buf *out)
{
    struct utsname name;
    if (uname(&name) == 0) buf_printf(out, "%s %s %s", name.sysname, name.release, name.machine);
}

long process_id(void)
{
    return getpid();
}

bool process_exists(int64_t id)
{
    if (id <= 0 || id > INT32_MAX) return false;
    return kill((pid_t)id, 0) == 0 || errno == EPERM;
}

bool process_executable(struct buf *out)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
    if (len > 0) buf_append(out, path, (size_t)len);
    return len > 0;
}
