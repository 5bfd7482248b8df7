/* The handlers of the stream family, for its table. */
#ifndef SKEIN_COMMAND_STREAM_COMMANDS_H
#define SKEIN_COMMAND_STREAM_COMMANDS_H

struct call;

/* stream_add.c */
void stream_xadd(struct call *call);
void stream_xtrim(struct call *call);

/* stream_range.c */
void stream_xlen(struct call *call);
void stream_xrange(struct call *call);
void stream_xrevrange(struct call *call);

/* stream_edit.c */
void stream_xdel(struct call *call);
void stream_xsetid(struct call *call);

/* stream_read.c */
void stream_xread(struct call *call);
void stream_xreadgroup(struct call *call);

/* stream_group.c */
void stream_xgroup_create(struct call *call);
void stream_xgroup_setid(struct call *call);
void stream_xgroup_destroy(struct call *call);
void stream_xgroup_createconsumer(struct call *call);
void stream_xgroup_delconsumer(struct call *call);
void stream_xgroup_help(struct call *call);

/* stream_pending.c */
void stream_xack(struct call *call);
void stream_xpending(struct call *call);

/* stream_claim.c */
void stream_xclaim(struct call *call);
void stream_xautoclaim(struct call *call);

/* stream_info.c */
void stream_xinfo_stream(struct call *call);
void stream_xinfo_groups(struct call *call);
void stream_xinfo_consumers(struct call *call);
void stream_xinfo_help(struct call *call);

#endif
