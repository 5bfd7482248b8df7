/* The slow log: the last requests that took longer than slowlog-log-slower-than, newest first.
 *
 * An entry keeps what is shown, not what was sent: long requests are cut, secrets are hidden. The
 * owner decides what is slow; the log only keeps at most as many entries as it is told. */
#ifndef SKEIN_SERVER_SLOWLOG_H
#define SKEIN_SERVER_SLOWLOG_H

#include "base/list.h"
#include "command/call.h"

enum { SLOWLOG_ARGS_MAX = 32, SLOWLOG_ARG_BYTES_MAX = 128 };

struct slowlog_entry {
    struct list node;
    uint64_t id;
    int64_t time_s, duration_us;
    struct buf args; /* a RESP array of what is shown of the request */
    struct buf address, client_name;
};

struct slowlog {
    struct list entries; /* struct slowlog_entry, newest first */
    size_t count;
    uint64_t next_id;
};

void slowlog_init(struct slowlog *log);
void slowlog_deinit(struct slowlog *log);
/* Adds the request that has just run, unless its command asks not to be logged. */
void slowlog_add(struct slowlog *log, const struct call *call, int64_t duration_us,
                 const char *address);
/* Forgets the oldest entries beyond `max`; 0 forgets all. Ids go on. */
void slowlog_trim(struct slowlog *log, uint64_t max);

#endif
