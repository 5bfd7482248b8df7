"""Proves rows 1 to 8 of the fault catalogue: a snapshot on its way that is cut, damaged, hostile
or never ends. The replica has its previous data or the whole new data, and tries again."""

import random

import pytest
from skeintest.proxy import behind_mark, behind_text
from skeintest.replication import (
    ask,
    bulk,
    digest,
    failure,
    fill,
    follow,
    info,
    is_up,
    promote,
    refused,
    syncs,
    wait_same,
    wait_up,
)
from skeintest.rogue import RogueMaster, full_resync, stock_snapshot
from skeintest.wait import wait_until

PARTS = 16


def wait_ended(replica, rogue, attempts):
    """So many attempts have come to PSYNC, and the last one is over."""
    wait_until(lambda: rogue.attempts >= attempts, 20, "another attempt")
    wait_until(lambda: failure(replica), 20, "the attempt failed")


def measure_transfer(master, replica, way):
    """How many bytes a whole synchronisation is."""
    follow(replica, way)
    wait_up(replica)
    size = way.to_client.total
    promote(replica)
    wait_until(lambda: info(master)["connected_slaves"] == "0")
    return size


def test_01_a_replica_killed_at_each_sixteenth_of_the_transfer(start, proxy):
    """It comes back with its previous data, and the master has let go of it."""
    master, replica = start(), start()
    ask(replica, "SET", "previous", "data")
    assert ask(replica, "SAVE") in (b"OK", "OK")
    # More than kernels swallow: the worker that sends it is not done when the replica is killed.
    bulk(master, 6)
    way = proxy(master, narrow=True)
    size = measure_transfer(master, replica, way)
    replica.kill()
    replica.start()
    for part in range(PARTS):
        way.to_client.stall_at = way.to_client.total + size * part // PARTS
        follow(replica, way)
        wait_until(lambda: way.to_client.is_stalled, 20, "the transfer stalls")
        assert not is_up(replica) and ask(replica, "GET", "previous") == b"data"
        assert part != 1 or "state=send_bulk" in info(master)["slave0"]
        replica.kill()
        way.to_client.release()
        wait_until(lambda: info(master)["connected_slaves"] == "0", 10, "the master let go")
        replica.start()
        assert ask(replica, "DBSIZE") == 1 and ask(replica, "GET", "previous") == b"data"
    follow(replica, way)
    wait_up(replica)
    wait_same(master, replica)


@pytest.mark.parametrize("stock", [False, True])
def test_02_a_master_killed_inside_the_transfer(start, proxy, stock):
    """The replica serves what it had, leaves no file, and gets the data when the master is back."""
    master, replica = start(stock=stock, save="3600 1"), start()
    bulk(master, 12)
    ask(master, "SAVE")
    ask(replica, "SET", "previous", "data")
    way = proxy(master, narrow=True)
    way.to_client.stall_at = 300_000
    follow(replica, way)
    wait_until(lambda: way.to_client.is_stalled, 20, "the transfer stalls")
    master.kill()
    way.to_client.release()
    wait_until(lambda: "connection lost, at byte" in replica.log(), 20, "the transfer failed")
    assert ask(replica, "GET", "previous") == b"data" and ask(replica, "DBSIZE") == 1
    ask(replica, "CONFIG", "SET", "replica-serve-stale-data", "no")
    assert str(ask(replica, "GET", "previous")).startswith("MASTERDOWN")
    assert [path.name for path in replica.directory.iterdir()] == ["stdout.log"]
    master.start()
    wait_up(replica)
    wait_same(master, replica)


@pytest.mark.parametrize("extra", [-39, -1, 0, 1, 64])
def test_03_a_cut_around_the_mark_that_ends_a_snapshot(start, proxy, extra):
    """Before the end of the mark nothing is taken; behind it the replica is exactly at the
    snapshot's offset, does not count before it acknowledged, and continues from there."""
    master, replica = start(), start()
    fill(master, 50)
    ask(replica, "SET", "previous", "data")
    way = proxy(master)
    way.to_client.find_cut = behind_mark(extra)
    way.to_client.find_stall = behind_text(b"+FULLRESYNC")
    follow(replica, way)
    wait_until(lambda: way.to_client.is_stalled, 20, "the transfer stalls")
    for i in range(20):
        ask(master, "SET", f"buffered:{i}", "written while the snapshot was sent")
    assert ask(master, "WAIT", 1, 1) == 0
    way.to_client.release()
    wait_until(lambda: way.to_client.cuts, 20, "the cut")
    wait_until(lambda: way.accepted == 2, 20, "it comes back")
    wait_up(replica)
    wait_same(master, replica)
    assert ask(replica, "EXISTS", "previous") == 0
    assert syncs(master) == ((2, 0) if extra < 0 else (1, 1))


@pytest.fixture(scope="module")
def snapshot():
    """A small one with several types, and the digest of its data."""
    commands = [("SET", "k", "v"), ("RPUSH", "l", 1, 2, 3), ("HSET", "h", "f", "x" * 70)]
    return stock_snapshot(*commands)


def try_snapshot(replica, rogue):
    """One attempt, ordered so that nothing waits."""
    attempts = rogue.attempts
    promote(replica)
    follow(replica, rogue)
    wait_ended(replica, rogue, attempts + 1)


