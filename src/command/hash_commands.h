/* The handlers of the hash family, for its table. */
#ifndef SKEIN_COMMAND_HASH_COMMANDS_H
#define SKEIN_COMMAND_HASH_COMMANDS_H

struct call;

/* hash.c */
void hash_hset(struct call *call);
void hash_hmset(struct call *call);
void hash_hsetnx(struct call *call);
void hash_hdel(struct call *call);
void hash_hincrby(struct call *call);
void hash_hincrbyfloat(struct call *call);

/* hash_read.c */
void hash_hget(struct call *call);
void hash_hmget(struct call *call);
void hash_hlen(struct call *call);
void hash_hstrlen(struct call *call);
void hash_hexists(struct call *call);
void hash_hkeys(struct call *call);
void hash_hvals(struct call *call);
void hash_hgetall(struct call *call);
void hash_hscan(struct call *call);

/* hash_random.c */
void hash_hrandfield(struct call *call);

#endif
