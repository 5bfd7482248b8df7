"""Expiry: when keys are asked for, in the background, and what is told about it."""

import pytest
from skeintest import wait_until

SOON_MS = 60


def gone(client, key):
    return lambda: client("EXISTS", key) == 0


def test_a_key_is_gone_after_its_time(client):
    client("SET", "k", "v", "PX", SOON_MS)
    assert client("GET", "k") == b"v"
    wait_until(gone(client, "k"), what="the key to expire")
    assert client("GET", "k") is None and client("TTL", "k") == -2 and client("TYPE", "k") == "none"


def test_an_expired_key_is_not_served_even_when_the_background_does_nothing(client):
    client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    try:
        client("SET", "k", "v", "PX", 1)
        wait_until(gone(client, "k"), what="the key to expire")
        assert client("GET", "k") is None
        assert client("INCR", "k") == 1
        assert client("TTL", "k") == -1
    finally:
        client("DEBUG", "SET-ACTIVE-EXPIRE", "1")


def test_keys_nobody_asks_for_are_removed_in_the_background(client):
    client.pipeline([("SET", f"k{n}", "v", "PX", SOON_MS) for n in range(2000)])
    client("SET", "stays", "v")
    wait_until(lambda: client("DBSIZE") == 1, deadline=15, what="2000 keys to expire")
    info = client.info()
    assert int(info["expired_keys"]) >= 2000
    assert info["db0"].startswith("keys=1,expires=0")


def test_keys_of_every_database_are_removed_in_the_background(client):
    for database in range(16):
        client.pipeline([("SELECT", database), ("SET", "k", "v", "PX", SOON_MS)])
    wait_until(lambda: "db0" not in client.info() and "db15" not in client.info(), deadline=15)


@pytest.mark.beyond_stock
def test_few_expiring_keys_among_many_lasting_ones_are_removed(client):
    client.pipeline([("SET", f"stays{n}", "v", "EX", 100000) for n in range(20000)])
    client.pipeline([("SET", f"goes{n}", "v", "PX", SOON_MS) for n in range(100)])
    wait_until(lambda: client("DBSIZE") == 20000, deadline=10, what="the 100 keys to expire")


def test_an_expired_key_is_not_in_keys_scan_randomkey_or_exists(client):
    client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    try:
        client("SET", "k", "v", "PX", 1)
        wait_until(gone(client, "k"), what="the key to expire")
        assert client("KEYS", "*") == [] and client("RANDOMKEY") is None
        assert client("SCAN", "0", "COUNT", 1000) == [b"0", []]
    finally:
        client("DEBUG", "SET-ACTIVE-EXPIRE", "1")


@pytest.mark.parametrize(
    "write", [("SET", "k", "w"), ("GETSET", "k", "w"), ("PERSIST", "k"), ("GETEX", "k", "PERSIST")]
)
def test_a_write_that_takes_away_the_expiry_keeps_the_key(client, write):
    client("SET", "k", "v", "PX", SOON_MS)
    client(*write)
    client("SET", "clock", "v", "PX", 2 * SOON_MS)
    wait_until(gone(client, "clock"), what="twice the time to pass")
    assert client("EXISTS", "k") == 1


@pytest.mark.parametrize(
    "write",
    [
        ("APPEND", "k", "w"),
        ("INCR", "k"),
        ("SETRANGE", "k", 0, "9"),
        ("RENAME", "k", "k"),
        ("SET", "k", "w", "KEEPTTL"),
    ],
)
def test_a_write_that_changes_the_value_keeps_the_expiry(client, write):
    client("SET", "k", "1", "PX", 100000)
    client(*write)
    assert 0 < client("PTTL", "k") <= 100000


@pytest.mark.parametrize("ask", ["GET", "background"])
def test_an_expiry_is_notified_once(client, connect, ask):
    listener = connect(proto=3)
    client("CONFIG", "SET", "notify-keyspace-events", "Ex")
    listener.send("SUBSCRIBE", "__keyevent@0__:expired")
    listener.next_push()
    client("SET", "k", "v", "PX", SOON_MS)
    if ask == "GET":
        wait_until(lambda: client("GET", "k") is None, what="the key to expire")
    assert listener.next_push()[2] == b"k"
    client("GET", "k")
    assert listener("PING") == "PONG" and not listener.pushes


def test_an_expiry_in_the_past_deletes_and_is_notified_as_del(client, connect):
    listener = connect(proto=3)
    client("CONFIG", "SET", "notify-keyspace-events", "Ex$g")
    listener.send("PSUBSCRIBE", "__keyevent@0__:*")
    listener.next_push()
    client("SET", "k", "v")
    assert client("EXPIRE", "k", -1) == 1 and client("EXISTS", "k") == 0
    assert [listener.next_push()[2] for _ in range(2)] == [
        b"__keyevent@0__:set",
        b"__keyevent@0__:del",
    ]


def test_a_watched_key_that_expires_before_exec_does_not_abort_if_it_had_expired_before(
    client, connect
):
    client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    try:
        client("SET", "k", "v", "PX", 1)
        other = connect()
        wait_until(lambda: other("TTL", "k") == -2, what="the key to expire")
        client("WATCH", "k")
        client("MULTI")
        client("PING")
        assert client("EXEC") == ["PONG"]
    finally:
        client("DEBUG", "SET-ACTIVE-EXPIRE", "1")


def test_the_time_of_expiry_is_absolute_and_exact(client):
    client("SET", "k", "v", "PXAT", 33177117420123)
    assert client("PEXPIRETIME", "k") == 33177117420123 and client("EXPIRETIME", "k") == 33177117420
    seconds, microseconds = (int(part) for part in client("TIME"))
    now = seconds * 1000 + microseconds // 1000
    assert abs(client("PTTL", "k") - (33177117420123 - now)) < 2000
