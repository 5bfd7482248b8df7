"""What a client may cost: bytes of requests and replies, memory of all together, time to log in."""

import select
import socket
import time

import pytest
from skeintest import Client, Error, encode, wait_until

MEGABYTE = 1 << 20


def listed(line):
    return dict(part.split("=", 1) for part in bytes(line).decode().strip().split(" "))


def connected(client):
    return int(client.info("clients")["connected_clients"])


def stop_reading(client):
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


# Replies that nobody reads


def test_a_soft_limit_counts_the_time_even_when_nothing_new_is_written(connect):
    client, other = connect(), connect()
    other("SET", "big", b"x" * MEGABYTE)
    other("CONFIG", "SET", "client-output-buffer-limit", "normal 0 1mb 1")
    stop_reading(client)
    client.send_raw(encode("GET", "big") * 32)
    began = time.monotonic()
    wait_until(
        lambda: int(other.info("stats")["total_commands_processed"]) > 32,
        what="the requests to run",
    )
    assert connected(other) == 2, "the soft limit must not act at once"
    wait_until(lambda: connected(other) == 1, what="the client to be closed", deadline=8)
    assert time.monotonic() - began >= 1.0


def test_a_client_that_reads_in_time_keeps_its_connection(connect):
    client, other = connect(), connect()
    other("SET", "big", b"x" * MEGABYTE)
    other("CONFIG", "SET", "client-output-buffer-limit", "normal 0 1mb 2")
    for _ in range(3):
        client.send_raw(encode("GET", "big") * 8)
        for _ in range(8):
            assert len(client.read()) == MEGABYTE


def test_the_log_names_the_client_that_did_not_read(server, connect):
    client, other = connect(), connect()
    other("SET", "big", b"x" * MEGABYTE)
    client("CLIENT", "SETNAME", "lazy")
    other("CONFIG", "SET", "client-output-buffer-limit", "normal 4mb 0 0")
    stop_reading(client)
    client.send_raw(encode("GET", "big") * 64)
    wait_until(
        lambda: any(
            "name=lazy" in line and "overcoming of output buffer limits" in line
            for line in server.log().splitlines()
        ),
        what="a line in the log",
    )


# Requests that do not end


