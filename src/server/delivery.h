/* Messages to sessions that did not ask for them now: publications, notifications, invalidations.
 *
 * A message is encoded once, as a RESP2 array; for a RESP3 session only its first byte differs. It
 * is copied behind what already waits for the session, whatever CLIENT REPLY said. A message to the
 * very session whose request runs would land inside that request's reply, so it is held back until
 * delivery_end.
 *
 * Whoever sends walks over subscribers, and a full client may be ended for it, which changes what
 * is walked over. So the link hears of messages only when the walk is over, from delivery_settle.
 */
#ifndef SKEIN_SERVER_DELIVERY_H
#define SKEIN_SERVER_DELIVERY_H

#include "base/buf.h"
#include "command/session.h"

struct delivery {
    void *context;
    /* Bytes were written for `to`: they should be flushed, and its output limits looked at. May be
     * NULL. */
    void (*deliver)(void *context, struct session *to);
    /* The session with an id, or NULL. */
    struct session *(*find)(void *context, uint64_t id);
    struct session *running;
    struct buf held;            /* for `running`, in its protocol version */
    struct session **delivered; /* got messages since the last settling */
    size_t delivered_count, delivered_capacity;
};

void delivery_deinit(struct delivery *delivery);
/* A request of `session` begins; requests do not nest (EXEC and scripts are one request). */
void delivery_begin(struct delivery *delivery, struct session *session);
/* The request has replied: what was held back follows, and the link hears of all messages. */
void delivery_end(struct delivery *delivery);
/* Tells the link. For messages outside of requests; to be called before the loop flushes. */
void delivery_settle(struct delivery *delivery);
/* `session` goes away; it may be the running one. */
void delivery_forget(struct delivery *delivery, struct session *session);

/* `message` is a RESP2 array. */
void delivery_send(struct delivery *delivery, struct session *to, struct str message);
/* The same, but never held back. */
void delivery_send_at_once(struct delivery *delivery, struct session *to, struct str message);

/* Pieces of a message. */
void message_array(struct buf *out, size_t count);
void message_bulk(struct buf *out, struct str bytes);

#endif
