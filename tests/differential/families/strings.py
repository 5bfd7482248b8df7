"""String commands with every option."""

NAME = "strings"
NEEDS = ["SET", "GET"]
GRAMMAR = """
 8 SET <key> <value>
 6 SET <key> <value> [NX|XX] [GET] [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|KEEPTTL]
 2 SET <key> <value> (EX|PX) <badsecs>
 1 SET <key> <value> (NX XX|EX <secs> PX <ms>|KEEPTTL EX <secs>|GET GET|EX|PXAT 1|EXAT 0|<junk>)
 6 GET <key>
 2 GETSET <key> <value>
 2 GETDEL <key>
 3 GETEX <key> [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|PERSIST]
 1 GETEX <key> (EX <badsecs>|PX <badsecs>|EX|PERSIST EX <secs>|KEEPTTL|<junk>)
 1 GETEX <key> (EXAT <pastat>|PXAT <pastatms>)
 2 SETNX <key> <value>
 2 SETEX <key> <secs> <value>
 2 PSETEX <key> <ms> <value>
 1 SETEX <key> <badsecs> <value>
 1 PSETEX <key> <badsecs> <value>
 3 APPEND <key> <value>
 2 STRLEN <key>
 4 SETRANGE <key> <offset> <value>
 4 GETRANGE <key> <index> <index>
 1 SUBSTR <key> <index> <index>
 3 INCR <key>
 2 DECR <key>
 3 INCRBY <key> <int>
 3 DECRBY <key> <int>
 4 INCRBYFLOAT <key> <float>
 3 MGET <key>+
 3 MSET (<key> <value>)+
 2 MSETNX (<key> <value>)+
 1 MSET (<key> <value>)+ <key>
 1 MSETNX <key> <value> <key>
 4 LCS <key> <key> [LEN|IDX] [MINMATCHLEN <smallint>] [WITHMATCHLEN]
 1 LCS <key> <key> (LEN IDX|IDX LEN|MINMATCHLEN|MINMATCHLEN x|<junk>)
 2 DEL <key>
 1 PERSIST <key>
 2 TTL <key>   => near:1
 2 PTTL <key>   => near:1500
 1 OBJECT ENCODING <key>
 1 EXISTS <key>
 1 LPUSH <key> <value>
 1 HSET <key> f <value>
 1 SADD <key> <value>
"""
DOMAINS = {
    "offset": [0, 1, 3, 10, 100, 4000, -1, 536870911, 536870912, b"9223372036854775807", b"x"]
}
