"""Streams and consumer groups, two clients that may block."""

NAME = "streams"
NEEDS = ["XADD", "XREADGROUP"]
CONNECTIONS = 2
EVENTS = True
SHARE = 1.5
GRAMMAR = """
 9 XADD <key> <newid> (<field> <value>)+
 3 XADD <key> [NOMKSTREAM] (MAXLEN|MINID) [=|~] <trim> [LIMIT <count>] <newid> <field> <value>
 1 XADD <key> (* f|bad f v|0-0 f v|MAXLEN x * f v|NOMKSTREAM)
 2 XLEN <key>
 5 XRANGE <key> <start> <end> [COUNT <count>]
 3 XREVRANGE <key> <end> <start> [COUNT <count>]
 3 XDEL <key> <id>+
 2 XTRIM <key> (MAXLEN|MINID) [=|~] <trim> [LIMIT <count>]
 4 XREAD [COUNT <count>] STREAMS <key> <key> <id> <id>
 2 XREAD BLOCK 0 STREAMS <key> $
 1 XREAD (STREAMS <key>|COUNT x STREAMS <key> 0|BLOCK -1 STREAMS <key> 0|<junk>|STREAMS <key> bad)
 5 XGROUP CREATE <key> <group> (<id>|$) [MKSTREAM] [ENTRIESREAD <smallint>]
 2 XGROUP SETID <key> <group> (<id>|$) [ENTRIESREAD <smallint>]
 1 XGROUP DESTROY <key> <group>
 2 XGROUP CREATECONSUMER <key> <group> <consumer>
 1 XGROUP DELCONSUMER <key> <group> <consumer>
 1 XGROUP <junk>
 8 XREADGROUP GROUP <group> <consumer> [COUNT <count>] [NOACK] STREAMS <key> (">"|<id>)
 1 XREADGROUP GROUP <group> <consumer> BLOCK 0 STREAMS <key> ">"
 4 XACK <key> <group> <id>+
 3 XPENDING <key> <group>
 2 XPENDING <key> <group> [IDLE 0] <start> <end> <count> [<consumer>]   => shape
 3 XCLAIM <key> <group> <consumer> 0 <id>+ [JUSTID] [FORCE] [RETRYCOUNT <smallint>] [LASTID <id>]
 1 XCLAIM <key> <group> <consumer> (x|-1) <id>
 2 XAUTOCLAIM <key> <group> <consumer> 0 <start> [COUNT <count>] [JUSTID]
 1 XSETID <key> <id> [ENTRIESADDED <smallint> MAXDELETEDID <id>]
 1 XINFO STREAM <key>   => kind
 2 XINFO GROUPS <key>
 1 XINFO CONSUMERS <key> <group>   => kind
 1 XINFO (<junk>|STREAM|GROUPS <key> x)
 1 OBJECT ENCODING <key>
 1 DEL <key>
 1 SET <key> v
 1 COPY <key> <key> REPLACE
"""
DOMAINS = {
    "key": [b"x1", b"x2"],
    "group": [b"g1", b"g2"],
    "consumer": [b"alice", b"bob"],
    "field": [b"f", b"g", b"", b"h"],
    "value": [b"v", b"", b"10", b"\x00\xff", b"long" * 20],
    "newid": [b"1-1", b"1-2", b"2-0", b"3-*", b"5", b"7-7", b"8-1", b"9-*", b"100-1",
        b"18446744073709551615-18446744073709551615"],
    "id": [b"0", b"0-0", b"1-1", b"1-2", b"2-0", b"3-0", b"5-0", b"7-7", b"bad", b"1-x", b"-1",
        b"100-1"],
    "start": [b"-", b"0", b"1-1", b"(1-1", b"2", b"(2-0", b"5-0", b"bad", b"("],
    "end": [b"+", b"9", b"2-0", b"(2-0", b"1-1", b"100-1", b"(0-0"],
    "trim": [0, 1, 2, 5, 100, b"2-0", b"-1", b"x"],
}  # fmt: skip
SETUP = [("CONFIG", "SET", "stream-node-max-entries", "4")]
