/* One run of a script or function: from the arguments of a request to its reply.
 *     may it run at all -> arguments into Lua -> protected call -> result or error as reply
 *
 * While it runs a hook looks at the clock every 100,000 instructions. A script that is slow puts
 * the executor into GATE_BUSY (or GATE_BUSY_FUNCTION) and serves others from the hook; that is how
 * SCRIPT KILL reaches it. */
#ifndef SKEIN_SCRIPT_RUN_H
#define SKEIN_SCRIPT_RUN_H

#include "script/engine.h"

struct script_start {
    struct call *call;
    int function; /* in the state's registry */
    uint32_t flags;
    bool is_function;
    bool is_read_only;
    const char *name; /* the SHA-1 or the function's name, as errors say it */
    int key_count;    /* the keys begin at argv[3], the other arguments follow */
};

/* First of all for each request that runs a script: whoever watches sees it before what it does. */
void script_announce(struct script_engine *engine, const struct call *call);
void script_run(struct script_engine *engine, const struct script_start *start);
/* SCRIPT KILL, or FUNCTION KILL when `function`; answers. */
void script_kill(struct script_engine *engine, struct reply *reply, bool function);
/* Sets the hook; once per state. */
void script_watch(struct script_engine *engine);

#endif
