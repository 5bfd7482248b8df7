"""Proves rows 24 to 26, 29 and 35 to 37 of the fault catalogue: whose history it is after
promotions, restarts and moves, and who may continue it."""

import pytest
from skeintest import Client
from skeintest.replication import (
    ask,
    digest,
    failure,
    fill,
    follow,
    info,
    offset,
    promote,
    refused,
    syncs,
    wait_same,
    wait_up,
)
from skeintest.rogue import RogueReplica
from skeintest.wait import wait_until


def attach(master, *replicas):
    for replica in replicas:
        follow(replica, master)
    wait_up(*replicas)
    wait_same(master, *replicas)


def same_history(*servers):
    return len({info(server)["master_replid"] for server in servers}) == 1


def test_24_two_divergent_tails_after_a_failover(start, proxy):
    """Who has no more than the new master had continues; who has more takes a snapshot."""
    master, heir, equal, ahead = start(), start(), start(), start()
    fill(master, 20)
    way = proxy(master)
    for replica in (heir, equal):
        follow(replica, way)
    attach(master, ahead)
    wait_up(heir, equal)
    wait_same(master, heir, equal)
    way.is_closed = True
    way.cut()
    ask(master, "SET", "orphan", "tail")
    wait_same(master, ahead)
    master.kill()
    promote(heir)
    ask(heir, "SET", "new", "era")
    follow(equal, heir)
    follow(ahead, heir)
    wait_up(equal, ahead)
    wait_same(heir, equal, ahead)
    assert same_history(heir, equal, ahead) and ask(ahead, "EXISTS", "orphan") == 0
    assert syncs(heir) == (1, 1)


@pytest.mark.parametrize("beyond, answer", [(0, b"+CONTINUE"), (1, b"+FULLRESYNC")])
def test_24_the_byte_at_which_histories_part(start, beyond, answer):
    """PSYNC with the old id at second_repl_offset continues, one byte further it does not."""
    master, heir = start(), start()
    fill(master, 20)
    attach(master, heir)
    promote(heir)
    ask(heir, "SET", "new", "era")
    facts = info(heir)
    with RogueReplica(heir) as peer:
        first_wanted = int(facts["second_repl_offset"]) + beyond
        assert peer.psync(facts["master_replid2"], first_wanted)[0] == answer


def test_25_three_failovers_while_a_replica_is_away(start, proxy):
    """The list of histories lets it continue."""
    servers = [start() for _ in range(4)]
    away = start()
    fill(servers[0], 50)
    attach(servers[0], *servers[1:])
    way = proxy(servers[0])
    follow(away, way)
    wait_up(away)
    wait_same(servers[0], away)
    way.is_closed = True
    way.cut()
    for before, heir in zip(servers, servers[1:]):
        ask(before, "SET", "of", before.port)
        wait_same(before, *servers[servers.index(heir) :])
        promote(heir)
        for other in servers[servers.index(heir) + 1 :]:
            follow(other, heir)
        wait_up(*servers[servers.index(heir) + 1 :])
    ask(servers[-1], "SET", "last", 1)
    way.target = servers[-1]
    way.is_closed = False
    follow(away, servers[-1])
    wait_up(away)
    wait_same(servers[-1], away)
    assert syncs(servers[-1]) == (0, 1)


def test_26_a_master_that_starts_from_the_snapshot_of_a_replica(start):
    """Both have written since: it takes an id of its own, and nobody mixes the two."""
    master, replica = start(), start()
    fill(master, 20)
    attach(master, replica)
    assert ask(replica, "SAVE") in (b"OK", "OK")
    old = info(master)["master_replid"]
    master.kill()
    (master.directory / "dump.rdb").write_bytes((replica.directory / "dump.rdb").read_bytes())
    promote(replica)
    ask(replica, "SET", "who", "replica")
    master.start()
    ask(master, "SET", "who", "master")
    ids = {info(server)["master_replid"] for server in (master, replica)}
    assert len(ids) == 2 and old not in ids
    assert info(master)["master_replid2"] == info(replica)["master_replid2"] == old
    follow(master, replica)
    wait_up(master)
    wait_same(replica, master)
    assert ask(master, "GET", "who") == b"replica" and syncs(replica) == (1, 0)


def test_29_signs_of_life_at_the_end_of_the_stream_force_no_snapshot(start, proxy):
    """A replica that heard more of them than its new master has lost nothing by it."""
    # Who copies everything behind a sign of life cannot go back before it.
    master = start(repl_ping_replica_period="3600")
    heir, other, last = start(), start(), start()
    fill(master, 20)
    way = proxy(master)
    follow(heir, way)
    attach(master, other)
    attach(other, last)
    wait_up(heir)
    wait_same(master, heir)
    way.is_closed = True
    way.cut()
    had = offset(heir)
    assert digest(heir) == digest(other)
    ask(master, "CONFIG", "SET", "repl-ping-replica-period", "1")
    wait_until(lambda: offset(last) >= had + 28, 20, "they hear of two more")
    promote(heir)
    ask(heir, "SET", "new", "era")
    follow(other, heir)
    wait_up(other, last)
    wait_same(heir, other, last)
    assert syncs(heir) == (0, 1) and syncs(other)[0] == 1
    ask(heir, "SET", "newer", "still")
    wait_same(heir, other, last)


