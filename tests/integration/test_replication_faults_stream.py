"""Proves rows 17 to 23, 27 and 28 of the fault catalogue: the stream cut, changed or false, and
what replicas claim."""

import contextlib

import pytest
from skeintest import Client, Error, encode
from skeintest.replication import (
    ask,
    digest,
    fill,
    follow,
    info,
    offset,
    promote,
    refused,
    stat,
    syncs,
    wait_down,
    wait_same,
    wait_up,
)
from skeintest.rogue import RogueMaster, RogueReplica, full_resync, stock_snapshot
from skeintest.wait import wait_until

BACKLOG = 16384


def attach(proxy, master, replica):
    """A replica that follows through a proxy and has everything."""
    way = proxy(master)
    follow(replica, way)
    wait_up(replica)
    wait_same(master, replica)
    # The first sign of life of a master comes by itself; after it the stream is still.
    wait_until(lambda: "lag=0" in info(master)["slave0"], 10)
    return way


def come_back(way, replica):
    """Reconnects at once, through the other port."""
    way.is_closed = False
    way.other_port()
    follow(replica, way)
    wait_up(replica)


@pytest.mark.parametrize(
    "stock_master, stock_replica", [(False, False), (True, False), (False, True)]
)
def test_17_a_cut_inside_a_command(start, proxy, stock_master, stock_replica):
    """It goes on at the end of the last whole command: everything once, and no new snapshot."""
    master, replica = start(stock=stock_master), start(stock=stock_replica)
    way = attach(proxy, master, replica)
    command = encode("APPEND", "value", "x" * 980)
    positions = sorted({*range(0, 60, 4), *range(60, len(command), 53), *range(1010, len(command))})
    for done, position in enumerate(positions):
        before, cuts = offset(master), way.to_client.cuts
        way.is_closed = True
        way.to_client.cut_after(position)
        assert ask(master, "APPEND", "value", "x" * 980) == 980 * (done + 1)
        assert offset(master) - before >= len(command)
        wait_until(lambda: way.to_client.cuts > cuts, 20, "the cut")
        wait_down(replica)
        come_back(way, replica)
        wait_same(master, replica)
        assert ask(replica, "STRLEN", "value") == 980 * (done + 1)
    full, partial = syncs(master)
    assert full == 1 and partial >= len(positions)


@pytest.mark.parametrize("promoted", [False, True])
def test_18_a_cut_inside_a_transaction(start, proxy, promoted):
    """Nothing of it is visible on the replica; if that is promoted, it is absent as a whole."""
    master, replica = start(), start()
    ask(master, "SET", "a", 0)
    way = attach(proxy, master, replica)
    whole = (
        encode("MULTI") + encode("INCR", "a") + encode("RPUSH", "l", "x" * 90) + encode("EXEC")
    )
    positions = [len(whole) - 1] if promoted else range(1, len(whole), 7)
    for done, position in enumerate(positions):
        kept, cuts = digest(replica), way.to_client.cuts
        way.is_closed = True
        way.to_client.cut_after(position)
        with Client(master.address) as client:
            client.pipeline([("MULTI",), ("INCR", "a"), ("RPUSH", "l", "x" * 90), ("EXEC",)])
        wait_until(lambda: way.to_client.cuts > cuts, 20, "the cut")
        wait_down(replica)
        assert digest(replica) == kept and ask(replica, "GET", "a") == str(done).encode()
        if promoted:
            break
        come_back(way, replica)
        wait_same(master, replica)
    if promoted:
        promote(replica)
        assert ask(replica, "INCR", "a") == 1 and ask(replica, "EXISTS", "l") == 0
        follow(master, replica)
        wait_up(master)
        wait_same(replica, master)
        assert syncs(replica) == (1, 0)
    else:
        full, partial = syncs(master)
        assert full == 1 and partial >= len(positions)


@pytest.mark.parametrize("distance, continues", [(-1, True), (0, True), (1, False)])
def test_19_a_gap_of_the_backlog_and_a_byte_around_it(start, proxy, distance, continues):
    master, replica = start(repl_backlog_size=BACKLOG), start()
    way = attach(proxy, master, replica)
    way.is_closed = True
    way.cut()
    wait_until(lambda: info(master)["connected_slaves"] == "0")
    had = offset(replica)
    fixed = len(encode("SET", "k", "x" * 1000)) - 1000
    missing = BACKLOG + distance
    while offset(master) - had < missing - 3000:
        ask(master, "SET", "k", "x" * 1000)
    left = missing - (offset(master) - had) - fixed
    assert 1000 <= left < 9999
    ask(master, "SET", "k", "x" * left)
    assert offset(master) - had == missing
    come_back(way, replica)
    wait_same(master, replica)
    assert syncs(master) == ((1, 1) if continues else (2, 0))
    assert stat(master, "sync_partial_err") == (0 if continues else 1)


