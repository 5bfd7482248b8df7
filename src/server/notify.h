/* Keyspace notifications: what happened to a key, told on __keyspace@<db>__:<key> and
 * __keyevent@<db>__:<event>.
 *
 * Classes are enum event_class (command/call.h), written as the letters of notify-keyspace-events
 * by the configuration.
 */
#ifndef SKEIN_SERVER_NOTIFY_H
#define SKEIN_SERVER_NOTIFY_H

#include "command/call.h"
#include "server/pubsub.h"

/* One event; `classes` are the ones wanted. */
struct notification {
    enum event_class what;
    const char *event;
    int db;
    struct str key;
};
void notify(struct pubsub *pubsub, uint32_t classes, const struct notification *notification);

#endif
