"""Proves rows 4 and 9 to 16 of the fault catalogue: what happens to servers, their disks, their
memory and their data while a full synchronisation goes on."""

import os
import pathlib
import random
import resource
import signal
import threading

import pytest
from skeintest import Client, Error
from skeintest.proxy import behind_text
from skeintest.replication import (
    ask,
    bulk,
    digest,
    fill,
    follow,
    info,
    promote,
    syncs,
    wait_same,
    wait_up,
)
from skeintest.wait import wait_until


def stall_transfer(proxy, master, replica):
    """A proxy in which the snapshot for the replica has begun and stands still."""
    way = proxy(master, narrow=True)
    way.to_client.find_stall = behind_text(b"REDIS00")
    follow(replica, way)
    wait_until(lambda: way.to_client.is_stalled, 20, "the transfer stalls")
    return way


def children(server):
    tasks = pathlib.Path(f"/proc/{server.pid}/task").iterdir()
    return "".join((task / "children").read_text() for task in tasks)


def files(server):
    return sorted(path.name for path in server.directory.iterdir())


def test_04_nothing_forks_and_a_worker_whose_replicas_are_gone_ends(start, proxy):
    """There is no child that could be killed; the next replica does not wait for the last one."""
    master, replica, other = start(), start(), start()
    bulk(master, 12)
    way = stall_transfer(proxy, master, replica)
    assert children(master) == "" and info(master)["slave0"].find("state=send_bulk") > 0
    way.cut()
    follow(other, master)
    wait_up(other)
    wait_same(master, other)
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)


def test_09_10_a_synchronisation_writes_no_file_at_either_end(start, proxy):
    """So no disk that is full or fails can stop it."""
    master, replica = start(), start()
    bulk(master, 4)
    for server in (master, replica):
        server.directory.chmod(0o500)
    way = stall_transfer(proxy, master, replica)
    assert files(replica) == files(master) == ["stdout.log"]
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)
    assert files(replica) == files(master) == ["stdout.log"]


def test_09_a_replica_whose_append_only_file_cannot_be_written_takes_the_data(start):
    """It serves it, and says that the file is behind."""
    master, replica = start(), start(appendonly="yes")
    fill(master, 50)
    ask(replica, "SET", "previous", "data")
    home = replica.directory / "appendonlydir"
    for path in home.iterdir():
        path.unlink()
    home.rmdir()
    home.write_text("in the way")
    follow(replica, master)
    wait_up(replica)
    wait_same(master, replica)
    ask(master, "SET", "later", 1)
    wait_same(master, replica)
    assert ask(replica, "GET", "later") == b"1"
    wait_until(lambda: info(replica, "persistence")["aof_last_bgrewrite_status"] == "err", 10)
    replica.kill()


@pytest.mark.own_signals
def test_11_a_replica_without_memory_for_the_new_data_ends_and_has_its_old_data(start):
    """It says why; it never has a part of the new."""
    master, replica = start(), start()
    bulk(master, 128)
    ask(replica, "SET", "previous", "data")
    assert ask(replica, "SAVE") in (b"OK", "OK")
    replica.expect_crash = True
    used = int(pathlib.Path(f"/proc/{replica.pid}/statm").read_text().split()[0]) * 4096
    resource.prlimit(replica.pid, resource.RLIMIT_AS, (used + (48 << 20),) * 2)
    with Client(replica.address) as client:
        client("REPLICAOF", "127.0.0.1", master.port)
    replica.process.wait(30)
    assert "Out of memory trying to allocate" in replica.log()
    wait_until(lambda: info(master)["connected_slaves"] == "0")
    replica.start()
    assert ask(replica, "DBSIZE") == 1 and ask(replica, "GET", "previous") == b"data"


def test_12_replicas_that_join_while_a_snapshot_runs_have_every_byte(start, proxy):
    """Those that come later get another one; writes never stop."""
    master, others = start(), [start() for _ in range(3)]
    bulk(master, 4)
    over = threading.Event()

    def write():
        with Client(master.address) as client:
            for i in range(1_000_000):
                if over.is_set():
                    break
                client("SET", f"live:{i % 100}", i)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    way = stall_transfer(proxy, master, others[0])
    for replica in others[1:]:
        follow(replica, master)
    way.to_client.release()
    wait_up(*others)
    over.set()
    writer.join()
    wait_same(master, *others)
    assert syncs(master) == (3, 0)


