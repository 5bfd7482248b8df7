"""SORT with patterns over other keys."""

# With BY and ALPHA ties keep no order, not even from one stock server to the next.
NAME = "sort"
NEEDS = ["SORT", "RPUSH", "SADD"]
GRAMMAR = """
 6 RPUSH <key> <number>+
 3 RPUSH <key> <word>+
 3 SADD <key> <number>+
 3 ZADD <key> (<number> <word>)+
 3 SET <weight> <number>
 2 HSET <hash> f <number>
 8 SORT <key> [BY <by>] [LIMIT <index> <count>] (GET <get>)* [ASC|DESC]
 5 SORT <key> [LIMIT <index> <count>] (GET <get>)* [ASC|DESC] ALPHA
 3 SORT <key> BY <by> [ASC|DESC] ALPHA   => unordered
 3 SORT <key> [ALPHA] [DESC] STORE <dest>
 3 SORT_RO <key> [BY <by>] [LIMIT <index> <count>] [DESC]
 2 SORT_RO <key> [LIMIT <index> <count>] [DESC] ALPHA
 1 SORT_RO <key> STORE <dest>
 1 SORT <key> (LIMIT 0|BY|GET|STORE|<junk>|LIMIT x 1)
 2 LRANGE <dest> 0 -1
 1 DEL <key>
 1 SET <key> v
"""
DOMAINS = {
    "key": [b"s1", b"s2", b"s3"],
    "dest": [b"d1", b"s1"],
    "number": [3, 1, 2, 10, -5, b"1.5", 7],
    "word": [b"b", b"a", b"c", b"", b"B"],
    "weight": [b"w_1", b"w_2", b"w_3", b"w_10", b"w_a"],
    "hash": [b"o_1", b"o_2", b"o_a"],
    "by": [b"w_*", b"nosort", b"o_*->f", b"missing_*", b"*", b"w_*->", b"x"],
    "get": [b"#", b"w_*", b"o_*->f", b"x", b"*->f", b"o_*->nosuch"],
}
# Members of a set that is not sorted come in no order; BY nosort on a set is left to directed
# tests.
GRAMMAR = GRAMMAR.replace(
    " 3 SADD <key> <number>+\n", " 3 SADD <set> <number>+\n 2 SORT <set> [ALPHA] [DESC]\n"
)
DOMAINS["set"] = [b"u1", b"u2"]
