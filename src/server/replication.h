/* What the two sides of replication have in common in a server: its role, its history, and what
 * follows from both for everything else. */
#ifndef SKEIN_SERVER_REPLICATION_H
#define SKEIN_SERVER_REPLICATION_H

#include "link/master_link.h"
#include "link/replica_feed.h"
#include "repl/failover.h"
#include "server/persistence.h"

struct server;
struct call;

struct replication {
    struct lineage lineage; /* its offset is brought up to date when it is looked at */
    struct feeds feeds;
    struct master_link link;
    struct failover failover;
    struct repl_id node;       /* our run id, as handshakes say it */
    struct snapshot_head head; /* of the snapshot begun last */
    struct store *nothing;     /* what a snapshot without data is of; NULL before the first */
    struct rdb_limits limits;
    struct buf bind;         /* texts of the attempt that runs */
    int64_t told_failure_us; /* when the log told of an error in our master's stream */
    uint64_t local_changes;  /* of clients of a writable replica: no stream has them */
    int64_t end_before;      /* the journal's end when the request that runs began */
};

void replication_init(struct server *server);
/* Before the clients go: workers give connections back. */
void replication_stop(struct server *server);
void replication_deinit(struct server *server);
/* The configuration's `replicaof`, once the data has been loaded. */
void replication_open(struct server *server);
/* Copies settings; opens and closes the gates of `execute` that depend on the role. */
void replication_apply(struct server *server);
/* Answers WAIT and WAITAOF. Those who are answered go on, so the loop does this before what they
 * write is put on disk and sent. */
void replication_serve_waits(struct server *server);
void replication_before_sleep(struct server *server);
void replication_cron(struct server *server);
/* Snapshots that are on their way, in the log. */
void replication_report(struct server *server);

static inline bool master_link_is_on(const struct master_link *link)
{
    return link->state != LINK_OFF;
}
bool replication_is_replica(const struct server *server);
/* Our history with its present end. */
const struct lineage *replication_lineage(struct server *server);
/* REPLICAOF; `by` says who gave the order. */
void replication_follow(struct server *server, struct str host, int port, const char *by);
void replication_promote(struct server *server, const char *by);
/* A replica is there: what commands do goes into the journal from here on. */
void replication_want_journal(struct server *server);
/* What was loaded is the data as of this place of that history (see lineage_restart); `from` names
 * the file. An empty or senseless id changes nothing. */
struct replication_place {
    const char *id;
    int64_t offset;
    int db;                                   /* selected there */
    const struct lineage_ancestor *ancestors; /* newest first; may be empty */
    size_t ancestor_count;
};
void replication_take_up(struct server *server, const struct replication_place *place,
                         const char *from);
/* DEBUG CHANGE-REPL-ID. */
void replication_change_id(struct server *server);

/* wait_command.c: the client waits for acknowledgements no more. */
void wait_leave(struct server *server, struct client *client);
/* Answers those whose acknowledgements are there. */
void wait_serve(struct server *server);
/* There is no append-only file any more: those who wait for it get an error. */
void wait_refuse_locals(struct server *server);

/* failover_command.c: acknowledgements came; time passes; the target's answer. */
void failover_check_acks(struct server *server);
void failover_cron(struct server *server);
void failover_answered(struct server *server, bool accepted);

#endif
