"""Proves rows 13, 30 to 34 and 38 of the fault catalogue: connections that are slow, one-way, half
open or flapping, replicas that do not read, values larger than the backlog; and what clients are
told meanwhile."""

import signal
import time

import pytest
from skeintest import Client, Error
from skeintest.proxy import behind_mark
from skeintest.replication import (
    ask,
    bulk,
    digest,
    fill,
    follow,
    info,
    is_up,
    offset,
    promote,
    refused,
    syncs,
    wait_down,
    wait_same,
    wait_up,
)
from skeintest.rogue import RogueMaster, RogueReplica, full_resync, show_life, stock_snapshot
from skeintest.wait import wait_until

# Short enough to be waited for.
TIMEOUT = {"repl_timeout": "2", "repl_ping_replica_period": "1"}
# A link that was up for longer is one that works.
STABLE_SECONDS = 2.2


def attach(proxy, master, replica, **options):
    way = proxy(master, **options)
    follow(replica, way)
    wait_up(replica)
    wait_same(master, replica)
    return way


def goods(master):
    return int(info(master)["min_slaves_good_slaves"])


def test_30_a_peer_that_vanished_is_replaced_when_it_comes_back(start, proxy):
    """The other end of its connection is still open: its own return ends it."""
    master, replica = start(), start()
    fill(master, 50)
    way = attach(proxy, master, replica)
    way.vanish()
    wait_until(lambda: way.accepted == 2, 20, "it comes back")
    wait_up(replica)
    wait_until(lambda: info(master)["connected_slaves"] == "1", 10, "the old connection is gone")
    ask(master, "SET", "after", 1)
    wait_same(master, replica)
    assert "it came back on another connection" in master.log()
    assert syncs(master) == (1, 1)


def test_30_a_peer_that_vanished_for_good_is_given_up_after_the_timeout(start, proxy):
    master, replica = start(**TIMEOUT), start()
    way = attach(proxy, master, replica)
    way.is_closed = True
    way.vanish()
    assert info(master)["connected_slaves"] == "1"
    wait_until(lambda: info(master)["connected_slaves"] == "0", 20, "it is given up")
    assert "silent for longer than repl-timeout" in master.log()


def test_31_nothing_comes_from_the_master(start, proxy):
    """The replica's own timer ends the link; it serves what it has."""
    master, replica = start(**TIMEOUT), start(**TIMEOUT)
    fill(master, 20)
    way = attach(proxy, master, replica)
    way.to_client.is_swallowed = True
    wait_down(replica)
    assert "silent for longer than repl-timeout" in replica.log()
    assert ask(replica, "GET", "key:1") is not None
    way.to_client.is_swallowed = False
    ask(master, "SET", "after", 1)
    wait_up(replica)
    wait_same(master, replica)
    assert syncs(master)[0] == 1


def test_31_nothing_comes_from_the_replica(start, proxy):
    """It is not good any more: writes are refused, WAIT counts nobody, nothing is believed."""
    master, replica = start(min_replicas_to_write="1", min_replicas_max_lag="1"), start()
    way = proxy(master)
    follow(replica, way)
    wait_until(lambda: not isinstance(ask(master, "SET", "a", 1), Error), 20, "writes pass")
    wait_up(replica)
    with Client(master.address, timeout=10) as client:
        assert client("SET", "a", 2) == "OK" and client("WAIT", 1, 10000) == 1
        way.to_server.is_swallowed = True
        assert client("SET", "a", 3) == "OK" and client("WAIT", 1, 50) == 0
        wait_until(lambda: isinstance(client("SET", "a", 4), Error), 20, "writes are refused")
        assert str(client("SET", "a", 5)).startswith("NOREPLICAS")
        assert client("WAIT", 1, 50) == 0 and goods(master) == 0
    assert "state=online" in info(master)["slave0"]
    way.cut()
    way.to_server.is_swallowed = False
    wait_until(lambda: goods(master) == 1, 20, "it is good again")
    assert not isinstance(ask(master, "SET", "a", 4), Error)
    wait_up(replica)
    wait_same(master, replica)


