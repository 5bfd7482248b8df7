"""Small universes of values, so that commands meet the same keys, members and limits again."""

MAX = b"9223372036854775807"
MIN = b"-9223372036854775808"

INTEGERS = [0, 1, -1, 2, 3, 7, 10, -10, 100, MAX, MIN, b"9223372036854775808", b"notanumber"]
FLOATS = [
    b"0", b"1", b"-1", b"1.5", b"-2.25", b"3.0e3", b"1e-5", b"0.1", b"5e20", b"inf", b"-inf",
    b"nan", b"abc",
    b"1e400", b"17179869184", b"3.141592653589793",
]  # fmt: skip
VALUES = [
    b"a", b"", b"10", b"0", b"-5", b"hello world", b"bcd", b"10.5", b"\x00\xff\r\n", MAX, MIN,
    b"007", b" 1",
    b"x" * 44, b"y" * 45, b"z" * 300, b"foobar", b"ohmytext", b"mynewtext",
]  # fmt: skip
FAR_SECONDS = [33177117420, 33177117500, 2524608000]

COMMON = {
    "key": [b"k1", b"k2", b"k3", b"k4", b"k5", b"{t}6"],
    "value": VALUES,
    "int": INTEGERS,
    "float": FLOATS,
    "smallint": [0, 1, 2, 3, -1, -2, 5, 10, -10],
    "count": [0, 1, 2, 3, -1, -2, -3, 10, 100],
    "index": [0, 1, -1, 2, -2, 3, 5, -5, 100, -100, MAX, MIN],
    # Relative times are multiples that differ from step to step; see grammar._make_unique.
    "secs": [b"{uniq10}", b"{uniq1000}", b"{uniq100000}"],
    "ms": [b"{uniq10000}", b"{uniq1000000}", b"{uniq100000000}"],
    "badsecs": [0, -1, b"notanumber", MAX, MIN, b"9223372036854775", b"1.5", b""],
    "at": FAR_SECONDS,
    "atms": [at * 1000 for at in FAR_SECONDS],
    "pastat": [1, 1000, 1600000000],
    "pastatms": [1, 1000, 1600000000000],
    "pattern": [b"*", b"k*", b"k?", b"k[12]", b"k[^1]", b"k[1-3]", b"\\k1", b"", b"nothing", b"[",
        b"*[", b"{t}*"],
    "db": [0, 1, 2, 3],
    "baddb": [-1, 16, b"notanumber", MAX],
    "junk": [b"FOO", b"", b"-1", b"1.5", b"\xff"],
}  # fmt: skip
