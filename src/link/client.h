/* A client's connection: bytes in, requests to `execute`, replies out.
 *
 * What the clients sent that are readable in one turn of the loop runs as a batch whose keys were
 * prefetched together (client_input.h); replies are written once per turn. Bytes are read into a
 * buffer all clients share, so an idle client costs no buffer; only a request that is not complete
 * yet is kept in the client's own.
 *
 * A last argument that is big is read straight into the blob the store will keep (clients.c, struct
 * big_bulk).
 *
 *     reading --(paused, blocked)--> waiting --(client_resume)--> reading
 *     any --(client_close_soon)--> closing --(end of the turn)--> freed
 *
 * Replies to writes can be held until the journal is safe up to what they wrote (clients->commit);
 * everything else the client is sent behind them waits too, other clients do not.
 *
 * Whatever closes a client only marks it: it is freed before the loop sleeps, so callers never lose
 * it underfoot. */
#ifndef SKEIN_LINK_CLIENT_H
#define SKEIN_LINK_CLIENT_H

#include "base/chain.h"
#include "command/execute.h"
#include "io/conn.h"
#include "io/loop.h"
#include "journal/journal.h"
#include "link/crowd.h"
#include "link/reply_hold.h"
#include "proto/request.h"

enum client_class { CLIENT_NORMAL, CLIENT_REPLICA, CLIENT_PUBSUB, CLIENT_CLASSES };

/* A bulk of which many bytes are still to come. */
struct big_bulk {
    struct blob *blob; /* NULL: none */
    size_t len;        /* announced */
    size_t filled;     /* received, the line end behind it included */
};

struct client {
    struct session session; /* first: a session with a link is its client */
    struct clients *clients;
    struct conn *conn;
    struct chain out;
    struct buf in;
    struct request_parser parser;
    struct big_bulk big;
    struct reply_holds holds;
    struct list node, flush_node, close_node, wait_node, hold_node;
    int64_t created_us, active_us;
    int64_t soft_limit_since_us; /* 0: below the soft limit */
    uint64_t bytes_in, bytes_out, requests;
    size_t accounted; /* its part of clients->memory */
    bool waits;       /* requests wait in `in` for client_resume */
    bool wants_write;
    bool is_lent;             /* a worker has the connection: nobody else touches it */
    struct intake_part *part; /* what it sent and did not run yet; NULL: nothing */
    struct feed *feed;        /* replica_feed.h; NULL: it is no replica */
    int64_t written_to;       /* the end of what it wrote, for WAIT */
    void *ack_wait;           /* server/wait_command.c; NULL: it is in no WAIT */
    void *migration;          /* server/migrate.c; NULL: it is in no MIGRATE */
    bool awaits_end;          /* server/shutdown.c: it is in SHUTDOWN */
};

/* The limits of one class of clients on replies that were not read. */
struct output_limit {
    uint64_t hard_bytes, soft_bytes;
    int64_t soft_s;
};

struct client_limits {
    int64_t bulk_max, args_max;
    uint64_t query_buffer_max;
    int64_t gather_us; /* the longest that requests of a crowd wait for more to come; 0: never */
    struct output_limit output[CLIENT_CLASSES];
};

enum {
    STRANGER_QUERY_MAX = 64 * 1024, /* before authentication: bytes of requests kept ... */
    STRANGER_OUTPUT_MAX = 1024,     /* ... and of replies not read */
};

enum close_reason {
    CLOSED_BY_PEER,
    CLOSED_ERROR,
    CLOSED_BY_US, /* QUIT, CLIENT KILL, protocol errors answered */
    CLOSED_QUERY_LIMIT,
    CLOSED_OUTPUT_LIMIT,
    CLOSED_ATTACK,    /* HTTP at our port */
    CLOSED_TLS_HELLO, /* TLS at our plain port */
    CLOSED_EVICTED,   /* clients used too much memory, and this one the most */
    CLOSED_STRANGER,  /* took too long to authenticate */
    CLOSED_IDLE,
};

struct client_hooks {
    void *owner;
    /* A read brought requests: clocks are to be read. */
    void (*on_batch)(void *owner);
    void (*before_request)(void *owner, struct client *client);
    void (*after_request)(void *owner, struct client *client);
    /* An inline request, or one that names no command: true when it is no request of a client of
     * ours. */
    bool (*is_attack)(void *owner, const struct request_view *request);
    void (*on_protocol_error)(void *owner, struct client *client, struct str error,
                              struct str bytes);
    /* The client is about to be freed. */
    void (*on_close)(void *owner, struct client *client, enum close_reason reason);
};

