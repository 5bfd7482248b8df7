/* Runs the requests of one file of the append-only file, through `execute`.
 *
 * A request runs when the unit it belongs to is complete, so of a transaction that the file does
 * not hold to its end nothing is done. What is wrong is told with where it was found; the file is
 * never changed here. */
#ifndef SKEIN_DISK_AOF_LOAD_H
#define SKEIN_DISK_AOF_LOAD_H

#include "command/execute.h"
#include "journal/aof_scan.h"

struct aof_load_order {
    const char *path;
    int64_t from; /* bytes of a snapshot that come before the requests */
    struct executor *executor;
    struct session *session; /* writes no replies anywhere */
    int delay_us;            /* a debugging aid; negative: once per so many requests */
};

enum aof_load_verdict {
    AOF_LOAD_DONE,
    AOF_LOAD_TORN,    /* the file ends inside a unit, which was not run, or in zeros */
    AOF_LOAD_DAMAGED, /* what comes before was run */
    AOF_LOAD_UNREADABLE,
};

struct aof_load_result {
    enum aof_load_verdict verdict;
    int error;    /* UNREADABLE: negative errno */
    int64_t size; /* of the file */
    /* Where the whole units end (scan.unit_end), where in the stream that is, what is damaged. */
    struct aof_scan scan;
    bool has_zeros;  /* TORN: from scan.damage_at on there is nothing else */
    uint64_t failed; /* requests that answered an error */
};

struct aof_load;

/* What the order points to is borrowed until the load is freed. */
struct aof_load *aof_load_new(const struct aof_load_order *order);
/* Goes on by about a megabyte; false when the load has ended. */
bool aof_load_step(struct aof_load *load);
const struct aof_load_result *aof_load_result(const struct aof_load *load);
void aof_load_free(struct aof_load *load);

#endif
