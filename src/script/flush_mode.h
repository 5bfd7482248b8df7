/* The option of SCRIPT FLUSH and FUNCTION FLUSH. */
#ifndef SKEIN_SCRIPT_FLUSH_MODE_H
#define SKEIN_SCRIPT_FLUSH_MODE_H

#include "command/call.h"

/* False when the arguments are neither nothing, ASYNC nor SYNC; answers nothing. */
static inline bool flush_mode_read(const struct call *call, bool *async)
{
    *async = call->host->settings->lazy_user_flush;
    if (call->argc == 2) return true;
    if (call->argc != 3) return false;
    *async = call_is(call, 2, "async");
    return *async || call_is(call, 2, "sync");
}

#endif