struct feed;
struct intake;
struct intake_part;

/* When replies to writes may leave. */
struct commit {
    const struct journal *journal;
    bool is_held;     /* they wait for `released` */
    int64_t released; /* the journal is safe up to here */
    uint64_t turn;    /* of the loop */
};

/* All clients of a data thread. */
struct clients {
    struct loop *loop;
    struct executor *executor;
    struct client_hooks hooks;
    struct client_limits limits;
    struct list all, to_flush, to_close;
    struct list released; /* those whose wait is over, until clients_go_on */
    struct list waiting;  /* those whose request must be given again, in that order */
    struct list held;     /* those with replies that wait for the commit */
    struct commit commit;
    struct crowd crowd;
    struct map by_id;
    size_t count;
    size_t memory; /* of all clients */
    const struct client *running;
    const struct request_view *running_request;
    const struct client *kept; /* its request runs around this turn: it is not freed yet */
    uint64_t next_id;
    uint64_t bytes_in, bytes_out, reads, writes;
    uint64_t query_limit_closes, output_limit_closes;
    struct intake *intake;
};

void clients_init(struct clients *clients, struct loop *loop, struct executor *executor,
                  const struct journal *journal);
/* Closes and frees all clients. */
void clients_deinit(struct clients *clients);
/* Takes the connection. */
struct client *clients_add(struct clients *clients, struct conn *conn);
struct client *clients_find(const struct clients *clients, uint64_t id);
/* Runs the requests of all clients that wait; those that must wait on are waiting again afterwards.
 * Not from inside a request. */
void clients_resume(struct clients *clients);
/* Runs what those have sent whose wait is over. Not from inside a request. */
void clients_go_on(struct clients *clients);
/* Once a second: time alone can exceed a soft limit of output, and idle clients give back their
 * buffers. */
void clients_tend(struct clients *clients);
/* Closes the clients that use most until all together use no more than `limit` bytes; returns how
 * many. */
size_t clients_evict(struct clients *clients, size_t limit);
/* Runs what clients have sent in this turn of the loop; called when all that sent were read. */
void clients_run(struct clients *clients);
/* Writes what waits and frees what was closed; called before the loop sleeps. */
void clients_flush(struct clients *clients);
/* How long the loop may pause before it looks for more requests. */
int64_t clients_pause_us(struct clients *clients);

/* Replies to writes wait from now on until clients_release was told an offset behind them; not
 * held, all leave at once. */
void clients_hold(struct clients *clients, bool is_held);
void clients_release(struct clients *clients, int64_t offset);
/* Holds what is written to the client from `at` on (client_reply_place before it was written): for
 * replies to what somebody else's request did. Requests of its own need no call. */
void client_hold_replies(struct client *client, uint64_t at);

/* What a request that is running uses of `clients`, put aside while others are served from inside
 * it. Its own client is not read meanwhile, nor freed. */
struct clients_nest {
    const struct client *running;
    const struct request_view *running_request;
    struct intake *intake;
};
void clients_nest_begin(struct clients *clients, struct clients_nest *nest);
void clients_nest_end(struct clients *clients, const struct clients_nest *nest);

/* Replies were written to the client's chain outside its own request. */
void client_wants_flush(struct client *client);
/* Whether its owner is told when the socket takes bytes. */
void client_want_write(struct client *client, bool wanted);
/* Closes it at the end of the turn, without writing more. */
void client_close_soon(struct client *client, enum close_reason reason);
/* Runs the requests that waited. */
void client_resume(struct client *client);
/* Runs a request of a client that waits in it again. */
enum execute_verdict client_run_again(struct client *client, struct request_view *request);
/* The request it was blocked in is over and its reply is written. What it has sent since runs in
 * clients_go_on. */
void client_released(struct client *client);
enum client_class client_class(const struct client *client);
/* Memory spent on this connection: buffers, replies, itself. */
size_t client_memory(const struct client *client);
/* Bytes of replies so far, sent and waiting. */
static inline uint64_t client_reply_place(const struct client *client)
{
    return client->bytes_out + client->out.len;
}
static inline struct client *client_of(struct session *session)
{
    return session->link;
}

#endif
