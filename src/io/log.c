#include "io/log.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct log {
    enum log_level level;
    char role;
    char *path; /* NULL: stdout */
    int fd;     /* of `path`, or -1 */
    dev_t device;
    ino_t inode;
    bool to_syslog;
    char *ident; /* syslog keeps the pointer */
    struct buf line;
    time_t second; /* the one `second_text` spells */
    char second_text[32];
};

struct log *log_new(void)
{
    struct log *log = mem_new(struct log);
    log->level = LEVEL_NOTICE;
    log->role = 'M';
    log->fd = -1;
    log->second = -1;
    return log;
}

static void close_file(struct log *log)
{
    if (log->fd >= 0) close(log->fd);
    log->fd = -1;
}

static void close_syslog(struct log *log)
{
    if (log->to_syslog) closelog();
    log->to_syslog = false;
    mem_free(log->ident);
    log->ident = NULL;
}

void log_free(struct log *log)
{
    if (log == NULL) return;
    close_file(log);
    close_syslog(log);
    mem_free(log->path);
    buf_deinit(&log->line);
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
    log->role = role;
}

static int open_path(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

int log_set_file(struct log *log, const char *path)
{
    char *kept = NULL;
    if (path != NULL && path[0] != 0) {
        int fd = open_path(path);
        if (fd < 0) return -errno;
        close(fd);
        kept = mem_strdup(path);
    }
    close_file(log);
    mem_free(log->path);
    log->path = kept;
    return 0;
}

static const struct facility {
    const char *name;
    int value;
} facilities[] = {
    {"user", LOG_USER},     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
};

int log_set_syslog(struct log *log, bool enabled, const char *ident, const char *facility)
{
    const struct facility *found = NULL;
    for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
        if (facility && str_is(str_from_c(facility), facilities[i].name)) found = &facilities[i];
    if (enabled && found == NULL) return -EINVAL;
    close_syslog(log);
    if (!enabled) return 0;
    log->ident = mem_strdup(ident ? ident : "");
    log->to_syslog = true;
    openlog(log->ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, found->value);
    return 0;
}

bool log_wants(const struct log *log, enum log_level level)
{
    return level >= log->level && log->level != LEVEL_NOTHING;
}

/* Opens the file, and opens it again when its name now means another file or none. */
static int current_fd(struct log *log)
{
    struct stat info;
    if (log->path == NULL) return STDOUT_FILENO;
    bool is_same = log->fd >= 0 && stat(log->path, &info) == 0 && info.st_ino == log->inode &&
                   info.st_dev == log->device;
    if (is_same) return log->fd;
    close_file(log);
    log->fd = open_path(log->path);
    if (log->fd >= 0 && fstat(log->fd, &info) == 0) {
        log->inode = info.st_ino;
        log->device = info.st_dev;
    }
    return log->fd;
}

/* `text` is the line without what syslog adds by itself. */
static void put(struct log *log, enum log_level level, struct str line, struct str text)
{
    static const int priorities[] = {
        [LEVEL_DEBUG] = LOG_DEBUG,
        [LEVEL_VERBOSE] = LOG_INFO,
        [LEVEL_NOTICE] = LOG_NOTICE,
        [LEVEL_WARNING] = LOG_WARNING,
    };
    int fd = current_fd(log);
    if (fd >= 0) {
        ssize_t written;
        do written = write(fd, line.ptr, line.len);
        while (written < 0 && errno == EINTR);
    }
    if (log->to_syslog) syslog(priorities[level], "%.*s", STR_ARG(text));
}

/* Only the milliseconds change between most lines. */
static const char *second_text(struct log *log, time_t second)
{
    struct tm local;
    if (second == log->second) return log->second_text;
    localtime_r(&second, &local);
    strftime(log->second_text, sizeof(log->second_text), "%d %b %Y %H:%M:%S", &local);
    log->second = second;
    return log->second_text;
}

static void append_prefix(struct log *log, enum log_level level)
{
    static const char marks[] = ".-*#";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    buf_append_i64(&log->line, getpid());
    buf_printf(&log->line, ":%c %s.%03d %c ", log->role, second_text(log, now.tv_sec),
               (int)(now.tv_nsec / 1000000), marks[level]);
}

/* What clients and peers sent may be quoted in a line, but must not look like another line. */
static void disarm(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

void log_vwrite(struct log *log, enum log_level level, const char *format, va_list args)
{
    enum { TEXT_MAX = 1024 };
    if (!log_wants(log, level) || level >= LEVEL_NOTHING) return;
    char text[TEXT_MAX];
    vsnprintf(text, sizeof(text), format, args);
    disarm(text);
    buf_clear(&log->line);
    append_prefix(log, level);
    buf_append_c(&log->line, text);
    buf_append_char(&log->line, '\n');
    put(log, level, buf_str(&log->line), str_from_c(text));
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
    if (log_wants(log, level) && level < LEVEL_NOTHING) put(log, level, text, text);
}

int log_fd_of_crash(const struct log *log)
{
    return log->path ? open_path(log->path) : STDOUT_FILENO;
}
