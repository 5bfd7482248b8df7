"""Proves: replication between servers of ours and stock ones, in every order: full and partial
synchronisation, chains, promotion, WAIT, what a replica refuses, and what rogue peers achieve."""

import itertools
import signal
import socket
import subprocess
import time

import pytest
from skeintest import Client, Error, encode
from skeintest.replication import (
    ask,
    fill,
    follow,
    info,
    is_up,
    offset,
    promote,
    refused,
    syncs,
    wait_online,
    wait_same,
    wait_up,
)
from skeintest.rogue import RogueMaster, RogueReplica, full_resync, stock_snapshot
from skeintest.wait import wait_until

START_CONFIG = {
    "repl-diskless-sync-delay": "0",
    "enable-debug-command": "yes",
    "repl-timeout": "10",
}


KINDS = list(itertools.product([False, True], repeat=2))[:3]  # not stock to stock


@pytest.mark.parametrize("stock_master, stock_replica", KINDS)
def test_a_new_replica_takes_the_data_and_then_the_stream(start, stock_master, stock_replica):
    master, replica = start(stock=stock_master), start(stock=stock_replica)
    fill(master)
    ask(replica, "SET", "stale", "data")
    follow(replica, master, "localhost")
    wait_up(replica)
    wait_same(master, replica)
    assert ask(replica, "GET", "stale") is None
    with Client(master.address) as client:
        client("MULTI")
        client("INCR", "n")
        client("INCR", "n")
        client("EXEC")
        client("SPOP", "set")
        client("EVAL", "redis.call('SET', 'script', redis.call('TIME')[1])", 0)
        client("SELECT", 3)
        client("SET", "more", "x", "PX", "100000")
    wait_same(master, replica)
    assert ask(replica, "GET", "n") == b"2"


@pytest.mark.parametrize("size", [1, 7, 31, 33, 100])
def test_transactions_of_any_size_are_applied_whole_and_once(start, size):
    """A replica reads requests ahead, so that transactions begin and end anywhere in what it has
    read, and some are longer than that."""
    master, replica, below = start(), start(), start(stock=True)
    follow(replica, master)
    wait_up(replica)
    follow(below, replica)
    wait_up(below)
    with Client(master.address, timeout=10) as client:
        for n in range(60):
            requests = [("SELECT", n % 4), ("INCR", "single")]
            requests += [("INCR", f"n:{i % 5}") for i in range(n % 9)]
            requests += [("MULTI",), *[("RPUSH", "list", f"{n}:{i}") for i in range(size)]]
            requests += [("EXEC",), ("SET", f"key:{n}", "multi"), ("SET", f"exec:{n}", "exec")]
            client.pipeline(requests)
    wait_same(master, replica, below)
    assert offset(replica) == offset(below)


@pytest.mark.parametrize("diskless", ["yes", "no"])
def test_a_snapshot_with_a_length_and_one_with_a_mark_carry_the_same(start, diskless):
    master, replica = start(repl_diskless_sync=diskless), start(stock=True)
    fill(master, 3000)
    follow(replica, master)
    wait_up(replica)
    wait_same(master, replica)


def test_a_chain_passes_the_stream_on_byte_for_byte(start):
    servers = [start(), start(), start(stock=True), start()]
    fill(servers[0])
    for master, replica in zip(servers, servers[1:]):
        follow(replica, master)
        wait_up(replica)
    for i in range(300):
        ask(servers[0], "SET", f"chain:{i}", i)
    wait_same(servers[0], *servers[1:])
    ids = {info(server)["master_replid"] for server in servers}
    assert len(ids) == 1
    assert {offset(server) for server in servers} == {offset(servers[0])} or wait_until(
        lambda: len({offset(server) for server in servers}) == 1
    )


