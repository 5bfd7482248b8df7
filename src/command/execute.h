/* From a request to its effects: lookup of the command, arity, the gates, the handler, then what it did.
 *
 *     request -> registry_find -> arity -> gates (auth, ACL, loading, memory, read-only replica, ...) -> queue in
 *     MULTI or run -> effects, statistics
 *
 * The same path runs requests of clients, of a master's stream, of scripts and of EXEC; `origin` tells which. */
#ifndef SKEIN_COMMAND_EXECUTE_H
#define SKEIN_COMMAND_EXECUTE_H

#include "command/call.h"
#include "command/registry.h"

enum origin {
    ORIGIN_CLIENT,
    ORIGIN_EXEC, /* a queued command of a transaction: gates were passed when it was queued, ACL again */
    ORIGIN_SCRIPT,
    ORIGIN_MASTER, /* the replication stream */
    ORIGIN_FILE,   /* the append-only file being loaded */
};

/* What the server knows that decides whether a command may run now. */
struct gate_state {
    bool loading, async_loading, master_link_down, serve_stale_data, read_only_replica;
    bool too_few_replicas, disk_error, deny_writes_paused;
    bool script_busy;
};

struct call_outcome;

/* One executor per data thread. */
struct executor {
    struct host *host;
    struct registry *registry;
    struct gate_state gates;
    struct effects effects;
    /* Fails with an error text in `error` when the user may not run this request. NULL: everybody may do everything. */
    bool (*acl_allows)(void *owner, struct call *call, struct buf *error);
    /* Frees memory when maxmemory is exceeded; false when it cannot. */
    bool (*make_room)(void *owner);
    /* After a command ran: statistics, slow log, MONITOR before it ran, journal. */
    void (*before_run)(void *owner, struct call *call);
    void (*after_run)(void *owner, struct call *call, const struct call_outcome *outcome);
    /* A request was refused before it ran. */
    void (*on_rejected)(void *owner, const struct command *command, int id);
    /* True when clients are paused and this request must wait; the link then keeps it. */
    bool (*must_wait)(void *owner, const struct session *session, const struct command *command);
    int64_t (*clock_us)(void *owner);
};

struct call_outcome {
    int command_id;
    int64_t duration_us;
    bool failed;
    uint64_t changes;
    const struct effects *effects;
};

enum execute_verdict {
    EXECUTE_DONE, /* a reply was written (or suppressed) */
    EXECUTE_WAIT, /* clients are paused: give the same request again later */
};

struct request_view {
    const struct str *argv;
    int argc;
    struct blob
        *adoptable; /* see struct call; what the handler does not take is the caller's again */
};

enum execute_verdict execute(struct executor *executor, struct session *session,
                             struct request_view *request, enum origin origin);

#endif
