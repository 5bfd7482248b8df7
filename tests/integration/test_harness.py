"""The harness itself: that it sees what it must see."""

import socket

import pytest
from skeintest import (
    BigNumber,
    Client,
    Double,
    Error,
    Map,
    Null,
    Push,
    Server,
    ServerFailed,
    Set,
    Simple,
    Verbatim,
    wait_until,
)
from skeintest.resp import Reader


WIRE = [
    (b"+OK\r\n", Simple("OK"), Simple),
    (b"-ERR no\r\n", Error("ERR no"), Error),
    (b":-7\r\n", -7, int),
    (b"$3\r\na\r\n\r\n", b"a\r\n", bytes),
    (b"$-1\r\n", Null("$"), Null),
    (b"*-1\r\n", Null("*"), Null),
    (b"_\r\n", Null("_"), Null),
    (b"*2\r\n:1\r\n*0\r\n", [1, []], list),
    (b"%1\r\n+a\r\n:1\r\n", {"a": 1}, Map),
    (b"~1\r\n:1\r\n", [1], Set),
    (b">1\r\n:1\r\n", [1], Push),
    (b",1.50\r\n", 1.5, Double),
    (b"#t\r\n", True, bool),
    (b"(-123456789012345678901\r\n", -123456789012345678901, BigNumber),
    (b"=6\r\ntxt:ab\r\n", b"ab", Verbatim),
    (b"|1\r\n+k\r\n+v\r\n:9\r\n", 9, int),
]


@pytest.mark.parametrize("wire, value, kind", WIRE)
def test_every_resp_type_has_its_own_python_type_at_any_split(wire, value, kind):
    for split in range(len(wire)):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            reader = Reader(ours, strict=True)
            theirs.sendall(wire[:split])
            with pytest.raises(TimeoutError):
                reader.value(0.0)
            theirs.sendall(wire[split:])
            got = reader.value(1.0)
            assert got == value and type(got) is kind


def test_errors_are_values_with_a_code(client):
    reply = client("NOSUCHCOMMAND")
    assert isinstance(reply, Error) and reply.code == "ERR"


def test_a_pipeline_returns_its_replies_in_order(client):
    assert client.pipeline([("INCR", "n") for _ in range(100)]) == list(range(1, 101))


def test_a_time_out_in_the_middle_of_a_value_loses_nothing(client):
    client("SET", "k", "v" * 100000)
    client.send("GET", "k")
    with pytest.raises(TimeoutError):
        while True:
            client.reader.value(0.0)
            client.send("GET", "k")
    assert client.read() == b"v" * 100000


def test_push_messages_are_kept_apart_from_replies(connect):
    listener, speaker = connect(proto=3), connect()
    listener.send("SUBSCRIBE", "c")
    assert listener.next_push() == Push([b"subscribe", b"c", 1])
    speaker("PUBLISH", "c", "m")
    assert listener("PING") == "PONG"
    assert listener.next_push() == Push([b"message", b"c", b"m"])


def test_a_crash_of_the_server_fails_the_test():
    server = Server({"enable-debug-command": "yes"})
    with pytest.raises(ServerFailed):
        with server:
            server.client().send("DEBUG", "SEGFAULT")
            wait_until(lambda: not server.is_running(), what="the server to crash")


def test_a_server_that_cannot_start_is_reported_with_its_log():
    server = Server({"no-such-directive": "1"})
    with pytest.raises(ServerFailed, match="no-such-directive"):
        server.start()
    server.remove()


def test_wait_until_names_what_never_came():
    with pytest.raises(AssertionError, match="the moon"):
        wait_until(lambda: False, deadline=0.02, what="the moon")


def test_changed_settings_are_put_back_first_half(client):
    assert client("CONFIG", "SET", "maxmemory-samples", "7") == "OK"
    client("SET", "left", "over")


def test_changed_settings_are_put_back_second_half(client):
    assert client.config("maxmemory-samples") != {"maxmemory-samples": "7"}
    assert client("DBSIZE") == 0


def test_a_client_sees_the_end_of_a_connection(connect):
    client = connect()
    assert client("QUIT") == "OK"
    assert client.is_closed(2.0)
    with pytest.raises(ConnectionError):
        Client(client.address)("QUIT")
        client.read()
