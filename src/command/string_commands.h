/* The handlers of the string family, for its table. */
#ifndef SKEIN_COMMAND_STRING_COMMANDS_H
#define SKEIN_COMMAND_STRING_COMMANDS_H

struct call;

/* string_set.c */
void string_set(struct call *call);
void string_setnx(struct call *call);
void string_setex(struct call *call);
void string_psetex(struct call *call);
void string_get(struct call *call);
void string_getset(struct call *call);
void string_getdel(struct call *call);
void string_getex(struct call *call);
void string_mget(struct call *call);
void string_mset(struct call *call);
void string_msetnx(struct call *call);

/* string_range.c */
void string_append(struct call *call);
void string_strlen(struct call *call);
void string_setrange(struct call *call);
void string_getrange(struct call *call);

/* string_number.c */
void string_incr(struct call *call);
void string_decr(struct call *call);
void string_incrby(struct call *call);
void string_decrby(struct call *call);
void string_incrbyfloat(struct call *call);

/* string_lcs.c */
void string_lcs(struct call *call);

#endif
