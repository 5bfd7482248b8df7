"""Commands about the server itself whose replies do not depend on the clock."""

NAME = "inspection"
NEEDS = ["CONFIG SET", "COMMAND"]
GRAMMAR = """
 2 SLOWLOG (LEN|RESET)   => kind
 1 SLOWLOG GET [<count>]   => kind
 1 SLOWLOG <junk>
 2 LATENCY (LATEST|RESET|HISTORY nosuch|RESET nosuch)
 1 LATENCY <junk>
 1 LATENCY HISTOGRAM nosuch   => kind
 2 MEMORY USAGE <key> [SAMPLES 5]   => kind
 1! MEMORY USAGE <key> (SAMPLES -1|SAMPLES|SAMPLES x|<junk>)
 1 MEMORY <junk>
 2 SET <key> <value>
 1 COMMAND (COUNT|LIST)   => kind
 2! COMMAND LIST FILTERBY (PATTERN <prefix>|ACLCAT nosuch|MODULE nosuch|PATTERN)   => unordered
 1! COMMAND LIST (FILTERBY|<junk>)
 4 COMMAND GETKEYS <call>
 3 COMMAND GETKEYSANDFLAGS <call>
 1! COMMAND INFO (get nosuch|nosuch)   => kind
 1! COMMAND <junk>
 1! DEBUG FOO
 1 OBJECT HELP   => kind
 1 CONFIG HELP   => kind
 1 CLUSTER INFO
 1! CLUSTER <junk>
 1! REPLICAOF (x|a b c|localhost x|localhost 99999)
 1! FAILOVER ABORT
 1! FAILOVER (TO|TIMEOUT x|<junk>)
 1! SHUTDOWN FOO
 1! SHUTDOWN ABORT
 1! BGSAVE FOO
 1! REPLCONF FOO
 1! PSYNC x
 1 MODULE (LIST|<junk>)
 1 SWAPDB 0
 1! MIGRATE 127.0.0.1 1 k 0 (x|10 <junk>)
 1! INFO nosuchsection   => exact
 1! TIME   => shape
 1! LOLWUT   => kind
"""
# Calls whose keys are asked for.
_CALL = """(GET k1|MGET k1 k2 k3|SET k1 v|SET k1 v GET|MSET a 1 b 2|PING|GET|DEL a b|COPY a b|
 RENAME a b|BITOP AND d a b|
 BITFIELD k1 GET u8 0|BITFIELD k1 SET u8 0 1|EVAL x 2 a b c|EVAL x 0|EVAL x 9 a|EVALSHA x 1 a|
 SORT k1 STORE d|
 SORT k1 BY w_* GET o_*|ZUNIONSTORE d 2 a b|ZUNION 2 a b|ZUNION x a b|ZINTERCARD 2 a b|
 XREAD STREAMS s1 s2 0 0|
 XREAD COUNT 1 STREAMS s1 0|XREADGROUP GROUP g c STREAMS s1 >|MIGRATE h 1 k1 0 100|
 MIGRATE h 1 "" 0 100 KEYS a b|
 GEORADIUS k1 1 1 1 m STORE d|LCS a b|SPUBLISH c m|SUBSCRIBE c|NOSUCH a|OBJECT ENCODING k1|
 XINFO STREAM s|XGROUP CREATE s g $|
 BLMPOP 0 2 a b LEFT|LMPOP 2 a b LEFT|PFCOUNT a b|PFMERGE d a|MEMORY USAGE k1|GETEX k1|CLIENT ID|
 CONFIG GET x|WATCH a b|
 SINTERCARD 2 a b|BZPOPMIN a b 0|BLPOP a b 0|LMOVE a b LEFT RIGHT|HSET h f v|EXISTS a b|
 RESTORE k 0 x|DUMP k)"""
GRAMMAR = GRAMMAR.replace("<call>", " ".join(_CALL.split()))
DOMAINS = {"prefix": [b"get*", b"incr*", b"PF*", b"nosuch*", b"config|s*", b""]}


def is_fair(step, known):
    """The keys of a call can be compared where both servers know the command called."""
    asks_for_keys = step.name == "COMMAND" and len(step.args) > 2 and step.args[1][:3] == b"GET"
    return (
        not asks_for_keys
        or step.args[2] == b"NOSUCH"
        or step.args[2].decode(errors="replace") in known
    )