@pytest.mark.parametrize("stock_master, stock_replica", KINDS)
def test_role_tells_who_is_at_the_other_end(start, stock_master, stock_replica):
    master, replica = start(stock=stock_master), start(stock=stock_replica)
    assert ask(master, "ROLE") == [b"master", 0, []]
    follow(replica, master)
    wait_up(replica)
    ask(master, "SET", "k", "v")

    def is_told():
        role, end, replicas = ask(master, "ROLE")
        assert (role, len(replicas)) == (b"master", 1)
        assert ask(replica, "ROLE") == [b"slave", b"127.0.0.1", master.port, b"connected", end]
        return end > 0 and replicas == [[b"127.0.0.1", b"%d" % replica.port, b"%d" % end]]

    wait_until(is_told, 10, "both tell of each other, at one offset")


def test_a_cut_link_continues_without_a_new_snapshot(start):
    master, replica = start(), start()
    fill(master)
    follow(replica, master)
    wait_up(replica)
    for _ in range(2):
        ask(master, "SET", "before", "cut")
        ask(master, "CLIENT", "KILL", "TYPE", "replica")
        ask(master, "SET", "after", "cut")
        wait_up(replica)
        wait_same(master, replica)
    assert info(master, "stats")["sync_full"] == "1"
    assert int(info(master, "stats")["sync_partial_ok"]) >= 2


def test_a_promoted_replica_keeps_its_followers_and_its_old_master_joins_them(start):
    master, heir, other = start(), start(), start()
    fill(master)
    follow(heir, master)
    follow(other, master)
    wait_up(heir, other)
    wait_same(master, heir, other)
    old_id = info(master)["master_replid"]
    ask(heir, "REPLICAOF", "NO", "ONE")
    assert info(heir)["role"] == "master"
    assert info(heir)["master_replid2"] == old_id != info(heir)["master_replid"]
    follow(other, heir)
    follow(master, heir)
    wait_up(other, master)
    ask(heir, "SET", "new", "era")
    wait_same(heir, other, master)
    assert info(heir, "stats")["sync_full"] == "0"
    assert int(info(heir, "stats")["sync_partial_ok"]) == 2


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_role_tells_who_is_at_the_other_ends(start, stock):
    master, replica = start(stock), start(stock)
    follow(replica, master)
    wait_up(replica)
    wait_until(lambda: ask(master, "ROLE")[2], 15, "the master lists its replica")
    part, written, replicas = ask(master, "ROLE")
    assert part == b"master" and written >= 0
    assert replicas[0][:2] == [b"127.0.0.1", str(replica.port).encode()]
    part, host, port, state, applied = ask(replica, "ROLE")
    assert [part, host, port, state] == [b"slave", b"127.0.0.1", master.port, b"connected"]
    assert applied >= 0


def test_wait_counts_replicas_that_have_it(start):
    master, replica = start(), start()
    with Client(master.address, timeout=20) as client:
        client("SET", "a", 1)
        assert client("WAIT", 0, 0) == 0
        assert client("WAIT", 1, 50) == 0
        follow(replica, master)
        wait_up(replica)
        for i in range(50):
            client("SET", "a", i)
            assert client("WAIT", 1, 5000) == 1
            assert ask(replica, "GET", "a") == str(i).encode()
        assert client("WAIT", 2, 100) == 1
    assert isinstance(ask(replica, "WAIT", 1, 1), Error)


def test_waits_in_one_packet_do_not_wait_for_the_clock(start):
    """A tenth of a second each would be 20 s."""
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    with Client(master.address, timeout=10) as client:
        client.send_raw((encode("SET", "k", "v") + encode("WAIT", "1", "0")) * 200)
        end = time.monotonic() + 10
        assert [client.read() for _ in range(400)] == ["OK", 1] * 200
        assert time.monotonic() < end


def test_a_replica_refuses_writes_and_serves_old_data_or_not(start):
    master, replica = start(), start()
    ask(master, "SET", "a", 1)
    follow(replica, master)
    wait_up(replica)
    assert str(ask(replica, "SET", "a", 2)).startswith("READONLY")
    ask(replica, "CONFIG", "SET", "replica-read-only", "no")
    before = offset(replica)
    assert ask(replica, "SET", "local", 2) in (b"OK", "OK")
    assert offset(replica) == before
    ask(replica, "CONFIG", "SET", "replica-serve-stale-data", "no")
    master.kill()
    wait_until(lambda: isinstance(ask(replica, "GET", "a"), Error))
    assert str(ask(replica, "GET", "a")).startswith("MASTERDOWN")
    ask(replica, "CONFIG", "SET", "replica-serve-stale-data", "yes")
    assert ask(replica, "GET", "a") == b"1"


