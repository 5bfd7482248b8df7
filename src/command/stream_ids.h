/* The ids of streams as arguments and in replies.
 *
 * As arguments they are lenient like the strtoull they once were read with: white space and a plus
 * sign may stand in front of a number, zeros too. Ids in replies have one form. */
#ifndef SKEIN_COMMAND_STREAM_IDS_H
#define SKEIN_COMMAND_STREAM_IDS_H

#include "command/call.h"
#include "store/stream_id.h"

/* "ms-seq", or "ms" for the first of that millisecond. */
bool stream_read_id(struct str text, struct stream_id *id);
/* The same, answers the error. */
bool stream_id_arg(struct call *call, int at, struct stream_id *id);

/* XADD's: a whole id, or "ms-*". */
bool stream_new_id_arg(struct call *call, int at, struct stream_id *id, bool *has_seq);

/* A bound of an interval: "-", "+", an id, or "(" and an id that is left out itself. */
bool stream_start_arg(struct call *call, int at, struct stream_id *start);
bool stream_end_arg(struct call *call, int at, struct stream_id *end);

void stream_reply_id(struct reply *reply, struct stream_id id);

#endif
