"""The scenarios, one row each. To add one: a row, and a preparation if it needs data of its own.

Throughput rows are measured with redis-benchmark in alternating rounds on two running servers;
memory
rows start a server, load it and look at its resident size; stall rows run the probe.
`bar` is the most that ours may need: as a share of the stock server's figure (ratio) or as it is
(limit).
"""

import dataclasses

MILLION = 1_000_000
SCRIPT = """
local key = KEYS[1]
local now = tonumber(ARGV[1])
local limit = 1000
local count = redis.call('INCR', key)
if count == 1 then
  redis.call('EXPIRE', key, 60)
end
local previous = redis.call('GET', key)
local total = 0
for i = 1, 10 do
  total = total + (i * now) % 7
end
local verdict
if tonumber(previous) > limit then
  verdict = 'refused'
else
  verdict = 'allowed'
end
redis.call('SET', key .. ':verdict', verdict)
local kept = redis.call('STRLEN', key .. ':verdict')
return {verdict, count, total, kept}
"""


# Preparations: what a server holds before a row is measured.


def nothing(bench, scale):
    pass


def million_strings(bench, scale):
    bench.fill_strings(scale.keys(MILLION), 64)


def lists_to_pop(bench, scale):
    count = scale.keys(100_000)
    values = [b"v" * 16] * 20
    bench.load((("RPUSH", f"l:{n:012d}", *values) for n in range(count)), batch=200)


def one_zset(bench, scale):
    count = scale.keys(MILLION)
    pairs = lambda at: [
        word for n in range(at, at + 100) for word in (n, f"m:{n:012d}")
    ]  # noqa: E731
    bench.load((("ZADD", "z", *pairs(at)) for at in range(0, count, 100)), batch=100)


def one_list(bench, scale):
    count = scale.keys(MILLION)
    values = lambda at: [f"e:{n:012d}" + "." * 50 for n in range(at, at + 100)]  # noqa: E731
    bench.load((("RPUSH", "l", *values(at)) for at in range(0, count, 100)), batch=100)


def hundreds(bench, scale):
    """A list, a set and a hash of a hundred each."""
    bench.load(
        [
            ("RPUSH", "l100", *[f"element:{n:08d}" for n in range(100)]),
            ("SADD", "s100", *[f"member:{n:09d}" for n in range(100)]),
            ("HSET", "h100", *[word for n in range(100) for word in (f"field:{n:010d}", "v" * 32)]),
        ]
    )


def one_hash(bench, scale):
    count = scale.keys(MILLION)
    pairs = lambda at: [
        w for n in range(at, at + 100) for w in (f"field:{n:010d}", "v" * 32)
    ]  # noqa: E731
    bench.load((("HSET", "h", *pairs(at)) for at in range(0, count, 100)), batch=100)


def five_million_members(kind):
    def prepare(bench, scale):
        count = scale.keys(5 * MILLION)
        rows = {
            "list": lambda n: ("RPUSH", "big", *[f"element:{i:08d}" for i in range(n, n + 100)]),
            "set": lambda n: ("SADD", "big", *[f"member:{i:09d}" for i in range(n, n + 100)]),
            "zset": lambda n: (
                "ZADD",
                "big",
                *[w for i in range(n, n + 100) for w in (i, f"m:{i:012d}")],
            ),
            "hash": lambda n: (
                "HSET",
                "big",
                *[w for i in range(n, n + 100) for w in (f"f:{i:012d}", "v" * 16)],
            ),
        }
        bench.load((rows[kind](n) for n in range(0, count, 100)), batch=100)

    return prepare


@dataclasses.dataclass(frozen=True)
class Throughput:
    name: str
    command: object  # a test of redis-benchmark, or the words of a command
    needs: tuple
    pipeline: int = 16
    prepare: object = nothing
    requests: int = 2 * MILLION
    range: int = 100_000
    bytes: int = 64
    clients: int = 50
    ratio: float = None  # of CPU per operation

    def scaled_range(self, scale):
        return scale.keys(self.range)


@dataclasses.dataclass(frozen=True)
class Memory:
    name: str
    needs: tuple
    prepare: object
    items: int
    ratio: float = None


@dataclasses.dataclass(frozen=True)
class Stall:
    name: str
    kind: str  # growth, freeze, removal
    needs: tuple
    rate: int
    items: int = 0
    prepare: object = nothing
    action: tuple = ()
    limit_ms: float = None


def _strings(bench, scale):
    bench.fill_strings(scale.keys(5 * MILLION), 32)


