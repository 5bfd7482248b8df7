"""The wire: requests in any portion, hostile lengths, clients that do not read, many
connections."""

import resource
import select
import socket

import pytest
from skeintest import Client, Error, encode, wait_until

PING = encode("PING")
MEGABYTE = 1 << 20


def rss_bytes(server):
    with open(f"/proc/{server.pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


# Portions


PIPELINE = [
    encode("SET", "split", b"\r\n$1\r\n*"),
    encode("GET", "split"),
    b"ECHO inline\r\n",
    encode("MGET", "split", "nothing"),
    encode("ECHO", b""),
]
ANSWER = b"+OK\r\n$7\r\n\r\n$1\r\n*\r\n$6\r\ninline\r\n*2\r\n$7\r\n\r\n$1\r\n*\r\n$-1\r\n$0\r\n\r\n"


@pytest.fixture
def read_exactly(connect):
    def read(client, count):
        data = b""
        while len(data) < count:
            chunk = client.reader.raw(5.0)
            assert chunk, f"only {data!r} of {count} bytes came"
            data += chunk
        return data

    return read


def test_a_pipeline_cut_at_any_byte_gets_the_same_answer(connect, read_exactly):
    wire = b"".join(PIPELINE)
    client, other = connect(), connect()
    for split in range(1, len(wire)):
        client.send_raw(wire[:split])
        other("PING")
        client.send_raw(wire[split:])
        assert read_exactly(client, len(ANSWER)) == ANSWER, split


def test_a_pipeline_byte_by_byte_gets_the_same_answer(connect, read_exactly):
    client, other = connect(), connect()
    for byte in b"".join(PIPELINE):
        client.send_raw(bytes([byte]))
        other("PING")
    assert read_exactly(client, len(ANSWER)) == ANSWER


def test_a_pipeline_ten_thousand_deep_is_answered_in_order(client):
    count = 10000
    replies = client.pipeline([("ECHO", n) for n in range(count)])
    assert replies == [b"%d" % n for n in range(count)]


def sleeper(connect):
    """What others send while this one sleeps is read in one turn."""
    client = connect()
    client.send("DEBUG", "SLEEP", "0.2")
    return client


def script_of(number):
    """What one of many sends at once, and the bytes it is answered with."""
    wire, answer = [encode("SELECT", number % 3)], [b"+OK\r\n"]
    for turn in range(number * 3 % 50):
        wire += [encode("SET", f"k:{number}", turn), b"GET k:%d\r\n" % number]
        answer += [b"+OK\r\n", b"$%d\r\n%d\r\n" % (len(str(turn)), turn)]
    return b"".join(wire), b"".join(answer)


def test_many_clients_read_in_one_turn_get_their_own_answers(connect, read_exactly):
    clients = [connect() for _ in range(60)]
    waiting = sleeper(connect)
    halves = []
    for number, client in enumerate(clients):
        wire, answer = script_of(number)
        cut = len(wire) - number % 7
        client.send_raw(wire[:cut])
        halves.append((client, wire[cut:], answer))
    assert waiting.read() == "OK"
    for client, rest, answer in halves:
        client.send_raw(rest)
        assert read_exactly(client, len(answer)) == answer


def test_clients_that_end_or_wait_in_one_turn_leave_the_others_alone(connect):
    quitter, broken, waiter, victim, killer, last = [connect() for _ in range(6)]
    victim_id = victim("CLIENT", "ID")
    # A turn later who was just served stands no longer before the others in the kernel's queue.
    connect()("PING")
    waiting = sleeper(connect)
    quitter.send_raw(encode("SET", "a", 1) + encode("QUIT") + encode("SET", "a", 2))
    broken.send_raw(encode("SET", "b", 1) + b"*1\r\n:4\r\n" + encode("SET", "b", 2))
    waiter.send_raw(encode("BLPOP", "list", 0) + encode("SET", "c", 1))
    killer.send_raw(encode("CLIENT", "KILL", "ID", victim_id))
    victim.send_raw(encode("SET", "d", 1))
    last.send_raw(encode("RPUSH", "list", "x") + encode("GET", "a"))
    assert waiting.read() == "OK"
    assert quitter.read_until_closed() == b"+OK\r\n+OK\r\n"
    assert b"+OK\r\n-ERR Protocol error" in broken.read_until_closed()
    assert [waiter.read(), waiter.read()] == [[b"list", b"x"], "OK"]
    assert killer.read() == 1
    assert victim.read_until_closed() == b""
    assert [last.read(), last.read()] == [1, b"1"]
    assert last("MGET", "a", "b", "c", "d") == [b"1", b"1", b"1", None]


def test_reads_and_writes_of_one_key_in_a_pipeline_see_each_other(client):
    commands = [word for n in range(500) for word in (("SET", "k", n), ("GET", "k"), ("INCR", "k"))]
    replies = client.pipeline(commands)
    assert replies[1::3] == [b"%d" % n for n in range(500)]
    assert replies[2::3] == list(range(1, 501))


def test_a_big_value_comes_back_whole(client):
    value = bytes(range(256)) * 4096 * 8
    assert client("SET", "big", value) == "OK"
    assert client("GET", "big") == value
    assert client("STRLEN", "big") == len(value)


def test_a_big_value_in_small_portions_arrives_whole(connect):
    client = connect()
    wire = encode("SET", "big", b"x" * 300000)
    for start in range(0, len(wire), 4093):
        client.send_raw(wire[start : start + 4093])
    assert client.read() == "OK"
    assert client("STRLEN", "big") == 300000


# Hostile requests

FATAL = {
    b"*2147483648\r\n": "ERR Protocol error: invalid multibulk length",
    b"*9223372036854775808\r\n": "ERR Protocol error: invalid multibulk length",
    b"*x\r\n": "ERR Protocol error: invalid multibulk length",
    b"*1\r\n$-1\r\n": "ERR Protocol error: invalid bulk length",
    b"*1\r\n$2147483648\r\n": "ERR Protocol error: invalid bulk length",
    b"*1\r\n$9223372036854775808\r\n": "ERR Protocol error: invalid bulk length",
    b"*1\r\n$x\r\n": "ERR Protocol error: invalid bulk length",
    b"*1\r\n:1\r\n": "ERR Protocol error: expected '$', got ':'",
    b'ECHO "a\r\n': "ERR Protocol error: unbalanced quotes in request",
}
ENDLESS = {
    b"*" + b"1" * 70000: "ERR Protocol error: too big mbulk count string",
    b"*1\r\n$" + b"1" * 70000: "ERR Protocol error: too big bulk count string",
    b"x" * 70000: "ERR Protocol error: too big inline request",
}


@pytest.mark.parametrize("wire", FATAL, ids=lambda wire: repr(wire[:20]))
def test_a_broken_request_is_named_and_nothing_after_it_runs(connect, wire):
    client, other = connect(), connect()
    client.send_raw(wire + b"\r\n" + encode("SET", "after", "1"))
    assert client.read() == FATAL[wire]
    assert client.is_closed(2.0)
    assert other("EXISTS", "after") == 0


@pytest.mark.parametrize("wire", ENDLESS, ids=lambda wire: repr(wire[:8]))
def test_a_line_that_never_ends_is_refused(connect, wire):
    client = connect()
    client.send_raw(wire)
    assert client.read() == ENDLESS[wire]
    assert client.is_closed(2.0)


@pytest.mark.parametrize("wire", [b"*-1\r\n", b"*0\r\n", b"\r\n", b"*-2147483649\r\n"])
def test_an_empty_request_is_passed_over(connect, wire):
    client = connect()
    client.send_raw(wire + PING)
    assert client.read() == "PONG"


def test_requests_before_the_broken_one_are_answered(connect):
    client = connect()
    client.send_raw(PING + encode("ECHO", "a") + b"*1\r\n:1\r\n")
    assert client.read() == "PONG"
    assert client.read() == b"a"
    assert client.read().startswith("ERR Protocol error")


BROWSER_LINES = [
    b"POST / HTTP/1.1\r\n",
    b"Host: example.org\r\n",
    b"post / HTTP/1.1\r\n",
    pytest.param(b"GET / HTTP/1.1\r\n", marks=pytest.mark.beyond_stock),
    pytest.param(b"PUT /x HTTP/1.1\r\n", marks=pytest.mark.beyond_stock),
]


@pytest.mark.parametrize("line", BROWSER_LINES)
def test_a_request_of_a_browser_is_cut_off_and_nothing_after_it_runs(server, connect, line):
    client, other = connect(), connect()
    client.send_raw(line + encode("SET", "attack", "1"))
    assert client.is_closed(2.0)
    assert other("EXISTS", "attack") == 0
    wait_until(
        lambda: "SECURITY ATTACK" in server.log().upper(), what="a line about the attack in the log"
    )


@pytest.mark.beyond_stock
@pytest.mark.parametrize("method", [b"GET", b"PUT", b"OPTIONS", b"nosuch"])
def test_any_request_of_http_is_cut_off_and_nothing_after_it_runs(server, connect, method):
    client, other = connect(), connect()
    line = method + b" /x HTTP/1.1\r\n"
    client.send_raw(encode("SET", "before", "1") + line + encode("SET", "attack", "1"))
    assert client.is_closed(2.0)
    assert other("EXISTS", "attack") == 0
    assert other("EXISTS", "before") == 1


@pytest.mark.parametrize("words", [("POST",), ("host:", "x", "y")])
def test_an_attack_hidden_in_a_request_is_cut_off_too(connect, words):
    client, other = connect(), connect()
    client.send_raw(encode(*words) + encode("SET", "attack", "1"))
    assert client.is_closed(2.0)
    assert other("EXISTS", "attack") == 0


@pytest.mark.parametrize(
    "line", [b"SET\x00attack\x001\r\n", b"SET attack 1\x00\r\n", b"\x00SET attack 1\r\n"]
)
def test_a_line_with_a_zero_byte_runs_nothing(connect, line):
    client, other = connect(), connect()
    client.send_raw(line)
    other("PING")
    assert other("PING") == "PONG" and other("EXISTS", "attack") == 0


def test_a_tls_hello_runs_nothing(connect):
    client, other = connect(), connect()
    client.send_raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\nSET attack 1\r\n")
    other("PING")
    assert other("PING") == "PONG" and other("EXISTS", "attack") == 0


def test_an_announced_length_costs_no_memory(server, connect):
    before = rss_bytes(server)
    clients = [connect() for _ in range(200)]
    for client in clients:
        client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nx")
    assert connect()("PING") == "PONG"
    assert rss_bytes(server) - before < 64 * MEGABYTE


def test_an_announced_number_of_arguments_costs_no_memory(server, connect):
    before = rss_bytes(server)
    clients = [connect() for _ in range(200)]
    for client in clients:
        client.send_raw(b"*2000000000\r\n$1\r\nx\r\n")
    assert connect()("PING") == "PONG"
    assert rss_bytes(server) - before < 64 * MEGABYTE


def test_a_value_above_the_limit_is_refused_at_its_length(connect):
    client = connect()
    client("CONFIG", "SET", "proto-max-bulk-len", MEGABYTE)
    client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (MEGABYTE + 1))
    assert client.read() == "ERR Protocol error: invalid bulk length"
    assert client.is_closed(2.0)


