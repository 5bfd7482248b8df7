/* Sessions that wait: in a blocking command, for a key or for something else.
 *
 * A handler that finds nothing calls blocking_wait and returns without a reply. The session is then
 * SESSION_BLOCKED, its request is kept, and exactly one of these ends the wait:
 *
 *     blocked --(a key became ready)--> run again --(found)--> released
 *        ^                                   +--(nothing yet)--> blocked, in the same place
 *     blocked --(deadline, blocking_unblock, blocking_end*, blocking_leave)--> released
 *
 * Running again is the whole request through `execute`: arity, ACL and gates are asked again, and
 * the handler looks at the key as if it had been called just now. It keeps the deadline and the
 * place of its first run. Waiters of a key are served in the order in which they began to wait,
 * after the request, transaction or script that filled it is over: whoever runs requests calls
 * blocking_serve then.
 *
 * Waiting for other things than keys (acknowledgements, a worker) is the same with another
 * reason: the one who knows that it has come replies and calls blocking_end, or has the request run
 * again with blocking_run.
 *
 * This module is pure: time is an argument, and what a connection does afterwards is a hook's
 * business. Costs: to begin and to end a wait O(keys + log waiters); to announce a key that nobody
 * waits for one look into a map; waiters who are not served cost nothing. */
#ifndef SKEIN_COMMAND_BLOCKING_H
#define SKEIN_COMMAND_BLOCKING_H

#include "command/blocking_queue.h"
#include "command/deadlines.h"
#include "command/execute.h"

struct blocking;

enum blocked_on {
    BLOCKED_ON_KEYS,
    BLOCKED_ON_REPLICAS, /* WAIT, WAITAOF */
    BLOCKED_ON_WORK,     /* a worker or another server: MIGRATE, DEBUG */
};

/* What a handler waits for. Everything it points to is copied. */
struct blocking_wait {
    enum blocked_on on;
    int64_t timeout_ms; /* as blocking_timeout_* read it; 0: without end */
    /* Replies when the time is over, and at once where waiting is not allowed (EXEC, scripts)
     * unless `denied` is given for that. */
    void (*timed_out)(struct host *host, struct session *session);
    void (*denied)(struct host *host, struct session *session);
    /* The request to run again when it is not the one that came: XREAD must turn "$" into the id
     * that was last when it began to wait. NULL: as it came. Must block on the same keys. */
    const struct str *again;
    int again_argc;

    /* BLOCKED_ON_KEYS: in the selected database. */
    const struct str *keys;
    size_t key_count;
    enum value_type type; /* only keys of this type wake */
    bool until_gone;      /* a key that is deleted or gets another type wakes too (XREADGROUP) */
    /* When one of several waiters that name the same equal found nothing, the others would find
     * nothing either and are left alone: the consumer group of XREADGROUP. Empty: everyone is
     * tried. */
    struct str equals;
};

/* Blocks the session of this call; nothing must have been replied. Where waiting is not allowed it
 * replies instead. Either way the handler returns at once. */
void blocking_wait(struct call *call, const struct blocking_wait *wait);

/* Inside a request that runs again: the key that became ready, which is the one to serve even if
 * another one named before it was filled since. False in a first run. */
bool blocking_woken_by(const struct call *call, struct str *key);

/* Keys to look at, or to wait for. */
struct blocking_keys {
    const struct str *keys;
    size_t count;
};
/* Of those a request names: all in a first run, blocking_woken_by's in another one. */
struct blocking_keys blocking_keys_to_try(const struct call *call, struct blocking_keys named);

/* A timeout argument: seconds with a fraction, or milliseconds. False after its error was
 * answered. */
bool blocking_timeout_s(struct call *call, int at, int64_t *timeout_ms);
bool blocking_timeout_ms(struct call *call, int at, int64_t *timeout_ms);

/* The usual replies of `timed_out` and `denied`. */
void blocking_reply_null(struct host *host, struct session *session);
void blocking_reply_null_array(struct host *host, struct session *session);

/* --- who knows that a wait may be over --- */

/* The key holds something that was not there: created whole, or got another element that a waiter
 * may want (XADD). Also: what a waiter relies on is gone (XGROUP DESTROY). generic_added says it
 * for new keys, so lists and sorted sets need no more than that. `blocking` may be NULL. */
void blocking_ready(struct blocking *blocking, struct keyspace *ks, struct str key);
/* The key was modified or deleted in some way; call_changed says it. */
void blocking_changed(struct blocking *blocking, struct keyspace *ks, struct str key);
/* All keys of a database may have become ready or be gone: it was emptied or swapped. */
void blocking_replaced(struct blocking *blocking, struct keyspace *ks);

enum unblock_reason {
    UNBLOCKED_SERVED,  /* ran again and replied, or blocking_end */
    UNBLOCKED_TIMEOUT, /* its time is over, or CLIENT UNBLOCK TIMEOUT */
    UNBLOCKED_ERROR,   /* CLIENT UNBLOCK ERROR */
    UNBLOCKED_REFUSED, /* blocking_refuse_all */
};

/* One per data thread, host->blocking. */
struct blocking {
    struct host *host;
    struct blocking_queues queues;
    struct deadlines deadlines;
    struct list all;         /* struct blocked, those that began first in front */
    size_t count;            /* sessions that wait */
    size_t until_gone_count; /* of them, those with until_gone */
    int64_t told_us;         /* what deadline_changed said last */

    void *owner; /* of the hooks, which may be NULL */
    /* The session's wait is over and its reply is written. Its next requests may run, but not from
     * within this hook. */
    void (*released)(void *owner, struct session *session, enum unblock_reason reason);
    /* Runs the kept request of a session; NULL: `execute` does, and nothing more. */
    enum execute_verdict (*run_again)(void *owner, struct session *session,
                                      struct request_view *request);
    /* The earliest deadline is another one; INT64_MAX: there is none. */
    void (*deadline_changed)(void *owner, int64_t deadline_us);
};

void blocking_init(struct blocking *blocking, struct host *host, struct hash_seed seed);
/* All sessions must have left. */
void blocking_deinit(struct blocking *blocking);

static inline bool blocking_has_ready(const struct blocking *blocking)
{
    return !list_is_empty(&blocking->queues.ready);
}
/* Runs the waiters of all ready keys again, until no key is ready. Does nothing inside a request.
 * While clients are paused keys stay ready: call it again when the pause is over. */
void blocking_serve(struct blocking *blocking);
/* Ends the waits whose deadline is not after `now_us`, the clock of executor.clock_us. */
void blocking_expire(struct blocking *blocking, int64_t now_us);
/* INT64_MAX: nobody waits with a deadline. */
int64_t blocking_next_deadline(const struct blocking *blocking);

/* What a session waits for, which is no key, has come: its request runs again, now to its end.
 * False while clients are paused; then it waits on, and this must be called again. */
bool blocking_run(struct blocking *blocking, struct session *session);
/* The session waits no more: its reply has been written. */
void blocking_end(struct blocking *blocking, struct session *session, enum unblock_reason reason);
/* CLIENT UNBLOCK: as if its time was over, or with an error. False when it does not wait. */
bool blocking_unblock(struct blocking *blocking, struct session *session, bool with_error);
/* Everybody but those BLOCKED_ON_WORK gets this error: the role of this server changed. */
void blocking_refuse_all(struct blocking *blocking, const char *error);
/* The session goes away; nothing is replied. */
void blocking_leave(struct blocking *blocking, struct session *session);

/* The request of a session that waits, also from within `released`. */
struct request_view blocking_request(const struct session *session);
/* What its wait takes, 0 without one. */
size_t blocking_memory(const struct session *session);

#endif