def test_29_a_demoted_master_gives_up_its_own_signs_of_life(start, proxy):
    """Those that only it has, of both kinds; what it then writes is in the new history."""
    master, heir, other = start(), start(), start()
    fill(master, 20)
    way = proxy(master)
    follow(heir, way)
    attach(master, other)
    wait_up(heir)
    wait_same(master, heir)
    way.is_closed = True
    way.cut()
    had = offset(heir)
    ask(master, "CONFIG", "SET", "repl-ping-replica-period", "1")
    ask(master, "WAIT", 2, 1)
    wait_until(lambda: offset(master) >= had + 28, 20, "it gave two signs")
    promote(heir)
    ask(heir, "SET", "new", "era")
    follow(master, heir)
    wait_up(master)
    wait_same(heir, master)
    assert syncs(heir) == (0, 1)


def test_35_a_chain_whose_head_is_replaced(start):
    """Its middle continues with the new master, under another id, and tells the last one."""
    master, heir, middle, last = start(), start(), start(), start()
    fill(master, 50)
    attach(master, heir, middle)
    attach(middle, last)
    promote(heir)
    follow(middle, heir)
    ask(heir, "SET", "new", "era")
    wait_up(middle)
    wait_until(lambda: same_history(heir, middle, last), 20, "all have the new id")
    wait_up(last)
    wait_same(heir, middle, last)
    assert syncs(heir) == (0, 1) and syncs(middle) == (1, 1)


@pytest.mark.parametrize("change", ["the middle dies", "the middle is promoted", "it moves up"])
def test_35_a_chain_that_changes_under_the_last_link(start, change):
    """It continues in all three cases."""
    master, middle, last = start(), start(), start()
    fill(master, 50)
    attach(master, middle)
    attach(middle, last)
    ask(master, "SET", "before", 1)
    wait_same(master, middle, last)
    if change == "the middle dies":
        middle.kill()
    if change == "the middle is promoted":
        promote(middle)
        ask(middle, "SET", "after", 1)
        wait_up(last)
        wait_same(middle, last)
        assert syncs(middle) == (1, 1) and same_history(middle, last)
        return
    ask(master, "SET", "after", 1)
    follow(last, master)
    wait_up(last)
    wait_same(master, last)
    assert syncs(master) == (1, 1)


def test_a_replica_that_loses_power_behind_a_rewrite_knows_the_database(start):
    """What the stream has selected stands in the base, when the increment has nothing yet."""
    master, replica = start(), start(appendonly="yes")
    with Client(master.address) as client:
        client("SELECT", 1)
        client("SET", "a", 1)
        attach(master, replica)
        client("SET", "a", 2)
        wait_same(master, replica)
        home = replica.directory / "appendonlydir"
        wait_until(lambda: is_rewritten(replica, 1), 20)
        ask(replica, "BGREWRITEAOF")
        wait_until(lambda: is_rewritten(replica, 2), 20)
        replica.kill()
        newest = max(home.glob("*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))
        newest.write_bytes(b"")
        replica.start()
        follow(replica, master)
        wait_up(replica)
        client("SET", "b", 3)
        wait_same(master, replica)


def is_rewritten(server, times):
    facts = info(server, "persistence")
    return int(facts["aof_rewrites"]) >= times and facts["aof_rewrite_in_progress"] == "0"


def test_36_two_servers_that_would_follow_each_other(start):
    """The second order is refused, and a write goes round once."""
    first, second = start(), start()
    attach(first, second)
    follow(first, second)
    wait_until(lambda: "LOOP" in first.log(), 10)
    wait_until(lambda: failure(first) == "loop", 10)
    promote(first)
    ask(first, "SET", "a", 1)
    wait_up(second)
    wait_same(first, second)
    end = offset(first)
    assert ask(first, "WAIT", 1, 10000) == 1
    assert offset(second) == offset(first) <= end + 60


def test_37_a_writable_replica_that_is_promoted_shares_no_history(start):
    """Whoever has its offset lacks its own writes: nobody continues without them."""
    master, writer, other = start(), start(replica_read_only="no"), start()
    fill(master, 20)
    attach(master, writer, other)
    with Client(writer.address) as client:
        client("SET", "local", 1)
        client("EVAL", "redis.call('SET', 'local2', 1)", 0)
    assert int(refused(writer, "local_changes")) >= 2
    assert refused(other, "local_changes") == 0
    assert offset(writer) == offset(master)
    promote(writer)
    assert info(writer)["master_replid2"] == "0" * 40
    follow(other, writer)
    wait_up(other)
    wait_same(writer, other)
    assert ask(other, "GET", "local") == b"1" and syncs(writer) == (1, 0)


def test_37_a_replica_without_writes_of_its_own_keeps_its_history(start):
    master, writer = start(), start(replica_read_only="no")
    attach(master, writer)
    ask(master, "EVAL", "redis.call('SET', 'a', 1)", 0)
    wait_same(master, writer)
    old = info(master)["master_replid"]
    promote(writer)
    assert info(writer)["master_replid2"] == old