def test_too_few_replicas_refuse_writes(start):
    master, replica = start(min_replicas_to_write="1"), start()
    assert str(ask(master, "SET", "a", 1)).startswith("NOREPLICAS")
    follow(replica, master)
    wait_until(lambda: not isinstance(ask(master, "SET", "a", 1), Error), 10)
    assert info(master)["min_slaves_good_slaves"] == "1"


def test_keys_expire_on_replicas_by_the_masters_word(start):
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    ask(master, "SET", "short", "x", "PX", "100")
    wait_same(master, replica)
    wait_until(lambda: ask(replica, "GET", "short") is None)
    wait_until(lambda: ask(replica, "DBSIZE") == 0)


def test_keys_that_were_written_on_a_replica_expire_there(start):
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    ask(master, "DEBUG", "SET-ACTIVE-EXPIRE", 0)
    ask(master, "SET", "masters", "x", "PX", 1)
    wait_same(master, replica)
    ask(replica, "CONFIG", "SET", "replica-read-only", "no")
    ask(replica, "SET", "own", "x", "PX", 100)
    ask(replica, "SET", "lasting", "x")
    ask(replica, "PEXPIRE", "lasting", 100)
    assert int(info(replica, "stats")["slave_expires_tracked_keys"]) > 0
    wait_until(lambda: ask(replica, "DBSIZE") == 1)
    assert info(replica, "stats")["slave_expires_tracked_keys"] == "0"
    assert ask(replica, "EXISTS", "masters") == 0
    assert "encoding" in str(ask(replica, "DEBUG", "OBJECT", "masters"))


def test_publications_and_functions_travel(start):
    master, replica = start(), start()
    code = "#!lua name=lib\nredis.register_function('f', function() return 7 end)"
    ask(master, "FUNCTION", "LOAD", code)
    follow(replica, master)
    wait_up(replica)
    assert ask(replica, "FCALL_RO", "f", 0) == 7 or len(ask(replica, "FUNCTION", "LIST")) == 1
    with Client(replica.address, timeout=5) as listener:
        listener("SUBSCRIBE", "news")
        ask(master, "PUBLISH", "news", "hello")
        assert listener.read() == [b"message", b"news", b"hello"]


def test_a_replica_goes_on_serving_while_it_loads(start):
    master, replica = start(), start()
    with Client(master.address) as client:
        client("DEBUG", "POPULATE", 300000)
    ask(replica, "SET", "old", "data")
    follow(replica, master)
    seen = []
    with Client(replica.address, timeout=2) as client:
        end = time.monotonic() + 20
        while not is_up(replica) and time.monotonic() < end:
            seen.append(client("GET", "old"))
    assert b"data" in seen and not any(isinstance(reply, Error) for reply in seen)
    wait_same(master, replica)


@pytest.mark.parametrize("stock_heir", [False, True])
def test_failover_hands_the_role_to_a_replica_that_has_everything(start, stock_heir):
    master, heir = start(), start(stock=stock_heir)
    assert str(ask(master, "FAILOVER")) == "ERR FAILOVER requires connected replicas."
    assert str(ask(master, "FAILOVER", "ABORT")) == "ERR No failover in progress."
    follow(heir, master)
    wait_up(heir)
    ask(master, "SET", "before", 1)
    wait_until(lambda: "offset=0" not in info(master)["slave0"], 10)
    assert ask(master, "FAILOVER", "TO", "127.0.0.1", heir.port, "TIMEOUT", 20000) in (b"OK", "OK")
    wait_until(lambda: info(heir)["role"] == "master", 20)
    wait_until(lambda: info(master)["role"] == "slave", 20)
    wait_up(master)
    assert info(master)["master_failover_state"] == "no-failover"
    ask(heir, "SET", "after", 2)
    wait_same(heir, master)
    assert ask(master, "GET", "before") == b"1" and ask(master, "GET", "after") == b"2"


