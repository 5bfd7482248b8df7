"""Keys of any type: expiry, renaming, copying, databases, iteration."""

NAME = "generic"
NEEDS = ["DEL", "EXPIRE", "RENAME"]
GRAMMAR = """
 8 SET <key> <value>
 3 SET <key> <value> EX <secs>
 2 LPUSH <key> a b c
 2 HSET <key> f v g w
 2 SADD <key> a b c
 1 SADD <key> 1 2 3
 2 ZADD <key> 1 a 2 b
 1 XADD <key> 1-1 f v
 3 DEL <key>+
 2 UNLINK <key>+
 3 EXISTS <key>+
 2 TOUCH <key>+
 3 TYPE <key>
 4 EXPIRE <key> <secs> [NX|XX|GT|LT]
 3 PEXPIRE <key> <ms> [NX|XX|GT|LT]
 3 EXPIREAT <key> <at> [NX|XX|GT|LT]
 3 PEXPIREAT <key> <atms> [NX|XX|GT|LT]
 2 EXPIRE <key> <badsecs> [NX|XX|GT|LT]
 1 PEXPIRE <key> <badsecs> [NX|XX|GT|LT]
 1 EXPIREAT <key> (<pastat>|<badsecs>) [NX|XX|GT|LT]
 1 PEXPIREAT <key> (<pastatms>|<badsecs>) [NX|XX|GT|LT]
 2 EXPIRE <key> <secs> (NX XX|GT LT|NX GT|XX GT|LT XX|<junk>)
 3 TTL <key>   => near:1
 3 PTTL <key>   => near:1500
 3 EXPIRETIME <key>   => near:1
 3 PEXPIRETIME <key>   => near:1500
 2 PERSIST <key>
 4 RENAME <key> <key>
 3 RENAMENX <key> <key>
 4 COPY <key> <key> [DB <db>] [REPLACE]
 1 COPY <key> <key> (DB <baddb>|DB|REPLACE REPLACE|<junk>)
 4 MOVE <key> <db>
 1 MOVE <key> <baddb>
 3 SELECT <db>
 1 SELECT <baddb>
 2 SWAPDB <db> <db>
 1 SWAPDB <db> <baddb>
 1 SWAPDB <baddb> <db>
 3 DBSIZE
 1 FLUSHDB [ASYNC|SYNC]
 1 FLUSHALL [ASYNC|SYNC]
 1 FLUSHDB (<junk>|ASYNC SYNC)
 3 KEYS <pattern>   => unordered
 3 @SCAN SCAN "" [MATCH <pattern>] [COUNT <count>] [TYPE <typename>]
 1 SCAN <badcursor>   => kind
 1 SCAN 0 (COUNT <badcount>|MATCH|COUNT|TYPE|<junk>)   => kind
 2 @PICK RANDOMKEY
 2 OBJECT ENCODING <key>
 1 OBJECT REFCOUNT <key>   => kind
 1 OBJECT IDLETIME <key>   => near:5
 1 OBJECT FREQ <key>
 1 OBJECT (<junk>|ENCODING)
 2 @CROSS <key> <key> [REPLACE] [IDLETIME 4]
 1 @CROSS <key> <key> REPLACE (ABSTTL|FREQ 3)
 1 DUMP <key>   => kind
 1 RESTORE <key> <badsecs> <payload>
 1 RESTORE <key> 0 <payload> [REPLACE] [ABSTTL] [IDLETIME -1] [FREQ 256] [<junk>]
"""
DOMAINS = {
    "typename": [b"string", b"list", b"hash", b"set", b"zset", b"stream", b"nosuch", b"STRING"],
    "badcursor": [b"x", b"-1", b"", b"99999999999999999999", b"1.5"],
    "badcount": [0, -1, b"x", b"", b"9223372036854775808"],
    "payload": [b"", b"x", b"\x00\x01a\x0a\x00" + b"\x00" * 8,
        b"\x00\xc0\x01\x0a\x00\xde\xad\xbe\xef\x00\x00\x00\x00"],
}  # fmt: skip
