"""Proves: a replica that reads slowly, or not at all for a while, costs the master the memory it
was given and is not thrown back to a full synchronisation: the rest of the stream waits on disk,
in files without a name, and comes byte for byte; a link that broke meanwhile continues from there;
limits on what is held close links; a disk that takes nothing costs the slow replica alone. What
memory has no more comes from the increments of the append-only file, never with a changed byte.
Replicas that want a file share the save that runs."""

import hashlib
import os
import re
import socket

import pytest
from skeintest import Client, encode
from skeintest.replication import ask, follow, info, wait_same
from skeintest.wait import wait_until

MIB = 1 << 20
VALUE = "v" * 65536


class Replica:
    """A peer that asks to replicate, and reads what it is told to."""

    def __init__(self, server, history="?", wanted=-1, by_len=False):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", server.port))
        self.kept = b""
        self.sum = hashlib.sha256()
        self.say("REPLCONF", "capa", "eof", "capa", "psync2")
        assert self.line() == b"+OK"
        self.say("PSYNC", history, wanted)
        self.answer = self.line().decode().split()
        if self.answer[0] == "+FULLRESYNC":
            self.history, self.offset = self.answer[1], int(self.answer[2])
            if by_len:
                return
            self.skip_snapshot()
            self.acknowledge()
        else:
            self.history, self.offset = history, wanted - 1

    def say(self, *words):
        self.sock.sendall(encode(*words))

    def more(self):
        got = self.sock.recv(MIB)
        if not got:
            raise ConnectionError("the master has closed the link")
        self.kept += got

    def line(self):
        while True:
            self.kept = self.kept.lstrip(b"\n")
            if b"\r\n" in self.kept:
                line, self.kept = self.kept.split(b"\r\n", 1)
                return line
            self.more()

    def skip_snapshot(self):
        head = self.line()
        assert head.startswith(b"$EOF:")
        mark = head[5:]
        while mark not in self.kept:
            self.more()
        self.kept = self.kept.split(mark, 1)[1]

    def acknowledge(self):
        self.say("REPLCONF", "ACK", self.offset)

    def read_to(self, offset):
        """Takes the stream up to there."""
        while self.offset < offset:
            if not self.kept:
                self.more()
            part = self.kept[: offset - self.offset]
            self.sum.update(part)
            self.offset += len(part)
            self.kept = self.kept[len(part) :]

    def close(self):
        self.sock.close()


def number(server, field):
    return int(info(server)[field])


