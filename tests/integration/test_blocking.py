"""Clients that wait for keys: order, times, the ways a wait ends, and what waiting costs others."""

import socket
import time

import pytest
from skeintest import Client, Error, Null, encode, wait_until

NIL_LIST = Null(b"*-1")
UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK"


def blocked(client):
    return int(client.info("clients")["blocked_clients"])


@pytest.fixture
def waiters(server, client):
    """A factory of clients that wait: the command was sent and has begun to wait."""

    def start(*commands, proto=2):
        started = []
        for command in commands:
            before = blocked(client)
            waiter = server.client(proto=proto)
            waiter.number = waiter("CLIENT", "ID")
            waiter.send(*command)
            wait_until(lambda expected=before + 1: blocked(client) == expected)
            started.append(waiter)
        return started

    return start


# Who is served


def test_waiters_are_served_in_their_order(client, waiters):
    first, second, third = waiters(
        ("BLPOP", "k", 0), ("BLPOP", "other", "k", 0), ("BRPOP", "k", "k", 0)
    )
    client("RPUSH", "k", "1", "2", "3", "4")
    assert first.read() == [b"k", b"1"]
    assert second.read() == [b"k", b"2"]
    assert third.read() == [b"k", b"4"]
    assert client("LRANGE", "k", 0, -1) == [b"3"]
    assert blocked(client) == 0


def test_a_push_answers_before_what_it_fed_is_taken(client, waiters):
    (waiter,) = waiters(("BLPOP", "k", 0))
    assert client("RPUSH", "k", "a", "b") == 2
    assert waiter.read() == [b"k", b"a"]
    assert client("LLEN", "k") == 1


def test_transactions_and_scripts_end_before_anybody_is_served(client, waiters):
    first, second = waiters(("BLPOP", "a", "b", 0), ("BLPOP", "a", "b", 0))
    replies = client.pipeline(
        [("MULTI",), ("RPUSH", "b", 1), ("RPUSH", "a", 2), ("LLEN", "b"), ("EXEC",)]
    )
    assert replies[-1] == [1, 1, 1]
    assert first.read() == [b"b", b"1"]
    assert second.read() == [b"a", b"2"]
    (waiter,) = waiters(("BLPOP", "k", 0))
    script = "redis.call('rpush', 'k', 'a', 'b'); return redis.call('lpop', 'k')"
    assert client("EVAL", script, 0) == b"a"
    assert waiter.read() == [b"k", b"b"]
    (waiter,) = waiters(("BZPOPMIN", "z", 0))
    script = "redis.call('zadd', 'z', 1, 'm'); redis.call('del', 'z'); return 1"
    assert client("EVAL", script, 0) == 1
    assert waiter.is_quiet() and blocked(client) == 1
    assert client("EVAL", "return redis.call('blmpop', 0, 1, 'nothing', 'left')", 0) == Null(b"$-1")


def test_a_chain_of_moves_runs_to_its_end(client, waiters):
    moves = [("BLMOVE", f"k{i}", f"k{i + 1}", "LEFT", "RIGHT", 0) for i in reversed(range(20))]
    chain = waiters(("BRPOP", "k20", 0), *moves)
    client("RPUSH", "k0", "v")
    assert chain[0].read() == [b"k20", b"v"]
    assert [waiter.read() for waiter in chain[1:]] == [b"v"] * 20
    assert client("DBSIZE") == 0


def test_replies_have_the_shapes_of_each_protocol(client, waiters):
    for proto, score in (2, b"1.5"), (3, 1.5):
        list_waiter, zset_waiter, many = waiters(
            ("BLMPOP", 0, 2, "x", "k", "RIGHT", "COUNT", 2),
            ("BZPOPMAX", "x", "z", 0),
            ("BZMPOP", 0, 1, "zz", "MIN"),
            proto=proto,
        )
        client("RPUSH", "k", "1", "2", "3")
        client("ZADD", "z", 1.5, "m")
        client("ZADD", "zz", 1.5, "m")
        assert list_waiter.read() == [b"k", [b"3", b"2"]]
        assert zset_waiter.read() == [b"z", b"m", score]
        assert many.read() == [b"zz", [[b"m", score]]]
        client("FLUSHALL")


def test_who_pushes_for_himself_is_fed_by_others_only(client, waiters):
    (waiter,) = waiters(("BLMOVE", "k", "k", "LEFT", "RIGHT", 0))
    client("RPUSH", "k", "a")
    assert waiter.read() == b"a"
    assert client("LRANGE", "k", 0, -1) == [b"a"]


# Times


