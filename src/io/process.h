/* The process as the system sees it: daemon, pid file, limits, title, what it uses. */
#ifndef SKEIN_IO_PROCESS_H
#define SKEIN_IO_PROCESS_H

#include "base/buf.h"

#include <sys/types.h>

/* Continues in a child with its own session and stdio on /dev/null; the parent exits. Before any
 * thread starts. */
int process_daemonize(void);
int process_write_pidfile(const char *path);
void process_remove_pidfile(const char *path);

/* Raises the soft limit of open files (the hard one too when allowed) as near to `wanted` as it
 * goes; returns the limit now in force. */
uint64_t process_raise_open_files(uint64_t wanted);
/* Writes oom_score_adj, either relative to the value at start or absolute. */
int process_read_oom_score(int *value);
int process_set_oom_score(int value);
/* Core dumps leave out or contain large memory; 0 or -errno. */
int process_set_dumpable(bool dumpable);

/* No huge pages for this process, whatever its allocator asks for; 0 or -errno. */
int process_refuse_huge_pages(void);

struct process_cpu {
    double user_s, system_s;
};
enum process_cpu_of { PROCESS_CPU_SELF, PROCESS_CPU_CHILDREN, PROCESS_CPU_THREAD };
struct process_cpu process_cpu_used(enum process_cpu_of of);
uint64_t process_rss_bytes(void);
/* The processors the calling thread may run on. */
int process_cpu_count(void);
uint64_t process_total_memory_bytes(void);
/* Linux 6.1.0 x86_64. */
void process_system_name(struct buf *out);
long process_id(void);
/* Whether there is a process with this id, whoever owns it. */
bool process_exists(int64_t id);
/* The executable's absolute path; false when the kernel does not tell. */
bool process_executable(struct buf *out);

/* The area of argv and environ as one place for a title that ps shows. Keeps copies of both, so
 * that argv, environ and getenv stay valid. Once, early in main; `argv` gets the copies. */
struct process_title;
struct process_title *process_title_new(int argc, char **argv);
void process_title_set(struct process_title *title, struct str text);
void process_title_free(struct process_title *title);

#endif
