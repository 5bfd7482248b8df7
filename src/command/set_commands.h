/* The handlers of the set family, for its table. */
#ifndef SKEIN_COMMAND_SET_COMMANDS_H
#define SKEIN_COMMAND_SET_COMMANDS_H

struct call;

/* set.c */
void set_sadd(struct call *call);
void set_srem(struct call *call);
void set_smove(struct call *call);
void set_sismember(struct call *call);
void set_smismember(struct call *call);
void set_scard(struct call *call);
void set_smembers(struct call *call);
void set_sscan(struct call *call);

/* set_random.c */
void set_spop(struct call *call);
void set_srandmember(struct call *call);

/* set_algebra.c */
void set_sinter(struct call *call);
void set_sinterstore(struct call *call);
void set_sintercard(struct call *call);
void set_sunion(struct call *call);
void set_sunionstore(struct call *call);
void set_sdiff(struct call *call);
void set_sdiffstore(struct call *call);

#endif