def write(server, mib):
    """As many requests as have so many MiB."""
    with Client(server.address, timeout=20) as client:
        for _ in range(mib * MIB // len(VALUE)):
            client("SET", "key", VALUE)


def fall_behind(master, fast, mib=24):
    """One replica reads everything, the other nothing, until that one reads from disk."""
    for _ in range(mib // 8):
        write(master, 8)
        fast.read_to(number(master, "master_repl_offset"))
        fast.acknowledge()
    wait_until(lambda: number(master, "repl_replicas_on_disk") == 1, 20, "it reads from disk")
    return number(master, "master_repl_offset")


def test_a_replica_that_does_not_read_costs_its_budget_and_gets_every_byte(start):
    master = start(repl_journal_memory="2mb")
    fast, slow = Replica(master), Replica(master)
    end = fall_behind(master, fast)
    wait_until(lambda: number(master, "repl_journal_memory_bytes") <= 4 * MIB, 20, "it is little")
    assert number(master, "repl_journal_disk_bytes") > 8 * MIB
    assert not [name for name in os.listdir(master.directory) if "spill" in name]
    slow.read_to(end)
    fast.read_to(end)
    assert slow.sum.hexdigest() == fast.sum.hexdigest()
    # What it has not confirmed stays, then it goes.
    assert number(master, "repl_journal_disk_bytes") > 0
    ask(master, "SET", "one", "more")
    slow.read_to(number(master, "master_repl_offset"))
    slow.acknowledge()
    wait_until(lambda: number(master, "repl_journal_disk_bytes") == 0, 20, "the files are gone")
    assert number(master, "repl_replicas_on_disk") == 0
    assert info(master, "stats")["sync_full"] == "2"
    assert re.search(r"needs the stream on disk any more", master.log())


def test_writing_goes_on_while_it_reads_from_disk(start):
    master = start(repl_journal_memory="1mb")
    fast, slow = Replica(master), Replica(master)
    for _ in range(4):
        write(master, 8)
        end = number(master, "master_repl_offset")
        slow.read_to(end - 4 * MIB)
        slow.acknowledge()
        fast.read_to(end)
        fast.acknowledge()
    assert number(master, "repl_journal_spilled_bytes") > 0
    end = number(master, "master_repl_offset")
    slow.read_to(end)
    assert slow.sum.hexdigest() == fast.sum.hexdigest()
    assert number(master, "connected_slaves") == 2


def test_a_link_that_broke_while_it_was_behind_continues_from_disk(start):
    master = start(repl_journal_memory="1mb")
    fast, slow = Replica(master), Replica(master)
    end = fall_behind(master, fast)
    # Beyond what was in the sockets when the disk came into play.
    slow.read_to(slow.offset + 12 * MIB)
    slow.acknowledge()
    slow.close()
    wait_until(lambda: number(master, "connected_slaves") == 1, 20, "it is gone")
    again = Replica(master, slow.history, slow.offset + 1)
    assert again.answer[0] == "+CONTINUE"
    again.sum = slow.sum
    again.read_to(end)
    fast.read_to(end)
    assert again.sum.hexdigest() == fast.sum.hexdigest()
    assert number(master, "repl_partial_from_spool") == 1
    assert "out of the spool on disk" in master.log()


def test_limits_on_what_is_held_close_the_link(start):
    master = start(client_output_buffer_limit="replica 1mb 0 0", repl_journal_memory="256mb")
    slow = Replica(master)
    write(master, 24)
    wait_until(lambda: number(master, "connected_slaves") == 0, 20, "it is closed")
    assert "client-output-buffer-limit" in master.log()
    assert int(info(master, "stats")["client_output_buffer_limit_disconnections"]) == 1
    with pytest.raises(ConnectionError):
        slow.read_to(number(master, "master_repl_offset"))


def test_a_disk_that_takes_nothing_costs_the_slow_replica_alone(start):
    master = start(repl_journal_memory="1mb", enable_protected_configs="yes")
    place = master.directory / "gone"
    place.mkdir()
    assert ask(master, "CONFIG", "SET", "dir", str(place)) == "OK"
    place.rmdir()
    fast, slow = Replica(master), Replica(master)
    write(master, 8)
    fast.read_to(number(master, "master_repl_offset"))
    write(master, 8)
    fast.read_to(number(master, "master_repl_offset"))
    wait_until(lambda: number(master, "connected_slaves") == 1, 20, "one is closed")
    assert "cannot be written to disk" in master.log()
    wait_until(lambda: number(master, "repl_journal_memory_bytes") <= 3 * MIB, 20, "it is freed")
    slow.close()
    write(master, 1)
    fast.read_to(number(master, "master_repl_offset"))


def leave_behind(master, mib=6):
    """A replica that left, and one that has everything since; the bytes between are no more in
    memory."""
    away, whole = Replica(master), Replica(master)
    write(master, 1)
    away.read_to(away.offset + 12345)
    whole.read_to(away.offset)
    away.close()
    whole.sum = hashlib.sha256()
    write(master, mib)
    ask(master, "SET", "last", "one")
    end = number(master, "master_repl_offset")
    whole.read_to(end)
    return away, whole.sum.hexdigest(), end


def come_back(master, away):
    away.close()
    again = Replica(master, away.history, away.offset + 1)
    assert again.answer[0] == "+CONTINUE", master.log()[-2000:]
    return again


PERSISTENT = {"appendonly": "yes", "repl_backlog_size": "16kb", "appendfsync": "no"}


def test_what_memory_has_no_more_comes_from_the_append_only_file(start):
    master = start(**PERSISTENT)
    away, whole, end = leave_behind(master)
    again = come_back(master, away)
    again.read_to(end)
    assert again.sum.hexdigest() == whole
    assert number(master, "repl_partial_from_aof") == 1
    assert "out of the append-only file" in master.log()
    # It goes on from memory.
    ask(master, "SET", "k", "v")
    again.read_to(number(master, "master_repl_offset"))
    assert number(master, "repl_replicas_on_disk") == 0


def rewrite(server):
    before = int(info(server, "persistence")["aof_rewrites"])
    ask(server, "BGREWRITEAOF")
    wait_until(
        lambda: (
            int(info(server, "persistence")["aof_rewrites"]) > before
            and info(server, "persistence")["aof_rewrite_in_progress"] == "0"
        ),
        20,
        "the file has a new base",
    )


def test_increments_that_were_replaced_serve_as_long_as_they_are_kept(start):
    master = start(repl_journal_retention="1gb", **PERSISTENT)
    rewrite(master)
    away, _, _ = leave_behind(master, 3)
    whole = Replica(master, away.history, away.offset + 1)
    rewrite(master)
    write(master, 3)
    rewrite(master)
    end = number(master, "master_repl_offset")
    whole.read_to(end)
    again = come_back(master, away)
    again.read_to(end)
    assert again.sum.hexdigest() == whole.sum.hexdigest()
    ask(master, "CONFIG", "SET", "repl-journal-retention", "0")
    whole.close()
    again.close()
    rewrite(master)
    wait_until(lambda: len(list(master.directory.glob("**/*.incr.aof"))) == 1, 20, "they are gone")
    assert Replica(master, away.history, away.offset + 1).answer[0] == "+FULLRESYNC"


def test_a_master_that_was_killed_serves_from_its_increments(start):
    master = start(**PERSISTENT)
    away, whole, end = leave_behind(master)
    master.kill()
    master.start()
    again = come_back(master, away)
    again.read_to(end)
    assert again.sum.hexdigest() == whole
    assert number(master, "repl_partial_from_aof") == 1


def test_an_increment_that_is_damaged_serves_nobody(start):
    master = start(**PERSISTENT)
    away, _, _ = leave_behind(master)
    (increment,) = master.directory.glob("**/*.incr.aof")
    with open(increment, "r+b") as file:
        file.seek(3 * MIB)
        file.write(b"!")
    again = Replica(master, away.history, away.offset + 1)
    if again.answer[0] == "+CONTINUE":
        with pytest.raises(ConnectionError):
            again.read_to(number(master, "master_repl_offset"))
    assert "checksum does not fit" in master.log()
    assert again.offset < 3 * MIB or again.answer[0] == "+FULLRESYNC"


def begin_slow_save(start):
    """A master that writes files for replicas, keeps a journal, and saves for a second."""
    master = start(repl_diskless_sync="no", save="", rdb_key_save_delay="5000")
    first = Replica(master, by_len=True)
    first.close()
    with Client(master.address) as client:
        for i in range(200):
            client("SET", f"key:{i}", i)
    before = number(master, "master_repl_offset")
    ask(master, "BGSAVE")
    ask(master, "SET", "during", "the save")
    return master, before


def join_the_save(master, *replicas):
    for replica in replicas:
        follow(replica, master)
    wait_until(
        lambda: master.log().count("the save that runs") >= len(replicas), 20, "they have asked"
    )
    ask(master, "SET", "later", "too")


def test_replicas_that_want_a_file_share_the_save_that_runs(start):
    replicas = [start(), start()]
    master, place = begin_slow_save(start)
    join_the_save(master, *replicas)
    assert "state=wait_bgsave" in info(master)["slave0"]
    wait_same(master, *replicas)
    log = master.log()
    assert log.count(f"begins at offset {place}") == 2
    assert log.count("Background saving started") == 1
    assert ask(replicas[0], "GET", "during") == b"the save"
    assert ask(replicas[1], "GET", "later") == b"too"


def test_a_save_that_fails_leaves_its_replicas_a_snapshot_of_their_own(start):
    replica = start()
    master, place = begin_slow_save(start)
    join_the_save(master, replica)
    (temporary,) = master.directory.glob("temp-*.rdb")
    temporary.unlink()
    wait_same(master, replica)
    assert "Background saving error" in master.log()
    assert f"begins at offset {place}" not in master.log()
    assert ask(replica, "GET", "later") == b"too"


def test_both_ends_of_a_synchronisation_tell_how_far_it_is(start):
    master, replica = start(repl_sync_max_rate="400kb", rdbcompression="no"), start()
    with Client(master.address) as client:
        for i in range(1000):
            client("SET", f"key:{i}", "x" * 1000)
    follow(replica, master)

    def is_told():
        here, there = info(master, "skein").get("skein_sync0", ""), info(replica)
        left = re.search(r"left=([0-9.]+)", here)
        return (
            left
            and 0 < float(left.group(1)) < 60
            and int(there.get("master_sync_read_keys", 0)) > 0
            and 0 <= int(there["master_sync_left_seconds"]) < 60
        )

    wait_until(is_told, 20, "both know")
    wait_same(master, replica)


def test_files_that_were_read_are_given_up(start):
    master = start(repl_journal_memory="1mb")
    fast, slow = Replica(master), Replica(master)
    end = fall_behind(master, fast, 80)
    held = number(master, "repl_journal_disk_bytes")
    slow.read_to(end - 6 * MIB)
    slow.acknowledge()
    # The first 64 MiB are in a file of their own.
    wait_until(lambda: number(master, "repl_journal_disk_bytes") <= held - 64 * MIB, 20, "one goes")
    slow.read_to(end)
    assert slow.sum.hexdigest() == fast.sum.hexdigest()
