/* FAILOVER: a master hands its role over to a replica that has everything.
 *
 *     NONE --(begin: writes are paused, acknowledgements asked for)--> WAITING
 *     WAITING --(a candidate acknowledged our offset)--> HANDING_OVER
 *     WAITING --(time over, forced)--> HANDING_OVER    --(time over, ABORT)--> NONE, writes go on
 *     HANDING_OVER (we follow the target, which is asked to take over)
 *         --(it accepted)--> NONE, as its replica      --(it refused, ABORT)--> NONE, master again
 *
 * Any online replica is a candidate unless a target was named. Each event returns what is to be
 * done now. */
#ifndef SKEIN_REPL_FAILOVER_H
#define SKEIN_REPL_FAILOVER_H

#include "base/str.h"

enum failover_state { FAILOVER_NONE, FAILOVER_WAITING, FAILOVER_HANDING_OVER };

enum failover_action {
    FAILOVER_DO_NOTHING,
    FAILOVER_PAUSE_WRITES,     /* and ask all replicas for an acknowledgement */
    FAILOVER_FOLLOW_TARGET,    /* PSYNC with FAILOVER; writes stay paused */
    FAILOVER_RESUME_WRITES,    /* as we are: a replica that succeeded, or a master that gave up */
    FAILOVER_RESUME_AS_MASTER, /* leave the target, then as above */
};

enum { FAILOVER_HOST_MAX = 255 };

struct failover_target {
    char host[FAILOVER_HOST_MAX + 1]; /* "": any replica */
    int port;
};

struct failover {
    enum failover_state state;
    struct failover_target target;
    bool is_forced;
    int64_t deadline_ms; /* INT64_MAX: none */
};

struct failover_order {
    struct str host; /* empty: any */
    int port;
    bool force;
    int64_t timeout_ms; /* 0: none */
};

struct failover_candidate {
    struct str host;
    int port;
    bool is_online;
    int64_t acked;
};

enum failover_refusal {
    FAILOVER_ACCEPTED,
    FAILOVER_RUNS_ALREADY,
    FAILOVER_NO_REPLICAS,
    FAILOVER_UNKNOWN_TARGET,
    FAILOVER_TARGET_OFFLINE,
    FAILOVER_FORCE_NEEDS_TARGET, /* and a timeout */
};

/* Accepted: writes are to be paused, acknowledgements to be asked for. */
enum failover_refusal failover_begin(struct failover *failover, const struct failover_order *order,
                                     const struct failover_candidate *replicas, size_t count,
                                     int64_t now_ms);
/* An acknowledgement came; `offset` is the end of our stream. */
enum failover_action failover_on_ack(struct failover *failover,
                                     const struct failover_candidate *replica, int64_t offset);
enum failover_action failover_on_tick(struct failover *failover, int64_t now_ms);
/* The target's answer to PSYNC. */
enum failover_action failover_on_answer(struct failover *failover, bool accepted);
/* FAILOVER ABORT, or the end of this role: DO_NOTHING when there is nothing to abort. */
enum failover_action failover_abort(struct failover *failover);
/* "waiting-for-sync", as INFO shows it. */
const char *failover_state_name(enum failover_state state);

#endif