# Before authentication


@pytest.fixture
def locked(server, connect):
    with server.client() as client:
        client("CONFIG", "SET", "requirepass", "secret")
    yield server
    with server.client(auth=["secret"]) as client:
        client("CONFIG", "SET", "requirepass", "")


UNAUTHENTICATED = {
    b"*11\r\n$4\r\nPING\r\n": "ERR Protocol error: unauthenticated multibulk length",
    b"*2\r\n$4\r\nECHO\r\n$16385\r\n": "ERR Protocol error: unauthenticated bulk length",
}


@pytest.mark.parametrize("wire", UNAUTHENTICATED, ids=lambda wire: repr(wire[:20]))
def test_big_requests_are_refused_before_authentication(locked, connect, wire):
    client = connect()
    client.send_raw(wire)
    assert client.read() == UNAUTHENTICATED[wire]
    assert client.is_closed(2.0)


def test_requests_at_the_limit_are_read_before_authentication(locked, connect):
    client = connect()
    assert client("GET", "x" * 16384).code == "NOAUTH"
    assert client(*["PING"] * 10).code == "NOAUTH"


def test_limits_are_lifted_by_authentication(locked, connect):
    client = connect()
    assert client("AUTH", "secret") == "OK"
    assert client("ECHO", "x" * 20000) == b"x" * 20000
    assert client("DEL", *["k"] * 100) == 0


