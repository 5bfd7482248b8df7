/* A conversation with another server: it is sent some requests in one go and answers each of them.
 * The first of them, the greeting, must be answered before it is sent the rest: what follows an
 * AUTH or a SELECT that failed would end up where it does not belong.
 *
 * What MIGRATE says, without knowing what a key is. Nothing here blocks: the owner hears of every
 * reply, then of the end. A peer may be silent for `timeout_ms` and no longer; whatever moves
 * (connected, bytes taken, a reply) gives it that time again.
 *
 *     connecting -> sending -> answered
 *         |            |
 *         +------------+--> ended in another way
 */
#ifndef SKEIN_LINK_MIGRATION_H
#define SKEIN_LINK_MIGRATION_H

#include "base/buf.h"
#include "io/connect.h"
#include "io/timer.h"
#include "proto/reply_parse.h"

struct conn;
struct loop;

enum migration_end {
    MIGRATION_ANSWERED,      /* there was a reply to every request, or the owner had enough */
    MIGRATION_NOT_CONNECTED, /* no such host, or it did not answer in time */
    MIGRATION_NOT_WRITTEN,   /* it refused the connection, or took not all bytes */
    MIGRATION_NOT_READ,      /* it closed, was silent for too long, or spoke nonsense */
};

struct migration_hooks {
    void *owner;
    /* The reply to the request with this number, counted from zero. False: that is enough. */
    bool (*on_reply)(void *owner, size_t number, const struct reply_node *reply);
    /* The last call: everything is closed. The migration may be freed. */
    void (*on_end)(void *owner, enum migration_end end);
};

struct migration {
    struct loop *loop;
    struct migration_hooks hooks;
    struct connecting *connecting;
    struct conn *conn;
    struct timer silence;
    struct buf out; /* the requests, encoded */
    size_t sent;    /* of its bytes */
    bool wants_write;
    size_t greeting_bytes, greeting_count;
    size_t expected, answered; /* replies */
    struct reply_parser parser;
    int64_t timeout_ms;
};

struct migration_order {
    struct connect_options to;             /* borrowed during the call */
    struct buf requests;                   /* taken */
    size_t count;                          /* of requests */
    size_t greeting_bytes, greeting_count; /* of them */
    int64_t timeout_ms;
};

/* No hook is called from within this. */
void migration_start(struct migration *migration, struct loop *loop,
                     const struct migration_order *order, const struct migration_hooks *hooks);
/* Closes whatever is open and frees what it owns; no hook is called any more. */
void migration_deinit(struct migration *migration);

#endif
