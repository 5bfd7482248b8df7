"""Streams on replicas, ours and stock ones: every delivery, claim and trim is there as on the
master, and readers that wait on a replica are woken by what the master writes."""

import random
import time

import pytest
from skeintest import ORACLE_BINARY, Server, wait_until
from skeintest.compare import timeless

pytestmark = pytest.mark.beyond_stock

ACTIVITY = frozenset([b"active-time", b"inactive"])
KEYS = ["x0", "x1"]
REPLICAS = {"ours": None, "stock": ORACLE_BINARY}


@pytest.fixture(scope="module", params=REPLICAS)
def pair(request):
    """Clients of a master of ours and of its replica."""
    config = {"repl-diskless-sync-delay": "0", "stream-node-max-entries": "4"}
    with Server(config) as master, Server(config, binary=REPLICAS[request.param]) as replica:
        with master.client() as ours, replica.client() as other:
            assert other("REPLICAOF", "127.0.0.1", master.port) == "OK"
            wait_until(lambda: other.info("replication")["master_link_status"] == "up")
            yield ours, other, replica


def random_write(rng):
    key, group = rng.choice(KEYS), rng.choice(["g0", "g1"])
    name = rng.choice(["a", "b", "c"])
    read = ("XREADGROUP", "GROUP", group, name)
    some = f"{int(time.time() * 1000) - rng.randrange(40)}-0"
    forms = [
        ("XADD", key, "*", "f", "v"),
        ("XADD", key, "*", "f", "v"),
        ("XADD", key, "MAXLEN", "~", 20, "*", "f", "v"),
        ("XADD", key, "MINID", "~", some, "LIMIT", 8, "*", "f", "v"),
        ("XTRIM", key, "MAXLEN", "~", 8),
        ("XDEL", key, some),
        ("XGROUP", "CREATE", key, group, "$", "MKSTREAM"),
        ("XGROUP", "SETID", key, group, "0"),
        ("XGROUP", "DELCONSUMER", key, group, name),
        (*read, "COUNT", 3, "STREAMS", key, ">"),
        (*read, "COUNT", 3, "NOACK", "STREAMS", key, ">"),
        (*read, "STREAMS", key, "0"),
        ("XAUTOCLAIM", key, group, name, rng.choice([0, 5]), 0),
        ("XCLAIM", key, group, name, 0, some, "FORCE", "IDLE", 100),
    ]
    return rng.choice(forms)


def everything(client):
    reports = [client("XINFO", "STREAM", key, "FULL", "COUNT", 0) for key in KEYS]
    return [timeless(report, ACTIVITY) for report in reports]


def test_a_replica_has_what_the_master_has(pair):
    ours, other, _ = pair
    rng = random.Random(1)
    for _ in range(8):
        ours.pipeline([random_write(rng) for _ in range(200)])
        for key in KEYS:
            for entry in (ours("XRANGE", key, "-", "+", "COUNT", 3) or [])[:2]:
                ours("XACK", key, "g0", entry[0])
        assert ours("WAIT", 1, 5000) == 1
        assert everything(ours) == everything(other)


def test_a_reader_on_a_replica_is_woken_by_the_master(pair):
    ours, other, replica = pair
    with replica.client() as reader:
        reader.send("XREAD", "BLOCK", 0, "STREAMS", "news", "$")
        wait_until(lambda: other.info("clients")["blocked_clients"] == "1")
        ours("XADD", "news", "*", "f", "v")
        assert reader.read()[0][1][0][1] == [b"f", b"v"]
