/* What a master's stream may say.
 *
 * A master sends its data commands, what holds them together, and signs of life. A stream that
 * says anything else comes from somebody who is no master: nothing of it is done, the connection is
 * cut and it is counted. Data commands are those with the write flag, without the few that reach
 * beyond the data or wait; the rest are named here. */
#ifndef SKEIN_REPL_STREAM_RULES_H
#define SKEIN_REPL_STREAM_RULES_H

#include "base/str.h"

enum stream_verdict {
    STREAM_DATA,
    STREAM_FRAME,   /* SELECT, MULTI, EXEC */
    STREAM_LIFE,    /* PING: changes nothing */
    STREAM_MESSAGE, /* PUBLISH, SPUBLISH */
    STREAM_CONTROL, /* REPLCONF */
    STREAM_SCRIPT,  /* EVAL and its like, from masters before 7.0 */
    STREAM_FORBIDDEN,
    STREAM_UNKNOWN, /* no command of ours */
};

/* `name` is the command's, in any case; `is_write` its flag. Unknown commands have no name. */
enum stream_verdict stream_judge(struct str name, bool is_write);

#endif
