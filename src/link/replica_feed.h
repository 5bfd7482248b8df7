/* The master's side: clients that became replicas, and what flows to them.
 *
 * A client that announces itself (REPLCONF) or asks for data (PSYNC, SYNC) gets a feed. Its place
 * in the stream is a cursor on the journal; once a turn of the loop each feed turns it into one
 * writev (feed_stream.h, also for what only the disk has). What a replica may claim, and when
 * something may be sent, is decided by repl/progress.h; who shares a snapshot by repl/sync_plan.h;
 * who may continue by repl/resync.h.
 *
 *     announced --(feeds_sync)--> continues at once, or when a search has found what it lacks
 *         |             `-------> waits --> snapshot, by a worker --> online
 *         `--(the client closes)--> gone; during a snapshot only when the worker has let go
 *
 * While a snapshot is sent the connection is lent to the worker: the client is neither read,
 * written nor freed. */
#ifndef SKEIN_LINK_REPLICA_FEED_H
#define SKEIN_LINK_REPLICA_FEED_H

#include "io/timer.h"
#include "journal/journal.h"
#include "link/client.h"
#include "link/feed_stream.h"
#include "link/full_sync.h"
#include "link/past.h"
#include "link/spool.h"
#include "repl/gate.h"
#include "repl/progress.h"
#include "repl/replconf.h"
#include "repl/resync.h"
#include "repl/sync_plan.h"

struct feeds;

struct feed {
    struct list node;
    struct feeds *feeds;
    struct client *client;
    struct progress progress;
    struct journal_cursor cursor;
    struct sync_request request;
    struct buf ip; /* as announced; empty: that of the connection */
    int port;
    struct repl_id node_id; /* as announced; unset: it told none */
    unsigned capabilities;
    bool has_quiet;
    int64_t quiet;    /* as announced: behind this it has only signs of life */
    bool is_listed;   /* has asked for data: it is a replica to INFO */
    bool wants_psync; /* PSYNC, not SYNC */
    bool rdb_only;
    bool is_lent;      /* a worker has the connection */
    bool awaits_save;  /* gets the file of the save that runs; its place is the save's */
    bool is_on_disk;   /* what it needs next is in a file */
    bool is_searching; /* a worker looks for what `wanted` asks for */
    struct resync_request wanted;
    struct past *past;     /* reads from disk for it; NULL: nothing was read yet */
    int64_t on_disk_until; /* up to here it was sent from disk */
    int64_t over_since_ms; /* over the soft limit; 0: it is not */
    int64_t ahead;         /* bytes behind its cursor that it was sent: feeds_send_ahead */
};

/* "10.0.0.1:6380" */
struct feed_name {
    char text[2 * CONN_ADDRESS_MAX];
};

struct feeds_hooks {
    void *owner;
    /* A frozen view and what stands in the head of its snapshot; the texts live until the next
     * call of anything. */
    void (*freeze)(void *owner, struct full_sync_order *order);
    void (*log)(void *owner, bool is_warning, const char *text);
    /* The save to disk that runs; false: none. */
    bool (*running_save)(void *owner, struct sync_save *save);
    /* The increments of the append-only file, when they can be relied on. */
    void (*list_increments)(void *owner, struct increment_files *files);
};

struct feeds_stats {
    uint64_t full, partial_ok, partial_refused, bad_acks;
    uint64_t partial_from[FEED_ORIGINS]; /* of partial_ok */
};

struct feeds {
    struct loop *loop;
    struct worker_pool *workers;
    size_t lane;
    struct clients *clients;
    struct journal *journal;
    struct lineage *lineage; /* its offset is the journal's end whenever it is looked at */
    struct feeds_hooks hooks;
    struct feeds_stats stats;
    uint64_t bytes_out; /* of stream and snapshots */
    struct gate gate;   /* of WAIT */
    struct list all;
    size_t listed; /* INFO's connected_slaves */

    struct sync_settings plan;
    int64_t timeout_ms, ping_period_ms, sync_bytes_per_s;
    struct journal_range signs;  /* the newest signs of life that we put into the stream */
    int64_t pinged_ms, alive_ms; /* when the stream, and those that wait, were last told we live */
    int64_t idle_since_ms;       /* since when there is no replica */
    struct full_sync *running;
    struct timer begins;     /* wakes the loop when the next snapshot is due */
    int saved_fd;            /* the file those who await a save get; -1: none yet */
    struct repl_id saved_id; /* of whose history they wait for a file */
    bool acks_changed, acks_wanted;
    bool collects_packets; /* new replicas: without TCP_NODELAY */

    struct spool spool;
    size_t disk_lane;
    int64_t memory_bytes;        /* for what replicas have not read, beyond the backlog */
    int64_t aged_end, young_end; /* the journal's end one to two seconds ago, and after that */
    int64_t aged_ms;
    int64_t away_from, away_until_ms; /* those whose link broke may come back for this; 0: none */
    int told_error;                   /* of the spool, in the log */
};

void feeds_init(struct feeds *feeds, struct clients *clients);
/* All clients are gone. */
void feeds_deinit(struct feeds *feeds);

/* REPLCONF: what the client says about itself. */
void feeds_announce(struct feeds *feeds, struct client *client, const struct replconf *said);
/* REPLCONF ACK. */
void feeds_acknowledge(struct feeds *feeds, struct client *client, int64_t offset, int64_t fsynced);
/* PSYNC (with a request) and SYNC (NULL). Replies. */
void feeds_sync(struct feeds *feeds, struct client *client, const struct resync_request *request);
/* The client closes. */
void feeds_leave(struct client *client);
/* From there to the journal's end there are only signs of life of ours. */
int64_t feeds_quiet(const struct feeds *feeds);
/* All replicas must ask anew: our history is another one now. */
void feeds_cut_all(struct feeds *feeds);

/* The save to disk has ended: its file, which is taken, or -1 when it failed. */
void feeds_save_ended(struct feeds *feeds, int fd);
/* Some replica waits for the save to end. */
bool feeds_await_save(const struct feeds *feeds);
/* Ends the snapshot that is being sent, and takes the connections back. */
void feeds_stop(struct feeds *feeds);
/* Tells the gate what replicas have said since the last time (`acks_changed`). */
void feeds_collect_acks(struct feeds *feeds);
/* Before the loop sleeps: begins snapshots, sends. */
void feeds_before_sleep(struct feeds *feeds);
/* A few times a second. `is_master`: signs of life are ours to give. */
void feeds_cron(struct feeds *feeds, bool is_master);
/* Replicas are to acknowledge now. */
void feeds_want_acks(struct feeds *feeds);

/* How far the snapshot is that is being sent, in the log. */
void feeds_tell_progress(const struct feeds *feeds);
size_t feeds_count_good(const struct feeds *feeds, int64_t max_lag_s);
/* The address others reach the replica at. */
const char *feed_address(const struct feed *feed, char out[CONN_ADDRESS_MAX]);
struct feed_name feed_name(const struct feed *feed);
/* Closes its link, and says why in the log. The feed is gone then, unless it is lent. */
void feed_drop(struct feed *feed, const char *why);
void feeds_tell(const struct feeds *feeds, bool is_warning, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
