/* DEBUG's sub-commands, for the table in debug.c; each has checked how many arguments it got. */
#ifndef SKEIN_SERVER_DEBUG_H
#define SKEIN_SERVER_DEBUG_H

#include "command/call.h"

/* debug_data.c */
void debug_object(struct call *call);
void debug_digest(struct call *call);
void debug_digest_value(struct call *call);
void debug_populate(struct call *call);
void debug_htstats(struct call *call);
void debug_htstats_key(struct call *call);
/* debug_protocol.c */
void debug_protocol(struct call *call);
/* persistence_command.c */
void debug_reload(struct call *call);
void debug_load_append_only(struct call *call);
/* freeze_walk.c: a worker counts all entries of a frozen view; the client waits without blocking
 * anybody else. */
void debug_freeze_walk(struct call *call);

#endif