def test_20_a_replica_that_asks_for_more_than_there_is(start):
    master = start()
    with RogueReplica(master) as first:
        first.join()
        ask(master, "SET", "a", 1)
        history = info(master)["master_replid"]
        end = offset(master)
        wrong = [end + 2, end + 1000, 2**63 - 1, -(2**62), 0, -7]
        for asked in wrong:
            with RogueReplica(master) as peer:
                assert peer.psync(history, asked)[0] == b"+FULLRESYNC", asked
        for nonsense in ("x", "", "9223372036854775808"):
            with RogueReplica(master) as peer:
                assert peer.psync(history, nonsense)[0] in (b"+FULLRESYNC", b"-ERR"), nonsense
        assert stat(master, "sync_partial_err") >= len(wrong)
        with RogueReplica(master) as peer:
            assert peer.psync(history, end + 1)[0] == b"+CONTINUE"
    assert ask(master, "PING") == "PONG"


FORGED = {
    "beyond what was sent": ("REPLCONF", "ACK", 999999999999),
    "one byte beyond": ("REPLCONF", "ACK", "END+1"),
    "negative": ("REPLCONF", "ACK", -5),
    "no number": ("REPLCONF", "ACK", "x"),
    "going back": ("REPLCONF", "ACK", "END-1"),
    "a disk ahead of the memory": ("REPLCONF", "ACK", "END", "FACK", "END+1"),
}


@pytest.mark.parametrize("name", FORGED)
def test_21_22_a_forged_acknowledgement_is_cut_counted_and_moves_no_wait(start, name):
    master = start(min_replicas_to_write="1")
    with RogueReplica(master) as peer:
        at = peer.join()
        wait_until(lambda: "state=online" in info(master).get("slave0", ""), 10)
        assert not isinstance(ask(master, "SET", "a", 1), Error)
        end = offset(master)
        peer.file.read(end - at)
        peer.say("REPLCONF", "ACK", end)
        wait_until(lambda: f"offset={end}" in info(master)["slave0"], 10)
        with Client(master.address, timeout=10) as client:
            client("SET", "b", 2)
            words = {"END": end, "END+1": offset(master) + 1000, "END-1": end - 1}
            peer.say(*[words.get(word, word) for word in FORGED[name]])
            assert client("WAIT", 1, 100) == 0
        assert peer.is_closed()
    assert refused(master, "acks_cut") == 1
    assert info(master)["connected_slaves"] == "0"
    assert str(ask(master, "SET", "a", 1)).startswith("NOREPLICAS")


def test_23_who_never_says_what_it_has_counts_for_nothing(start):
    """A follower with SYNC, one that acknowledges nothing, and one that acknowledges less."""
    master = start()
    early = master.client()
    with RogueReplica(master) as silent, RogueReplica(master) as mute, RogueReplica(master) as slow:
        silent.say("SYNC")
        silent.line()
        early("SET", "early", "in the snapshots of the others")
        at = slow.join()
        answer = mute.psync("?", -1)
        assert answer[0] == b"+FULLRESYNC"
        mute.take_snapshot()
        wait_until(lambda: "state=online" in info(master).get("slave2", ""), 10)
        # It says that it has its snapshot; the others never said so.
        slow.say("REPLCONF", "ACK", at)
        assert early("WAIT", 2, 100) == 1
        with Client(master.address, timeout=10) as client:
            client("SET", "a", 1)
            end = offset(master)
            mute.say("REPLCONF", "ACK", 0)
            slow.say("REPLCONF", "ACK", at)
            assert client("WAIT", 1, 200) == 0
            slow.say("REPLCONF", "ACK", end)
            assert client("WAIT", 1, 10000) == 1
        ask(master, "CONFIG", "SET", "min-replicas-to-write", 1)
        assert info(master)["connected_slaves"] == "3"
        assert info(master)["min_slaves_good_slaves"] == "1"


def stream_of(*commands):
    return b"".join(encode(*words) for words in commands)


def rogue_with(*commands):
    """A master whose data is one list, and whose stream says these commands."""
    snapshot = stock_snapshot(("RPUSH", "list", "a"))
    said = full_resync(snapshot) + stream_of(("SELECT", 0), *commands)
    return RogueMaster(lambda say, _: say(said), holds=True)