def test_32_a_slow_path_that_splits_everything(start, proxy):
    """Slower, and nothing else: no snapshot, no reconnection."""
    master, replica = start(), start()
    way = attach(proxy, master, replica)
    for piece, delay, writes in ((1, 0, 40), (7, 0.001, 60), (1000, 0.1, 200)):
        for flow in (way.to_client, way.to_server):
            flow.piece, flow.delay = piece, delay
        with Client(master.address) as client:
            client.pipeline([("SET", f"slow:{i}", f"{piece}") for i in range(writes)])
        wait_same(master, replica)
    assert syncs(master) == (1, 0) and way.accepted == 1


def read_bytes(replica):
    """Of the snapshot that comes, by the replica."""
    return int(info(replica).get("master_sync_read_bytes", -1))


def test_32_a_snapshot_in_pieces_of_one_byte(start, proxy):
    """Its end stays away when half of the mark has been read."""
    master, replica = start(), start()
    fill(master, 30)
    way = proxy(master)
    way.to_client.piece = way.to_server.piece = 1
    find, lengths = behind_mark(-20), []

    def find_half_mark(seen):
        at = find(seen)
        if at is not None:
            lengths.append(at - 20 - (seen.find(b"$EOF:") + 47))
        return at

    way.to_client.find_stall = find_half_mark
    follow(replica, way)
    wait_until(lambda: way.to_client.is_stalled, 20, "half of the mark has come")
    wait_until(lambda: read_bytes(replica) >= lengths[0], 20, "it is read")
    assert not is_up(replica)
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)
    assert syncs(master) == (1, 0)


def test_33_a_flapping_link(start, proxy):
    """One snapshot, and attempts that grow rarer."""
    master, replica = start(), start()
    fill(master, 50)
    way = attach(proxy, master, replica)
    end = time.monotonic() + 3
    with Client(master.address) as client:
        flaps = 0
        while time.monotonic() < end:
            client("SET", f"flap:{flaps}", "x" * 100)
            accepted = way.accepted
            way.cut()
            flaps += 1
            wait_until(lambda: way.accepted > accepted or time.monotonic() > end, 5)
    wait_up(replica)
    wait_same(master, replica)
    assert syncs(master)[0] == 1
    assert way.accepted <= 10


@pytest.mark.parametrize("is_ours", [True, False])
def test_33_a_master_of_ours_that_is_back_is_asked_everything_at_once(start, is_ours):
    """By steps again when somebody else is at its address; others are always asked by steps."""
    replica, snapshot = start(), stock_snapshot(("SET", "key", "value"))

    def play(say, _):
        if rogue.attempts == 1:
            say(full_resync(snapshot))
            show_life(say, STABLE_SECONDS)
        else:
            rogue.holds = True
            say(b"-ERR SYNC and PSYNC are invalid with pending output\r\n")

    with RogueMaster(play, node="b" * 40 if is_ours else None) as rogue:
        follow(replica, rogue)
        wait_until(lambda: rogue.attempts >= 2, 20, "it comes back")
        assert b"PSYNC" not in rogue.openings[0]
        assert (b"PSYNC" in rogue.openings[1]) == is_ours
        again = b"PSYNC" if is_ours else b"SYNC"
        wait_until(lambda: again in rogue.heard, 20, "it asks again")
        assert (b"PSYNC" in rogue.heard) == is_ours
        promote(replica)
    assert ask(replica, "GET", "key") == b"value"


def test_34_a_replica_that_never_reads_costs_a_bounded_time(start):
    """It is dropped with a reason, and the others and the clients do not notice."""
    master, good = start(**TIMEOUT), start()
    follow(good, master)
    wait_up(good)
    with RogueReplica(master, receive_buffer=4096) as rogue:
        rogue.join()
        wait_until(lambda: info(master)["connected_slaves"] == "2")
        with Client(master.address, timeout=30) as client:
            for i in range(64):
                client("SET", f"big:{i % 8}", "x" * (1 << 20))
        wait_until(lambda: info(master)["connected_slaves"] == "1", 20, "it is dropped")
    assert "Disconnecting replica" in master.log()
    wait_same(master, good)
    assert syncs(master)[0] == 2


