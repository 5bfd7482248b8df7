/* The count of commands that answer random members: HRANDFIELD, SRANDMEMBER, ZRANDMEMBER.
 *
 * A positive count asks for different ones, a negative one for that many with repetition. */
#ifndef SKEIN_COMMAND_RANDOM_COUNT_H
#define SKEIN_COMMAND_RANDOM_COUNT_H

#include "command/call.h"

/* Repeated members are written one by one into the reply: more of them than this are refused. */
enum { RANDOM_REPEATED_MAX = 1 << 27 };

/* Reads the count; answers the error. */
bool random_count_arg(struct call *call, int at, int64_t *count);
/* False, with an error, when -count members are too many for a reply. */
bool random_count_allowed(struct call *call, int64_t count);

#endif
