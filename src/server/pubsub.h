/* Publish and subscribe: who listens to which channel, pattern or shard channel.
 *
 * Each name with listeners is a topic that lists them; each session keeps its own subscriptions by
 * name, so that either side can be left in O(1). A topic without listeners does not exist. Without
 * a cluster, shard channels are channels in a name space of their own that no pattern sees. */
#ifndef SKEIN_SERVER_PUBSUB_H
#define SKEIN_SERVER_PUBSUB_H

#include "base/map.h"
#include "command/command.h"
#include "command/session.h"
#include "server/delivery.h"

enum pubsub_kind { PUBSUB_CHANNEL, PUBSUB_PATTERN, PUBSUB_SHARD, PUBSUB_KINDS };

struct pubsub {
    struct map topics[PUBSUB_KINDS]; /* name -> struct topic */
    struct hash_seed seed;
    struct delivery *delivery; /* borrowed */
};

void pubsub_init(struct pubsub *pubsub, struct delivery *delivery, struct hash_seed seed);
/* All sessions must have left. */
void pubsub_deinit(struct pubsub *pubsub);

/* False when the session was subscribed already. */
bool pubsub_subscribe(struct pubsub *pubsub, struct session *session, enum pubsub_kind kind,
                      struct str name);
/* False when it was not subscribed. */
bool pubsub_unsubscribe(struct pubsub *pubsub, struct session *session, enum pubsub_kind kind,
                        struct str name);
/* The end of a session, and RESET: leaves everything without a word. */
void pubsub_leave(struct pubsub *pubsub, struct session *session);

struct pubsub_message {
    struct str channel, payload;
    bool shard;
    bool at_once; /* also to the running session: PUBLISH itself answers behind its own message */
};
/* Returns how many received it (a session once per matching subscription). */
size_t pubsub_publish(struct pubsub *pubsub, const struct pubsub_message *message);

/* Names with listeners, and listeners of a name. */
size_t pubsub_topic_count(const struct pubsub *pubsub, enum pubsub_kind kind);
size_t pubsub_listener_count(const struct pubsub *pubsub, enum pubsub_kind kind, struct str name);
/* The session's own subscriptions of a kind: a map by name. */
struct map *pubsub_of(struct session *session, enum pubsub_kind kind);

/* True when a RESP2 session that is subscribed may not run the command now (what EXEC runs was
 * accepted before); PUBSUB_REFUSAL is the error's format, which takes the command's full name. */
bool pubsub_refuses(const struct session *session, const struct command *command,
                    const struct command *container);
#define PUBSUB_REFUSAL                                                                             \
    "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "    \
    "allowed in this context"

#endif
