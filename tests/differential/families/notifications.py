"""Keyspace notifications: which events, in which order."""

NAME = "notifications"
NEEDS = ["CONFIG SET", "PSUBSCRIBE", "SET"]
CONNECTIONS = 2
EVENTS = True
SHARE = 0.7
SETUP = [("CONFIG", "SET", "notify-keyspace-events", "KEA")]
GRAMMAR = """
 6 PSUBSCRIBE "__key*__:*"
 1 PUNSUBSCRIBE   => detached
 1 CONFIG SET notify-keyspace-events <classes>
 2 CONFIG GET notify-keyspace-events
 4 SET <key> <value> [EX <secs>] [NX|XX] [GET]
 2 GET <key>
 1 GETEX <key> [PERSIST|EX <secs>|PX -1]
 1 GETDEL <key>
 1 GETSET <key> <value>
 2 INCR <key>
 1 INCRBYFLOAT <key> 1.5
 1 APPEND <key> <value>
 1 SETRANGE <key> 1 <value>
 1 SETRANGE <key> 0 ""
 1 SETBIT <key> 3 1
 1 BITOP OR <key> <key> <key>
 1 BITFIELD <key> SET u8 0 1
 1 MSET <key> a <key> b
 1 MSETNX <key> a <key> b
 1 SETEX <key> <secs> v
 1 PFADD <key> a
 1 PFMERGE <key> <key>
 3 DEL <key>+
 1 UNLINK <key>
 3 EXPIRE <key> <secs>
 1 EXPIRE <key> -1
 1 PERSIST <key>
 2 RENAME <key> <key>
 1 RENAMENX <key> <key>
 2 COPY <key> <key> [DB 1] [REPLACE]
 1 MOVE <key> 1
 1 SELECT <db>
 1 LPUSH <key> a b
 1 RPUSHX <key> a
 1 LPOP <key> [2]
 1 LMOVE <key> <key> LEFT RIGHT
 1 LSET <key> 0 z
 1 LTRIM <key> 0 0
 1 LREM <key> 0 a
 1 LINSERT <key> BEFORE a b
 1 HSET <key> f v
 1 HDEL <key> f
 1 HINCRBY <key> n 1
 1 SADD <key> a
 1 SREM <key> a
 1 SMOVE <key> <key> a
 1 SUNIONSTORE <key> <key> <key>
 1 SINTERSTORE <key> <key> <key>
 1 ZADD <key> 1 a
 1 ZINCRBY <key> 1 a
 1 ZREM <key> a
 1 ZPOPMIN <key>
 1 ZREMRANGEBYRANK <key> 0 -1
 1 ZUNIONSTORE <key> 1 <key>
 1 ZRANGESTORE <key> <key> 0 -1
 1 GEOADD <key> 1 1 a
 1 XADD <key> <xid> f v
 1 XTRIM <key> MAXLEN 0
 1 XGROUP CREATE <key> g $ MKSTREAM
 1 XDEL <key> 1-1
 1 SORT <key> STORE <key>
 1 FLUSHDB
"""
DOMAINS = {
    "key": [b"k1", b"k2", b"k3"],
    "value": [b"a", b"5"],
    "classes": [
        b"KEA",
        b"",
        b"Kx",
        b"Eg$",
        b"KEAmn",
        b"KElshzxet",
        b"Ad",
        b"E",
        b"zz",
        b"KEn",
        b"KEm$",
    ],
    "xid": [b"5-1", b"6-1", b"7-1", b"8-1", b"9-1"],
    "db": [0, 1],
}


def restore(client, _):
    client("CONFIG", "SET", "notify-keyspace-events", "")
