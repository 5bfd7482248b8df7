"""Sorted sets: scores, ranks, ranges by score and by name, algebra."""

from hypothesis import strategies as st

NAME = "zsets"
NEEDS = ["ZADD", "ZRANGE"]
SHARE = 1.5
GRAMMAR = """
 9 ZADD <key> (<score> <member>)+
 5 ZADD <key> [NX|XX] [GT|LT] [CH] (<score> <member>)+
 2 ZADD <key> [XX|NX] [INCR] <score> <member>
 1 ZADD <key> (NX XX|GT LT|NX GT|INCR) (<score> <member>)+
 3 ZADD <key> (<score> <many>)+ (<score> <many>)+ (<score> <many>)+ (<score> <many>)+ (<score> \
    <many>)+
 6 ZADD <lexkey> (0 <member>)+ (0 <many>)+ (0 <many>)+
 2 ZREM <lexkey> <member>+
 1 SET <lexkey> v
 1 DEL <lexkey>
 3 ZINCRBY <key> <score> <member>
 4 ZREM <key> <member>+
 3 ZSCORE <key> <member>
 2 ZMSCORE <key> <member>+
 2 ZCARD <key>
 4 ZRANK <key> <member>
 3 ZREVRANK <key> <member>
 3 ZCOUNT <key> <smin> <smin>
 3 ZLEXCOUNT <lexkey> <lex> <lex>
 6 ZRANGE <key> <index> <index> [REV] [WITHSCORES]
 5 ZRANGE <key> <smin> <smin> BYSCORE [REV] [LIMIT <index> <count>] [WITHSCORES]
 5 ZRANGE <lexkey> <lex> <lex> BYLEX [REV] [LIMIT <index> <count>]
 1 ZRANGE <lexkey> <lex> <lex> (BYLEX WITHSCORES|BYLEX BYSCORE|LIMIT 0 1|BYSCORE LIMIT 0|<junk>)
 2 ZREVRANGE <key> <index> <index> [WITHSCORES]
 3 ZRANGEBYSCORE <key> <smin> <smin> [WITHSCORES] [LIMIT <index> <count>]
 2 ZREVRANGEBYSCORE <key> <smin> <smin> [WITHSCORES] [LIMIT <index> <count>]
 2 ZRANGEBYLEX <lexkey> <lex> <lex> [LIMIT <index> <count>]
 2 ZREVRANGEBYLEX <lexkey> <lex> <lex> [LIMIT <index> <count>]
 3 ZRANGESTORE <key> <key> <smin> <smin> BYSCORE [REV] [LIMIT <index> <count>]
 2 ZRANGESTORE <key> <key> <index> <index> [REV]
 1 ZRANGESTORE <lexkey> <lexkey> <lex> <lex> BYLEX
 1 ZRANGESTORE <key> <key> 0 -1 WITHSCORES
 2 ZREMRANGEBYRANK <key> <index> <index>
 2 ZREMRANGEBYSCORE <key> <smin> <smin>
 2 ZREMRANGEBYLEX <lexkey> <lex> <lex>
 3 ZPOPMIN <key> [<count>]
 3 ZPOPMAX <key> [<count>]
 3 ZMPOP 2 <key> <key> (MIN|MAX) [COUNT <count>]
 1 ZMPOP (0|x|-1|9) <key> MIN
 1 ZMPOP 1 <key> (<junk>|MIN COUNT|MIN COUNT 1 COUNT 1)
 4 ZUNION 2 <key> <key> [WEIGHTS <weight> <weight>] [AGGREGATE <aggregate>] [WITHSCORES]
 4 ZINTER 2 <key> <key> [WEIGHTS <weight> <weight>] [AGGREGATE <aggregate>] [WITHSCORES]
 3 ZDIFF 2 <key> <key> [WITHSCORES]
 3 ZUNIONSTORE <key> 2 <key> <key> [WEIGHTS <weight> <weight>] [AGGREGATE <aggregate>]
 3 ZINTERSTORE <key> 2 <key> <key> [WEIGHTS <weight> <weight>] [AGGREGATE <aggregate>]
 2 ZDIFFSTORE <key> 2 <key> <key>
 2 ZINTERCARD 2 <key> <key> [LIMIT <count>]
 1 ZUNION (0|-1|x|5) <key> [WITHSCORES]
 1 ZUNION 1 <key> (WEIGHTS|WEIGHTS x|AGGREGATE|AGGREGATE <junk>|<junk>)
 1 ZUNIONSTORE <key> 1 <key> WITHSCORES
 1 ZINTERCARD (0|x|9) <key>
 2 @PICK ZRANDMEMBER <key> [<count>]
 1 ZRANDMEMBER <key> <count> WITHSCORES   => shape
 1 ZRANDMEMBER <key> (x|1 <junk>)
 2 @SCAN ZSCAN <key> [MATCH <pattern>] [COUNT <count>]
 2 OBJECT ENCODING <key>
 1 DEL <key>
 1 SET <key> v
 1 SADD <key> a b 1
 1 COPY <key> <key> REPLACE
 1 @CROSS <key> <key> REPLACE
 1 DEBUG DIGEST-VALUE <key>
"""
DOMAINS = {
    "key": [b"z1", b"z2", b"z3"],
    # Ranges by name have a meaning only where all scores are equal.
    "lexkey": [b"l1", b"l2"],
    "member": [b"a", b"b", b"c", b"d", b"", b"1", b"\x00\xff", b"long" * 30],
    "many": st.integers(0, 300).map(lambda n: b"m%03d" % n),
    "score": [
        0, 1, 2, -1, b"1.5", b"inf", b"-inf", b"+inf", b"nan", b"x", b"1e20", b"-0", b"0.1",
        b"3.14159265358979", b"17",
        b"9007199254740993", b"1e-10", b"Infinity", b"0x10", b"",
    ],
    "smin": [b"-inf", b"+inf", 0, 1, 2, b"(1", b"(0", b"1.5", b"(2", b"x", b"nan", b"(", b"-1",
        b"inf", b"(-inf", 17],
    "lex": [b"-", b"+", b"[a", b"(a", b"[b", b"(c", b"[", b"(", b"a", b"", b"[m1", b"(m2",
        b"[\x00", b"++"],
    "weight": [1, 2, 0, -1, b"0.5", b"inf", b"x", b"nan"],
    "aggregate": [b"SUM", b"MIN", b"MAX", b"sum"],
    "pattern": [b"*", b"m1*", b"?", b""],
}  # fmt: skip
SETUP = [("CONFIG", "SET", "zset-max-listpack-entries", "32")]
