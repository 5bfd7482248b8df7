"""Streams go from redis-server to us and back: what one dumped the other restores, and what comes
back dumps to the same bytes as before."""

import random

import pytest

from skeintest import ORACLE_BINARY, Error, Server

CONFIG = {"enable-debug-command": "yes", "save": "''"}
NODE_ENTRIES = 5


@pytest.fixture(scope="module")
def oracle():
    with Server(CONFIG, binary=ORACLE_BINARY) as server:
        with server.client() as client:
            client("CONFIG", "SET", "stream-node-max-entries", NODE_ENTRIES)
            yield client


def random_id(rng, added):
    return rng.choice(added) if added else "1-1"


def random_write(rng, client, added):
    group, consumer = rng.choice(["g", "7", "\x00long group" * 4]), rng.choice(["alice", "12"])
    kind = rng.randrange(100)
    if kind < 45:
        pairs = [rng.choice(["f", "g", "7", "name" * 30, "v" * 5000]) for _ in range(2)]
        pairs *= rng.choice([1, 1, 1, 3])
        last = int(added[-1].split("-")[0]) if added else 0
        added.append(f"{last + rng.choice([1, 1, 200, 10**12])}-{rng.choice([0, 3, 2**63])}")
        client("XADD", "x", added[-1], *pairs)
    elif kind < 60:
        client("XDEL", "x", random_id(rng, added))
    elif kind < 63:
        # Trimming exactly by id can leave a node without live entries, which we do not keep.
        keep = rng.choice([("MAXLEN", "=", 30), ("MINID", "~", random_id(rng, added))])
        client("XTRIM", "x", *keep)
    elif kind < 70:
        client("XGROUP", "CREATE", "x", group, random_id(rng, added))
    elif kind < 72:
        client("XGROUP", "DELCONSUMER", "x", group, consumer)
    elif kind < 74:
        client("XSETID", "x", "99999999999999-0", "ENTRIESADDED", 10**6, "MAXDELETEDID", "3-0")
        added.append("99999999999999-0")
    elif kind < 90:
        count = rng.randrange(1, 9)
        client("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", "x", ">")
    else:
        client("XACK", "x", group, random_id(rng, added))


def test_a_stream_comes_back_as_it_went(server, oracle):
    ours = server.client()
    rng = random.Random(7)
    for _ in range(150):
        oracle("DEL", "x")
        added = []
        for _ in range(rng.choice([1, 10, 100, 400])):
            random_write(rng, oracle, added)
        payload = oracle("DUMP", "x")
        if payload is None:
            continue
        assert ours("RESTORE", "x", 0, payload, "REPLACE") == "OK"
        assert ours("TYPE", "x") == "stream" and ours("OBJECT", "ENCODING", "x") == b"stream"
        theirs = oracle("DEBUG", "DIGEST-VALUE", "x")
        assert ours("DEBUG", "DIGEST-VALUE", "x") == theirs
        assert oracle("RESTORE", "back", 0, ours("DUMP", "x"), "REPLACE") == "OK"
        assert oracle("DUMP", "back") == payload
        assert ours("COPY", "x", "y", "REPLACE") == 1
        assert ours("DUMP", "y") == ours("DUMP", "x")
        assert ours("MEMORY", "USAGE", "x") > 100


def test_a_damaged_payload_is_refused(server, oracle):
    """A change of any byte is seen; the checksum is what sees it here, RESTORE of sound checksums
    over unsound bytes is the fuzzer's."""
    ours = server.client()
    oracle("DEL", "x")
    oracle("XADD", "x", "1-1", "f", "v")
    oracle("XGROUP", "CREATE", "x", "g", "0")
    payload = oracle("DUMP", "x")
    for at in range(len(payload)):
        damaged = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
        assert isinstance(ours("RESTORE", "x", 0, damaged), Error)
    assert ours("RESTORE", "x", 0, payload) == "OK"