def test_a_failover_that_cannot_be_ends_with_the_master_writing_again(start):
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    ask(master, "SET", "a", 1)
    assert ask(master, "WAIT", 1, 5000) == 1
    replica.process.send_signal(signal.SIGSTOP)
    try:
        assert ask(master, "FAILOVER", "TIMEOUT", 300) in (b"OK", "OK")
        assert info(master)["master_failover_state"] == "waiting-for-sync"
        assert ask(master, "SET", "a", 2) in (b"OK", "OK")
        assert info(master)["master_failover_state"] == "no-failover"
    finally:
        replica.process.send_signal(signal.SIGCONT)
    assert info(master)["role"] == "master"


def test_a_killed_master_link_comes_back(start):
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    assert ask(replica, "CLIENT", "KILL", "TYPE", "master") == 1
    wait_up(replica)
    wait_until(lambda: info(master, "stats")["sync_partial_ok"] == "1")


def master_client(replica):
    """The fields of the line by which CLIENT LIST shows the link to the master."""
    listed = ask(replica, "CLIENT", "LIST").decode().splitlines()
    lines = [dict(field.split("=", 1) for field in line.split()) for line in listed]
    found = [line for line in lines if line["flags"] == "M"]
    return found[0] if found else None


@pytest.mark.parametrize("field, words", [("addr", []), ("id", ["ID"]), ("laddr", ["LADDR"])])
def test_the_link_to_the_master_is_listed_and_killed_like_a_client(start, field, words):
    master, replica = start(), start()
    assert master_client(replica) is None
    follow(replica, master)
    wait_up(replica)
    shown = master_client(replica)
    assert shown["addr"] == f"127.0.0.1:{master.port}"
    assert ask(replica, "CLIENT", "LIST", "ID", shown["id"]) in (
        ask(replica, "CLIENT", "LIST", "TYPE", "master"),
    )
    assert ask(replica, "CLIENT", "KILL", *words, shown[field]) in (1, b"OK", "OK")
    wait_until(lambda: info(master, "stats")["sync_partial_ok"] == "1")
    wait_up(replica)
    assert master_client(replica)["id"] != shown["id"]


def test_debug_replicate_sends_what_was_not_run(start):
    master, replica = start(), start()
    follow(replica, master)
    wait_up(replica)
    assert ask(master, "DEBUG", "REPLICATE", "SET", "only", "there") in (b"OK", "OK")
    wait_until(lambda: ask(replica, "GET", "only") == b"there")
    assert ask(master, "EXISTS", "only") == 0
    ask(master, "DEBUG", "REPLICATE", "no-such-command")
    ask(master, "SET", "after", 1)
    wait_until(lambda: ask(replica, "GET", "after") == b"1")


def test_a_psync_whose_offset_is_no_number_is_refused(start):
    master = start()
    with Client(master.address, timeout=5) as client:
        assert "not an integer" in str(client("PSYNC", "?", "soon"))
    assert "asks for synchronization but with a wrong offset" in master.log()
    assert info(master)["connected_slaves"] == "0"


def test_delays_of_keys_slow_a_full_synchronisation_down_on_both_sides(start):
    master, replica = start(), start()
    ask(master, "DEBUG", "POPULATE", 20)
    ask(replica, "CONFIG", "SET", "key-load-delay", 10_000_000)
    follow(replica, master)
    wait_until(lambda: info(replica, "persistence")["async_loading"] == "1")
    assert "Loading DB in memory" in replica.log()
    assert ask(master, "CLIENT", "KILL", "TYPE", "replica") == 1
    ask(master, "CONFIG", "SET", "rdb-key-save-delay", 10_000_000)
    promote(replica)
    ask(replica, "CONFIG", "SET", "key-load-delay", 0)
    wait_until(lambda: info(replica, "persistence")["async_loading"] == "0")
    follow(replica, master)
    wait_until(lambda: "state=send_bulk" in str(info(master).get("slave0")))
    before = int(info(master, "memory")["mem_total_replication_buffers"])
    ask(master, "SET", "big", "x" * 3_000_000)
    after = info(master, "memory")
    assert int(after["mem_total_replication_buffers"]) - before > 2_000_000
    assert int(after["mem_clients_slaves"]) > 1_000_000
    assert info(master, "persistence")["rdb_bgsave_in_progress"] == "1"
    assert ask(master, "CLIENT", "KILL", "TYPE", "replica") == 1
    wait_until(lambda: info(master, "persistence")["rdb_bgsave_in_progress"] == "0")


