"""Bit commands on strings."""

NAME = "bitmaps"
NEEDS = ["SETBIT", "BITCOUNT"]
GRAMMAR = """
 6 SET <key> <bits>
 6 SETBIT <key> <bit> <onezero>
 1 SETBIT <key> <badbit> <onezero>
 1 SETBIT <key> <bit> (2|-1|x|"")
 3 GETBIT <key> <bit>
 1 GETBIT <key> <badbit>
 5 BITCOUNT <key> [<index> <index> [BYTE|BIT]]
 1 BITCOUNT <key> <index> [<index> BAD]
 6 BITPOS <key> <onezero> [<index> [<index> [BYTE|BIT]]]
 1 BITPOS <key> (2|x|-1) [<index> <index> <junk>]
 5 BITOP (AND|OR|XOR) <key> <key>+
 2 BITOP NOT <key> <key>
 1 BITOP (NOT <key> <key> <key>|NAND <key> <key>|AND <key>)
 6 BITFIELD <key> (GET <type> <offset>|SET <type> <offset> <number>|INCRBY <type> <offset> \
    <number>|OVERFLOW <overflow>)+
 4 BITFIELD <key> OVERFLOW <overflow> INCRBY <type> <offset> <number> INCRBY <type> <offset> \
    <number>
 3 BITFIELD_RO <key> (GET <type> <offset>)+
 1 BITFIELD_RO <key> SET u8 0 1
 1 BITFIELD <key> (GET <badtype> 0|GET u8 <badbit>|OVERFLOW <junk>|GET u8|SET u8 #1|INCRBY u8 0 x)
 3 GET <key>
 1 DEL <key>
 1 STRLEN <key>
 1 LPUSH <key> a
 1 HSET <key> f v
 1 APPEND <key> <bits>
"""
DOMAINS = {
    "key": [b"b1", b"b2", b"b3", b"b4"],
    "bits": [
        b"\xff", b"\x00", b"", b"foobar", b"\xff\xf0\x00", b"\x00\xff\xf0", b"\x00\x00\x00",
        b"\xff" * 3,
        bytes(range(64)), b"\x00" * 20 + b"\x01", b"\xff" * 33 + b"\xfe",
        b"\xaa\x55" * 17, b"a" * 100,
    ],
    "bit": [0, 1, 7, 8, 9, 15, 63, 64, 100, 1000, 40000],
    "badbit": [-1, 4294967296, b"x", b"", b"9223372036854775808", b"#-1", b"#x", 1 << 40],
    "onezero": [0, 1],
    "type": [b"u1", b"u2", b"u8", b"u16", b"u31", b"u32", b"u63", b"i1", b"i5", b"i8", b"i16",
        b"i32", b"i63", b"i64"],
    "badtype": [b"u64", b"i65", b"u0", b"i0", b"x8", b"8", b"u", b"i-1", b"ux"],
    "offset": [0, 1, 3, 7, 8, 13, 100, b"#0", b"#1", b"#2", b"#10"],
    "number": [
        0, 1, -1, 127, 128, 255, 256, -128, -129, 65535, 1 << 31, -(1 << 31), 1 << 32, (1 << 62),
        -(1 << 62),
        b"9223372036854775807", b"-9223372036854775808",
    ],
    "overflow": [b"WRAP", b"SAT", b"FAIL", b"wrap"],
}  # fmt: skip
