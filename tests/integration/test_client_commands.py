"""CLIENT, HELLO, AUTH and RESET: what they answer, whom they find, and what they leave behind."""

import time

import pytest
from skeintest import Client, Error, encode, wait_until

FIELDS = (
    "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem "
    "rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver"
).split()
SAME_AS_STOCK = (
    "name flags db sub psub ssub multi argv-mem events cmd user redir resp".split()
)


def listed(line):
    return dict(part.split("=", 1) for part in bytes(line).decode().strip().split(" "))


def info(client):
    return listed(client("CLIENT", "INFO"))


def lines(client, *words):
    text = bytes(client("CLIENT", "LIST", *words)).decode()
    return [listed(line.encode()) for line in text.splitlines()]


# The line of a client


@pytest.mark.beyond_stock
def test_a_line_has_the_fields_of_7_2_in_their_order(client):
    line = bytes(client("CLIENT", "INFO")).decode()
    assert line.endswith("\n")
    assert [part.split("=", 1)[0] for part in line.strip().split(" ")] == FIELDS


STATES = {
    "new": [],
    "named": [("CLIENT", "SETNAME", "me"), ("SELECT", "3")],
    "transaction": [("MULTI",), ("PING",), ("PING",)],
    "watching": [("WATCH", "k"), ("SET", "k", "v"), ("MULTI",)],
    "tracking": [("CLIENT", "TRACKING", "ON", "BCAST")],
    "resp3 subscriber": [
        ("HELLO", "3"),
        ("SUBSCRIBE", "a"),
        ("PSUBSCRIBE", "b*"),
        ("SSUBSCRIBE", "c"),
    ],
    "not to be evicted": [("CLIENT", "NO-EVICT", "ON")],
}


def settle(client, commands):
    """Reads what each command answers: a reply, or for a subscription of RESP3 a push."""
    for _ in commands:
        client.read_any()


@pytest.mark.parametrize("name", STATES)
def test_a_line_says_what_the_stock_server_says(server, oracle, name):
    seen = []
    began = time.monotonic()
    for one in [server, oracle]:
        with one.client() as client, one.client() as watcher:
            number = client("CLIENT", "ID")
            for words in STATES[name]:
                client.send(*words)
            settle(client, STATES[name])
            line = lines(watcher, "ID", str(number))[0]
            seen.append({field: line[field] for field in SAME_AS_STOCK if field != "argv-mem"})
            # Whole seconds between two readings of a clock: one more when a second has turned.
            limit = time.monotonic() - began + 1
            assert 0 <= int(line["age"]) <= limit and 0 <= int(line["idle"]) <= limit
    assert seen[0] == seen[1]


def test_the_line_of_the_caller_names_its_own_command(client):
    fields = info(client)
    assert fields["cmd"] == "client|info" and fields["argv-mem"] == "10"


def test_a_list_can_be_limited_to_a_type_or_to_ids(connect):
    one, other, subscriber = connect(), connect(), connect()
    subscriber("SUBSCRIBE", "c")
    ids = [str(client("CLIENT", "ID")) for client in [one, other]]
    assert [line["id"] for line in lines(one, "ID", *ids, "999999")] == ids
    assert [line["sub"] for line in lines(one, "TYPE", "pubsub")] == ["1"]
    assert lines(one, "TYPE", "master") == [] and lines(one, "TYPE", "replica") == []
    assert {line["id"] for line in lines(one, "TYPE", "normal")} >= set(ids)


# Killing


def test_a_client_that_kills_itself_is_answered_first(connect):
    client = connect()
    number = client("CLIENT", "ID")
    client.send_raw(
        encode("CLIENT", "KILL", "ID", number, "SKIPME", "no") + encode("SET", "after", "1")
    )
    assert client.read() == 1
    assert client.is_closed(2.0)
    assert connect()("EXISTS", "after") == 0


def test_killing_by_address_user_and_type(connect):
    killer = connect()
    victim = connect()
    assert killer("CLIENT", "KILL", info(victim)["addr"]) == "OK"
    assert victim.is_closed(2.0)
    killer("ACL", "SETUSER", "bob", "on", ">p", "+@all", "~*", "&*")
    victim = connect()
    victim("AUTH", "bob", "p")
    assert killer("CLIENT", "KILL", "USER", "bob") == 1
    assert victim.is_closed(2.0)
    subscriber, other = connect(), connect()
    subscriber("SUBSCRIBE", "c")
    assert killer("CLIENT", "KILL", "TYPE", "pubsub") == 1
    assert subscriber.is_closed(2.0) and other("PING") == "PONG"
    assert killer("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") >= 1
    assert other.is_closed(2.0) and killer("PING") == "PONG"


