"""HyperLogLog: replies, and the stored representation byte by byte."""

from hypothesis import strategies as st

NAME = "hyperloglog"
NEEDS = ["PFADD", "PFCOUNT", "PFMERGE"]
GRAMMAR = """
 8 PFADD <key> <element>*
 4 PFADD <key> <many>
 4 PFADD <key> <many> <many> <many> <many> <many> <many>
 5 PFCOUNT <key>+
 5 PFMERGE <key> <key>*
 4 GET <key>
 1 SET <key> <broken>
 1 LPUSH <key> a
 1 DEL <key>
 1 STRLEN <key>
 1 SETRANGE <key> 8 <cached>
 1 APPEND <key> <tail>
 1 OBJECT ENCODING <key>
 1 TYPE <key>
 1 PFDEBUG ENCODING <key>
 1 PFDEBUG TODENSE <key>
 1 PFDEBUG DECODE <key>
 1 PFDEBUG GETREG <key>
"""
DOMAINS = {
    "key": [b"h1", b"h2", b"h3", b"h4"],
    "element": [b"a", b"b", b"c", b"", b"\x00\xff", b"foo", b"x" * 100],
    "many": st.integers(0, 100000).map(lambda n: b"e%d" % n),
    "broken": [b"", b"HYLL", b"HYLL\x01" + b"\x00" * 11, b"HYLL\x02" + b"\x00" * 11, b"abc",
        b"HYLL\x00" + b"\x00" * 20],
    # What lies in the header, and runs behind the last register. Broken registers are for the
    # unit tests: where Redis
    # meets them in the middle of a PFADD it keeps the elements before them, without telling its
    # replicas.
    "cached": [b"HYLL", b"\x00" * 8, b"\x01" * 8, b"\xff" * 8],
    "tail": [b"HYLL", b"\x00"],
}  # fmt: skip