def test_13_a_burst_of_writes_during_a_transfer(start, proxy):
    """The replica gets all of it after its snapshot, and needs no second one."""
    master, replica = start(repl_backlog_size="16384"), start()
    bulk(master, 4)
    way = proxy(master, narrow=True)
    way.to_client.stall_at = 1 << 20
    follow(replica, way)
    wait_until(lambda: way.to_client.is_stalled, 20, "the transfer stalls")
    with Client(master.address, timeout=30) as client:
        for i in range(32):
            client("SET", f"burst:{i % 4}", "x" * (1 << 20))
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)
    assert syncs(master) == (1, 0)


def test_38_a_value_far_larger_than_the_backlog(start, proxy):
    """It passes, and a link that is cut meanwhile does not make a loop of snapshots."""
    master, replica = start(repl_backlog_size="16384"), start()
    way = attach(proxy, master, replica)
    with Client(master.address, timeout=30) as client:
        client("SET", "huge", "x" * (16 << 20))
        client("RPUSH", "many", *range(50_000))
    wait_same(master, replica)
    assert syncs(master) == (1, 0)
    way.to_client.cut_after(1 << 20)
    ask(master, "SET", "huge", "y" * (4 << 20))
    wait_until(lambda: way.to_client.cuts, 20, "the cut")
    wait_until(lambda: syncs(master) != (1, 0), 20, "it came back")
    wait_up(replica)
    wait_same(master, replica)
    full, partial = syncs(master)
    assert full + partial == 2


def test_too_few_good_replicas_refuse_writes_and_reads_go_on(start):
    """The gate opens with the second replica and closes when one stops."""
    lag = {"min_replicas_to_write": "2", "min_replicas_max_lag": "1"}
    master, first, second = start(**lag), start(), start()
    follow(first, master)
    wait_until(lambda: goods(master) == 1, 20)
    assert str(ask(master, "SET", "a", 1)).startswith("NOREPLICAS")
    assert str(ask(master, "EVAL", "return redis.call('SET', 'a', 1)", 0)).startswith("NOREPLICAS")
    follow(second, master)
    wait_until(lambda: not isinstance(ask(master, "SET", "a", 1), Error), 20)
    second.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: isinstance(ask(master, "SET", "a", 1), Error), 20)
        assert ask(master, "GET", "a") == b"1" and goods(master) == 1
    finally:
        second.process.send_signal(signal.SIGCONT)
    wait_until(lambda: not isinstance(ask(master, "SET", "a", 2), Error), 20)
    wait_same(master, first, second)


def test_stale_data_is_served_or_not_in_every_state_of_the_link(start, proxy):
    """While it connects, loads and waits; and what a client may ask all the same."""
    master, replica = start(), start(replica_serve_stale_data="no")
    bulk(master, 4)
    ask(replica, "SET", "previous", "data")
    way = proxy(master, narrow=True)
    way.is_closed = True
    follow(replica, way)
    wait_until(lambda: way.accepted, 10)
    way.to_client.stall_at = 300_000
    for state in (b"connect", b"sync"):
        wait_until(lambda: ask(replica, "ROLE")[3] == state, 10)
        assert str(ask(replica, "GET", "previous")).startswith("MASTERDOWN")
        assert str(ask(replica, "SET", "previous", 1)).startswith("READONLY")
        assert not isinstance(ask(replica, "CONFIG", "GET", "port"), Error)
        way.is_closed = False
    wait_until(lambda: way.to_client.is_stalled, 20, "it loads")
    ask(replica, "CONFIG", "SET", "replica-serve-stale-data", "yes")
    assert ask(replica, "GET", "previous") == b"data" and not is_up(replica)
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)


def test_info_tells_that_the_guard_holds(start):
    master, replica = start(), start()
    fill(master, 20)
    follow(replica, master)
    wait_up(replica)
    wait_same(master, replica)
    before = digest(replica)
    master.kill()
    master.start()
    wait_until(lambda: refused(replica, "guard_refusals") >= 1, 20, "the guard speaks")
    assert info(replica, "skein")["skein_guard"] == "holds" and not is_up(replica)
    assert digest(replica) == before
    follow(replica, master)
    wait_up(replica)
    assert info(replica, "skein")["skein_guard"] == "on"
    assert offset(replica) == offset(master) and ask(replica, "DBSIZE") == 0