def test_a_client_that_never_reads_is_cut_off_early_before_authentication(locked, connect):
    client = connect()
    client.sock.setblocking(False)
    sent = 0
    chunk = encode("GET", "k") * 1000
    for _ in range(20000):
        if not select.select([], [client.sock], [], 2.0)[1]:
            break
        try:
            sent += client.sock.send(chunk)
        except ConnectionError:
            break
    else:
        pytest.fail(f"still taken after {sent} bytes")
    info = Client(locked.address, auth=["secret"])
    with info:
        assert rss_bytes(locked) < 512 * MEGABYTE
        assert info("PING") == "PONG"


# Clients that do not read


def test_a_client_that_never_reads_is_closed_at_its_limit(server, connect):
    client, other = connect(), connect()
    other("SET", "big", b"x" * MEGABYTE)
    other("CONFIG", "SET", "client-output-buffer-limit", "normal 8mb 0 0")
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send_raw(encode("GET", "big") * 64)
    wait_until(
        lambda: other.info("clients")["connected_clients"] == "1", what="the client to be closed"
    )
    stats = other.info("stats")
    assert int(stats.get("client_output_buffer_limit_disconnections", 1)) == 1


def test_a_slow_reader_below_the_limit_gets_everything(connect):
    client = connect()
    client("SET", "big", b"x" * MEGABYTE)
    client.send_raw(encode("GET", "big") * 32)
    for _ in range(32):
        assert len(client.read()) == MEGABYTE


