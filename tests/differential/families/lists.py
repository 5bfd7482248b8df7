"""Lists, by position and from both ends."""

NAME = "lists"
NEEDS = ["LPUSH", "LRANGE"]
GRAMMAR = """
 7 RPUSH <key> <element>+
 6 LPUSH <key> <element>+
 3 RPUSH <key> <element>+ <element>+ <element>+ <element>+ <element>+ <element>+
 2 LPUSHX <key> <element>+
 2 RPUSHX <key> <element>+
 4 LPOP <key> [<count>]
 4 RPOP <key> [<count>]
 2 LLEN <key>
 5 LRANGE <key> <index> <index>
 4 LINDEX <key> <index>
 3 LSET <key> <index> <element>
 4 LINSERT <key> (BEFORE|AFTER) <element> <element>
 1 LINSERT <key> <junk> <element> <element>
 4 LREM <key> <count> <element>
 3 LTRIM <key> <index> <index>
 5 LPOS <key> <element> [RANK <smallint>] [COUNT <count>] [MAXLEN <count>]
 1 LPOS <key> <element> (RANK 0|RANK x|COUNT|RANK -9223372036854775808|<junk>)
 3 LMOVE <key> <key> (LEFT|RIGHT) (LEFT|RIGHT)
 1 LMOVE <key> <key> <junk> LEFT
 2 RPOPLPUSH <key> <key>
 3 LMPOP <numkeys> <key> <key> (LEFT|RIGHT) [COUNT <count>]
 1 LMPOP (0|-1|x|3|99) <key> LEFT
 1 LMPOP 1 <key> (<junk>|LEFT COUNT|LEFT COUNT 1 COUNT 2|LEFT <junk>)
 2 OBJECT ENCODING <key>
 1 DEL <key>
 1 SET <key> v
 1 RENAME <key> <key>
 1 COPY <key> <key> REPLACE
 1 @CROSS <key> <key> REPLACE
 1 SORT <key> ALPHA STORE <key>
"""
DOMAINS = {
    "key": [b"l1", b"l2", b"l3"],
    "element": [
        b"a",
        b"b",
        b"c",
        b"",
        b"1",
        b"-7",
        b"4294967296",
        b"\x00\xff",
        b"x" * 70,
        b"y" * 300,
    ],
    "numkeys": [2, 1, 2],
}
SETUP = [("CONFIG", "SET", "list-max-listpack-size", "8")]
