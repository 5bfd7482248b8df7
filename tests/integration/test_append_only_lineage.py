"""The append-only file and the history of replication: a change of the replication id writes no new
base, what was acknowledged under either id is there after kill -9, and ancestors survive."""

import threading

import pytest
from skeintest import Client, wait_until
from skeintest.replication import (
    ask,
    digest,
    follow,
    info,
    promote,
    stat,
    wait_same,
    wait_up,
)

START_CONFIG = {
    "appendonly": "yes",
    "enable-debug-command": "yes",
    "repl-diskless-sync-delay": "0",
    "save": "''",
}


def bases(server):
    return int(info(server, "persistence")["aof_rewrites"])


def is_idle(server):
    facts = info(server, "persistence")
    return facts["aof_rewrite_in_progress"] == "0" and "aof_base_size" in facts


def continues(server, name, offset):
    """What the server says to a replica that has history `name` up to `offset`."""
    with Client(server.address, timeout=20.0) as client:
        return str(client("PSYNC", name, offset + 1)).split()[0]


@pytest.fixture
def pair(start):
    """A master and its replica, both with their files, the replica's with a base of the data."""
    master, replica = start(), start()
    with master.client() as client:
        client.pipeline([("SET", f"key{n}", "value") for n in range(200)])
    follow(replica, master)
    wait_up(replica)
    wait_until(lambda: bases(replica) == 1 and is_idle(replica), 20)
    ask(master, "SET", "last", "of the old id")
    wait_same(master, replica)
    return master, replica


def test_a_promotion_writes_no_base_and_loses_nothing_to_a_kill(pair):
    _, replica = pair
    # A base written now would take until long after the kill.
    ask(replica, "CONFIG", "SET", "rdb-key-save-delay", 1000000)
    promote(replica)
    assert ask(replica, "SET", "first", "of the new id") == "OK"
    before, promoted = digest(replica), info(replica)
    assert bases(replica) == 1 and is_idle(replica)
    replica.kill()
    replica.start()
    assert digest(replica) == before
    assert info(replica)["master_replid2"] == promoted["master_replid"]


def test_ancestors_survive_a_restart(pair):
    master, replica = pair
    oldest = info(master)
    promote(replica)
    middle = info(replica)
    assert middle["master_replid2"] == oldest["master_replid"]
    end = int(middle["master_repl_offset"])
    for kill in (True, False):  # and in the second start from what the first one wrote
        replica.kill() if kill else replica.stop()
        replica.start()
        assert info(replica)["master_repl_offset"] == str(end)
        assert continues(replica, oldest["master_replid"], end) == "CONTINUE"
        assert continues(replica, middle["master_replid"], end) == "CONTINUE"
    # What was written under the new id is no part of the old history.
    ask(replica, "SET", "new", "1")
    ask(replica, "BGREWRITEAOF")
    wait_until(lambda: bases(replica) == 1 and is_idle(replica), 20)
    replica.kill()
    replica.start()
    end = int(info(replica)["master_repl_offset"])
    assert continues(replica, oldest["master_replid"], end) == "FULLRESYNC"


def test_a_demoted_master_goes_on_in_its_files(pair):
    master, replica = pair
    promote(replica)
    ask(master, "CONFIG", "SET", "rdb-key-save-delay", 1000000)
    follow(master, replica)
    wait_up(master)
    assert info(master)["master_replid"] == info(replica)["master_replid"]
    ask(replica, "SET", "more", "under the new id")
    wait_same(replica, master)
    assert bases(master) == 0 and is_idle(master)
    before = digest(replica)
    master.kill()
    snapshots = stat(replica, "sync_full")
    master.config["replicaof"] = f"127.0.0.1 {replica.port}"
    master.start()
    assert digest(master) == before
    wait_up(master)
    assert stat(replica, "sync_full") == snapshots
    ask(replica, "SET", "after", "1")
    wait_same(replica, master)
    assert digest(master) == digest(replica)


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_after_new_data_and_a_promotion_replies_wait_for_the_base(start, policy):
    master = start()
    replica = start(appendfsync=policy, rdb_key_save_delay=1000000)
    # Its own stream is longer than the master's: offsets of before mean nothing afterwards.
    ask(replica, "SET", "old", "x" * 100000)
    ask(master, "SET", "key", "value")
    ask(master, "SET", "other", "value")
    follow(replica, master)
    wait_up(replica)
    wait_until(lambda: info(replica, "persistence")["aof_rewrite_in_progress"] == "1", 20)
    promote(replica)
    replies = []
    writer = threading.Thread(target=lambda: replies.append(ask(replica, "SET", "new", "1")))
    writer.start()
    wait_until(lambda: ask(replica, "GET", "new") == b"1", 20)
    for _ in range(50):
        ask(replica, "PING")
    assert replies == [] and bases(replica) == 0
    ask(replica, "CONFIG", "SET", "rdb-key-save-delay", 0)
    writer.join(30)
    assert replies == ["OK"] and bases(replica) >= 1
    before = digest(replica)
    replica.kill()
    replica.config["rdb-key-save-delay"] = "0"
    replica.start()
    assert digest(replica) == before and ask(replica, "GET", "new") == b"1"


def test_the_file_tells_a_new_id_at_the_offset_of_the_promotion(pair):
    _, replica = pair
    old = info(replica)
    promote(replica)
    now, end = info(replica)["master_replid"], old["master_repl_offset"]
    increment = sorted((replica.directory / "appendonlydir").glob("*.incr.aof"))[-1]
    text = increment.read_text().replace("\r", "")
    assert f"#SKEIN start offset={end} skip=0 id={now}\n" in text
    assert f"#SKEIN past id={old['master_replid']} end={end}\n" in text
    assert ask(replica, "SET", "new", "1") == "OK"
