/* The composition root: one struct that owns everything and wires it together.
 *
 * Only this folder sees all of it. Modules get what they need as hooks or pointers; handlers of
 * commands reach their module through access.h, which takes it from here.
 *
 *     server_init  registers commands, builds the store and the modules from the configuration
 *     server_open  opens log, pid file, sockets
 *     server_run   serves until server_stop
 */
#ifndef SKEIN_SERVER_SERVER_H
#define SKEIN_SERVER_SERVER_H

#include "base/compat.h"
#include "command/blocking.h"
#include "command/evict.h"
#include "command/expire_cycle.h"
#include "command/watch.h"
#include "io/listener.h"
#include "io/log.h"
#include "io/supervise.h"
#include "io/timer.h"
#include "io/tls.h"
#include "io/worker.h"
#include "journal/journal.h"
#include "link/client.h"
#include "script/engine.h"
#include "server/acl.h"
#include "server/append_file.h"
#include "server/client_waits.h"
#include "server/config.h"
#include "server/config_command.h"
#include "server/delivery.h"
#include "server/latency.h"
#include "server/local_expiry.h"
#include "server/monitor.h"
#include "server/persistence.h"
#include "server/pubsub.h"
#include "server/replication.h"
#include "server/slowlog.h"
#include "server/stats.h"
#include "server/tracking.h"

#define SKEIN_VERSION       "0.1.0"
#define SKEIN_REDIS_VERSION COMPAT_REDIS_VERSION

/* Lanes of the worker pool: what is long never delays what is short. */
enum worker_lane {
    LANE_FREE,
    LANE_WALK,
    LANE_SAVE,
    LANE_LOAD,
    LANE_SYNC,   /* of the append-only file */
    LANE_FEED,   /* snapshots for replicas */
    LANE_FOLLOW, /* our master's */
    LANE_SPOOL,  /* the stream on disk, for replicas that are far behind */
    LANES
};

struct server_sockets {
    struct listener *tcp, *tls, *unix_socket;
    struct buf tcp_place, tls_place; /* port and addresses they were opened for */
    struct tls_context *tls_context; /* of the port, NULL without one */
    struct tls_context *tls_master;  /* of the link to our master, NULL without tls-replication */
};

/* Who wants what commands did to be in the journal. */
enum journal_reader { JOURNAL_FOR_FILE, JOURNAL_FOR_REPLICAS };

/* How the server ends. */
struct server_end {
    bool asked; /* no new requests are taken */
    int exit_code;
    int64_t deadline_ms; /* until then replicas are waited for; 0: they are not */
    unsigned flags;      /* enum config_shutdown, of that shutdown */
};

/* Deletions the server decides by itself (upkeep.c). */
struct upkeep {
    struct expire_cycle expire;
    struct evictor evictor;
    struct effects effects;
    struct local_expiry local_expiry;
};

struct process_title;
struct signals;

struct server {
    struct config config;
    struct config_service config_service;
    struct log *log;
    struct loop *loop;
    struct worker_pool *workers;
    struct timer cron;
    struct server_sockets sockets;
    struct server_end end;
    struct signals *signals; /* main's; NULL: none are handled */

    struct store *store; /* replaced whole when another data set is loaded */
    struct command_settings settings;
    struct host host;
    struct registry registry;
    struct executor executor;
    struct watch_registry watches;
    struct upkeep upkeep;

    struct journal journal;
    uint32_t journal_readers; /* enum journal_reader, a bit each */

    struct clients clients;
    struct client_waits waits;
    struct blocking blocking;
    struct timer blocking_due;
    struct list migrations_over; /* migrate.c: their requests must run again */
    struct delivery delivery;
    struct pubsub pubsub;
    struct tracking tracking;
    struct acl acl;
    struct stats stats;
    struct slowlog slowlog;
    struct latency latency;
    struct monitors monitors;
    struct persistence persistence;
    struct replication replication;
    struct append_file append_file;
    bool cron_paused; /* DEBUG PAUSE-CRON */
    int64_t slow_us;  /* requests that took this long are looked at: slow log, latency monitor */