def test_05_a_snapshot_cut_off_at_every_byte_changes_nothing(start, snapshot):
    replica = start()
    ask(replica, "SET", "previous", "data")
    before = digest(replica)
    whole = full_resync(snapshot)
    length = 0
    with RogueMaster(lambda say, _: say(whole[:length])) as rogue:
        for length in range(len(whole) - len(snapshot), len(whole)):
            try_snapshot(replica, rogue)
            assert digest(replica) == before, length
        assert f"connection lost, at byte {len(snapshot) - 1}" in replica.log()
        length = len(whole)
        promote(replica)
        follow(replica, rogue)
        wait_until(lambda: ask(replica, "GET", "k") == b"v", 20, "the whole one is taken")
    assert refused(replica, "snapshots_bad") == 0


def test_06_a_snapshot_with_a_flipped_bit_changes_nothing(start, snapshot):
    replica = start()
    ask(replica, "SET", "previous", "data")
    before = digest(replica)
    chance = random.Random(6)
    bits = sorted(chance.sample(range(8 * len(snapshot)), 150))
    flipped = bytearray(snapshot)
    with RogueMaster(lambda say, _: say(full_resync(bytes(flipped)))) as rogue:
        for bit in bits:
            flipped = bytearray(snapshot)
            flipped[bit // 8] ^= 1 << bit % 8
            try_snapshot(replica, rogue)
            assert digest(replica) == before, bit
    assert "damaged at offset" in replica.log()
    lost = replica.log().count("connection lost")
    assert refused(replica, "snapshots_bad") + lost == len(bits)
    assert lost <= len(bits) // 4


def hostile_snapshots():
    """Sound frames (no checksum, which is allowed) around contents that lie."""
    head, end = b"REDIS0010\xfe\x00", b"\xff" + bytes(8)
    length = b"\x81" + (2**62).to_bytes(8, "big")
    return {
        "a string of 2^62 bytes": head + b"\x00\x01k" + length + end,
        "a list of 2^62 elements": head + b"\x01\x01k" + length + end,
        "a set of 2^62 members": head + b"\x02\x01k" + length + end,
        "a compressed string that grows without end": head
        + b"\x00\x01k\xc3\x05\x81"
        + (2**61).to_bytes(8, "big")
        + b"\x00a\xe0\xff\x00"
        + end,
        "a packed list that points beyond itself": head
        + b"\x12\x01k\x01\x02\x0a\x0a\x00\x00\x00\x05\x00\xbfab\xff"
        + end,
        "a set of integers of a wrong width": head
        + b"\x0b\x01k\x08\x03\x00\x00\x00\x01\x00\x00\x00"
        + end,
        "an unknown type": head + b"\xc8\x01k\x01v" + end,
        "a key twice": head + b"\x00\x01k\x01v\x00\x01k\x01w" + end,
        "a database that is not": b"REDIS0010\xfe\x81" + (2**40).to_bytes(8, "big") + end,
    }


def memory(server):
    return int(info(server, "memory")["used_memory_peak"])


def test_07_a_snapshot_with_hostile_contents_is_refused(start):
    """Without memory for what it announces, and it is tried again, but not at once for ever."""
    replica = start()
    ask(replica, "SET", "previous", "data")
    before, peak = digest(replica), memory(replica)
    snapshots = hostile_snapshots()
    with RogueMaster(lambda say, _: say(full_resync(contents))) as rogue:
        for name, contents in snapshots.items():
            try_snapshot(replica, rogue)
            assert digest(replica) == before, name
        assert refused(replica, "snapshots_bad") == len(snapshots)
        assert memory(replica) < peak + (4 << 20)
        wait_until(lambda: rogue.attempts == len(snapshots) + 2, 20, "it is tried again")


def test_08_announced_sizes_that_cannot_be_are_refused(start):
    replica = start(repl_max_rdb_size="1mb", repl_timeout="1")
    ask(replica, "SET", "previous", "data")
    head = b"+FULLRESYNC " + b"a" * 40 + b" 100\r\n"
    tail = b""
    with RogueMaster(lambda say, _: say(head + tail)) as rogue:
        for size in (b"9223372036854775808", b"-5", b"0", b"", b"x", b"18446744073709551616"):
            tail = b"$" + size + b"\r\nREDIS0010"
            try_snapshot(replica, rogue)
        assert refused(replica, "snapshots_bad") + refused(replica, "snapshots_too_big") == 6
        tail = b"$%d\r\n" % ((1 << 20) + 1)
        try_snapshot(replica, rogue)
        assert failure(replica) == "too big"
        value = b"\x80\x00\x00\xff\xff" + b"x" * 65535
        entries = b"".join(b"\x00\x04k%03d" % i + value for i in range(20))
        tail = b"$EOF:" + b"m" * 40 + b"\r\nREDIS0010\xfe\x00" + entries
        try_snapshot(replica, rogue)
        assert failure(replica) == "too big"
    assert ask(replica, "GET", "previous") == b"data"
    assert [path.name for path in replica.directory.iterdir()] == ["stdout.log"]


def test_08_a_mark_that_never_comes_is_not_waited_for(start):
    replica = start(repl_timeout="1")
    ask(replica, "SET", "previous", "data")
    head = b"+FULLRESYNC " + b"a" * 40 + b" 100\r\n$EOF:" + b"m" * 40 + b"\r\nREDIS0010\xfe\x00"
    with RogueMaster(lambda say, _: say(head), holds=True) as rogue:
        follow(replica, rogue)
        wait_until(lambda: rogue.attempts == 2, 20, "it was given up and is tried again")
        assert info(replica)["role"] == "slave" and ask(replica, "GET", "previous") == b"data"
