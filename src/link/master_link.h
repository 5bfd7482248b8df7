/* The replica's side: the link to our master, from a name to a stream that is applied.
 *
 *     OFF --(link_follow)--> PAUSED --(its time has come)--> CONNECTING --> TALKING
 *      ^                       ^ ^                               |             |
 *      +--(link_leave)--any    | +-------(failure)---------------+-------------+--> LOADING --+
 *                              |                                               |              |
 *                              +---------------(the link broke)----------- UP <+--------------+
 *
 * TALKING is the script of repl/handshake.h. LOADING: a worker fills a store beside the present
 * one, which goes on serving; then the guard is asked and they are exchanged. UP: requests of the
 * master are applied as they came and appended to our own journal byte for byte, whole units at a
 * time: a transaction of which the end has not come is not begun. So the journal's end is what we
 * have, and where we ask to continue.
 *
 * Nothing here waits: names are resolved in threads, every step has a deadline, attempts grow
 * rarer with a spread (repl/backoff.h). */
#ifndef SKEIN_LINK_MASTER_LINK_H
#define SKEIN_LINK_MASTER_LINK_H

#include "command/execute.h"
#include "io/connect.h"
#include "io/timer.h"
#include "journal/journal.h"
#include "link/batch.h"
#include "link/snapshot_receiver.h"
#include "proto/request.h"
#include "repl/backoff.h"
#include "repl/guard.h"
#include "repl/handshake.h"
#include "repl/stream_rules.h"

enum master_link_state {
    LINK_OFF,
    LINK_PAUSED,
    LINK_CONNECTING,
    LINK_TALKING,
    LINK_LOADING,
    LINK_UP,
    LINK_STATES
};

struct master_link_hooks {
    void *owner;
    /* What is to be said to the master, and how to reach it; texts are borrowed until the next
     * call. */
    void (*settings)(void *owner, struct handshake_settings *settings,
                     struct connect_options *options);
    /* An empty store to load into, and how. */
    struct store *(*prepare)(void *owner, struct rdb_read_options *options);
    /* Our keys now. */
    uint64_t (*count_keys)(void *owner);
    /* The loaded store becomes the data; false when its functions cannot be loaded (then it is
     * still the caller's). */
    bool (*adopt)(void *owner, struct store *store, const struct receive_result *result);
    /* Our history changed its name: replicas of ours must ask anew. */
    void (*history_changed)(void *owner, bool replaced);
    /* The link went up or down. */
    void (*state_changed)(void *owner);
    /* The master's answer to a PSYNC that asked it to hand over. */
    void (*handed_over)(void *owner, bool accepted);
    /* What our disk has of the stream; -1: no file has it. NULL: there is never one. */
    int64_t (*fsynced)(void *owner);
    /* Requests of the stream, whole and allowed, that are done next; then that they are, or failed:
     * what was done is in the journal. NULL: nobody follows us. */
    void (*pass_on)(void *owner, struct str bytes);
    void (*passed_on)(void *owner);
    /* A request of the stream was answered with an error. NULL: never mind. */
    void (*failed)(void *owner, struct str error, struct str command);
    void (*log)(void *owner, bool is_warning, const char *text);
};

/* What our masters sent and we did not take. */
struct master_link_stats {
    uint64_t bad_snapshots; /* damaged, or no snapshot at all */
    uint64_t big_snapshots; /* larger than repl-max-rdb-size */
    uint64_t forbidden;     /* streams that held what no master sends */
    uint64_t failed;        /* streams that could not be applied: they were of other data */
    uint64_t unknown;       /* of these: a command we do not know */
    uint64_t guard_refusals;
};

struct master_link {
    enum master_link_state state;
    struct loop *loop;
    struct worker_pool *workers;
    size_t lane;
    struct executor *executor;
    struct journal *journal;
    struct lineage *lineage;
    struct master_link_hooks hooks;
    int64_t timeout_ms;
    uint64_t max_snapshot;
    int key_delay_us; /* the debugging aid that slows loading down */
    bool guards_empty_master;
    bool needs_disk; /* nothing is applied while our disk cannot be written to */

    struct buf host;
    int port;
    bool is_ordered;   /* REPLICAOF was given, and no synchronisation has followed yet */
    bool has_history;  /* our lineage is our master's: a PSYNC may name it */
    bool knows_master; /* the next attempt goes to who was our master till now, and one of ours */
    struct backoff backoff;
    struct timer retry, tick;
    struct connecting *connecting;
    struct conn *conn;
    struct handshake handshake;
    struct buf in, out;
    bool wants_write;
    struct receiver *receiver;
    struct store *loading; /* what the receiver fills */
    bool is_abandoned;     /* the receiver's work is to be thrown away */

    struct session session; /* the master, to commands */
    struct chain replies;   /* looked at for errors and thrown away */
    struct request_parser parser;
    struct request_batch *batch;
    const struct command_ref *judged; /* the last one; NULL: none */
    enum stream_verdict judgement;
    size_t scanned;  /* bytes of `in` whose requests were seen, in a unit that is not whole */
    bool is_in_unit; /* after MULTI */
    bool owes_ack;
    int64_t quiet; /* from here to our journal's end there are only signs of life */

    int64_t acked_to;   /* what the last acknowledgement said */
    int64_t owes_fsync; /* our master waits until our disk has this; 0: it does not */
    int64_t heard_ms, up_since_ms, down_since_ms, acked_ms;
    struct repl_id path[HANDSHAKE_PATH_MAX]; /* our master and those above it */
    size_t path_len;
    struct master_link_stats stats;
    uint64_t bytes_in;   /* of stream and snapshots */
    uint64_t errors;     /* requests of the stream that were answered with one */
    const char *failure; /* why the last attempt ended; NULL: it did not */
    bool guard_holds;    /* the guard refused our master's data since the last order */
};

void master_link_init(struct master_link *link, struct loop *loop);
void master_link_deinit(struct master_link *link);
/* REPLICAOF host port; `ordered` when somebody gave the order now. */
void master_link_follow(struct master_link *link, struct str host, int port, bool ordered);
/* REPLICAOF NO ONE. */
void master_link_leave(struct master_link *link);
/* CLIENT KILL TYPE master: it comes back by itself. */
void master_link_cut(struct master_link *link, const char *why);
/* hooks.fsynced moved. */
void master_link_on_fsync(struct master_link *link);
/* Seconds since something came; -1: it is not up. */
int64_t master_link_silence_s(const struct master_link *link);
/* "connected", as ROLE says it. */
const char *master_link_state_name(const struct master_link *link);

/* How far the snapshot is that is being received, for the log. */
void master_link_report(const struct master_link *link);

#endif