def test_a_time_ends_neither_early_nor_much_too_late(client):
    for command in ("BLPOP", "k", "0.05"), ("BLMOVE", "k", "d", "LEFT", "LEFT", "0.05"):
        began = time.monotonic()
        assert client(*command) == NIL_LIST
        assert 0.05 <= time.monotonic() - began < 1


def test_everybody_waits_for_his_own_time(client, server):
    waits = [0.80, 0.55, 0.70, 0.60, 0.65, 0.75]
    clients = {wait: server.client() for wait in waits}
    began = time.monotonic()
    for wait, one in clients.items():
        one.send("BZPOPMIN", "k", wait)
    wait_until(lambda: blocked(client) == len(waits))
    assert client.info("clients")["clients_in_timeout_table"] == str(len(waits))
    for wait in sorted(waits):
        assert clients[wait].read() == NIL_LIST
        assert wait <= time.monotonic() - began < wait + 2
    assert client.info("clients")["clients_in_timeout_table"] == "0"


@pytest.mark.beyond_stock
@pytest.mark.parametrize("timeout", ["inf", "1e30", "9223372036854775807", "9223372036854775"])
def test_times_beyond_the_clock_are_refused(client, timeout):
    for command in ("BLPOP", "k", timeout), ("BLMPOP", timeout, 1, "k", "LEFT"):
        assert str(client(*command)) == "ERR timeout is out of range"


# The ends of a wait


def test_client_unblock_ends_a_wait_in_two_ways(client, waiters):
    first, second, third = waiters(("BLPOP", "k", 0), ("BLPOP", "k", 0), ("BLPOP", "k", 0))
    assert client("CLIENT", "UNBLOCK", first.number) == 1
    assert client("CLIENT", "UNBLOCK", first.number) == 0
    assert first.read() == NIL_LIST
    assert client("CLIENT", "UNBLOCK", second.number, "ERROR") == 1
    assert str(second.read()) == UNBLOCKED
    assert client("CLIENT", "UNBLOCK", client("CLIENT", "ID")) == 0
    assert client("CLIENT", "UNBLOCK", 1 << 60) == 0
    client("RPUSH", "k", "a", "b")
    assert third.read() == [b"k", b"a"]
    assert first("LPOP", "k") == b"b"


def test_who_goes_away_takes_nothing(client, waiters):
    gone, killed, stays = waiters(("BLPOP", "k", 0), ("BLPOP", "k", 9), ("BLPOP", "k", 0))
    gone.close()
    assert client("CLIENT", "KILL", "ID", killed.number) == 1
    wait_until(lambda: blocked(client) == 1)
    client("RPUSH", "k", "a")
    assert stays.read() == [b"k", b"a"]
    assert killed.is_closed(5)
    assert client.info("clients")["clients_in_timeout_table"] == "0"


def test_a_client_that_is_closed_while_it_is_due_loses_no_element(client, waiters):
    (waiter,) = waiters(("BLPOP", "k", 0))
    number = waiter.number
    replies = client.pipeline(
        [("MULTI",), ("RPUSH", "k", "a"), ("CLIENT", "KILL", "ID", number), ("EXEC",)]
    )
    assert replies[-1] == [1, 1]
    assert client("LRANGE", "k", 0, -1) == [b"a"]


@pytest.mark.beyond_stock
def test_a_lost_right_is_told_when_the_key_comes(client, server):
    with server.client() as waiter:
        client("ACL", "SETUSER", "u", "on", ">p", "~k", "+blpop", "+ping")
        waiter("AUTH", "u", "p")
        waiter.send("BLPOP", "k", 0)
        wait_until(lambda: blocked(client) == 1)
        client("ACL", "SETUSER", "u", "-blpop")
        client("RPUSH", "k", "a")
        assert "NOPERM" in str(waiter.read())
        assert client("LLEN", "k") == 1
        waiter.send("PING")
        assert waiter.read() == "PONG"


def test_a_deleted_user_waits_no_more(client, server):
    client("ACL", "SETUSER", "u", "on", ">p", "~k", "+blpop")
    with server.client() as waiter:
        waiter("AUTH", "u", "p")
        waiter.send("BLPOP", "k", 0)
        wait_until(lambda: blocked(client) == 1)
        client("ACL", "DELUSER", "u")
        assert waiter.is_closed(5)
        wait_until(lambda: blocked(client) == 0)


# What was sent behind a command that waits


