"""What both servers tell of a value of each type: OBJECT, MEMORY USAGE, keyspace notifications."""

import pytest

from .differences import same_encoding

LONG = "x" * 100

# What makes a small and a big value of each type, and what then happens to the key.
TYPES = {
    "string": (
        ["SET k 12345"],
        ["SET k " + LONG * 20],
        "APPEND k x|SETRANGE k 1 y|INCR k|SETBIT k 3 1|GETSET k 7|INCRBYFLOAT k 0.5|SETEX k 100 v|"
        "GETEX k PERSIST|MSET k 1 k2 2|GETDEL k",
    ),
    "list": (
        ["RPUSH k a 1 b"],
        [f"RPUSH k {n} {LONG}" for n in range(400)],
        "LPUSH k z|LINSERT k BEFORE z y|LSET k 0 w|LREM k 1 z|LMOVE k k2 LEFT RIGHT|LTRIM k 0 1|"
        "RPOP k|LMPOP 1 k LEFT COUNT 5|LPUSHX k a|SORT k2 ALPHA STORE k",
    ),
    "set": (
        ["SADD k 1 2 3"],
        [f"SADD k {n} m{n}" for n in range(600)],
        "SADD k a|SREM k a|SADD k2 1 9|SINTERSTORE k3 k k2|SDIFFSTORE k3 k3 k3|SMOVE k k2 2|"
        "SUNIONSTORE k k2|SPOP k 100|SADD k x|SREM k x",
    ),
    "zset": (
        ["ZADD k 1 a 2 b"],
        [f"ZADD k {n} {n}{LONG}" for n in range(200)],
        "ZADD k 5 c|ZINCRBY k 1 c|ZADD k INCR 1 c|ZREM k c|ZRANGESTORE k2 k 0 0|ZPOPMIN k|"
        "ZUNIONSTORE k 1 k2|ZREMRANGEBYSCORE k 0 0|ZREMRANGEBYRANK k 0 -1|GEOADD k 1 1 x 2 2 y|"
        "GEOSEARCHSTORE k2 k FROMMEMBER x BYRADIUS 1 km|GEORADIUS k 1 1 1 km STORE k3|"
        "ZMPOP 1 k MAX COUNT 9|ZDIFFSTORE k2 1 k",
    ),
    "hash": (
        ["HSET k f 1 g 2"],
        [f"HSET k f{n} {LONG}" for n in range(200)],
        "HSET k h 1|HSETNX k i 1|HINCRBY k h 2|HINCRBYFLOAT k h 0.5|HMSET k j 1|HDEL k h i|"
        "HDEL k f g j",
    ),
    "stream": (
        ["XADD k 1-1 f v"],
        [f"XADD k {n}-1 f {LONG}" for n in range(1, 300)],
        "XADD k 900-1 f v|XADD k MAXLEN 1 901-1 f v|XGROUP CREATE k g 0|"
        "XGROUP CREATECONSUMER k g c|"
        "XREADGROUP GROUP g c STREAMS k >|XCLAIM k g d 0 901-1|XACK k g 901-1|XGROUP SETID k g 0|"
        "XGROUP DELCONSUMER k g c|XGROUP DESTROY k g|XSETID k 950-1|XDEL k 901-1|XTRIM k MAXLEN 0",
    ),
    "hyperloglog": (
        ["PFADD k a b c"],
        ["PFADD k " + " ".join(f"m{n}" for n in range(4000))],
        "PFADD k d|PFMERGE k k k2|PFADD k a",
    ),
}
ANY = (
    "PEXPIRE k 100000|PERSIST k|EXPIREAT k 99999999999|COPY k c|RENAME c d|RENAMENX d e|MOVE e 1|"
    "OBJECT ENCODING none|EXPIRE k 0|DEL k2 k3|UNLINK k"
)


def make(side, commands):
    side.control("FLUSHALL")
    for command in commands:
        side.control(*command.split(" "))


@pytest.mark.parametrize("size", [0, 1], ids=["small", "big"])
@pytest.mark.parametrize("kind", TYPES)
def test_encodings_counts_and_ages_are_those_of_the_oracle(pair, kind, size):
    def told(side):
        make(side, TYPES[kind][size])
        facts = [side.control("OBJECT", what, "k") for what in ("ENCODING", "REFCOUNT", "IDLETIME")]
        return [side.control("TYPE", "k"), *facts, str(side.control("OBJECT", "FREQ", "k"))]

    left, right = pair.both(told)
    assert same_encoding(left[0], left[1], right[1]), (left[1], right[1])
    assert left[:1] + left[2:] == right[:1] + right[2:]


@pytest.mark.parametrize("kind", TYPES)
def test_the_frequency_of_use_is_told_under_lfu(pair, kind):
    def told(side):
        side.control("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        try:
            make(side, TYPES[kind][0])
            idle = side.control("OBJECT", "IDLETIME", "k")
            return [side.control("OBJECT", "FREQ", "k"), str(idle)]
        finally:
            side.control("CONFIG", "SET", "maxmemory-policy", "noeviction")

    left, right = pair.both(told)
    assert left == right


@pytest.mark.parametrize("kind", TYPES)
def test_the_memory_of_a_value_is_about_what_it_needs(pair, kind):
    """Not more than in the oracle, and not less than its bytes."""

    def told(side):
        make(side, TYPES[kind][1])
        payload = len(side.control("DUMP", "k"))
        return payload, [side.control("MEMORY", "USAGE", "k", "SAMPLES", n) for n in (0, 5, 1000)]

    (_, theirs), (payload, ours) = pair.both(told)
    assert max(ours) <= 1.2 * max(theirs)
    assert min(ours) >= 0.2 * payload
    assert max(ours) <= 1.5 * min(ours)
    make(pair.sides[1], TYPES[kind][0])
    assert pair.sides[1].control("MEMORY", "USAGE", "k") <= min(ours)


@pytest.mark.parametrize("kind", TYPES)
def test_the_events_of_a_key_are_those_of_the_oracle(pair, kind):
    small, _, story = TYPES[kind]

    def heard(side):
        side.control("FLUSHALL")
        side.control("CONFIG", "SET", "notify-keyspace-events", "KEAmn")
        listener = side.new(2)
        listener("PSUBSCRIBE", "__key*__:*")
        told = []
        for command in [*small, *story.split("|"), *small, *ANY.split("|")]:
            side.control(*command.split(" "))
            side.control("PUBLISH", "__key__:end", command)
            while (message := listener.read())[2] != b"__key__:end":
                told.append((command, message[2], message[3]))
        side.control("CONFIG", "SET", "notify-keyspace-events", "")
        listener.close()
        return told

    left, right = pair.both(heard)
    assert left == right
