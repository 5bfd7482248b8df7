"""Commands that wait, four clients: who is served, in which order, with what.

Left out are times that pass (what comes behind them in a pipeline races with the next step), and
storing results over a key of another type (7.0 forgets to wake those who wait for it)."""

NAME = "blocking"
NEEDS = ["BLPOP", "RPUSH"]
CONNECTIONS = 4
EVENTS = True
GRAMMAR = """
 6 BLPOP <key>+ 0
 4 BRPOP <key>+ 0
 3 BLMOVE <key> <key> (LEFT|RIGHT) (LEFT|RIGHT) 0
 2 BRPOPLPUSH <key> <key> 0
 3 BLMPOP 0 2 <key> <key> (LEFT|RIGHT) [COUNT <count>]
 3 BZPOPMIN <key>+ 0
 2 BZPOPMAX <key>+ 0
 2 BZMPOP 0 2 <key> <key> (MIN|MAX) [COUNT <count>]
 1 BLPOP <key> <badtimeout>
 1 BLMPOP <badtimeout> 1 <key> LEFT
 1 BLMPOP 0 <badcount> <key> LEFT
 1 BZMPOP 0 <badcount> <key> MIN COUNT <badcount>
 1 BLMOVE <key> <key> LEFT LEFT <badtimeout>
 1 BZPOPMIN <key> <badtimeout>
 1 BLPOP never <key> <badtimeout>
 8 RPUSH <key> <value>+
 4 LPUSH <key> <value>+
 4 ZADD <key> 1 a 2 b
 1 SADD <key> 3 1 2
 2 LPOP <key>
 3 DEL <key>
 1 SET <key> v
 2 RENAME <key> <key>
 1 COPY <key> <key> REPLACE
 1 RPUSH s4 2 1
 1 SORT s4 STORE l4
 2 BLPOP l4 0
 1 DEL (l4|z4)
 1 LMOVE <key> <key> LEFT RIGHT
 1 MULTI
 1 EXEC
 1 MOVE <key> (0|1)
 1 SELECT (0|1)
 1 SWAPDB 0 1
 1 FLUSHDB
 2 ZUNIONSTORE z4 2 <key> <key>
 2 ZRANGESTORE z4 <key> 0 -1
 3 BZPOPMAX <key> z4 0
 1 GEOADD <key> 13 38 p
 1 GEOSEARCHSTORE z4 <key> FROMLONLAT 13 38 BYRADIUS 1 km
 1 COPY <key> <key> DB 1 REPLACE
 1 LPUSHX <key> x
 1 LTRIM <key> 1 0
 1 ZREM <key> a b
 1 ZINCRBY <key> 1 a
 1 EVAL "redis.call('rpush', KEYS[1], 'a') redis.call('lpop', KEYS[1]) return 1" 1 <key>
 1 EVAL "redis.call('del', KEYS[1]) return redis.call('zadd', KEYS[1], 1, 'z')" 1 <key>
 1 FLUSHALL
 1 EVAL "return redis.call('rpush', KEYS[1], 'lua')" 1 <key>
 1 EVAL "return redis.pcall('blpop', KEYS[1], 0)" 1 <key>
 1 EXPIRE <key> -1
"""
DOMAINS = {
    "key": [b"b1", b"b2", b"b3"],
    "value": [b"1", b"2", b"a"],
    "badcount": [b"0", b"-1", b"x", b"9223372036854775807", b"2147483647"],
    "badtimeout": [b"-1", b"x", b"", b" 1", b"nan", b"-inf", b"-1e-3x"],
}