def test_a_request_beyond_the_query_buffer_is_cut_off(connect):
    client, other = connect(), connect()
    other("CONFIG", "SET", "client-query-buffer-limit", "1mb")
    client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (8 * MEGABYTE))
    with pytest.raises(ConnectionError):
        for _ in range(64):
            client.send_raw(b"x" * (MEGABYTE // 8))
            other("PING")
    assert other("EXISTS", "k") == 0
    assert int(other.info("stats").get("client_query_buffer_limit_disconnections", 1)) == 1


@pytest.mark.beyond_stock
def test_many_arguments_beyond_the_query_buffer_are_cut_off(connect):
    client, other = connect(), connect()
    other("CONFIG", "SET", "client-query-buffer-limit", "1mb")
    with pytest.raises(ConnectionError):
        client.send_raw(b"*100000\r\n$4\r\nMGET\r\n")
        for _ in range(64):
            client.send_raw(encode("x" * 1000)[4:] * 128)
            other("PING")


# The memory of all clients


@pytest.fixture
def heavy(connect):
    """A factory of clients that hold about the given number of bytes in an unfinished request."""

    def start(size):
        client = connect()
        client.number = client("CLIENT", "ID")
        client.send_raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (2 * size) + b"x" * size)
        return client

    return start


def memory_of(client, number):
    line = client("CLIENT", "LIST", "ID", str(number))
    return int(listed(line)["tot-mem"]) if line else 0


def test_the_biggest_client_is_evicted_when_all_use_too_much(connect, heavy):
    other = connect()
    big, small = heavy(4 * MEGABYTE), heavy(MEGABYTE)
    for client, size in [(big, 4 * MEGABYTE), (small, MEGABYTE)]:
        wait_until(lambda: memory_of(other, client.number) >= size, what="the bytes to arrive")
    other("CONFIG", "SET", "maxmemory-clients", "4mb")
    assert big.is_closed(2.0)
    assert memory_of(other, small.number) >= MEGABYTE
    assert other.info("stats")["evicted_clients"] == "1"
    assert other("PING") == "PONG"


def test_a_client_that_must_not_be_evicted_stays(connect, heavy):
    other, exempt = connect(), connect()
    exempt("CLIENT", "NO-EVICT", "ON")
    number = exempt("CLIENT", "ID")
    exempt.send_raw(b"*2\r\n$4\r\nECHO\r\n$8388608\r\n" + b"x" * 5 * MEGABYTE)
    wait_until(lambda: memory_of(other, number) >= 5 * MEGABYTE, what="the bytes to arrive")
    small = heavy(MEGABYTE)
    wait_until(lambda: memory_of(other, small.number) >= MEGABYTE, what="the bytes to arrive")
    other("CONFIG", "SET", "maxmemory-clients", str(memory_of(other, number) + MEGABYTE // 2))
    assert small.is_closed(2.0)
    assert memory_of(other, number) >= 5 * MEGABYTE


def test_a_share_of_maxmemory_may_be_the_limit(connect, heavy):
    other = connect()
    small, big = heavy(MEGABYTE), heavy(4 * MEGABYTE)
    for client, size in [(big, 4 * MEGABYTE), (small, MEGABYTE)]:
        wait_until(lambda: memory_of(other, client.number) >= size, what="the bytes to arrive")
    other("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-clients", "4%")
    assert big.is_closed(5.0)
    assert memory_of(other, small.number) >= MEGABYTE


# Before authentication


@pytest.fixture
def locked(server):
    with server.client() as client:
        client("CONFIG", "SET", "requirepass", "secret")
    yield server
    with server.client(auth=["secret"]) as client:
        client("CONFIG", "SET", "requirepass", "")


@pytest.mark.beyond_stock
def test_a_stranger_is_sent_away_after_ten_seconds(locked):
    stranger = Client(locked.address)
    known = Client(locked.address, auth=["secret"])
    began = time.monotonic()
    wait_until(lambda: stranger.is_closed(0.1), what="the stranger to be closed", deadline=15)
    assert time.monotonic() - began > 9
    assert known("PING") == "PONG"


@pytest.mark.beyond_stock
def test_a_stranger_may_keep_no_more_than_64_kilobytes_of_requests(locked):
    with Client(locked.address) as stranger, Client(locked.address, auth=["secret"]) as admin:
        number = int(admin("CLIENT", "ID")) - 1
        stranger.send_raw(b"*10\r\n" + (b"$16000\r\n" + b"x" * 16000 + b"\r\n") * 3)
        wait_until(lambda: memory_of(admin, number) > 40000, what="the bytes to arrive")
        stranger.send_raw((b"$16000\r\n" + b"x" * 16000 + b"\r\n") * 3)
        assert stranger.is_closed(2.0)


def test_floods_of_strangers_cost_little(locked):
    admin = Client(locked.address, auth=["secret"])
    before = int(admin.info("memory")["used_memory"])
    strangers = [Client(locked.address) for _ in range(300)]
    for number, stranger in enumerate(strangers):
        stranger.send_raw([b"*10\r\n$16384\r\nx", b"x" * 60000, b"*10\r\n", b"$"][number % 4])
    admin("PING")
    assert int(admin.info("memory")["used_memory"]) - before < 300 * 64 * 1024
    assert admin("PING") == "PONG"


# Big arguments, which are read to where they stay


SIZES = [65535, 65536, 65537, 200000, 3 * MEGABYTE]


@pytest.mark.parametrize("size", SIZES)
def test_a_big_argument_arrives_in_any_portions(connect, size):
    client = connect()
    value = bytes(range(251)) * (size // 251 + 1)
    value = value[:size]
    wire = encode("SET", "big", value) + encode("GET", "big")
    for portion in [len(wire), 65536, 100003]:
        for start in range(0, len(wire), portion):
            client.send_raw(wire[start : start + portion])
        assert client.read() == "OK"
        assert client.read() == value
        client("DEL", "big")


def test_the_ends_of_a_big_argument_arrive_byte_by_byte(connect):
    client, other = connect(), connect()
    value = b"v" * 100000
    wire = encode("SET", "big", value) + encode("PING")
    for byte in wire[:60]:
        client.send_raw(bytes([byte]))
        other("PING")
    client.send_raw(wire[60:-40])
    for byte in wire[-40:]:
        client.send_raw(bytes([byte]))
        other("PING")
    assert client.read() == "OK" and client.read() == "PONG"
    assert other("GET", "big") == value


def test_several_big_arguments_and_big_ones_that_are_not_last(client):
    a, b, c = b"a" * 100000, b"b" * 200000, b"c" * 70000
    assert client("MSET", "a", a, "b", b, "c", c) == "OK"
    assert client("MGET", "a", "b", "c") == [a, b, c]
    assert client("SET", "a", b, "EX", "100") == "OK"
    assert client("GET", "a") == b and 0 < client("TTL", "a") <= 100
    assert client("SET", a, "key is big") == "OK"
    assert client("GET", a) == b"key is big"


def test_a_big_argument_that_is_not_kept_is_given_back(client):
    value = b"x" * 300000
    assert client("ECHO", value) == value
    assert client("APPEND", "a", value) == 300000
    assert client("APPEND", "a", value) == 600000
    assert client("SETRANGE", "r", "5", value) == 300005
    assert isinstance(client("NOSUCH", value), Error)
    assert isinstance(client("GET", "a", value), Error)
    assert client("EXISTS", value) == 0


def test_a_big_argument_waits_in_a_transaction(client):
    value = b"x" * 300000
    client("MULTI")
    assert client("SET", "a", value) == "QUEUED"
    assert client("SET", "b", value) == "QUEUED"
    assert client("EXEC") == ["OK", "OK"]
    assert client("GET", "a") == value and client("GET", "b") == value
    client("MULTI")
    assert client("SET", "a", b"y" * 300000) == "QUEUED"
    assert client("DISCARD") == "OK"
    assert client("GET", "a") == value


def test_a_connection_that_breaks_in_a_big_argument_leaves_nothing(connect):
    other = connect()
    for filled in [0, 10, 65536, 150000, 200001]:
        client = connect()
        client.send_raw(encode("SET", "big", b"x" * 200000)[: filled + 30])
        other("PING")
        client.close()
    wait_until(lambda: connected(other) == 1, what="the clients to be gone")
    assert other("EXISTS", "big") == 0


def test_a_value_and_its_copies_do_not_change_each_other(client):
    value = b"x" * 300000
    client("SET", "a", value)
    client("SET", "b", value)
    client("COPY", "a", "c")
    client("APPEND", "a", "y")
    client("SETRANGE", "c", "0", "z")
    assert client("GET", "a") == value + b"y" and client("GET", "b") == value
    assert client("GET", "c") == b"z" + value[1:]


def test_a_reply_being_sent_keeps_the_value_it_had(connect):
    client, other = connect(), connect()
    value = b"x" * (4 * MEGABYTE)
    other("SET", "big", value)
    client.send("GET", "big")
    select.select([client.sock], [], [], 5)
    other("SETRANGE", "big", "0", b"y" * 100)
    other("DEL", "big")
    assert client.read() == value


# What an idle connection costs


@pytest.mark.beyond_stock
def test_an_idle_connection_costs_less_than_two_kilobytes(fresh_server):
    server = fresh_server()
    admin = server.client()
    admin("PING")
    before = int(admin.info("memory")["used_memory"])
    idle = [socket.create_connection(server.address) for _ in range(500)]
    try:
        for sock in idle:
            sock.sendall(encode("PING"))
            assert sock.recv(7) == b"+PONG\r\n"
            sock.sendall(b"*2\r\n$4\r\nEC")
        wait_until(
            lambda: int(admin.info("memory")["used_memory"]) - before < len(idle) * 2048,
            what="buffers of idle clients to be given back",
            deadline=8,
        )
        assert connected(admin) == len(idle) + 1
    finally:
        for sock in idle:
            sock.close()