def test_what_follows_waits_and_then_runs_in_order(client, waiters):
    (waiter,) = waiters(("BLPOP", "k", 0))
    big = b"x" * 300000
    waiter.send("SET", "after", "1")
    waiter.send_raw(encode("INCR", "after") + encode("SET", "big", big)[:100000])
    waiter.send_raw(encode("SET", "big", big)[100000:] + encode("BLPOP", "k", 0))
    waiter.send("PING")
    assert client("EXISTS", "after", "big") == 0
    client("RPUSH", "k", "a")
    assert waiter.read() == [b"k", b"a"]
    assert [waiter.read() for _ in range(3)] == ["OK", 2, "OK"]
    assert client("STRLEN", "big") == len(big)
    wait_until(lambda: blocked(client) == 1)
    client("RPUSH", "k", "b")
    assert [waiter.read(), waiter.read()] == [[b"k", b"b"], "PONG"]


@pytest.mark.parametrize("last, reply", [("QUIT", "OK"), ("RESET", "RESET")])
def test_quit_and_reset_wait_their_turn(client, waiters, last, reply):
    (waiter,) = waiters(("BLPOP", "k", 0))
    waiter.send(last)
    waiter.send("PING")
    client("RPUSH", "k", "a")
    assert [waiter.read(), waiter.read()] == [[b"k", b"a"], reply]
    if last == "QUIT":
        assert waiter.is_closed(5)
    else:
        assert waiter.read() == "PONG"


def test_what_a_waiter_sends_is_bounded_like_other_requests(fresh_server):
    server = fresh_server({"client-query-buffer-limit": "1mb"})
    with server.client() as client, server.client() as waiter:
        waiter.send("BLPOP", "k", 0)
        wait_until(lambda: blocked(client) == 1)
        with pytest.raises((ConnectionError, socket.timeout, TimeoutError)):
            for _ in range(1000):
                waiter.send("SET", "k", "x" * 10000)
        wait_until(lambda: blocked(client) == 0)


def test_a_reply_that_is_to_be_skipped_is_skipped_when_it_comes(client, server):
    with server.client() as waiter:
        waiter.send("CLIENT", "REPLY", "SKIP")
        waiter.send("BLPOP", "k", 0)
        waiter.send("PING")
        wait_until(lambda: blocked(client) == 1)
        client("RPUSH", "k", "a")
        assert waiter.read() == "PONG"
        assert client("EXISTS", "k") == 0


# Pauses


@pytest.mark.beyond_stock
def test_a_pause_puts_serving_off(client, waiters):
    (waiter,) = waiters(("BLPOP", "k", 0))
    replies = client.pipeline(
        [("MULTI",), ("RPUSH", "k", "a"), ("CLIENT", "PAUSE", 60000, "WRITE"), ("EXEC",)]
    )
    assert replies[-1] == [1, "OK"]
    assert client("LLEN", "k") == 1 and waiter.is_quiet()
    assert client("CLIENT", "UNPAUSE") == "OK"
    assert waiter.read() == [b"k", b"a"]


def test_a_wait_that_ends_in_a_pause_is_answered(client, waiters):
    (waiter,) = waiters(("BLPOP", "k", "0.3"))
    client("CLIENT", "PAUSE", 60000, "WRITE")
    assert waiter.read() == NIL_LIST
    client("CLIENT", "UNPAUSE")


# What others see


def test_a_wait_is_seen_and_counted_once(client, waiters, server):
    with server.client() as watcher:
        client("CONFIG", "SET", "slowlog-log-slower-than", "20000")
        client("SLOWLOG", "RESET")
        client("CONFIG", "RESETSTAT")
        watcher("MONITOR")
        waiter, ended = waiters(("BLPOP", "k", 0), ("BLPOP", "never", "0.3"))
        line = client("CLIENT", "LIST", "ID", str(waiter.number))
        assert b" flags=b " in line and b" cmd=blpop " in line
        assert ended.read() == NIL_LIST
        client("RPUSH", "k", "a")
        assert waiter.read() == [b"k", b"a"]
        assert b"cmdstat_blpop:calls=2," in client("INFO", "commandstats")
        assert client("SLOWLOG", "LEN") == 0
        client("PING", "the end")
        seen = []
        while not seen or "the end" not in seen[-1]:
            seen.append(str(watcher.read()))
    assert sum('"BLPOP"' in line for line in seen) == 2


