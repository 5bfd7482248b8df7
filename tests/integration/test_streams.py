"""Readers of streams that wait, and what the groups of 7.2 do beyond those of 7.0."""

import time

import pytest
from skeintest import Error, wait_until
from skeintest.compare import timeless

NO_GROUP = "NOGROUP the consumer group this client was blocked on no longer exists"
NO_KEY = "UNBLOCKED the stream key no longer exists"


def waiters(client):
    return int(client.info("clients")["blocked_clients"])


@pytest.fixture
def start(client, connect):
    """Sends a command on a connection of its own that must wait for its answer."""

    def send(*command):
        before = waiters(client)
        reader = connect()
        reader.send(*command)
        wait_until(lambda: waiters(client) == before + 1, what="the command waits")
        return reader

    return send


def group(client, key="x", name="g"):
    assert client("XGROUP", "CREATE", key, name, "$", "MKSTREAM") == "OK"


def read_new(consumer, *options, key="x"):
    return ("XREADGROUP", "GROUP", "g", consumer, *options, "STREAMS", key, ">")


def consumers(client, key="x"):
    rows = client("XINFO", "CONSUMERS", key, "g")
    return {bytes(row[1]): dict(zip(row[::2], row[1::2])) for row in rows}


# Waiting


def test_every_reader_without_a_group_gets_the_entry(client, start):
    readers = [start("XREAD", "BLOCK", 0, "STREAMS", "x", "$") for _ in range(3)]
    client("XADD", "x", "5-5", "f", "v")
    for reader in readers:
        assert reader.read() == [[b"x", [[b"5-5", [b"f", b"v"]]]]]
    assert waiters(client) == 0


def test_the_consumers_of_a_group_are_served_in_the_order_they_came(client, start):
    group(client)
    readers = [start(*read_new(name, "BLOCK", 0)) for name in ("a", "b", "c")]
    for at, reader in enumerate(readers):
        client("XADD", "x", f"{at + 1}-1", "n", at)
        assert reader.read() == [[b"x", [[b"%d-1" % (at + 1), [b"n", b"%d" % at]]]]]
        assert waiters(client) == 2 - at


def test_a_consumer_takes_no_more_than_its_count_and_leaves_the_rest_to_the_next(client, start):
    group(client)
    first, second = start(*read_new("a", "COUNT", 1, "BLOCK", 0)), start(*read_new("b", "BLOCK", 0))
    client("MULTI")
    for at in (1, 2, 3):
        client("XADD", "x", f"{at}-1", "f", "v")
    client("EXEC")
    assert [entry[0] for entry in first.read()[0][1]] == [b"1-1"]
    assert [entry[0] for entry in second.read()[0][1]] == [b"2-1", b"3-1"]


def test_a_dollar_means_what_was_last_when_the_wait_began(client, start):
    client("XADD", "x", "5-0", "f", "v")
    reader = start("XREAD", "BLOCK", 0, "STREAMS", "x", "$")
    client("MULTI")
    client("DEL", "x")
    client("XADD", "x", "4-0", "f", "low")
    client("EXEC")
    assert waiters(client) == 1
    client("XADD", "x", "6-0", "f", "high")
    assert reader.read() == [[b"x", [[b"6-0", [b"f", b"high"]]]]]


def test_a_time_that_is_over_answers_null(client, connect):
    group(client)
    for command in [("XREAD", "BLOCK", 20, "STREAMS", "x", "$"), read_new("a", "BLOCK", 20)]:
        began = time.monotonic()
        assert client(*command) is None
        assert 0.015 <= time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("DEL", "x"), NO_KEY),
        (("SET", "x", "v"), NO_KEY),
        (("RENAME", "x", "y"), NO_KEY),
        (("FLUSHALL",), NO_KEY),
        (("PEXPIRE", "x", "-1"), NO_KEY),
        (("XGROUP", "DESTROY", "x", "g"), NO_GROUP),
    ],
)
def test_a_consumer_is_told_that_what_it_waits_for_is_gone(client, start, command, error):
    group(client)
    readers = [start(*read_new(name, "BLOCK", 0)) for name in ("a", "b")]
    client(*command)
    for reader in readers:
        reply = reader.read()
        assert isinstance(reply, Error) and reply == error
    assert waiters(client) == 0


