"""Numbers beyond all sense in every argument of every command: each is answered in time, and no
memory grows beyond what was sent.

Requests are made from the arguments that COMMAND DOCS tells, so a new command is covered by being
there. They run inside MULTI, where nothing waits."""

import time

import pytest
from skeintest import ConnectionClosed, Error, Map

SERVER_CONFIG = {
    "proto-max-bulk-len": "1mb",
    "client-output-buffer-limit": "normal 64mb 0 0",
    "maxclients": "1000",
}

HOSTILE = [
    "2147483647",
    "-2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551616",
    "4611686018427387904",
    "-1",
    "0",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "",
]

# What would end the test, or make it wait for somebody.
LEFT_OUT = {
    *"shutdown monitor sync psync replicaof slaveof failover quit reset hello auth".split(),
    *"multi exec discard watch subscribe psubscribe ssubscribe debug replconf".split(),
    *"client|pause client|reply client|kill client|no-evict config|rewrite".split(),
    *"config|set acl|setuser acl|deluser acl|load acl|save module|load module|loadex".split(),
    *"save bgsave bgrewriteaof swapdb flushall flushdb select migrate script|kill".split(),
}

KEYS = {
    "string": "str",
    "bitmap": "str",
    "hyperloglog": "hll",
    "list": "list",
    "set": "set",
    "sorted-set": "zset",
    "hash": "hash",
    "stream": "stream",
    "geo": "geo",
}
VALUES = {"encoding": "u8", "id": "*", "script": "return 1", "function": "none", "host": "h"}

SEED = """
redis.call('flushdb')
redis.call('set', 'str', '12')
redis.call('pfadd', 'hll', 'a', 'b')
redis.call('rpush', 'list', 'a', 'b', '3')
redis.call('sadd', 'set', 'a', 'b', '3')
redis.call('zadd', 'zset', 1, 'a', 2, 'b', 3, 'c')
redis.call('hset', 'hash', 'a', '1', 'b', '2', '0', '3')
redis.call('xadd', 'stream', '1-1', 'f', 'v')
redis.call('xgroup', 'create', 'stream', '0', '0')
redis.call('geoadd', 'geo', 13, 38, 'a', 14, 39, 'b')
return 1
"""

STALL_SECONDS = 0.5
MEMORY_BYTES = 64 << 20


def plain(value):
    """Maps of either protocol as dicts, strings as text."""
    if isinstance(value, Map):
        return {plain(name): plain(inner) for name, inner in value.pairs}
    if isinstance(value, (list, set, frozenset)):
        return [plain(inner) for inner in value]
    return value.decode() if isinstance(value, bytes) else value


class Shape:
    """How one request is made of what the documentation tells: which alternatives are taken and
    which optional arguments are there."""

    def __init__(self, key, choice, optional):
        self.key, self.choice, self.optional = key, choice, optional
        self.seen = 0

    def words(self, arguments):
        """(text, may be anything) of each word."""
        return [word for argument in arguments for word in self._argument(argument)]

    def _argument(self, argument):
        flags = argument.get("flags", [])
        if "optional" in flags:
            self.seen += 1
            if self.optional not in ("all", self.seen):
                return []
        token = [(argument["token"], False)] if "token" in argument else []
        kind = argument["type"]
        if kind == "pure-token":
            return token
        if kind == "oneof":
            inner = argument["arguments"]
            return token + self._argument(inner[self.choice % len(inner)])
        if kind == "block":
            return token + self.words(argument["arguments"])
        if kind == "key":
            return token + [(self.key, False)]
        fallback = {"pattern": "*", "string": "0"}.get(kind, "1")
        return token + [(VALUES.get(argument["name"], fallback), True)]


def shapes(group):
    key = KEYS.get(group, "str")
    for choice in range(3):
        for optional in (0, 1, 2, 3, 4, "all"):
            yield Shape(key, choice, optional)


def documented(docs, prefix=()):
    for name, facts in docs.items():
        words = (*prefix, *name.split("|")[-1:])
        if "subcommands" in facts:
            yield from documented(facts["subcommands"], words)
        elif "|".join(words) not in LEFT_OUT and words[0] not in LEFT_OUT:
            yield words, facts


def requests(client):
    """Every request once: the command's name, and its words."""
    for words, facts in documented(plain(client("COMMAND", "DOCS"))):
        made = set()
        for shape in shapes(facts["group"]):
            arguments = shape.words(facts.get("arguments", []))
            base = [text for text, _ in arguments]
            for at in [at for at, (_, is_free) in enumerate(arguments) if is_free]:
                for value in HOSTILE:
                    made.add((*words, *base[:at], value, *base[at + 1 :]))
            made.add((*words, *base))
        for request in sorted(made):
            yield "|".join(words), request


class Runner:
    """Runs requests one at a time and looks at what each cost."""

    def __init__(self, server):
        self.server = server
        self.client = server.client(proto=3)
        self.client.pipeline([("CONFIG", "RESETSTAT"), ("PING",)])

    def run(self, request):
        """The answer, how long it took, and how much bigger it made the process for a moment."""
        self.server_peak_reset()
        before = self.peak()
        began = time.monotonic()
        seeded, _, _, answers = self.client.pipeline(
            [("EVAL", SEED, 0), ("MULTI",), request, ("EXEC",)], timeout=20
        )
        assert seeded == 1, seeded
        return answers, time.monotonic() - began, self.peak() - before

    def server_peak_reset(self):
        with open(f"/proc/{self.server.pid}/clear_refs", "w") as file:
            file.write("5")

    def peak(self):
        with open(f"/proc/{self.server.pid}/status") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["VmHWM"].split()[0]) * 1024


def is_usage_error(answers):
    text = str(answers[0]) if isinstance(answers, list) and answers else str(answers)
    return "syntax error" in text or "wrong number" in text or text.startswith("EXECABORT")


@pytest.mark.beyond_stock
def test_every_number_is_answered_in_time_and_without_growing(server):
    runner = Runner(server)
    names, understood, bad = set(), set(), []
    for name, request in list(requests(runner.client)):
        names.add(name)
        try:
            answers, seconds, grown = runner.run(request)
            if seconds > STALL_SECONDS:
                answers, seconds, grown = runner.run(request)
        except (ConnectionClosed, TimeoutError, OSError) as error:
            bad.append((request, repr(error)))
            assert server.is_running(), bad
            runner = Runner(server)
            continue
        if not isinstance(answers, Error) and not is_usage_error(answers):
            understood.add(name)
        if seconds > STALL_SECONDS or grown > MEMORY_BYTES:
            bad.append((request, f"{seconds:.2f} s, {grown >> 20} MiB"))
    assert not bad, bad[:20]
    # Requests that are no good as they stand would prove nothing.
    assert len(understood) > 0.95 * len(names), sorted(names - understood)