def test_errors_that_end_a_wait_are_counted(client, waiters):
    client("CONFIG", "RESETSTAT")
    waiter, other = waiters(("BLPOP", "k", 0), ("BLMOVE", "k", "string", "LEFT", "LEFT", 0))
    client("CLIENT", "UNBLOCK", waiter.number, "ERROR")
    client("SET", "string", "v")
    client("RPUSH", "k", "a")
    assert isinstance(waiter.read(), Error) and "WRONGTYPE" in str(other.read())
    assert client("LLEN", "k") == 1
    stats = client.info("errorstats")
    assert stats["errorstat_UNBLOCKED"] == "count=1"
    assert stats["errorstat_WRONGTYPE"] == "count=1"


def test_events_tell_of_the_push_and_then_of_the_pop(client, waiters, server):
    client("CONFIG", "SET", "notify-keyspace-events", "AKE")
    with server.client() as listener:
        listener("SUBSCRIBE", "__keyspace@0__:k", "__keyspace@0__:d")
        listener.read()
        (waiter,) = waiters(("BLMOVE", "k", "d", "LEFT", "LEFT", 0))
        client("RPUSH", "k", "a")
        assert waiter.read() == b"a"
        events = [listener.read()[2] for _ in range(4)]
    assert events == [b"rpush", b"lpush", b"lpop", b"del"]


# Many


def test_thousands_on_one_key_cost_others_nothing(fresh_server):
    server = fresh_server({"maxclients": "8000"})
    count = 5000
    request = encode("BLPOP", "crowded", 0)
    with server.client() as client:
        crowd = []
        for _ in range(count):
            sock = socket.create_connection(server.address)
            sock.sendall(request)
            crowd.append(sock)
        wait_until(lambda: blocked(client) == count, deadline=30)

        def work(rounds=300):
            commands = [("RPUSH", "quiet", "x"), ("LPOP", "quiet"), ("SET", "crowded", "v")]
            commands += [("DEL", "crowded"), ("ZADD", "crowded", 1, "m"), ("DEL", "crowded")]
            began = float(client.info("cpu")["used_cpu_user"])
            for _ in range(rounds):
                client.pipeline(commands)
            return float(client.info("cpu")["used_cpu_user"]) - began

        assert work() < 1.0
        client("RPUSH", "crowded", *range(100))
        for at in range(100):
            crowd[at].settimeout(10)
            value = str(at).encode()
            expected = b"*2\r\n$7\r\ncrowded\r\n$%d\r\n%s\r\n" % (len(value), value)
            assert crowd[at].recv(100) == expected
        assert blocked(client) == count - 100
        for sock in crowd[100:200] + crowd[-100:]:
            sock.close()
        wait_until(lambda: blocked(client) == count - 300, deadline=30)
        client("RPUSH", "crowded", "next")
        assert crowd[200].recv(100) == b"*2\r\n$7\r\ncrowded\r\n$4\r\nnext\r\n"
        for sock in crowd:
            sock.close()
        wait_until(lambda: blocked(client) == 0, deadline=30)
        assert client("PING") == "PONG"


def test_a_server_ends_although_clients_wait(fresh_server):
    server = fresh_server()
    with Client(server.address) as waiter, server.client() as client:
        waiter.send("BLPOP", "k", "100")
        wait_until(lambda: blocked(client) == 1)
        server.stop()
        assert waiter.is_closed(5)


# WAIT


def test_wait_counts_the_replicas_there_are(client, server, oracle):
    requests = [
        ("WAIT", 0, 0),
        ("WAIT", -1, 0),
        ("WAIT", 1, 20),
        ("WAIT", 1, -1),
        ("WAIT", "x", 0),
        ("WAIT", 1, "1.5"),
        ("WAIT", 1 << 64, 1),
        ("MULTI",),
        ("WAIT", 1, 0),
        ("EXEC",),
    ]
    with oracle.client() as stock:
        assert list(map(str, client.pipeline(requests))) == list(map(str, stock.pipeline(requests)))
    with server.client() as waiter:
        number = waiter("CLIENT", "ID")
        waiter.send("WAIT", 1, 0)
        wait_until(lambda: blocked(client) == 1)
        assert client("CLIENT", "UNBLOCK", number) == 1
        assert waiter.read() == 0


# Roles


def test_a_master_that_becomes_a_replica_sends_its_waiters_away(client, waiters, server):
    waiter, acked = waiters(("BLPOP", "k", 0), ("WAIT", 1, 0))
    with server.client() as other:
        other("REPLICAOF", "127.0.0.1", "1")
        try:
            for one in waiter, acked:
                assert str(one.read()).startswith("UNBLOCKED force unblock")
                assert one.is_closed(5)
            assert blocked(client) == 0
            assert "READONLY" in str(client("BLPOP", "k", 0))
        finally:
            other("REPLICAOF", "NO", "ONE")
    assert client("RPUSH", "k", "a") == 1
