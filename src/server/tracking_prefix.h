/* Broadcast mode of client-side caching: who wants to hear of keys under which prefix. */
#ifndef SKEIN_SERVER_TRACKING_PREFIX_H
#define SKEIN_SERVER_TRACKING_PREFIX_H

#include "server/tracking.h"

void tracking_prefix_join(struct tracking *tracking, struct session *session, struct str prefix);
void tracking_prefix_leave_all(struct tracking *tracking, struct session *session);
/* Keeps the key for everybody whose prefix it has. */
void tracking_prefix_changed(struct tracking *tracking, struct str key);

#endif
