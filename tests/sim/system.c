/* What else src/io tells a server about its machine: clocks, chance, the process, the log. */
#include "base/mem.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/priority.h"
#include "io/process.h"
#include "io/signals.h"
#include "io/supervise.h"
#include "sim/node.h"
#include "sim/worker.h"

#include <stdio.h>
#include <string.h>

/* --- clocks: io/clock.h asks the C library, and the linker sends it here --- */

enum { NS_PER_US = 1000 };
static const int64_t epoch_us = 1700000000LL * SECOND;

int __wrap_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    int64_t us = sim->now_us + (id == CLOCK_REALTIME ? epoch_us : 0);
    *out = (struct timespec){us / SECOND, us % SECOND * NS_PER_US};
    return 0;
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    lane_sleep_until(sim->now_us + wanted->tv_sec * SECOND + wanted->tv_nsec / NS_PER_US);
    return 0;
}

/* --- chance: so does io/entropy.c --- */

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    unsigned char *at = bytes;
    (void)flags;
    for (size_t i = 0; i < len; i++) at[i] = (unsigned char)prng_next(&sim->prng);
    return (ssize_t)len;
}

/* --- the log is the trace --- */

struct log {
    enum log_level level;
};

struct log *log_new(void)
{
    struct log *log = mem_new(struct log);
    log->level = LEVEL_NOTICE;
    return log;
}

void log_free(struct log *log)
{
    mem_free(log);
}

void log_set_level(struct log *log, enum log_level level)
{
    log->level = level;
}

enum log_level log_get_level(const struct log *log)
{
    return log->level;
}

void log_set_role(struct log *log, char role)
{
    (void)log;
    (void)role;
}

int log_set_file(struct log *log, const char *path)
{
    (void)log;
    (void)path;
    return 0;
}

int log_set_syslog(struct log *log, bool enabled, const char *ident, const char *facility)
{
    (void)log;
    (void)enabled;
    (void)ident;
    (void)facility;
    return 0;
}

bool log_wants(const struct log *log, enum log_level level)
{
    return level >= log->level && log->level != LEVEL_NOTHING;
}

void log_vwrite(struct log *log, enum log_level level, const char *format, va_list args)
{
    char text[1024];
    if (!log_wants(log, level)) return;
    vsnprintf(text, sizeof(text), format, args);
    sim_note("%s %s", level == LEVEL_WARNING ? "#" : "*", text);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(log, level, format, args);
    va_end(args);
}

void log_raw(struct log *log, enum log_level level, struct str text)
{
    (void)log;
    (void)level;
    (void)text;
}

int log_fd_of_crash(const struct log *log)
{
    (void)log;
    return 2;
}

/* --- the process --- */

bool priority_run_soon(void)
{
    return false;
}

int process_cpu_count(void)
{
    return 2;
}

long process_id(void)
{
    return 1000 + (long)sim->running->index * 100 + (long)sim->running->starts;
}

bool process_exists(int64_t id)
{
    return id == process_id();
}

bool process_executable(struct buf *out)
{
    (void)out;
    return false;
}

int process_write_pidfile(const char *path)
{
    (void)path;
    return 0;
}

void process_remove_pidfile(const char *path)
{
    (void)path;
}

uint64_t process_raise_open_files(uint64_t wanted)
{
    return wanted;
}

int process_read_oom_score(int *value)
{
    *value = 0;
    return 0;
}

int process_set_oom_score(int value)
{
    (void)value;
    return 0;
}

struct process_cpu process_cpu_used(enum process_cpu_of of)
{
    (void)of;
    return (struct process_cpu){0};
}

uint64_t process_rss_bytes(void)
{
    return 1 << 20;
}

uint64_t process_total_memory_bytes(void)
{
    return 1ULL << 32;
}

void process_system_name(struct buf *out)
{
    buf_append_c(out, "Sim");
}

void signals_rearm(struct signals *signals)
{
    (void)signals;
}

enum supervise_mode supervise_detect(enum supervise_mode asked)
{
    (void)asked;
    return SUPERVISE_NO;
}

int supervise_notify(const char *state)
{
    (void)state;
    return 0;
}

int supervise_stop_for_upstart(void)
{
    return 0;
}