@pytest.mark.parametrize(
    "command",
    [("INCR", "list"), ("NOSUCH", "x"), ("SET", "only-a-key"), ("HSET", "list", "f", "v")],
    ids=["wrong type", "unknown", "wrong arity", "wrong type too"],
)
def test_28_a_command_that_fails_ends_the_stream_and_asks_for_a_snapshot(start, command):
    """It is not logged and passed over; nothing behind it is done."""
    replica = start()
    with rogue_with(("SET", "before", 1), command, ("SET", "behind", 1)) as rogue:
        follow(replica, rogue)
        wait_until(lambda: rogue.attempts == 2, 20, "it asks again")
        assert rogue.psyncs[1][1:3] == ["?", "-1"]
        assert ask(replica, "GET", "before") == b"1" and ask(replica, "EXISTS", "behind") == 0
        wait_until(lambda: refused(replica, "stream_failed") >= 2, 20)
        promote(replica)
    assert "a command of it fails on our data" in replica.log()


def test_28_a_transaction_of_which_a_command_fails(start):
    replica = start()
    commands = [("MULTI",), ("SET", "a", 1), ("INCR", "list"), ("SET", "b", 1), ("EXEC",)]
    with rogue_with(*commands) as rogue:
        follow(replica, rogue)
        wait_until(lambda: rogue.attempts == 2, 20, "it asks again")
        assert rogue.psyncs[1][1:3] == ["?", "-1"]
        promote(replica)
    assert ask(replica, "EXISTS", "b") == 0


def test_28_a_replica_that_differs_is_made_equal(start):
    """What was written to a writable replica stands in the way of its master's writes."""
    master, replica = start(), start(replica_read_only="no")
    fill(master, 20)
    follow(replica, master)
    wait_up(replica)
    ask(replica, "SET", "new", "a string")
    ask(master, "RPUSH", "new", "a list")
    wait_until(lambda: syncs(master)[0] == 2, 20, "another snapshot")
    wait_up(replica)
    wait_same(master, replica)
    assert ask(replica, "TYPE", "new") == "list"


@pytest.mark.parametrize("stock", [False, True])
def test_27_bytes_that_are_lost_or_changed_in_the_stream(start, proxy, stock):
    """What breaks the form of the stream cuts it, and the replica takes a new snapshot."""
    master, replica = start(stock=stock), start()
    way = attach(proxy, master, replica)
    for edit in (lambda data: data[1:], lambda data: data.replace(b"$1000", b"$x000")):
        full = syncs(master)[0]
        way.to_client.edit = edit
        ask(master, "SET", "k", "x" * 1000)
        wait_until(lambda: not is_clean(replica, full), 20, "the stream is refused")
        way.to_client.edit = None
        wait_until(lambda: syncs(master)[0] == full + 1, 20, "another snapshot")
        wait_up(replica)
        wait_same(master, replica)


def is_clean(replica, times):
    return refused(replica, "stream_forbidden") + refused(replica, "stream_failed") < times


@contextlib.contextmanager
def middle_of_a_chain(start, snapshot):
    """Says something as a master; what a replica of its replica hears of that."""
    server, speakers = start(), []

    def play(say, _):
        speakers.append(say)
        say(full_resync(snapshot))

    with RogueMaster(play, holds=True) as master:
        follow(server, master)
        wait_up(server)
        with RogueReplica(server) as replica:
            replica.join()
            wait_until(lambda: "the stream flows" in server.log(), 20)
            yield server, speakers[0], replica


def test_what_a_middle_replica_may_pass_on_goes_before_it_is_done(start):
    """Also what it then cannot do: its replica ends where it does not, and is let go."""
    fails = encode("SET", "before", 1) + encode("LPUSH", "key", "x")
    snapshot = stock_snapshot(("SET", "key", "value"))
    with middle_of_a_chain(start, snapshot) as (server, say, replica):
        say(fails)
        assert replica.file.read() == fails
        assert "sent what we cannot do" in server.log()
        assert stat(server, "sync_partial_ok") == 0


@pytest.mark.parametrize(
    "held",
    [
        encode("CONFIG", "SET", "maxmemory", 1) + encode("SET", "k", 1),
        encode("MULTI") + encode("SET", "k", 1) + encode("CONFIG", "SET", "maxmemory", 1),
        encode("NOSUCH", "k") + encode("SET", "k", 1),
    ],
)
def test_what_no_master_says_is_not_passed_on(start, held):
    allowed = encode("SET", "before", 1)
    with middle_of_a_chain(start, stock_snapshot()) as (server, say, replica):
        say(allowed + held)
        wait_until(lambda: "refused" in server.log(), 20, "the stream is refused")
        promote(server)
        assert replica.file.read() == allowed


def test_a_chain_agrees_again_after_a_command_failed_in_its_middle(start):
    master, middle, last = start(), start(replica_read_only="no"), start()
    follow(middle, master)
    wait_up(middle)
    follow(last, middle)
    wait_up(last)
    wait_same(master, last)
    ask(middle, "SET", "key", "mine")
    ask(master, "HSET", "key", "field", "value")
    wait_same(master, middle)
    wait_same(master, last)
    assert digest(master) == digest(middle) == digest(last)
