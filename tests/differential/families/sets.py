"""Sets: integers, small and big."""

from hypothesis import strategies as st

NAME = "sets"
NEEDS = ["SADD", "SMEMBERS"]
GRAMMAR = """
 8 SADD <key> <member>+
 6 SADD <key> <number>+
 3 SADD <key> <many>+ <many>+ <many>+ <many>+ <many>+ <many>+
 3 SADD <key> <manynumber>+ <manynumber>+ <manynumber>+ <manynumber>+ <manynumber>+
 4 SREM <key> <any>+
 3 SISMEMBER <key> <any>
 3 SMISMEMBER <key> <any>+
 3 SCARD <key>
 4 SMEMBERS <key>   => unordered
 3 SMOVE <key> <key> <any>
 4 SINTER <key>+   => unordered
 4 SUNION <key>+   => unordered
 4 SDIFF <key>+   => unordered
 3 SINTERCARD 2 <key> <key> [LIMIT <count>]
 1 SINTERCARD (0|-1|x|3) <key> [LIMIT x]
 1 SINTERCARD 1 <key> (<junk>|LIMIT|LIMIT -1)
 2 SINTERSTORE <key> <key>+
 2 SUNIONSTORE <key> <key>+
 2 SDIFFSTORE <key> <key>+
 3 @PICK SRANDMEMBER <key> [<count>]
 1! SRANDMEMBER <key> (x|9223372036854775808|1 <junk>)
 3 @SPOP <key> [<popcount>]
 1! SPOP <key> (-1|x|1 <junk>)
 3 @SCAN SSCAN <key> [MATCH <pattern>] [COUNT <count>]
 1 SSCAN <key> (x|"")   => kind
 2 OBJECT ENCODING <key>
 1 DEL <key>
 1 SET <key> v
 1 LPUSH <key> v
 1 COPY <key> <key> REPLACE
 1 @CROSS <key> <key> REPLACE
 1 SORT <key> [DESC]
"""
DOMAINS = {
    "key": [b"s1", b"s2", b"s3", b"s4"],
    "member": [b"a", b"b", b"c", b"", b"1", b"01", b"\x00\xff", b"long" * 30],
    "number": [
        0,
        1,
        2,
        3,
        -1,
        32767,
        32768,
        -32769,
        2147483648,
        b"9223372036854775807",
        b"-9223372036854775808",
    ],
    "any": [b"a", b"b", b"1", b"2", b"3", b"", b"nosuch", b"32768", b"m1", b"c"],
    "many": st.integers(0, 400).map(lambda n: b"m%d" % n),
    "manynumber": st.integers(0, 400).map(lambda n: b"%d" % n),
    # Other counts let the oracle rebuild the set, perhaps in another encoding than removing does.
    "popcount": [0, 1, 1, 1000],
    "pattern": [b"*", b"m1*", b"?", b"1*", b""],
}
SETUP = [("CONFIG", "SET", "set-max-intset-entries", "24")]
