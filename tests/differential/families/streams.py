"""Streams and consumer groups, three clients that may block.

The stream `xf` was given an id of a time to come, so `*` gives the same ids on both servers."""

from skeintest.compare import timeless

from ..differences import ACTIVITY

NAME = "streams"
NEEDS = ["XADD", "XREADGROUP"]
CONNECTIONS = 3
EVENTS = True
SHARE = 2.0
GRAMMAR = """
 9 XADD <key> <newid> (<field> <value>)+
 4! XADD xf ("*"|"99999999999999-*"|<newid>) (<field> <value>)+
 5 XADD <trimmed> [NOMKSTREAM] (MAXLEN|MINID) [=|~] <trim> [LIMIT <limit>] <newid> <field> <value>
 2 XADD <trimmed> (MAXLEN|MINID) (=|~) <trim> <newid> <field> <value>
 2! XADD xf (MAXLEN|MINID) "~" <trim> [LIMIT <limit>] [NOMKSTREAM] "*" <field> <value>
 2! XADD <key> ("*" f|bad f v|0-0 f v|MAXLEN x "*" f v|NOMKSTREAM|MAXLEN 1 MINID 1 1-1 f v)
 1 XADD <key> (LIMIT 1 1-1 f v|MAXLEN = 2 LIMIT 1 1-1 f v|"~" 1 1-1 f v|NOMKSTREAM <newid> f v)
 2 XLEN <any>
 5 XRANGE <any> <start> <end> [COUNT <count>]
 3 XREVRANGE <any> <end> <start> [COUNT <count>]
 1 (XRANGE|XREVRANGE) <any> <start> <end> (COUNT|COUNT <int>|LIMIT 1|COUNT 1 COUNT 2)
 4 XDEL <any> <id>+
 3 XTRIM <any> (MAXLEN|MINID) [=|~] <trim> [LIMIT <limit>]
 1 XTRIM <any> (LIMIT 1|LIMIT 0|FOO 1|MAXLEN|MAXLEN "~"|MAXLEN 1 MINID 2|NOMKSTREAM MAXLEN 1)
 5 XREAD [COUNT <count>] STREAMS <any> <any> <id> <id>
 2 XREAD [COUNT <count>] STREAMS <any> <id>
 3 XREAD [COUNT <count>] BLOCK 0 STREAMS <key> $
 2 XREAD BLOCK 0 STREAMS <key> <key> (<id> $|$ <id>)
 1 XREAD (STREAMS <key>|COUNT x STREAMS <key> 0|BLOCK -1 STREAMS <key> 0|<junk>|STREAMS <key> bad)
 1 XREAD (BLOCK 1.5 STREAMS <key> 0|GROUP g c STREAMS <key> 0|NOACK STREAMS <key> 0)
 1 XREAD (STREAMS <key> ">"|STREAMS <key> <key> 0|COUNT 1 FOO STREAMS <key> 0|BLOCK 0 COUNT 1)
 6 XGROUP CREATE <key> <group> (<id>|$) [MKSTREAM] [ENTRIESREAD <smallint>]
 1 XGROUP CREATE <key> <group> $ (MKSTREAM MKSTREAM|ENTRIESREAD|ENTRIESREAD <int>|FOO)
 1 XGROUP CREATE <key> <group> 0 MKSTREAM ENTRIESREAD 1 ENTRIESREAD 2
 3 XGROUP SETID <key> <group> (<id>|$) [ENTRIESREAD <smallint>]
 1 XGROUP SETID <key> <group> 0 (MKSTREAM|ENTRIESREAD|ENTRIESREAD 1 ENTRIESREAD 2)
 2 XGROUP DESTROY <key> <group>
 2 XGROUP CREATECONSUMER <key> <group> <consumer>   => kind
 2 XGROUP DELCONSUMER <key> <group> <consumer>
 1 XGROUP (<junk>|CREATE|CREATE <key>|DESTROY <key>|SETID <key> <group>)
 8 XREADGROUP GROUP <group> <consumer> [COUNT <count>] [NOACK] STREAMS <key> (">"|<id>)
 3 XREADGROUP GROUP <group> <consumer> [COUNT <count>] [NOACK] STREAMS <key> <key> ">" (">"|0)
 3 XREADGROUP GROUP <group> <consumer> [NOACK] [COUNT <count>] BLOCK 0 STREAMS <key> ">"
 1 XREADGROUP GROUP <group> <consumer> BLOCK 0 STREAMS <key> <key> ">" ">"
 1 XREADGROUP (COUNT 1 STREAMS a b 0 0|GROUP <group> c STREAMS <key> $)
 1 XREADGROUP GROUP <group> c COUNT x STREAMS <key> 0
 1 XREADGROUP GROUP <group> (c STREAMS <key>|STREAMS <key> 0|c BLOCK x STREAMS <key> 0)
 5 XACK <key> <group> <id>+
 3 XPENDING <key> <group>
 4 XPENDING <key> <group> [IDLE (0|-1|<int>)] <start> <end> <count> [<consumer>]   => near:4000
 1 XPENDING <key> <group> (-|IDLE 0 - +|- + 10 c d e f|- + x|IDLE x - + 1|- + 10 c d)
 4 XCLAIM <key> <group> <consumer> 0 <id>+ [JUSTID] [FORCE] [RETRYCOUNT <smallint>] [LASTID <id>]
 3 XCLAIM <key> <group> <consumer> (0|-1) <id>+ [FORCE] (IDLE|TIME) <time> [JUSTID] [RETRYCOUNT 3]
 2 XCLAIM <key> <group> <consumer> (0|1000000|<int>) <id>+ [FORCE] [JUSTID]
 1 XCLAIM <key> <group> <consumer> (x|-1) <id> [FOO|IDLE|IDLE x|TIME x|RETRYCOUNT x|LASTID x]
 3 XAUTOCLAIM <key> <group> <consumer> 0 <start> [COUNT <count>] [JUSTID]
 1 XAUTOCLAIM <key> <group> <consumer> (1000000|-5|<int>) <start> [COUNT <count>] [JUSTID]
 1 XAUTOCLAIM <key> <group> <consumer> (x 0|0 -|0 0 COUNT|0 0 COUNT <int>|0 0 FOO|0 "(")
 3 XSETID <key> <id> [ENTRIESADDED <smallint>] [MAXDELETEDID <id>]
 1 XSETID <key> <newid> [ENTRIESADDED <int>] [MAXDELETEDID <newid>]
 1 XSETID <key> <newid> (FOO|ENTRIESADDED|MAXDELETEDID|MAXDELETEDID bad)
 3 XINFO STREAM <any>   => stream
 3 XINFO STREAM <any> FULL [COUNT (<count>|<int>)]   => stream
 3 XINFO GROUPS <key>   => stream
 3 XINFO CONSUMERS <key> <group>   => stream
 1 XINFO (<junk>|STREAM|GROUPS <key> x|STREAM <key> FULL COUNT|STREAM <key> FUL|CONSUMERS <key>)
 1 OBJECT ENCODING <key>
 1 TYPE <key>
 1 TOUCH <key>
 2 DEL <key>
 1 SET <key> v
 1 COPY <key> <key> REPLACE
 1 @CROSS <key> <key> REPLACE
 1 DEBUG DIGEST-VALUE <key>
 1 RENAME <key> <key>
 1 MOVE <key> 1
 1 EXPIRE <key> -1
 1 MULTI
 1 EXEC
 1 EVAL "return redis.call('xadd', KEYS[1], ARGV[1], 'f', 'lua')" 1 <key> <newid>
 1 EVAL "return redis.pcall('xread', 'block', 0, 'streams', KEYS[1], '$')" 1 <key>
 1 EVAL "return redis.pcall('xread', 'streams', KEYS[1], '0')" 1 <key>
"""
DOMAINS = {
    "key": [b"x1", b"x2"],
    # Nobody waits for these: 7.0 wakes readers of an entry that was trimmed as it was added.
    "trimmed": [b"x3", b"xf"],
    "any": [b"x1", b"x2", b"x3", b"xf"],
    "group": [b"g1", b"g2"],
    "consumer": [b"alice", b"bob"],
    "field": [b"f", b"g", b"", b"h"],
    "value": [b"v", b"", b"10", b"\x00\xff", b"long" * 20, b"-1", b"9223372036854775807"],
    "newid": [b"1-1", b"1-2", b"2-0", b"3-*", b"5", b"7-7", b"8-1", b"9-*", b"100-1",
        b"101", b"102-5", b"103-*", b"200-1", b"200-*", b"18446744073709551614-*",
        b"18446744073709551615-18446744073709551615"],
    "id": [b"0", b"0-0", b"1-1", b"1-2", b"2-0", b"3-0", b"5-0", b"7-7", b"bad", b"1-x", b"-1",
        b"100-1", b"99999999999999-1", b"18446744073709551615-18446744073709551615", b"01-1",
        b"1-", b" 1"],
    "start": [b"-", b"0", b"1-1", b"(1-1", b"2", b"(2-0", b"5-0", b"bad", b"(", b"(-", b"+",
        b"(18446744073709551615-18446744073709551615"],
    "end": [b"+", b"9", b"2-0", b"(2-0", b"1-1", b"100-1", b"(0-0", b"-", b"(+"],
    "trim": [0, 1, 2, 5, 100, b"2-0", b"-1", b"x", b"7", b"9223372036854775807"],
    "limit": [0, 1, 4, 8, 100, -1, b"x", b"9223372036854775807"],
    "time": [0, 1, 1000, -1, b"1600000000000", b"9223372036854775807", b"-9223372036854775808"],
}  # fmt: skip
SETUP = [
    ("CONFIG", "SET", "stream-node-max-entries", "4"),
    ("XADD", "xf", "99999999999999-0", "f", "v"),
]


def normal(value):
    """What a client gets that had to wait for an earlier command of its own: without times."""
    if isinstance(value, list) and [type(part) for part in value] == [bytes, bytes, int, int]:
        return value[:2] + value[3:]
    if isinstance(value, list) and value[:1] not in ([b"name"], [b"length"]):
        return type(value)(normal(item) for item in value)
    return timeless(value, ACTIVITY)


def restore(client, initial):
    client("CONFIG", "SET", "stream-node-max-entries", initial["stream-node-max-entries"])