# Rogue peers


def test_a_forged_acknowledgement_is_cut_and_moves_no_wait(start):
    master = start()
    with RogueReplica(master) as peer, Client(master.address, timeout=10) as client:
        peer.join()
        wait_online(master)
        client("SET", "a", 1)
        peer.say("REPLCONF", "ACK", 999999999999)
        assert client("WAIT", 1, 200) == 0
        wait_until(lambda: info(master)["connected_slaves"] == "0")


def test_the_masters_stream_is_cut_when_it_says_what_no_master_says(start):
    replica = start()
    ask(replica, "SET", "mine", 1)
    snapshot = stock_snapshot()
    for number, bad in enumerate(
        [
            ("CONFIG", "SET", "requirepass", "owned"),
            ("SHUTDOWN", "NOSAVE"),
            ("REPLICAOF", "NO", "ONE"),
            ("ACL", "SETUSER", "default", "off"),
        ]
    ):
        said = full_resync(snapshot) + encode(*bad)
        with RogueMaster(lambda say, _, said=said: say(said), holds=True) as rogue:
            follow(replica, rogue)
            wait_until(lambda: refused(replica, "stream_forbidden") > number)
            assert ask(replica, "PING") in (b"PONG", "PONG")
            assert info(replica)["role"] == "slave"
            promote(replica)


def test_an_empty_master_does_not_empty_a_replica_that_comes_back_by_itself(start):
    master, replica = start(), start()
    fill(master)
    follow(replica, master)
    wait_up(replica)
    wait_same(master, replica)
    keys = ask(replica, "DBSIZE")
    master.kill()
    master.start()
    wait_until(lambda: "is empty" in replica.log(), 15, "the guard speaks")
    assert ask(replica, "DBSIZE") == keys and ask(replica, "GET", "key:1") is not None
    follow(replica, master)
    wait_up(replica)
    assert ask(replica, "DBSIZE") == 0


def test_nobody_follows_itself(start):
    first, second, third = start(), start(), start()
    follow(first, first)
    wait_until(lambda: "loop" in first.log().lower(), 10)
    ask(first, "REPLICAOF", "NO", "ONE")
    follow(second, first)
    follow(third, second)
    wait_up(second, third)
    follow(first, third)
    wait_until(lambda: first.log().lower().count("loop") >= 2, 15)


# The tools of others


