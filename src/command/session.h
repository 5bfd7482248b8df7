/* A client as commands see it: who it is, which database, which protocol, what it has begun.
 *
 * Sockets are link/'s business; a session lives inside a connection there, or stands alone in
 * tests and scripts. */
#ifndef SKEIN_COMMAND_SESSION_H
#define SKEIN_COMMAND_SESSION_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "proto/reply.h"

struct acl_user;
struct blocked;
struct command;
struct keyspace;

enum session_flag {
    SESSION_MULTI = 1 << 0,      /* between MULTI and EXEC */
    SESSION_DIRTY_EXEC = 1 << 1, /* a command failed to queue: EXEC aborts */
    SESSION_DIRTY_CAS = 1 << 2,  /* a watched key changed: EXEC answers null */
    SESSION_MONITOR = 1 << 3,
    SESSION_NO_TOUCH = 1 << 4,
    SESSION_NO_EVICT = 1 << 5,
    SESSION_REPLY_OFF = 1 << 6,
    SESSION_REPLY_SKIP_NEXT = 1 << 7,
    SESSION_REPLY_SKIP = 1 << 8,
    SESSION_CLOSE_AFTER_REPLY = 1 << 9,
    SESSION_CLOSE_ASAP = 1 << 10,
    SESSION_MASTER = 1 << 11, /* the link to our master */
    SESSION_REPLICA = 1 << 12,
    SESSION_SCRIPT = 1 << 13, /* commands of a script */
    SESSION_BLOCKED = 1 << 14,
    SESSION_UNBLOCKED_BY_ERROR = 1 << 15,
    SESSION_DENY_BLOCKING = 1 << 16, /* in EXEC or a script: blocking commands answer at once */
    SESSION_PUBSUB = 1 << 17,        /* has subscriptions: RESP2 clients may only manage them */
    SESSION_TRACKING = 1 << 18,
    SESSION_TRACKING_BCAST = 1 << 19,
    SESSION_TRACKING_OPTIN = 1 << 20,
    SESSION_TRACKING_OPTOUT = 1 << 21,
    SESSION_TRACKING_NOLOOP = 1 << 22,
    SESSION_TRACKING_CACHING = 1 << 23, /* CLIENT CACHING was given for the next command */
    SESSION_TRACKING_BROKEN_REDIR = 1 << 24,
    SESSION_PAUSED = 1 << 25,
    SESSION_UNIX_SOCKET = 1 << 26,
    SESSION_DELIVERED = 1 << 27, /* got messages that delivery_settle will tell the link of */
    SESSION_ADMITTED = 1 << 28,  /* may go on because the default user needs no password now */
};

/* A request kept for EXEC: its arguments in one allocation. */
struct queued_request {
    const struct command *command;
    int argc;
    struct str *argv;
};

struct watched_key;

struct session {
    uint64_t id;
    uint64_t flags;
    int db;
    bool authenticated;
    struct acl_user *user; /* server/acl owns it; never NULL in a running server */
    struct buf name;       /* CLIENT SETNAME */
    struct buf lib_name, lib_ver;
    struct reply reply;

    /* transactions (command/multi.c) */
    struct queued_request *queued;
    size_t queued_count, queued_capacity;
    size_t queued_bytes;
    uint64_t queued_flags;   /* all flags of queued commands, or-ed */
    uint64_t queued_lacking; /* flags that at least one queued command does not have */
    struct list watched;     /* struct watched_key */

    /* pub/sub (server/pubsub.c) */
    struct map channels, patterns, shard_channels;

    /* client-side caching (server/tracking.c) */
    uint64_t tracking_redirect;
    struct map tracking_prefixes;

    struct blocked *blocked; /* its wait (command/blocking.c), or NULL */
    const struct command *last_command;
    void *link; /* the connection, struct client in link/; NULL without one */
};

void session_init(struct session *session, uint64_t id, struct chain *out);
void session_deinit(struct session *session);
/* After each request of a client: CLIENT REPLY SKIP leaves out exactly one reply. */
void session_end_request(struct session *session);

static inline bool session_is(const struct session *session, uint64_t flag)
{
    return (session->flags & flag) != 0;
}

#endif
