/* The handlers of the list family, for its table. */
#ifndef SKEIN_COMMAND_LIST_COMMANDS_H
#define SKEIN_COMMAND_LIST_COMMANDS_H

struct call;

/* list.c */
void list_lpush(struct call *call);
void list_rpush(struct call *call);
void list_lpushx(struct call *call);
void list_rpushx(struct call *call);
void list_lpop(struct call *call);
void list_rpop(struct call *call);

/* list_read.c */
void list_llen(struct call *call);
void list_lindex(struct call *call);
void list_lrange(struct call *call);
void list_lpos(struct call *call);

/* list_edit.c */
void list_linsert(struct call *call);
void list_lset(struct call *call);
void list_ltrim(struct call *call);
void list_lrem(struct call *call);

/* list_move.c */
void list_lmove(struct call *call);
void list_rpoplpush(struct call *call);
void list_lmpop(struct call *call);

/* list_blocking.c */
void list_blpop(struct call *call);
void list_brpop(struct call *call);
void list_blmove(struct call *call);
void list_brpoplpush(struct call *call);
void list_blmpop(struct call *call);

#endif