def test_a_reader_without_a_group_goes_on_waiting_when_the_key_goes(client, start):
    client("XADD", "x", "1-1", "f", "v")
    reader = start("XREAD", "BLOCK", 0, "STREAMS", "x", "$")
    for command in [("DEL", "x"), ("SET", "x", "v"), ("DEL", "x")]:
        client(*command)
        assert waiters(client) == 1
    client("XADD", "x", "9-9", "f", "v")
    assert reader.read() == [[b"x", [[b"9-9", [b"f", b"v"]]]]]


def test_a_reader_of_several_streams_hears_of_the_one_that_was_written_to(client, start):
    reader = start("XREAD", "BLOCK", 0, "STREAMS", "a", "b", "$", "$")
    client("XADD", "b", "1-1", "f", "v")
    assert reader.read() == [[b"b", [[b"1-1", [b"f", b"v"]]]]]


def test_history_is_answered_at_once(client):
    group(client)
    command = ("XREADGROUP", "GROUP", "g", "a", "BLOCK", 0, "STREAMS", "x", "0")
    assert client(*command) == [[b"x", []]]


# What 7.2 has beyond 7.0


@pytest.mark.beyond_stock
@pytest.mark.parametrize(
    "command",
    [
        read_new("a"),
        read_new("a", "NOACK"),
        ("XCLAIM", "x", "g", "a", 0, "1-1"),
        ("XAUTOCLAIM", "x", "g", "a", 0, 0),
    ],
)
def test_a_consumer_exists_since_it_first_asked(client, command):
    group(client)
    client(*command)
    consumer = consumers(client)[b"a"]
    assert consumer[b"pending"] == 0 and consumer[b"inactive"] == -1


@pytest.mark.beyond_stock
def test_a_consumer_is_active_when_it_is_given_something(client):
    group(client)
    client(*read_new("a"))
    client("XADD", "x", "1-1", "f", "v")
    assert consumers(client)[b"a"][b"inactive"] == -1
    client(*read_new("a"))
    active = consumers(client)[b"a"]
    assert 0 <= active[b"inactive"] < 5000
    wait_until(lambda: consumers(client)[b"a"][b"inactive"] > 20, what="it is not active")
    client(*read_new("a"))
    asked = consumers(client)[b"a"]
    assert asked[b"idle"] < asked[b"inactive"]


@pytest.mark.beyond_stock
def test_the_full_report_tells_when_consumers_were_active(client):
    group(client)
    client("XADD", "x", "1-1", "f", "v")
    client(*read_new("a"))
    client(*read_new("b"))
    reply = client("XINFO", "STREAM", "x", "FULL")
    report = dict(zip(reply[::2], reply[1::2]))
    row = dict(zip(report[b"groups"][0][::2], report[b"groups"][0][1::2]))
    first, second = (dict(zip(one[::2], one[1::2])) for one in row[b"consumers"])
    assert list(first) == [b"name", b"seen-time", b"active-time", b"pel-count", b"pending"]
    assert first[b"active-time"] == first[b"pending"][0][1] and second[b"active-time"] == -1


# What goes to replicas


def test_a_stream_is_the_same_after_it_was_loaded_from_what_it_dumps(client):
    group(client)
    for at in range(250):
        client("XADD", "x", f"{at + 1}-0", "field", at)
    client(*read_new("a", "COUNT", 100))
    client("XDEL", "x", *(f"{at}-0" for at in range(10, 60)))
    client("XACK", "x", "g", *(f"{at}-0" for at in range(1, 50)))
    client("XTRIM", "x", "MINID", "=", "55-0")
    client("RESTORE", "y", 0, client("DUMP", "x"))
    full = ("FULL", "COUNT", 0)
    ours, copy = (client("XINFO", "STREAM", key, *full) for key in ("x", "y"))
    assert timeless(ours) == timeless(copy)
