"""Hashes, small and big."""

from hypothesis import strategies as st

NAME = "hashes"
NEEDS = ["HSET", "HGETALL"]
GRAMMAR = """
 9 HSET <key> (<field> <value>)+
 2 HSET <key> (<field> <value>)+ <field>
 3 HSET <key> (<many> <value>)+ (<many> <value>)+ (<many> <value>)+ (<many> <value>)+ (<many> \
    <value>)+
 2 HMSET <key> (<field> <value>)+
 2 HSETNX <key> <field> <value>
 4 HGET <key> <field>
 3 HMGET <key> <field>+
 4 HDEL <key> <field>+
 2 HEXISTS <key> <field>
 2 HLEN <key>
 2 HSTRLEN <key> <field>
 3 HGETALL <key>   => pairs
 2 HKEYS <key>   => unordered
 2 HVALS <key>   => unordered
 4 HINCRBY <key> <field> <int>
 4 HINCRBYFLOAT <key> <field> <float>
 3 @SCAN HSCAN <key> [MATCH <pattern>] [COUNT <count>]
 1 HSCAN <key> (x|-1|"")   => kind
 1 HSCAN <key> 0 (COUNT 0|COUNT x|<junk>)   => kind
 3 @PICK HRANDFIELD <key> [<count>]
 1! HRANDFIELD <key> <count> WITHVALUES   => shape
 1! HRANDFIELD <key> (x|1 <junk>|9223372036854775808|-9223372036854775808)
 2 OBJECT ENCODING <key>
 2 DEL <key>
 1 SET <key> v
 1 RENAME <key> <key>
 1 COPY <key> <key> REPLACE
 1 @CROSS <key> <key> REPLACE
 1 EXPIRE <key> <secs>
"""
DOMAINS = {
    "key": [b"h1", b"h2", b"h3"],
    "field": [b"f", b"g", b"h", b"", b"1", b"-7", b"\x00\xff", b"long" * 20],
    "many": st.integers(0, 400).map(lambda n: b"m%d" % n),
    "pattern": [b"*", b"f*", b"m1*", b"?", b"", b"[fg]"],
}
SETUP = [
    ("CONFIG", "SET", "hash-max-listpack-entries", "32"),
    ("CONFIG", "SET", "hash-max-listpack-value", "64"),
]
