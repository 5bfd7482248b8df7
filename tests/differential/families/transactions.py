"""MULTI, EXEC, WATCH with two clients."""

# What EXEC makes its own client hear stands inside the array in 7.0; so nobody publishes to `ch`.
NAME = "transactions"
NEEDS = ["MULTI", "EXEC", "WATCH"]
CONNECTIONS = 2
EVENTS = True
GRAMMAR = """
 8 MULTI
 8 EXEC
 3 DISCARD
 6 WATCH <key>+
 2 UNWATCH
 8 SET <key> <value>
 1 SET <key>
 4 INCR <key>
 4 GET <key>
 2 DEL <key>
 1 SET <key> <value> EX <secs>
 1 EXPIRE <key> <secs>
 1 EXPIRE <key> -1
 1 PERSIST <key>
 1 RENAME <key> <key>
 1 COPY <key> <key> REPLACE
 1 MOVE <key> <db>
 1 SELECT <db>
 1 SWAPDB 0 <db>
 1 FLUSHDB
 1 FLUSHALL
 1 LPUSH <key> <value>
 1 NOSUCHCOMMAND a b
 1 CONFIG SET maxmemory-samples x
 1 PING
 1 RESET
 1! SUBSCRIBE ch
 1! UNSUBSCRIBE
 1! PUBLISH other hello
 1 CLIENT GETNAME
 1 EVAL "return redis.call('set', KEYS[1], 'lua')" 1 <key>
 1 BLPOP <key> 0
 1 TOUCH <key>
 1 UNLINK <key>
"""
DOMAINS = {"key": [b"k1", b"k2", b"k3"], "value": [b"1", b"2", b"a", b""]}