def test_all_filters_must_fit(connect):
    killer, victim = connect(), connect()
    address = info(victim)["addr"]
    assert killer("CLIENT", "KILL", "ADDR", address, "TYPE", "pubsub") == 0
    assert killer("CLIENT", "KILL", "ADDR", address, "LADDR", info(killer)["laddr"]) == 1
    assert victim.is_closed(2.0)


def test_sentinels_transaction_survives_killing_everybody(connect):
    """A failover ends with CLIENT KILL TYPE normal inside MULTI: the rest of it must still run."""
    sentinel, other = connect(), connect()
    sentinel("MULTI")
    sentinel("CLIENT", "KILL", "TYPE", "normal")
    sentinel("CLIENT", "KILL", "TYPE", "pubsub")
    sentinel("SET", "done", "1")
    assert sentinel("EXEC")[2] == "OK"
    assert other.is_closed(2.0) and sentinel("GET", "done") == b"1"


# Pauses


def test_a_pause_of_writes_lets_reads_through_and_keeps_the_order_of_writes(connect):
    admin, reader = connect(), connect()
    writers = [connect() for _ in range(5)]
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    for number, writer in enumerate(writers):
        writer.send(
            "RPUSH" if reader("COMMAND", "INFO", "rpush")[0] else "APPEND", "order", str(number)
        )
        wait_until(lambda: info_of(reader, writer_ids(reader))[number], what="the writer to wait")
    assert reader("EXISTS", "order") == 0
    assert admin("CLIENT", "UNPAUSE") == "OK"
    for writer in writers:
        assert writer.read() is not None
    if reader("TYPE", "order") == "string":
        assert reader("GET", "order") == b"01234"
    else:
        assert reader("LRANGE", "order", "0", "-1") == [b"0", b"1", b"2", b"3", b"4"]


def writer_ids(client):
    return [line["id"] for line in lines(client)]


def info_of(client, ids):
    """Whether each connection waits, in the order of their ids, without those that never do."""
    waiting = sorted((int(line["id"]), "b" in line["flags"]) for line in lines(client))
    return [flag for _, flag in waiting if flag] + [False] * len(ids)


@pytest.mark.parametrize("words", [("PUBLISH", "c", "m"), ("SET", "k", "v"), ("EVALSHA_RO",)])
def test_only_what_may_change_data_waits_for_writes(connect, words):
    admin, client = connect(), connect()
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    client.send(*words)
    if words[0] == "EVALSHA_RO":
        assert isinstance(client.read(), Error)
        admin("CLIENT", "UNPAUSE")
        return
    wait_until(lambda: info_of(admin, [])[:1] == [True], what="the client to wait")
    admin("CLIENT", "UNPAUSE")
    assert not isinstance(client.read(), Error)


def test_a_transaction_with_writes_waits_at_exec(connect):
    admin, client = connect(), connect()
    client("MULTI")
    client("SET", "k", "v")
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    client.send("EXEC")
    wait_until(lambda: info_of(admin, [])[:1] == [True], what="the client to wait")
    assert admin("EXISTS", "k") == 0
    admin("CLIENT", "UNPAUSE")
    assert client.read() == ["OK"]


def test_a_full_pause_holds_everybody_until_its_time_is_over(connect):
    admin, client = connect(), connect()
    began = time.monotonic()
    assert admin("CLIENT", "PAUSE", "300", "ALL") == "OK"
    assert client("PING") == "PONG"
    assert time.monotonic() - began >= 0.29


def test_a_pipeline_in_a_pause_is_answered_whole_and_in_order(connect):
    admin, client = connect(), connect()
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    client.send_raw(
        encode("GET", "n") + b"".join(encode("INCR", "n") for _ in range(500)) + encode("PING")
    )
    assert client.read() is None
    admin("CLIENT", "UNPAUSE")
    assert [client.read() for _ in range(500)] == list(range(1, 501))
    assert client.read() == "PONG"


def test_a_big_value_that_arrives_in_a_pause_is_stored_when_it_ends(connect):
    admin, client = connect(), connect()
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    value = bytes(range(256)) * 4096
    client.send_raw(encode("SET", "big", value) + encode("STRLEN", "big"))
    wait_until(lambda: info_of(admin, [])[:1] == [True], what="the client to wait")
    assert admin("EXISTS", "big") == 0
    admin("CLIENT", "UNPAUSE")
    assert client.read() == "OK" and client.read() == len(value)
    assert admin("GET", "big") == value