def test_stock_cli_fetches_a_snapshot_and_the_stream(start, tmp_path):
    master = start()
    fill(master)
    path = tmp_path / "dump.rdb"
    run = subprocess.run(
        ["/usr/bin/redis-cli", "-p", str(master.port), "--rdb", str(path)],
        capture_output=True,
        timeout=30,
    )
    assert run.returncode == 0, run
    checked = subprocess.run(["/usr/bin/redis-check-rdb", path], capture_output=True, check=True)
    assert b"506 keys read" in checked.stdout, checked.stdout
    with subprocess.Popen(
        ["/usr/bin/redis-cli", "-p", str(master.port), "--replica"], stdout=subprocess.PIPE
    ) as stream:
        wait_until(lambda: "online" in info(master).get("slave0", ""), 10)
        ask(master, "SET", "seen", "by-cli")
        text = b""
        while b"by-cli" not in text:
            text += stream.stdout.readline()
        stream.kill()


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_sentinels(master, tmp_path):
    processes = []
    for port in free_ports(3):
        home = tmp_path / str(port)
        home.mkdir()
        (home / "sentinel.conf").write_text(
            f"port {port}\ndir {home}\nlogfile {home}/log\n"
            f"sentinel monitor mymaster 127.0.0.1 {master.port} 2\n"
            "sentinel down-after-milliseconds mymaster 1000\n"
            "sentinel failover-timeout mymaster 10000\n"
        )
        command = ["/usr/bin/redis-sentinel", str(home / "sentinel.conf")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        processes.append((process, port))
    return processes


def sentinel_says(port, *words):
    with Client(("127.0.0.1", port), timeout=5) as client:
        return client("SENTINEL", *words)


def test_stock_sentinels_fail_over_for_real(start, tmp_path):
    master, first, second = start(), start(), start()
    follow(first, master)
    follow(second, master)
    wait_up(first, second)
    sentinels = start_sentinels(master, tmp_path)
    try:
        ports = [port for _, port in sentinels]
        wait_until(lambda: len(sentinel_says(ports[0], "REPLICAS", "mymaster")) == 2, 30)
        for port in ports:
            wait_until(lambda: len(sentinel_says(port, "SENTINELS", "mymaster")) == 2, 30)
        ask(master, "SET", "kept", 1)
        wait_same(master, first, second)
        master.kill()
        heirs = {str(one.port).encode(): one for one in (first, second)}

        def new_master():
            address = sentinel_says(ports[0], "GET-MASTER-ADDR-BY-NAME", "mymaster")
            return heirs.get(address[1])

        heir = wait_until(new_master, 40, "the Sentinels name another master")
        other = second if heir is first else first
        assert info(heir)["role"] == "master"
        wait_until(lambda: info(other).get("master_port") == str(heir.port), 30)
        wait_up(other)
        assert ask(heir, "GET", "kept") == b"1"
        assert ask(heir, "SET", "new", 1) in (b"OK", "OK")
        wait_same(heir, other)
        assert info(heir, "stats")["sync_full"] == "0"
    finally:
        for process, _ in sentinels:
            process.kill()
            process.wait()


@pytest.mark.parametrize("append_only", ["no", "yes"])
def test_a_master_that_restarts_is_continued_by_its_replicas(start, append_only):
    master, replica = start(appendonly=append_only), start()
    follow(replica, master)
    wait_up(replica)
    fill(master)
    wait_same(master, replica)
    before = info(master)["master_replid"]
    ask(master, "SAVE")
    master.restart()
    wait_up(replica)
    with Client(master.address) as client:
        client("SELECT", "2")
        client("SET", "after", "restart")
    wait_same(master, replica)
    assert syncs(master) == (0, 1)
    assert info(master)["master_replid2"] == before != info(master)["master_replid"]
    assert info(replica)["master_replid"] == info(master)["master_replid"]


@pytest.mark.parametrize("append_only", ["no", "yes"])
def test_a_replica_that_restarts_goes_on_where_it_was(start, append_only):
    master = start()
    replica = start(appendonly=append_only, replicaof=f"127.0.0.1 {master.port}")
    wait_up(replica)
    fill(master)
    with Client(master.address) as client:
        client("SELECT", "5")
        client("SET", "before", "restart")
        wait_same(master, replica)
        ask(replica, "SAVE")
        wait_until(
            lambda: info(replica, "persistence")["aof_rewrite_in_progress"] == "0",
            10,
            "the file has a base of the master's data",
        )
        replica.restart()
        client("SET", "after", "restart")
        wait_up(replica)
        client("SET", "later", "still")
    wait_same(master, replica)
    assert syncs(master) == (1, 1)


def test_a_replica_of_a_replica_finds_the_database_of_the_stream(start):
    master, middle, last = start(), start(), start()
    follow(middle, master)
    wait_up(middle)
    with Client(master.address) as client:
        client("SELECT", "4")
        client("SET", "a", "1")
        wait_same(master, middle)
        follow(last, middle)
        wait_up(last)
        client("SET", "b", "2")
    wait_same(master, middle, last)


def test_a_cap_on_snapshots_is_kept(start):
    """At least the time that the cap gives to the bytes: a slow machine only takes longer."""
    master, replica = start(repl_sync_max_rate="500kb", rdbcompression="no"), start()
    for i in range(10):
        ask(master, "SET", f"big:{i}", "x" * 100_000)
    began = time.monotonic()
    follow(replica, master)
    wait_up(replica)
    assert time.monotonic() - began > 0.9
    wait_same(master, replica)
