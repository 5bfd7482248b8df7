/* MONITOR: sessions that see every request as it is run.
 *
 * The line of a request is made once and copied to each monitor, behind what already waits for it.
 * Administrative commands and those that ask for it are not shown, secrets never. */
#ifndef SKEIN_SERVER_MONITOR_H
#define SKEIN_SERVER_MONITOR_H

#include "command/call.h"

struct monitors {
    struct session **list;
    size_t count, capacity;
};

void monitors_deinit(struct monitors *monitors);
/* False when the session is one already. */
bool monitors_join(struct monitors *monitors, struct session *session);
/* RESET and the end of a session. */
void monitors_leave(struct monitors *monitors, struct session *session);
/* Shows a request to all monitors; `peer` is the client's address. Those that were written to must
 * be flushed, which `wants_flush` is called for. */
void monitors_show(struct monitors *monitors, const struct call *call, const char *peer,
                   void (*wants_flush)(struct session *session));
/* Would this request be shown? */
bool monitors_see(const struct command *command);

#endif
