/* Keyspace notifications: what happened to a key, told on __keyspace@<db>__:<key> and
 * __keyevent@<db>__:<event>.
 *
 * Classes are enum event_class (command/call.h), written as the letters of notify-keyspace-events.
 */
#ifndef SKEIN_SERVER_NOTIFY_H
#define SKEIN_SERVER_NOTIFY_H

#include "base/buf.h"
#include "command/call.h"
#include "server/pubsub.h"

/* False when a letter is unknown. */
bool notify_parse(struct str letters, uint32_t *classes);
/* Appends the shortest spelling: 'A' for all classes it stands for, K and E last but for m. */
void notify_format(uint32_t classes, struct buf *out);

/* One event; `classes` are the ones wanted. */
struct notification {
    enum event_class what;
    const char *event;
    int db;
    struct str key;
};
void notify(struct pubsub *pubsub, uint32_t classes, const struct notification *notification);

#endif