def test_a_subscriber_that_never_reads_is_closed_at_its_limit(server, connect):
    listener, speaker = connect(), connect()
    speaker("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0")
    listener("SUBSCRIBE", "c")
    message = b"x" * 100000

    def published_to_nobody():
        return speaker("PUBLISH", "c", message) == 0

    wait_until(published_to_nobody, what="the subscriber to be closed", deadline=10)


def test_others_are_served_while_one_does_not_read(connect):
    client, other = connect(), connect()
    other("SET", "big", b"x" * MEGABYTE)
    client.send_raw(encode("GET", "big") * 100)
    for _ in range(100):
        assert other("PING", timeout=2.0) == "PONG"


def test_a_client_that_stops_sending_in_the_middle_is_no_burden(connect):
    half, other = connect(), connect()
    half.send_raw(b"*2\r\n$3\r\nGET\r\n$10\r\nab")
    for _ in range(10):
        assert other("PING") == "PONG"
    half.send_raw(b"cdefghij\r\n")
    assert half.read() is None


# Many connections


def test_ten_thousand_idle_connections_leave_the_server_quick(fresh_server):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10000
    assert hard >= wanted + 500, "this test needs a hard limit of 10500 files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = fresh_server({"maxclients": wanted + 100, "tcp-backlog": 4096})
    idle = []
    try:
        for number in range(wanted):
            idle.append(socket.create_connection(server.address))
            if number % 2:
                idle[-1].sendall(b"*2\r\n$4\r\nEC")
        client = server.client()
        wait_until(lambda: int(client.info("clients")["connected_clients"]) > wanted, deadline=20)
        assert client.pipeline([("PING",)] * 1000) == ["PONG"] * 1000
        for sock in idle[:100:2]:
            sock.sendall(PING)
            assert sock.recv(7) == b"+PONG\r\n"
    finally:
        for sock in idle:
            sock.close()
    wait_until(lambda: client.info("clients")["connected_clients"] == "1", deadline=20)


def test_connections_that_come_and_go_leave_nothing_behind(server, connect):
    other = connect()
    for _ in range(500):
        with Client(server.address) as client:
            client.send_raw(b"*2\r\n$4\r\nECHO\r\n$100\r\nabc")
    wait_until(lambda: other.info("clients")["connected_clients"] == "1", deadline=10)


def test_a_reset_connection_does_not_disturb_others(connect):
    other = connect()
    for _ in range(50):
        client = connect()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        client.send_raw(encode("ECHO", "x" * 100) * 10)
        client.close()
    assert other("PING") == "PONG"


# Protocol versions


def test_hello_switches_to_resp3_and_back(client):
    reply = client("HELLO", "3")
    assert reply[b"proto"] == 3 and reply[b"server"] == b"redis" and reply[b"mode"] == b"standalone"
    assert {b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules"} <= set(reply)
    client.send_raw(encode("GET", "nothing"))
    assert client.reader.raw(2.0) == b"_\r\n"
    flat = client("HELLO", "2")
    assert dict(zip(flat[::2], flat[1::2]))[b"proto"] == 2
    client.send_raw(encode("GET", "nothing"))
    assert client.reader.raw(2.0) == b"$-1\r\n"


def test_an_unknown_protocol_version_is_refused_and_changes_nothing(client):
    assert client("HELLO", "4") == Error("NOPROTO unsupported protocol version")
    assert client("GET", "nothing") is None


def test_line_ends_never_get_into_an_error(client):
    client.send_raw(encode("NO\r\nSUCH", "a\r\nb"))
    reply = client.read()
    assert isinstance(reply, Error) and "\r" not in reply and "\n" not in reply
    assert client("PING") == "PONG"


def test_redis_cli_pipe_mode_line_between_requests_is_ignored(client):
    client.send_raw(PING + b"\r\n" + encode("ECHO", "x" * 20))
    assert client.read() == "PONG"
    assert client.read() == b"x" * 20
