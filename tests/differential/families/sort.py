"""SORT with patterns over other keys."""

# Members of a set that is not sorted come in no order, nor do those of equal weight except in
# lists, and in these not when LIMIT cuts them (BY w_* LIMIT ... ALPHA): left to directed tests, so
# noise must not make such requests. 7.0 turns a small sorted set into a big one to sort it, so
# those here are big from the start.
NAME = "sort"
NEEDS = ["SORT", "RPUSH", "SADD"]
GRAMMAR = """
 6 RPUSH <key> <number>+
 3 RPUSH <key> <word>+
 3 SADD <set> <number>+
 3 SADD <set> <word>+
 3 ZADD <zset> 0 <big> (<number> <word>)+
 3 ZADD <zset> 0 <big> (<number> <number>)+
 4 SET <weight> <number>
 1 SET <weight> <word>
 2 HSET <hash> f <number>
 1 HSET <hash> f <word> g <number>
 1 DEL <weight>
 1 PEXPIREAT <weight> 1000
 6! SORT <any> [BY <by>] (GET <get>)* [ASC|DESC]
 4 SORT <key> [BY <by>] (GET <get>)* [ASC|DESC]
 5 SORT <any> [LIMIT <index> <count>] (GET <get>)* [ASC|DESC]
 5 SORT <any> [LIMIT <index> <count>] (GET <get>)* [ASC|DESC] ALPHA
 4 SORT <ordered> BY <constant> [LIMIT <index> <count>] (GET <get>)* [ASC|DESC] [ALPHA]
 3 SORT <key> BY <by> [ASC|DESC] ALPHA
 3 SORT <any> [ALPHA] [DESC] STORE <dest>
 3! SORT <any> [BY <by>] (GET <get>)* [DESC] STORE <dest>
 2 SORT <any> BY <constant> [LIMIT <index> <count>] [DESC] STORE <dest>
 3! SORT_RO <any> [BY <by>] [DESC]
 2 SORT_RO <any> [LIMIT <index> <count>] [DESC] ALPHA
 1 SORT_RO <any> STORE <dest>
 1 SORT <any> (LIMIT 0|BY|GET|STORE|<junk>|LIMIT x 1)
 1! SORT <any> STORE <dest> STORE <dest> BY <by> BY <by> LIMIT 0 9 LIMIT 0 -1
 2 LRANGE <dest> 0 -1
 1 DEL <any>
 1 SET <key> v
"""
DOMAINS = {
    "key": [b"s1", b"s2"],
    "set": [b"u1", b"u2"],
    "zset": [b"z1"],
    "any": [b"s1", b"s2", b"z1", b"u1", b"u2"],
    "ordered": [b"s1", b"s2", b"z1"],
    "dest": [b"d1", b"s1"],
    "big": [b"0" * 65],
    "number": [3, 1, 2, 10, -5, b"1.5", 7],
    "word": [b"b", b"a", b"c", b"", b"B", b" 4", b"0x10", b"inf"],
    "weight": [b"w_1", b"w_2", b"w_3", b"w_10", b"w_a"],
    "hash": [b"o_1", b"o_2", b"o_a"],
    "by": [b"w_*", b"o_*->f", b"missing_*", b"*", b"w_*->", b"o_*->g", b"w_*_*"],
    "constant": [b"nosort", b"x", b"#"],
    "get": [b"#", b"w_*", b"o_*->f", b"x", b"*->f", b"o_*->nosuch"],
}