def test_14_orders_for_all_data_during_a_synchronisation(start, proxy, tmp_path):
    """FLUSHALL, SWAPDB, FUNCTION FLUSH and CONFIG SET dir stand in the stream or are local.
    Functions that nobody flushes are in the snapshot."""
    master, replica = start(), start()
    chance = random.Random(14)
    load = "#!lua name=lib\nredis.register_function('f', function() return 7 end)"
    for orders in range(6):
        fill(master, 100)
        ask(master, "FUNCTION", "LOAD", "REPLACE", load)
        bulk(master, 1)
        way = stall_transfer(proxy, master, replica)
        words = [("FLUSHALL",), ("SWAPDB", 0, 3), ("SET", "x", orders)]
        words += [("FUNCTION", "FLUSH")] * (orders % 2)
        words.append(("CONFIG", "SET", "dir", str(tmp_path)))
        chance.shuffle(words)
        for one in words:
            assert not isinstance(ask(master, *one), Error), one
        way.to_client.release()
        wait_up(replica)
        wait_same(master, replica)
        assert len(ask(replica, "FUNCTION", "LIST")) == 1 - orders % 2
        promote(replica)


def test_15_a_script_that_reads_while_the_data_is_to_be_replaced(start, proxy):
    """The data it began with stays until it is over, and nothing of the stream is done."""
    master, replica = start(), start(busy_reply_threshold="20")
    bulk(master, 4)
    ask(replica, "SET", "previous", "data")
    way = stall_transfer(proxy, master, replica)
    with Client(replica.address, timeout=30) as runner:
        runner.send("EVAL_RO", "while redis.call('GET', 'previous') == 'data' do end", 0)
        wait_until(lambda: str(ask(replica, "GET", "x")).startswith("BUSY"), 10, "it is busy")
        way.to_client.release()
        wait_until(lambda: "succeeded" in master.log(), 20, "the snapshot is sent")
        assert all(str(ask(replica, "GET", "x")).startswith("BUSY") for _ in range(50))
        assert ask(replica, "SCRIPT", "KILL") in (b"OK", "OK")
        assert isinstance(runner.read(), Error)
        wait_up(replica)
        wait_same(master, replica)
        runner.send("EVAL_RO", "while not redis.call('GET', 'live') do end", 0)
        wait_until(lambda: str(ask(replica, "GET", "x")).startswith("BUSY"), 10, "it is busy")
        passed = way.to_client.total
        ask(master, "SET", "live", 1)
        wait_until(lambda: way.to_client.total > passed, 10, "the stream has come")
        assert all(str(ask(replica, "GET", "x")).startswith("BUSY") for _ in range(10))
        assert ask(replica, "SCRIPT", "KILL") in (b"OK", "OK")
        assert isinstance(runner.read(), Error)
    wait_same(master, replica)


def test_16_a_master_changed_a_hundred_times_during_the_load(start, proxy):
    """The last order wins, and nothing of the others stays open."""
    masters, first, replica = [start(repl_sync_max_rate="1mb") for _ in range(2)], start(), start()
    for number, master in enumerate(masters):
        bulk(master, 2)
        ask(master, "SET", "who", number)
    follow(replica, first)
    wait_up(replica)
    descriptors = pathlib.Path(f"/proc/{replica.pid}/fd")
    before = len(os.listdir(descriptors))
    with Client(replica.address, timeout=10) as client:
        for i in range(200):
            assert client("REPLICAOF", "127.0.0.1", masters[1 - i % 2].port) in (b"OK", "OK")
            if i % 20 == 19:
                wait_until(lambda: client("ROLE")[3] == b"sync", 20, "it loads")
        for master in masters:
            ask(master, "CONFIG", "SET", "repl-sync-max-rate", 0)
        assert client("REPLICAOF", "127.0.0.1", masters[1].port) in (b"OK", "OK")
    wait_up(replica)
    wait_same(masters[1], replica)
    assert ask(replica, "GET", "who") == b"1"
    # Clients that were there at the first look may have gone since.
    wait_until(lambda: len(os.listdir(descriptors)) <= before, 10, "descriptors are closed")
    wait_until(lambda: info(masters[0])["connected_slaves"] == "0", 10)
    assert int(info(replica, "memory")["used_memory"]) < 5 * (2 << 20)


def test_a_full_synchronisation_that_stalls_is_given_up_at_both_ends(start, proxy):
    master, replica = start(repl_timeout="1"), start(repl_timeout="1")
    bulk(master, 12)
    ask(replica, "SET", "previous", "data")
    way = stall_transfer(proxy, master, replica)
    wait_until(lambda: "the snapshot did not reach it" in master.log(), 20, "the master gave up")
    wait_until(lambda: "connection lost" in replica.log(), 20, "the replica gave up")
    assert ask(replica, "GET", "previous") == b"data"
    way.to_client.release()
    wait_up(replica)
    wait_same(master, replica)


def test_a_paused_replica_that_loads_continues(start):
    """A replica stopped and let go on again inside repl-timeout has lost nothing."""
    master, replica = start(), start()
    bulk(master, 16)
    follow(replica, master)
    replica.process.send_signal(signal.SIGSTOP)
    before = digest(master)
    ask(master, "SET", "meanwhile", 1)
    replica.process.send_signal(signal.SIGCONT)
    wait_up(replica)
    wait_same(master, replica)
    assert syncs(master) == (1, 0) and digest(replica) != before
