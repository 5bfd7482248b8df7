"""MIGRATE: keys leave for another server, ours or a stock one, and nobody waits but the client that
asked."""

import contextlib
import socket
import time

import pytest
from skeintest import Error, wait_until
from skeintest.server import free_port

SERVER_CONFIG = {"repl-diskless-sync-delay": "0"}

UNREADABLE = "IOERR error or timeout reading to target instance"
UNWRITABLE = "IOERR error or timeout writing to target instance"


def error(text):
    return Error(text)


def move(client, target, *rest, key="", db=0, timeout=5000):
    return client("MIGRATE", "127.0.0.1", target.port, key, db, timeout, *rest)


def blocked(client):
    return int(client.info("clients")["blocked_clients"])


@pytest.fixture
def other(fresh_server):
    return fresh_server()


@pytest.fixture
def stock(oracle):
    with oracle.client() as client:
        client("FLUSHALL")
    yield oracle
    with oracle.client() as client:
        client("FLUSHALL")


class Mute:
    """A target that takes connections and answers what it is told, when it is told."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        self.port = self.listener.getsockname()[1]
        self.conn = None

    def accept(self):
        self.conn, _ = self.listener.accept()
        self.conn.settimeout(5)

    def expect(self, word):
        seen = b""
        while word not in seen:
            more = self.conn.recv(65536)
            assert more, f"the connection ended before {word!r}: {seen!r}"
            seen += more

    def say(self, text):
        self.conn.sendall(text)

    def close(self):
        for each in (self.conn, self.listener):
            if each:
                each.close()


@pytest.fixture
def mute():
    with contextlib.closing(Mute()) as target:
        yield target


EVERY_TYPE = (
    ("SET", "string", "text"),
    ("RPUSH", "list", *range(300)),
    ("SADD", "set", "a", "b", "c"),
    ("ZADD", "zset", 1, "a", 2.5, "b"),
    ("HSET", "hash", "f", "v" * 1000),
    ("XADD", "stream", "1-1", "f", "v"),
)
NAMES = [request[1] for request in EVERY_TYPE]


def check_every_type_moves(source, target):
    with source.client() as here, target.client() as there:
        here.pipeline(EVERY_TYPE)
        here("PEXPIRE", "string", 100_000)
        assert move(here, target, "KEYS", *NAMES, db=3) == "OK"
        assert here("DBSIZE") == 0 and there("DBSIZE") == 0
        there("SELECT", 3)
        assert there("DBSIZE") == len(NAMES)
        assert 50_000 < there("PTTL", "string") <= 100_000 and there("PTTL", "list") == -1
        assert there("GET", "string") == b"text"
        assert there("LRANGE", "list", 0, -1) == [str(n).encode() for n in range(300)]
        assert sorted(there("SMEMBERS", "set")) == [b"a", b"b", b"c"]
        assert there("ZRANGE", "zset", 0, -1, "WITHSCORES") == [b"a", b"1", b"b", b"2.5"]
        assert there("HGET", "hash", "f") == b"v" * 1000
        assert there("XRANGE", "stream", "-", "+") == [[b"1-1", [b"f", b"v"]]]


def test_every_type_moves_to_another_of_ours(server, other):
    check_every_type_moves(server, other)


def test_every_type_moves_to_a_stock_server(server, stock):
    check_every_type_moves(server, stock)


def test_a_stock_server_moves_every_type_to_us(stock, server):
    check_every_type_moves(stock, server)


def test_one_key_moves_and_big_ones_do(client, other):
    big = b"x" * (20 << 20)
    client("CONFIG", "SET", "rdbcompression", "no")
    client("SET", "k", big)
    assert move(client, other, key="k") == "OK"
    assert client("EXISTS", "k") == 0
    assert other.client()("GET", "k") == big


def test_copy_leaves_the_key_and_replace_takes_the_place_of_another(client, other):
    there = other.client()
    client("SET", "k", "ours")
    there("SET", "k", "theirs")
    busy = error("ERR Target instance replied with error: BUSYKEY Target key name already exists.")
    assert move(client, other, "COPY", key="k") == busy
    assert move(client, other, key="k") == busy
    assert client("GET", "k") == b"ours" and there("GET", "k") == b"theirs"
    assert move(client, other, "COPY", "REPLACE", key="k") == "OK"
    assert client("GET", "k") == b"ours" and there("GET", "k") == b"ours"
    assert move(client, other, "REPLACE", key="k") == "OK"
    assert client("EXISTS", "k") == 0


def test_a_key_the_target_refuses_stays_and_the_others_go(client, other):
    there = other.client()
    client("MSET", "a", 1, "b", 2, "c", 3)
    there("SET", "b", "theirs")
    reply = move(client, other, "KEYS", "a", "none", "b", "c", "a")
    assert str(reply).startswith("ERR Target instance replied with error: BUSYKEY")
    assert client("KEYS", "*") == [b"b"]
    assert there("MGET", "a", "b", "c") == [b"1", b"theirs", b"3"]


def test_a_target_with_a_password(client, other):
    there = other.client()
    there("ACL", "SETUSER", "mover", "on", ">word", "~*", "+@all")
    there("CONFIG", "SET", "requirepass", "secret")
    client("SET", "k", 1)
    prefix = "ERR Target instance replied with error: "
    assert str(move(client, other, key="k")).startswith(prefix + "NOAUTH")
    assert str(move(client, other, "AUTH", "wrong", key="k")).startswith(prefix + "WRONGPASS")
    assert client("EXISTS", "k") == 1
    assert move(client, other, "COPY", "AUTH", "secret", key="k") == "OK"
    assert move(client, other, "REPLACE", "AUTH2", "mover", "word", key="k") == "OK"
    assert client("EXISTS", "k") == 0 and there("GET", "k") == b"1"


@pytest.mark.beyond_stock
def test_a_database_the_target_does_not_have_gets_nothing_and_no_other_does(client, other):
    client("SET", "k", 1)
    reply = move(client, other, key="k", db=99)
    assert reply == error("ERR Target instance replied with error: ERR DB index is out of range")
    assert client("EXISTS", "k") == 1 and other.client()("INFO", "keyspace") == b"# Keyspace\r\n"


def test_missing_keys_are_told_without_asking_the_target(client):
    assert client("MIGRATE", "127.0.0.1", 1, "none", 0, 100) == "NOKEY"
    assert client("MIGRATE", "127.0.0.1", 1, "", 0, 100, "KEYS", "x", "y") == "NOKEY"
    assert client("MIGRATE", "127.0.0.1", 1, "", 0, 100, "KEYS") == "NOKEY"


def test_a_target_that_is_not_there(client):
    client("SET", "k", 1)
    assert client("MIGRATE", "127.0.0.1", free_port(), "k", 0, 1000) == error(UNWRITABLE)
    assert client("MIGRATE", "127.0.0.1", "x", "k", 0, 1000) == error(UNWRITABLE)
    reply = client("MIGRATE", "nosuch.invalid", 1, "k", 0, 5000)
    assert reply == error("IOERR error or timeout connecting to the client")
    assert client("GET", "k") == b"1" and blocked(client) == 0


def test_a_target_that_never_answers_is_given_up_after_the_timeout(client, mute):
    client("SET", "k", 1)
    start = time.monotonic()
    assert move(client, mute, key="k", timeout=200) == error(UNREADABLE)
    assert 0.2 <= time.monotonic() - start < 4
    assert move(client, mute, key="k", timeout=0) == error(UNREADABLE)
    assert client("EXISTS", "k") == 1


@pytest.mark.beyond_stock
def test_what_was_acknowledged_before_the_target_broke_off_is_gone(client, server, mute):
    client("MSET", "a", 1, "b", 2)
    mover = server.client()
    mover.send("MIGRATE", "127.0.0.1", mute.port, "", 0, 5000, "KEYS", "a", "b")
    mute.accept()
    mute.expect(b"SELECT")
    mute.say(b"+OK\r\n")
    mute.expect(b"\r\nb\r\n")
    mute.say(b"+OK\r\n")
    mute.conn.close()
    assert mover.read() == error(UNREADABLE)
    assert client("KEYS", "*") == [b"b"]


@pytest.mark.parametrize("nonsense", (b"HTTP/1.1 400\r\n", b"*99999999999999999\r\n", b"+OK\r\n!"))
def test_a_target_that_speaks_nonsense(client, server, mute, nonsense):
    client("SET", "k", 1)
    mover = server.client()
    mover.send("MIGRATE", "127.0.0.1", mute.port, "k", 0, 1000)
    mute.accept()
    mute.expect(b"SELECT")
    mute.say(nonsense)
    assert mover.read() == error(UNREADABLE)
    assert client("EXISTS", "k") == 1


@pytest.fixture
def waiting(server, client, mute):
    """A MIGRATE whose target has everything and has not answered yet."""

    def start(*rest, db=0):
        mover = server.client()
        mover.number = mover("CLIENT", "ID")
        mover.send("MIGRATE", "127.0.0.1", mute.port, "", db, 5000, *rest)
        mute.accept()
        mute.expect(b"SELECT")
        mute.say(b"+OK\r\n")
        mute.expect(b"RESTORE")
        return mover

    return start


CHANGES = (
    ("SET", "b", "new"),
    ("APPEND", "b", "2"),
    ("PERSIST", "b"),
    ("EXPIRE", "b", 500),
    ("DEL", "b"),
    ("FLUSHALL",),
)


@pytest.mark.beyond_stock
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_a_key_that_changed_meanwhile_is_kept_and_the_client_is_told(
    client, mute, waiting, change
):
    client("MSET", "a", 1, "b", 2)
    client("EXPIRE", "b", 1000)
    mover = waiting("KEYS", "a", "b")
    client(*change)
    before = client("EXISTS", "b"), client("GET", "b")
    mute.say(b"+OK\r\n+OK\r\n")
    assert "were changed while the target" in str(mover.read())
    assert (client("EXISTS", "b"), client("GET", "b")) == before
    assert client("EXISTS", "a") == 0


@pytest.mark.beyond_stock
def test_a_copy_does_not_care_about_changes(client, mute, waiting):
    client("SET", "b", 1)
    mover = waiting("COPY", "KEYS", "b")
    client("SET", "b", 2)
    mute.say(b"+OK\r\n")
    assert mover.read() == "OK"
    assert client("GET", "b") == b"2"


@pytest.mark.beyond_stock
def test_a_key_whose_time_was_over_meanwhile_was_moved(client, mute, waiting):
    client("SET", "k", 1, "PX", 50)
    mover = waiting("KEYS", "k")
    wait_until(lambda: client("EXISTS", "k") == 0)
    mute.say(b"+OK\r\n")
    assert mover.read() == "OK"


@pytest.mark.beyond_stock
def test_others_are_served_meanwhile_and_the_client_itself_waits(client, mute, waiting):
    client("SET", "k", 1)
    mover = waiting("KEYS", "k")
    assert client("GET", "k") == b"1" and blocked(client) == 1
    assert client("CLIENT", "UNBLOCK", mover.number) == 0
    mover.send("PING")
    assert mover.is_quiet()
    mute.say(b"+OK\r\n")
    assert [mover.read(), mover.read()] == ["OK", "PONG"]
    assert blocked(client) == 0


@pytest.mark.beyond_stock
def test_a_client_that_leaves_ends_its_migration(client, mute, waiting):
    client("SET", "k", 1)
    mover = waiting("KEYS", "k")
    client("CLIENT", "KILL", "ID", mover.number)
    assert mute.conn.recv(65536) is not None
    wait_until(lambda: blocked(client) == 0)
    assert client("GET", "k") == b"1"


@pytest.mark.beyond_stock
def test_a_pause_holds_back_the_deletion(client, mute, waiting):
    client("SET", "k", 1)
    mover = waiting("KEYS", "k")
    client("CLIENT", "PAUSE", 60_000, "WRITE")
    mute.say(b"+OK\r\n")
    assert mover.is_quiet() and client("GET", "k") == b"1"
    client("CLIENT", "UNPAUSE")
    assert mover.read() == "OK"
    assert client("EXISTS", "k") == 0


@pytest.mark.beyond_stock
def test_a_server_that_became_a_replica_meanwhile_deletes_nothing(client, mute, waiting):
    client("SET", "k", 1)
    mover = waiting("KEYS", "k")
    client("REPLICAOF", "127.0.0.1", free_port())
    mute.say(b"+OK\r\n")
    assert str(mover.read()).startswith("READONLY")
    client("REPLICAOF", "NO", "ONE")
    assert client("GET", "k") == b"1"


@pytest.mark.beyond_stock
def test_where_nobody_may_wait_it_is_refused(client, other):
    client("SET", "k", 1)
    refusal = "cannot run in transactions or scripts"
    request = ("MIGRATE", "127.0.0.1", other.port, "k", 0, 1000)
    assert refusal in str(client.pipeline([("MULTI",), request, ("EXEC",)])[-1][0])
    script = "return redis.pcall('MIGRATE', '127.0.0.1', ARGV[1], KEYS[1], 0, 1000)"
    assert refusal in str(client("EVAL", script, 1, "k", other.port))
    assert client("EXISTS", "k") == 1


def test_deleted_keys_are_told_to_replicas_watchers_and_listeners(
    server, client, other, fresh_server
):
    replica = fresh_server({"replicaof": f"127.0.0.1 {server.port}"})
    follower = replica.client()
    wait_until(lambda: follower.info("replication")["master_link_status"] == "up")
    client("CONFIG", "SET", "notify-keyspace-events", "Eg")
    client("MSET", "a", 1, "b", 2, "c", 3)
    wait_until(lambda: follower("DBSIZE") == 3)
    listener, watcher = server.client(), server.client()
    listener("SUBSCRIBE", "__keyevent@0__:del")
    watcher("WATCH", "a")
    assert move(client, other, "KEYS", "a", "b") == "OK"
    events = [listener.read(), listener.read()]
    assert [event[2] for event in events] == [b"a", b"b"]
    wait_until(lambda: follower("KEYS", "*") == [b"c"])
    watcher.pipeline([("MULTI",), ("PING",)])
    assert watcher("EXEC") != ["PONG"]


def test_bad_requests(client):
    client("SET", "k", 1)
    syntax = error("ERR syntax error")
    number = error("ERR value is not an integer or out of range")
    head = ("MIGRATE", "127.0.0.1", 1)
    assert client(*head, "k", 0, 10, "FOO") == syntax
    assert client(*head, "k", 0, 10, "AUTH") == syntax
    assert client(*head, "k", 0, 10, "AUTH2", "u") == syntax
    assert client(*head, "k", "x", 10) == number
    assert client(*head, "k", 0, "x") == number
    assert "must be set to the empty string" in str(client(*head, "k", 0, 10, "KEYS", "a"))