def test_nothing_expires_while_writes_are_paused(connect):
    admin, reader = connect(), connect()
    admin("SET", "k", "v", "PX", "50")
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    wait_until(lambda: reader("GET", "k") is None, what="the key to be hidden")
    assert admin("DBSIZE") == 1
    admin("CLIENT", "UNPAUSE")
    wait_until(lambda: admin("DBSIZE") == 0, what="the key to be deleted")


def test_a_waiting_client_that_is_killed_is_gone(connect):
    admin, client = connect(), connect()
    number = client("CLIENT", "ID")
    admin("CLIENT", "PAUSE", "60000", "WRITE")
    client.send("SET", "k", "v")
    wait_until(
        lambda: "b" in lines(admin, "ID", str(number))[0]["flags"], what="the client to wait"
    )
    assert admin("CLIENT", "KILL", "ID", str(number)) == 1
    assert client.is_closed(2.0)
    admin("CLIENT", "UNPAUSE")
    assert admin("EXISTS", "k") == 0


# Replies turned off


def test_reply_off_silences_errors_too_but_not_pushes(connect):
    client, speaker = connect(), connect()
    client("HELLO", "3")
    client.send("SUBSCRIBE", "c")
    assert client.next_push()[0] == b"subscribe"
    client.send("CLIENT", "REPLY", "OFF")
    client.send("NOSUCH")
    client.send("PING")
    wait_until(lambda: speaker("PUBLISH", "c", "m") == 1, what="the subscription")
    client.send("CLIENT", "REPLY", "ON")
    raw = b""
    while not raw.endswith(b"+OK\r\n"):
        raw += client.reader.raw(2.0)
    assert raw == b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n+OK\r\n"


def test_reply_skip_leaves_out_exactly_one_answer(client):
    client.send_raw(encode("CLIENT", "REPLY", "SKIP") + encode("NOSUCH") + encode("PING"))
    assert client.read() == "PONG"
    client.send_raw(encode("CLIENT", "REPLY", "OFF") + encode("CLIENT", "REPLY", "SKIP"))
    client.send_raw(encode("PING") + encode("PING") + encode("CLIENT", "REPLY", "ON"))
    assert client.read() == "OK"


# Reset


@pytest.mark.beyond_stock
def test_reset_makes_a_connection_new(connect):
    client = connect()
    fresh = info(connect())
    client("HELLO", "3", "SETNAME", "me")
    client("SELECT", "3")
    client("CLIENT", "NO-EVICT", "ON")
    client("CLIENT", "NO-TOUCH", "ON")
    client("CLIENT", "TRACKING", "ON")
    client.send("SUBSCRIBE", "c")
    assert client.next_push()[0] == b"subscribe"
    client("WATCH", "k")
    client("MULTI")
    assert client("RESET") == "RESET"
    fields = info(client)
    for field in ["name", "flags", "db", "sub", "multi", "user", "redir", "resp"]:
        assert fields[field] == fresh[field], field
    assert client("EXEC") == "ERR EXEC without MULTI"


def test_reset_takes_the_login_back(connect):
    client = connect()
    client("ACL", "SETUSER", "bob", "on", ">p", "+@all", "~*", "&*")
    client("AUTH", "bob", "p")
    assert client("ACL", "WHOAMI") == b"bob"
    client("RESET")
    assert client("ACL", "WHOAMI") == b"default"


# Logging in


@pytest.fixture
def locked(server):
    with server.client() as client:
        client("CONFIG", "SET", "requirepass", "secret")
    yield server
    with server.client(auth=["secret"]) as client:
        client("CONFIG", "SET", "requirepass", "")


def test_hello_logs_in_names_and_switches_at_once(locked):
    with Client(locked.address) as client:
        assert client("HELLO", "3").code == "NOAUTH"
        assert client("HELLO", "3", "AUTH", "default", "wrong").code == "WRONGPASS"
        reply = client("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me")
        assert reply[b"proto"] == 3 and reply[b"role"] == b"master" and reply[b"modules"] == []
        assert client("CLIENT", "GETNAME") == b"me"


@pytest.mark.beyond_stock
def test_guessing_passwords_becomes_slow_for_one_address_and_stays_possible(locked):
    with Client(locked.address) as client:
        began = time.monotonic()
        for _ in range(5):
            assert client("AUTH", "wrong").code == "WRONGPASS"
        assert time.monotonic() - began < 0.1
        assert client("AUTH", "wrong").code == "WRONGPASS"
        assert time.monotonic() - began > 0.09
        with Client(locked.address) as other:
            assert other("AUTH", "secret") == "OK"
        assert time.monotonic() - began > 0.28
        assert client("AUTH", "secret") == "OK"
