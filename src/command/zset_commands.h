/* The handlers of the sorted set family, for its table. */
#ifndef SKEIN_COMMAND_ZSET_COMMANDS_H
#define SKEIN_COMMAND_ZSET_COMMANDS_H

struct call;

/* zset_add.c */
void zset_zadd(struct call *call);
void zset_zincrby(struct call *call);
void zset_zrem(struct call *call);

/* zset_read.c */
void zset_zscore(struct call *call);
void zset_zmscore(struct call *call);
void zset_zcard(struct call *call);
void zset_zcount(struct call *call);
void zset_zlexcount(struct call *call);
void zset_zrank(struct call *call);
void zset_zrevrank(struct call *call);
void zset_zscan(struct call *call);

/* zset_range.c */
void zset_zrange(struct call *call);
void zset_zrangestore(struct call *call);
void zset_zrevrange(struct call *call);
void zset_zrangebyscore(struct call *call);
void zset_zrevrangebyscore(struct call *call);
void zset_zrangebylex(struct call *call);
void zset_zrevrangebylex(struct call *call);

/* zset_remove.c */
void zset_zremrangebyrank(struct call *call);
void zset_zremrangebyscore(struct call *call);
void zset_zremrangebylex(struct call *call);
void zset_zpopmin(struct call *call);
void zset_zpopmax(struct call *call);
void zset_zmpop(struct call *call);

/* zset_random.c */
void zset_zrandmember(struct call *call);

/* zset_algebra.c */
void zset_zunion(struct call *call);
void zset_zinter(struct call *call);
void zset_zdiff(struct call *call);
void zset_zunionstore(struct call *call);
void zset_zinterstore(struct call *call);
void zset_zdiffstore(struct call *call);
void zset_zintercard(struct call *call);

/* zset_blocking.c */
void zset_bzpopmin(struct call *call);
void zset_bzpopmax(struct call *call);
void zset_bzmpop(struct call *call);

#endif
