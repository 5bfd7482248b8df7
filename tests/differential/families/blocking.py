"""Commands that wait, three clients: who is served, in which order, with what."""

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
 8 RPUSH <key> <value>+
 4 LPUSH <key> <value>+
 4 ZADD <key> 1 a 2 b
 1 SADD <key> 3 1 2
 2 LPOP <key>
 3 DEL <key>
 1 SET <key> v
 2 RENAME <key> <key>
 1 COPY <key> <key> REPLACE
 1 SORT <key> STORE <key>
 1 LMOVE <key> <key> LEFT RIGHT
 1 MULTI
 1 EXEC
 1 MOVE <key> 1
 1 FLUSHALL
 1 EVAL "return redis.call('rpush', KEYS[1], 'lua')" 1 <key>
 1 EVAL "return redis.pcall('blpop', KEYS[1], 0)" 1 <key>
 1 EXPIRE <key> -1
"""
DOMAINS = {
    "key": [b"b1", b"b2", b"b3"],
    "value": [b"1", b"2", b"a"],
    "badtimeout": [b"-1", b"x", b"", b"99999999999999999999999", b"nan", b"inf"],
}
