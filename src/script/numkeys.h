/* The count of keys that EVAL and FCALL have at argv[2]. */
#ifndef SKEIN_SCRIPT_NUMKEYS_H
#define SKEIN_SCRIPT_NUMKEYS_H

#include "command/call.h"

/* False with the error answered. */
bool numkeys_read(struct call *call, int *count);

#endif
