/* How a replica talks its master into sending data: a script of exchanges, one row each.
 *
 *     row      sent                                       a refusal is fatal
 *     ping     PING                                       unless it asks for a password
 *     auth     AUTH [user] password                       yes
 *     port     REPLCONF listening-port N                  no
 *     ip       REPLCONF ip-address NAME                   no
 *     capa     REPLCONF capa eof capa psync2              no
 *     node     REPLCONF node-id ID                        only "LOOP": we would follow ourselves
 *     quiet    REPLCONF quiet-offset N                    no
 *     psync    PSYNC ID OFFSET [FAILOVER]                 see below
 *     sync     SYNC                                       masters too old for PSYNC
 *
 *     connected -> ping -> {auth ... quiet, written together} -> psync -> LOAD | CONTINUE
 *                                                                   `-> sync -> LOAD
 *     any row --(refusal, silence, end of the connection)--> FAILED
 *
 * `ahead`: all of it is written with PING, so a link that is back costs one round trip; answers are
 * judged as ever, in their order. For a master that is known to take it: stock ones answer an error
 * to a PSYNC that came together with other requests, and are then asked again by itself.
 *
 * Signs of life at the end of what we have need not have reached a new master. One of ours that
 * cannot continue there continues before them, and names that place: +CONTINUE ID N.
 *
 * A row that the settings do not ask for is left out. Each awaited line has `timeout_ms`; the empty
 * lines a master sends while it prepares a snapshot count as life. handshake_step takes an event
 * with the time and returns what is to be done; what is to be sent is appended to `send`. After
 * LOAD a snapshot follows (transfer.h), after CONTINUE the stream. */
#ifndef SKEIN_REPL_HANDSHAKE_H
#define SKEIN_REPL_HANDSHAKE_H

#include "base/buf.h"
#include "repl/lineage.h"

enum handshake_row {
    HANDSHAKE_PING,
    HANDSHAKE_AUTH,
    HANDSHAKE_PORT,
    HANDSHAKE_IP,
    HANDSHAKE_CAPA,
    HANDSHAKE_NODE,
    HANDSHAKE_QUIET,
    HANDSHAKE_PSYNC,
    HANDSHAKE_SYNC,
    HANDSHAKE_ROWS
};

enum handshake_failure {
    HANDSHAKE_NO_FAILURE,
    HANDSHAKE_LOST_CONNECTION,
    HANDSHAKE_TIMED_OUT,
    HANDSHAKE_PING_REFUSED,
    HANDSHAKE_AUTH_REFUSED,
    HANDSHAKE_LOOP,            /* the master follows us, or is us */
    HANDSHAKE_MASTER_LOADING,  /* "LOADING" */
    HANDSHAKE_MASTER_DETACHED, /* "NOMASTERLINK": it waits for its own master */
    HANDSHAKE_SYNC_REFUSED,
    HANDSHAKE_NONSENSE, /* no master talks like this */
    HANDSHAKE_FAILURES
};

enum handshake_verdict {
    HANDSHAKE_GO_ON, /* send what there is to send, and wait for the next event */
    HANDSHAKE_LOAD,
    HANDSHAKE_CONTINUE,
    HANDSHAKE_FAILED, /* close; `failure` says why */
};

enum handshake_event_kind {
    HANDSHAKE_ON_CONNECT,
    HANDSHAKE_ON_LINE,
    HANDSHAKE_ON_TICK,
    HANDSHAKE_ON_CLOSE
};

struct handshake_event {
    enum handshake_event_kind kind;
    int64_t now_ms;
    struct str line; /* ON_LINE: without its end */
};

/* Texts are borrowed until the handshake is over; an empty one is not announced. */
struct handshake_settings {
    struct str user, password;
    struct str ip;
    int port;
    struct repl_id node; /* who we are */
    struct repl_id id;   /* the history we can continue; unset: none */
    int64_t offset;      /* the end of what we have of it */
    int64_t quiet;       /* from here to `offset` there are only signs of life */
    bool failover;       /* it hands its role over to us (FAILOVER) */
    bool ahead;          /* nothing waits for the answer before it */
    int64_t timeout_ms;
};

enum { HANDSHAKE_PATH_MAX = 16, HANDSHAKE_LINE_MAX = 4096, HANDSHAKE_ERROR_MAX = 160 };

struct handshake {
    struct handshake_settings settings;
    enum handshake_row row; /* whose reply is awaited */
    bool is_ahead;          /* everything up to PSYNC was written */
    int64_t deadline_ms;

    /* after LOAD and CONTINUE; an unset id: the master names none (SYNC, or an old +CONTINUE) */
    struct repl_id master_id;
    int64_t offset; /* LOAD: that of the snapshot, if master_id is set; CONTINUE: where it does */
    /* the master and whom it follows, as far as it told */
    struct repl_id path[HANDSHAKE_PATH_MAX];
    size_t path_len;

    enum handshake_failure failure;
    char error[HANDSHAKE_ERROR_MAX]; /* the master's words; "" when it had none */
};

/* The setting was changed: also for the line that is awaited now. */
void handshake_set_timeout(struct handshake *handshake, int64_t timeout_ms);
void handshake_init(struct handshake *handshake, const struct handshake_settings *settings,
                    int64_t now_ms);
enum handshake_verdict handshake_step(struct handshake *handshake,
                                      const struct handshake_event *event, struct buf *send);

/* "auth", for messages. */
const char *handshake_row_name(enum handshake_row row);
const char *handshake_failure_name(enum handshake_failure failure);
/* It is away for now and may soon be there: worth asking again before long. */
bool handshake_is_away(enum handshake_failure failure);

enum line_verdict { LINE_READY, LINE_MORE, LINE_TOO_LONG };
/* Cuts the next line off *in, without its end. */
enum line_verdict handshake_next_line(struct str *in, struct str *line);

#endif