    char run_id[41];
    int64_t started_mono_us, started_wall_ms;
    uint64_t cron_ticks;
    uint64_t changes_since_save;
    uint64_t memory_used; /* as of the last reading */
    uint64_t memory_at_start;
    uint64_t open_files_max;
    struct process_title *title; /* borrowed; NULL: it cannot be set */
    const char *program;         /* as it was called */
    int oom_score_at_start;      /* or when oom-score-adj was turned on */
    bool oom_score_is_ours;
    enum supervise_mode supervisor; /* whom we told that we are ready */
};

/* `config` is taken over. */
void server_init(struct server *server, struct config *config);
void server_deinit(struct server *server);
/* False with the reason logged. */
bool server_open(struct server *server);
/* Returns the exit code of the process. */
int server_run(struct server *server);
/* After server_run: tells the supervisor, removes the pid file. */
void server_close(struct server *server);
/* Ends server_run after the current turn. */
void server_stop(struct server *server, int exit_code);

/* shutdown.c: acknowledgements came, or time passed. */
void server_check_shutdown(struct server *server);
/* How long replicas are waited for; -1: no shutdown is under way. */
int64_t server_shutdown_in_ms(const struct server *server);
/* crash_facts.c: for a signal handler. */
void server_crash_facts(void *server, int fd);
/* SIGTERM and SIGINT. */
void server_on_signal(void *server, int number);

static inline struct server *server_of(const struct call *call)
{
    return call->host->owner;
}

/* Reads the clocks into host; once per batch of requests. */
void server_read_clocks(struct server *server);
/* Bytes allocated now, of all threads; also kept in memory_used and the peak. */
uint64_t server_memory(struct server *server);
/* Fills the hooks of host, executor, clients and modules (hooks.c). */
void server_wire(struct server *server);
/* Error replies written here count in the statistics. */
void server_count_errors(struct server *server, struct reply *reply);
/* users.c: the ACL and what the configuration says about it. */
void server_init_users(struct server *server);
bool server_load_users(struct server *server, struct buf *why);
void server_apply_users(struct server *server);
void server_refresh_users(void *server); /* config_service.refresh */
/* observe.c: who watches requests. server_observe is for a request that was slow or has monitors.
 */
void server_observe(struct server *server, const struct call *call, const struct outcome *outcome);
/* Shows a request to monitors before it is done: what it does is shown behind it. */
void server_show_request(struct server *server, const struct call *call);
void server_note_latency(struct server *server, const char *event, int64_t duration_us);
void server_apply_observers(struct server *server);
/* blocking.c: sessions that wait for keys. server_serve_blocked looks at the keys that became ready
 * and lets those served go on; does nothing inside a request. server_refuse_blocked is for a master
 * that becomes a replica. */
void server_init_blocking(struct server *server, struct hash_seed seed);
void server_serve_blocked(struct server *server);
void server_refuse_blocked(struct server *server);
/* migrate.c: ends the MIGRATEs whose target has answered, not inside a request; and the one whose
 * client waits no more. */
void migrate_serve(struct server *server);
void migrate_leave(struct client *client);
/* process_settings.c */
void server_apply_title(struct server *server);
bool server_apply_oom_score(struct server *server, struct buf *reason);
/* scripting.c: host.scripts. */
void server_init_scripts(struct server *server);
/* journaling.c: the journal is filled while at least one kind of reader wants it. */
void server_init_journal(struct server *server);
void server_apply_journal(struct server *server);
void server_want_journal(struct server *server, enum journal_reader reader, bool wanted);
/* network.c */
bool server_listen(struct server *server, struct buf *why);
void server_close_sockets(struct server *server);
bool server_load_tls(struct server *server, struct buf *why);
/* apply.c: makes changed settings effective; config_hooks.apply. */
bool server_apply(void *server, enum config_change change, struct buf *reason);
/* All settings that are copies of config fields in modules; at the start, and again at any time. */
void server_apply_all(struct server *server);
void server_apply_settings(struct server *server);
/* upkeep.c: deletes what has expired, for as long as one beat of cron may take. */
void server_expire(struct server *server);
/* executor.make_room: evicts keys while there is more than maxmemory. */
bool server_make_room(void *server);
/* Closes the biggest clients when all together exceed maxmemory-clients. */
void server_evict_clients(struct server *server);
/* cron.c: the periodic jobs. */
void server_cron(void *server);

#endif
