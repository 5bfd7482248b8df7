"""Proves: WAITAOF counts only what is on disks, ours and those of replicas; replies in front of a
WAIT do not wait for its end."""

import signal
import threading
import time

from skeintest import Client, encode
from skeintest.replication import ask, follow, info, wait_online, wait_up
from skeintest.wait import wait_until

START_CONFIG = {"repl-diskless-sync-delay": "0", "enable-debug-command": "yes"}


def join(master, *replicas):
    for replica in replicas:
        follow(replica, master)
    wait_up(*replicas)
    wait_online(master, len(replicas))


# WAIT


def test_a_reply_in_front_of_a_wait_that_lasts_comes_before_its_end(start):
    master, replica = start(), start()
    join(master, replica)
    both = encode("SET", "k", 1) + encode("WAIT", 1, 0)
    with Client(master.address, timeout=20) as client:
        client.send_raw(both)
        assert (client.read(), client.read()) == ("OK", 1)
        replica.process.send_signal(signal.SIGSTOP)
        try:
            client.send_raw(both)
            assert client.read() == "OK"
        finally:
            replica.process.send_signal(signal.SIGCONT)
        assert client.read() == 1


# WAITAOF


WRITES, AT_MOST_SECONDS = 30, 20  # far below a beat of periodic work for each


def test_a_write_is_confirmed_by_our_disk_whatever_the_policy(start):
    server = start(appendonly="yes", appendfsync="no", hz="1")
    with Client(server.address, timeout=20) as client:
        began = time.monotonic()
        for i in range(WRITES):
            client("SET", "k", i)
            assert client("WAITAOF", 1, 0, 0) == [1, 0]
        assert time.monotonic() - began < AT_MOST_SECONDS
        assert client("WAITAOF", 0, 0, 0)[1] == 0


def test_a_replica_tells_of_its_disk_as_soon_as_it_has_synced(start):
    """It speaks without being asked once a second only."""
    master, replica = start(), start(appendonly="yes", appendfsync="always")
    join(master, replica)
    with Client(master.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAITAOF", 0, 1, 0) == [0, 1]
        began = time.monotonic()
        for i in range(WRITES):
            client("SET", "k", i)
            assert client("WAITAOF", 0, 1, 0) == [0, 1]
        assert time.monotonic() - began < AT_MOST_SECONDS


def test_what_was_confirmed_by_our_disk_survives_a_kill(start):
    server = start(appendonly="yes", appendfsync="no")
    with Client(server.address, timeout=20) as client:
        client("SET", "k", "kept")
        assert client("WAITAOF", 1, 0, 0) == [1, 0]
    server.process.kill()
    server.process.wait()
    server.start()
    assert ask(server, "GET", "k") == b"kept"


def test_only_replicas_with_a_file_count(start):
    master, writing, other = start(), start(appendonly="yes"), start()
    join(master, writing, other)
    with Client(master.address, timeout=20) as client:
        for i in range(3):
            client("SET", "k", i)
            assert client("WAITAOF", 0, 1, 0) == [0, 1]
        client("SET", "k", "last")
        assert client("WAIT", 2, 5000) == 2
        assert client("WAITAOF", 0, 2, 1) in ([0, 0], [0, 1])
        assert ask(other, "CONFIG", "SET", "appendonly", "yes") == "OK"
        assert client("WAITAOF", 0, 2, 0) == [0, 2]


def test_a_disk_that_stalls_confirms_nothing_however_far_the_replica_is(start):
    master, replica = start(), start(appendonly="yes", appendfsync="no")
    join(master, replica)
    with Client(master.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAIT", 1, 5000) == 1
        assert client("WAITAOF", 0, 1, 100) == [0, 0]
        assert ask(replica, "CONFIG", "SET", "appendfsync", "always") == "OK"
        assert client("WAITAOF", 0, 1, 0) == [0, 1]


def test_both_sides_are_counted_and_a_timeout_tells_what_there_is(start):
    master, replica = start(appendonly="yes"), start(appendonly="yes")
    join(master, replica)
    with Client(master.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAITAOF", 1, 1, 0) == [1, 1]
        client("SET", "k", 2)
        assert client("WAITAOF", 1, 2, 1500) == [1, 1]


def test_a_replica_takes_file_and_offsets_of_another_history(start):
    """Its file had more bytes of the old history than the new one has at all."""
    master, replica = start(), start(appendonly="yes")
    with Client(replica.address, timeout=20) as client:
        client("SET", "big", "x" * 100000)
        assert client("WAITAOF", 1, 0, 0) == [1, 0]
    join(master, replica)
    with Client(master.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAITAOF", 0, 1, 0) == [0, 1]
    assert ask(replica, "GET", "k") == b"1"
    assert info(master, "stats")["sync_full"] == "1"


def test_a_stock_master_takes_acknowledgements_of_a_replica_with_a_file(start):
    master, replica = start(stock=True), start(appendonly="yes")
    join(master, replica)
    with Client(master.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAIT", 1, 10000) == 1


def test_switching_the_file_off_refuses_those_who_wait_for_it(start):
    server = start(appendonly="yes")
    replies = []
    with Client(server.address, timeout=20) as client:
        client("SET", "k", 1)

        def wait():
            replies.append(client("WAITAOF", 1, 3, 0))

        thread = threading.Thread(target=wait)
        thread.start()
        wait_until(lambda: info(server, "clients")["blocked_clients"] == "1")
        assert ask(server, "CONFIG", "SET", "appendonly", "no") == "OK"
        thread.join(20)
    assert replies == [
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
    ]


def test_refusals_are_those_of_7_2(start):
    master, replica = start(), start()
    join(master, replica)
    assert ask(master, "WAITAOF", 2, 0, 0) == "ERR value is out of range"
    assert ask(master, "WAITAOF", "x", 0, 0) == "ERR value is not an integer or out of range"
    assert ask(master, "WAITAOF", 0, -1, 0) == "ERR value is out of range, must be positive"
    assert ask(master, "WAITAOF", 0, 0, -1) == "ERR timeout is negative"
    assert (
        ask(master, "WAITAOF", 1, 0, 0)
        == "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
    )
    assert str(ask(replica, "WAITAOF", 0, 0, 0)).startswith(
        "ERR WAITAOF cannot be used with replica instances."
    )


def test_transactions_and_scripts_do_not_wait(start):
    server = start(appendonly="yes")
    with Client(server.address, timeout=20) as client:
        client("SET", "k", 1)
        assert client("WAITAOF", 1, 0, 0) == [1, 0]
        client("MULTI")
        client("WAITAOF", 1, 1, 0)
        client("WAIT", 1, 0)
        assert client("EXEC") == [[1, 0], 0]
        assert client("EVAL", "return redis.call('waitaof', 1, 1, 0)", 0) == [1, 0]
        assert client("EVAL", "return redis.call('wait', 1, 0)", 0) == 0


def test_waitaof_is_described(start):
    server = start()
    row = ask(server, "COMMAND", "INFO", "WAITAOF")[0]
    assert row[1] == 4 and "blocking" in map(str, row[2])
    assert {"@slow", "@blocking", "@connection"} == set(map(str, row[6]))
    docs = ask(server, "COMMAND", "DOCS", "waitaof")[1]
    facts = dict(zip([bytes(word) for word in docs[::2]], docs[1::2]))
    assert facts[b"since"] == b"7.2.0" and facts[b"group"] == b"generic"
    assert [dict(zip(a[::2], a[1::2]))[b"name"] for a in facts[b"arguments"]] == [
        b"numlocal",
        b"numreplicas",
        b"timeout",
    ]
