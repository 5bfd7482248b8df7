"""maxmemory: what is refused, what is evicted, by each policy."""

import pytest
from skeintest import wait_until

ROOM_MB = 12
VALUE = b"x" * 1000


def settled_memory(client):
    """What is in use once nothing is being freed in the background any more."""
    seen = []

    def is_steady():
        seen.append(int(client.info("memory")["used_memory"]))
        return len(seen) > 5 and max(seen[-5:]) - min(seen[-5:]) < 100_000

    wait_until(is_steady, what="the memory in use to settle", interval=0.02)
    return seen[-1]


def limit(client, policy, room_mb=ROOM_MB):
    used = settled_memory(client)
    megabytes = used // (1 << 20) + room_mb
    assert client("CONFIG", "SET", "maxmemory-policy", policy, "maxmemory-samples", "10") == "OK"
    assert client("CONFIG", "SET", "maxmemory", f"{megabytes}mb") == "OK"


def fill(client, prefix, count, *options):
    return client.pipeline([("SET", f"{prefix}{n}", VALUE, *options) for n in range(count)])


def test_without_eviction_writes_are_refused_and_reads_and_deletes_are_served(client):
    limit(client, "noeviction")
    replies = fill(client, "k", 30000)
    refused = [reply for reply in replies if reply != "OK"]
    assert refused and all(
        r == "OOM command not allowed when used memory > 'maxmemory'." for r in refused
    )
    assert client("GET", "k0") == VALUE
    assert client("DEL", *[f"k{n}" for n in range(5000)]) == 5000
    wait_until(lambda: client("SET", "again", "v") == "OK", what="a write to be taken again")
    assert client.info("stats")["evicted_keys"] == "0"


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
def test_any_key_may_be_evicted_and_every_write_is_taken(client, policy):
    limit(client, policy)
    assert set(fill(client, "k", 30000)) == {"OK"}
    evicted = int(client.info("stats")["evicted_keys"])
    assert evicted > 0 and client("DBSIZE") == 30000 - evicted
    used, maximum = (int(client.info("memory")[name]) for name in ("used_memory", "maxmemory"))
    assert used < maximum * 1.1


@pytest.mark.parametrize(
    "policy", ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"]
)
def test_only_keys_that_expire_are_evicted(client, policy):
    limit(client, policy)
    fill(client, "stays", 2000)
    assert set(fill(client, "goes", 30000, "EX", 10000)) == {"OK"}
    assert client("EXISTS", *[f"stays{n}" for n in range(2000)]) == 2000
    assert int(client.info("stats")["evicted_keys"]) > 0


@pytest.mark.parametrize(
    "policy", ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"]
)
def test_writes_are_refused_when_no_key_expires(client, policy):
    limit(client, policy)
    replies = fill(client, "k", 30000)
    assert any(reply != "OK" and reply.code == "OOM" for reply in replies)


def survivors(client, prefix, count):
    return client("EXISTS", *[f"{prefix}{n}" for n in range(count)]) / count


def test_lru_keeps_what_was_used_lately(server, client):
    fill(client, "old", 4000)
    fill(client, "hot", 4000)
    wait_until(
        lambda: client("OBJECT", "IDLETIME", "old0") >= 2,
        deadline=10,
        what="the keys to have an idle time",
    )
    client.pipeline([("GET", f"hot{n}") for n in range(4000)])
    limit(client, "allkeys-lru", room_mb=5)
    fill(client, "new", 6000)
    assert survivors(client, "hot", 4000) > 0.9
    assert survivors(client, "old", 4000) < survivors(client, "hot", 4000) - 0.2


def test_lfu_keeps_what_is_used_often(client):
    client("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "1")
    fill(client, "cold", 4000)
    fill(client, "hot", 4000)
    for _ in range(20):
        client.pipeline([("GET", f"hot{n}") for n in range(4000)])
    assert client("OBJECT", "FREQ", "hot0") > client("OBJECT", "FREQ", "cold0")
    limit(client, "allkeys-lfu", room_mb=5)
    fill(client, "new", 6000)
    assert survivors(client, "hot", 4000) > 0.9
    assert survivors(client, "cold", 4000) < survivors(client, "hot", 4000) - 0.1


def test_ttl_evicts_what_expires_soonest(client):
    fill(client, "soon", 4000, "EX", 100)
    fill(client, "late", 4000, "EX", 100000)
    limit(client, "volatile-ttl", room_mb=5)
    fill(client, "new", 6000, "EX", 1000000)
    assert survivors(client, "late", 4000) > 0.9
    assert survivors(client, "soon", 4000) < 0.8


def test_a_lower_limit_evicts_at_once(client):
    limit(client, "allkeys-random")
    fill(client, "k", 8000)
    before = client("DBSIZE")
    used = int(client.info("memory")["used_memory"])
    client("CONFIG", "SET", "maxmemory", str(used - 3_000_000))
    wait_until(lambda: client("DBSIZE") < before - 1000, what="keys to be evicted")


def test_an_eviction_is_notified(server, client, connect):
    listener = connect(proto=3)
    client("CONFIG", "SET", "notify-keyspace-events", "Ee")
    listener.send("SUBSCRIBE", "__keyevent@0__:evicted")
    listener.next_push()
    limit(client, "allkeys-random")
    fill(client, "k", 20000)
    assert listener.next_push()[2].startswith(b"k")


def test_a_transaction_is_refused_as_a_whole(client):
    client("SET", "before", "v")
    client("CONFIG", "SET", "maxmemory", "1")
    client("MULTI")
    assert client("GET", "before").code == "OOM"
    assert client("EXEC").code == "EXECABORT"


def test_a_lowered_limit_is_reached_without_a_request(client, connect):
    assert client("CONFIG", "SET", "notify-keyspace-events", "Ee") == "OK"
    listener = connect()
    listener("SUBSCRIBE", "__keyevent@0__:evicted")
    client("SET", "foo", "bar")
    assert client("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "1") == "OK"
    assert listener.read()[2] == b"foo"


def test_maxmemory_takes_units(client):
    for text, number in {
        "1k": 1000,
        "1kb": 1024,
        "2mb": 2097152,
        "1gb": 1 << 30,
        "3M": 3000000,
    }.items():
        client("CONFIG", "SET", "maxmemory", text)
        assert client.config("maxmemory")["maxmemory"] == str(number)
        client("CONFIG", "SET", "maxmemory", "0")
