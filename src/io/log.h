/* The log: one line per event, in Redis's format, to a file or stdout and, if asked, to syslog.
 *
 *   4711:M 05 Mar 2024 10:11:12.345 * Ready to accept connections
 *
 * The file is opened by name again when it was renamed, so that logrotate needs no signal. A line
 * is one write(2), and what cannot be written is dropped: a full disk never stops the server.
 * Control characters in a message become '?', and what goes beyond 1023 bytes is cut.
 * Belongs to one thread, except log_fd_of_crash. */
#ifndef SKEIN_IO_LOG_H
#define SKEIN_IO_LOG_H

#include "base/str.h"

#include <stdarg.h>

struct log;

enum log_level { LEVEL_DEBUG, LEVEL_VERBOSE, LEVEL_NOTICE, LEVEL_WARNING, LEVEL_NOTHING };

/* Starts with notice, stdout, no syslog, role 'M'. */
struct log *log_new(void);
void log_free(struct log *log);

void log_set_level(struct log *log, enum log_level level);
enum log_level log_get_level(const struct log *log);
/* M master, S replica, C before serving, X sentinel. */
void log_set_role(struct log *log, char role);
/* "" or NULL is stdout. Opens it to see that it can: on failure returns -errno and keeps the old
 * target. */
int log_set_file(struct log *log, const char *path);
/* facility is "user" or "local0" to "local7"; -EINVAL for another one. */
int log_set_syslog(struct log *log, bool enabled, const char *ident, const char *facility);

bool log_wants(const struct log *log, enum log_level level);
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_vwrite(struct log *log, enum log_level level, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/* The text as it is: no prefix, no end of line, nothing replaced. */
void log_raw(struct log *log, enum log_level level, struct str text);

/* A descriptor to append to from a signal handler; opens the file again, uses only open(2). */
int log_fd_of_crash(const struct log *log);

#endif
