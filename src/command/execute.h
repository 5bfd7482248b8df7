/* From a request to its effects: lookup of the command, arity, the gates, the handler, then what
 * it did.
 *
 *     request -> registry_find -> arity -> gates (auth, ACL, memory, loading, read-only, ...)
 *             -> kept for EXEC, or run -> statistics, effects
 *
 * The same path runs requests of clients, of a master's stream, of scripts and of EXEC; the
 * origin tells which. A request may run others (EXEC, scripts): their effects are joined into
 * one unit that the outermost request emits. */
#ifndef SKEIN_COMMAND_EXECUTE_H
#define SKEIN_COMMAND_EXECUTE_H

#include "command/call.h"
#include "command/effects_unit.h"
#include "command/registry.h"

enum origin {
    ORIGIN_CLIENT,
    ORIGIN_EXEC, /* a queued command: its gates were passed before, the ACL is asked again */
    ORIGIN_SCRIPT,
    ORIGIN_MASTER, /* the replication stream: nothing refuses it */
    ORIGIN_FILE,   /* the append-only file being loaded */
};

/* States of the server in which some commands may not run. */
enum gate_state {
    GATE_LOADING = 1 << 0,
    GATE_ASYNC_LOADING = 1 << 1,
    GATE_STALE = 1 << 2, /* the link to the master is down, and stale data is not to be served */
    GATE_READ_ONLY = 1 << 3,    /* a replica that takes writes only from its master */
    GATE_FEW_REPLICAS = 1 << 4, /* min-replicas-to-write is not met */
    GATE_DISK_ERROR = 1 << 5,
    GATE_BUSY = 1 << 6,          /* a script runs for too long */
    GATE_BUSY_FUNCTION = 1 << 7, /* a function does */
    GATE_LOG_ERROR = 1 << 8,     /* the append-only file cannot be written or synced */
};

/* What a request was and took, for statistics and logs. */
struct outcome {
    const struct command_ref *ref;
    int64_t duration_us;
    bool failed; /* it answered an error */
    bool again;  /* a blocking command that was run, and told of, before it waited */
    uint64_t changes;
};

enum { EXECUTE_DEPTH_MAX = 3 }; /* EXEC, a script in it, the script's command */

/* One per data thread. Hooks may be NULL. */
struct executor {
    struct host *host;
    struct registry *registry;
    uint32_t state; /* enum gate_state */
    int depth;
    /* The server ends, and what it had is on disk: whoever has requests lets them be. */
    bool has_ended;
    const struct call *running; /* the innermost; for the report of a crash */
    int64_t last_clock_us; /* the end of one request is the start of the next: one reading each */
    uint64_t errors;       /* of all commands, each counted by the innermost that answered it */
    struct effects effects[EXECUTE_DEPTH_MAX];
    struct effects_unit unit;

    void *owner; /* of the hooks */
    int64_t (*clock_us)(void *owner);
    /* False with a reason (an error text) when the user may not run this request. */
    bool (*acl_allows)(void *owner, struct call *call, struct buf *reason);
    /* False with a reason when the session's state or the configuration forbids it (subscriber
     * mode, DEBUG). */
    bool (*session_allows)(void *owner, struct call *call, struct buf *reason);
    /* Frees memory when there is a limit and it is exceeded; false when it cannot. */
    bool (*make_room)(void *owner);
    /* True when clients are paused and this request must wait. */
    bool (*must_wait)(void *owner, const struct session *session, uint32_t command_flags);
    void (*before_run)(void *owner, struct call *call);
    void (*after_run)(void *owner, struct call *call, const struct outcome *outcome);
    void (*on_rejected)(void *owner, const struct command_ref *ref, struct str error);
    /* The outermost request is over and left effects. */
    void (*on_effects)(void *owner, const struct effects_unit *unit, struct str bytes);
};

void executor_init(struct executor *executor, struct host *host, struct registry *registry);
void executor_deinit(struct executor *executor);

/* Deletions the server decided by itself (expiry, eviction), in call->effects and for call->ks:
 * they go where the effects of requests go, into the unit of the request that runs if there is
 * one. */
void executor_record(struct executor *executor, const struct call *call);

enum execute_verdict {
    EXECUTE_DONE, /* a reply was written (or is suppressed) */
    EXECUTE_WAIT, /* clients are paused: give the same request again later */
};

struct request_view {
    const struct str *argv;
    int argc;
    const struct command_ref *ref; /* if the caller has looked it up */
    struct key_hint hint; /* of the first key, if the caller prefetched it; zeroed otherwise */
    struct blob
        *adoptable; /* see struct call; what the handler did not take is the caller's again */
};

enum execute_verdict execute(struct executor *executor, struct session *session,
                             struct request_view *request, enum origin origin);

#endif