R = "__rand_int__"

THROUGHPUT = [
    Throughput("SET P16", "set", ("SET",), 16, million_strings, 8 * MILLION, MILLION, ratio=0.45),
    Throughput("GET P16", "get", ("GET",), 16, million_strings, 8 * MILLION, MILLION, ratio=0.45),
    Throughput("SET P1", "set", ("SET",), 1, million_strings, MILLION, MILLION, ratio=0.88),
    Throughput("GET P1", "get", ("GET",), 1, million_strings, MILLION, MILLION, ratio=0.88),
    Throughput("HSET P16", ["HSET", f"h:{R}", f"field:{R}", "v" * 32], ("HSET",), ratio=0.6),
    Throughput("SADD P16", ["SADD", f"s:{R}", f"member:{R}"], ("SADD",), ratio=0.6),
    Throughput("ZADD P16", ["ZADD", f"z:{R}", R, f"member:{R}"], ("ZADD",), ratio=0.6),
    Throughput("LPUSH P16", ["LPUSH", f"l:{R}", "v" * 16], ("LPUSH",), ratio=0.6),
    # Fewer requests in all rounds than there are elements: it is not the empty list that counts.
    Throughput(
        "LPOP P16",
        ["LPOP", f"l:{R}"],
        ("LPOP", "RPUSH"),
        prepare=lists_to_pop,
        requests=300_000,
        ratio=0.6,
    ),
    Throughput("XADD P16", ["XADD", f"x:{R}", "*", "field", "v" * 32], ("XADD",), ratio=0.6),
    Throughput(
        "ZADD one zset", ["ZADD", "z", R, f"m:{R}"], ("ZADD",), 16, one_zset, MILLION, MILLION
    ),
    Throughput(
        "ZRANK one zset",
        ["ZRANK", "z", f"m:{R}"],
        ("ZRANK", "ZADD"),
        16,
        one_zset,
        MILLION,
        MILLION,
    ),
    Throughput(
        "ZRANGE 100 one zset",
        ["ZRANGE", "z", "500000", "500099"],
        ("ZRANGE", "ZADD"),
        16,
        one_zset,
        400_000,
    ),
    Throughput(
        "LINDEX middle", ["LINDEX", "l", "500000"], ("LINDEX", "RPUSH"), 16, one_list, 100_000
    ),
    Throughput(
        "LINSERT middle",
        ["LINSERT", "l", "BEFORE", f"e:{500000:012d}" + "." * 50, "x"],
        ("LINSERT", "RPUSH"),
        1,
        one_list,
        300,
    ),
    Throughput(
        "LRANGE 0 99 P16",
        ["LRANGE", "l100", "0", "99"],
        ("LRANGE", "RPUSH", "SADD", "HSET"),
        16,
        hundreds,
        400_000,
    ),
    Throughput(
        "SMEMBERS 100 P16",
        ["SMEMBERS", "s100"],
        ("SMEMBERS", "RPUSH", "SADD", "HSET"),
        16,
        hundreds,
        400_000,
    ),
    Throughput(
        "HGETALL 100 P16",
        ["HGETALL", "h100"],
        ("HGETALL", "RPUSH", "SADD", "HSET"),
        16,
        hundreds,
        400_000,
    ),
    Throughput(
        "EVAL 20 lines", ["EVAL", SCRIPT, "1", f"k:{R}", "12345"], ("EVAL",), 16, requests=400_000
    ),
]

MEMORY = [
    Memory("bytes per key 16+32", ("SET",), _strings, 5 * MILLION, ratio=0.52),
    Memory("bytes per hash field 16+32", ("HSET",), one_hash, MILLION, ratio=0.55),
    Memory("bytes per zset member 14", ("ZADD",), one_zset, MILLION, ratio=0.55),
]

STALL = [
    Stall("stall while growing to 5 M", "growth", ("SET",), 10_000, 5 * MILLION, limit_ms=2.0),
    Stall(
        "stall under frozen roots", "freeze", ("SET",), 20_000, 5 * MILLION, _strings, limit_ms=1.0
    ),
    *[
        Stall(
            f"stall of {word} {kind} of 5 M",
            "removal",
            (word, add),
            10_000,
            0,
            five_million_members(kind),
            (word, "big"),
        )
        for kind, add in [("list", "RPUSH"), ("set", "SADD"), ("zset", "ZADD"), ("hash", "HSET")]
        for word in ["UNLINK", "DEL"]
    ],
]
