"""Proves: every directive of replication does what it says, also when it is changed at run time."""

import socket

import pytest
from skeintest import Client
from skeintest.replication import ask, follow, info, wait_online, wait_up
from skeintest.wait import wait_until

START_CONFIG = {}


def setting(server, *pairs):
    assert ask(server, "CONFIG", "SET", *pairs) == "OK"


def test_a_password_and_a_user_open_the_master(start):
    master, replica = start(requirepass="secret"), start()
    follow(replica, master)
    wait_until(lambda: "NOAUTH" in replica.log(), 10)
    setting(replica, "masterauth", "secret")
    wait_up(replica)
    with Client(master.address, timeout=10) as client:
        client("AUTH", "secret")
        client("ACL", "SETUSER", "feeder", "on", ">word", "+psync", "+replconf", "+ping")
        client("ACL", "SETUSER", "default", "off")
        setting(replica, "masteruser", "feeder", "masterauth", "word")
        ask(replica, "CLIENT", "KILL", "TYPE", "master")
        wait_until(lambda: b"user=feeder" in client("CLIENT", "LIST", "TYPE", "replica"), 10)
    wait_up(replica)


def test_pings_come_as_often_as_they_are_told_to(start):
    master, replica = start(repl_ping_replica_period=3600), start()
    follow(replica, master)
    wait_up(replica)
    wait_online(master)
    before = int(info(master)["master_repl_offset"])
    setting(master, "repl-ping-replica-period", 1)
    wait_until(lambda: int(info(master)["master_repl_offset"]) >= before + 2 * 14, 10)
    assert ask(master, "CONFIG", "GET", "repl-ping-slave-period")[1] == b"1"


def test_a_master_that_is_silent_for_longer_than_the_timeout_is_left(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        replica = start(repl_timeout=3600)
        ask(replica, "REPLICAOF", "127.0.0.1", silent.getsockname()[1])
        wait_until(lambda: ask(replica, "ROLE")[3] == b"handshake", 10)
        setting(replica, "repl-timeout", 1)
        wait_until(lambda: info(replica, "skein")["skein_link_failure"] != "none", 15)


def test_the_backlog_holds_what_it_is_told_to(start):
    master, replica = start(repl_backlog_size=16384), start()
    follow(replica, master)
    wait_up(replica)
    wait_online(master)
    value = "x" * 1000
    with Client(master.address, timeout=10) as client:
        for i in range(100):
            client("SET", "k", value)
        client("WAIT", 1, 0)
    wait_until(lambda: int(info(master)["repl_backlog_histlen"]) < 100 * 1000, 10)
    setting(master, "repl-backlog-size", 1000000)
    assert info(master)["repl_backlog_size"] == "1000000"
    with Client(master.address, timeout=10) as client:
        for i in range(200):
            client("SET", "k", value)
    assert 200000 < int(info(master)["repl_backlog_histlen"])


def test_the_backlog_of_nobody_goes_when_its_time_is_over(start):
    master, replica = start(repl_backlog_ttl=3600), start()
    follow(replica, master)
    wait_up(replica)
    wait_online(master)
    ask(replica, "REPLICAOF", "NO", "ONE")
    wait_until(lambda: info(master)["connected_slaves"] == "0", 10)
    assert info(master)["repl_backlog_active"] == "1"
    setting(master, "repl-backlog-ttl", 1)
    wait_until(lambda: info(master)["repl_backlog_active"] == "0", 10)


def test_a_snapshot_waits_for_more_replicas_or_not(start):
    master = start(repl_diskless_sync_delay=3600, repl_diskless_sync_max_replicas=2)
    one, two = start(), start()
    follow(one, master)
    wait_until(lambda: "state=wait_bgsave" in info(master).get("slave0", ""), 10)
    follow(two, master)
    wait_up(one, two)
    three = start()
    follow(three, master)
    wait_until(lambda: "state=wait_bgsave" in info(master).get("slave2", ""), 10)
    assert info(master, "skein")["skein_sync0"].endswith("state=wait_bgsave")
    setting(master, "repl-diskless-sync-delay", 0)
    wait_up(three)


def test_what_a_replica_says_about_itself(start):
    master = start()
    replica = start(replica_announce_ip="127.0.0.9", replica_announce_port=7000, replica_priority=7)
    follow(replica, master)
    wait_until(lambda: "ip=127.0.0.9,port=7000,state=online" in info(master).get("slave0", ""), 20)
    assert info(replica)["slave_priority"] == "7" and info(replica)["replica_announced"] == "1"
    setting(replica, "slave-priority", 0, "replica-announced", "no")
    assert info(replica)["slave_priority"] == "0" and info(replica)["replica_announced"] == "0"
    setting(replica, "slave-announce-ip", "", "slave-announce-port", 0)
    ask(replica, "CLIENT", "KILL", "TYPE", "master")
    own = f"ip=127.0.0.1,port={replica.port},state=online"
    wait_until(lambda: own in info(master).get("slave0", ""), 20)


def test_a_replica_evicts_only_when_it_may(start):
    master, replica = start(), start(maxmemory_policy="allkeys-random")
    follow(replica, master)
    wait_up(replica)
    with Client(master.address, timeout=10) as client:
        for i in range(500):
            client("SET", f"k{i}", "x" * 1000)
        assert client("WAIT", 1, 0) == 1
    setting(replica, "maxmemory", 1)
    ask(master, "SET", "more", "x")
    wait_until(lambda: ask(replica, "GET", "more") == b"x", 10)
    assert ask(replica, "DBSIZE") == 501
    setting(replica, "replica-ignore-maxmemory", "no")
    ask(master, "SET", "more", "y")
    wait_until(lambda: ask(replica, "DBSIZE") < 501, 10)


def test_small_packets_to_a_replica_are_collected_when_asked(start):
    """The stream arrives either way, and the option is not one of those without effect."""
    master, replica = start(repl_disable_tcp_nodelay="yes"), start()
    follow(replica, master)
    wait_up(replica)
    ask(master, "SET", "k", 1)
    wait_until(lambda: ask(replica, "GET", "k") == b"1", 10)
    assert ask(master, "CONFIG", "GET", "repl-disable-tcp-nodelay")[1] == b"yes"
    assert "repl-disable-tcp-nodelay" not in master.log()


def make_a_difference(replica):
    """The replica's own value, which what the master says cannot be done with."""
    setting(replica, "replica-read-only", "no")
    ask(replica, "DEL", "list")
    ask(replica, "SET", "list", "text")


@pytest.mark.parametrize("behavior", ["ignore", "panic", "panic-on-replicas"])
def test_a_stream_that_cannot_be_applied(start, behavior):
    master, replica = start(), start(propagation_error_behavior=behavior)
    follow(replica, master)
    wait_up(replica)
    make_a_difference(replica)
    ask(master, "RPUSH", "list", "a")
    wait_until(lambda: info(replica, "stats")["unexpected_error_replies"] == "1", 10)
    assert "== CRITICAL == This replica is sending an error to its master" in replica.log()
    # It does not go on with data that differ: it takes those of its master.
    wait_until(lambda: ask(replica, "LRANGE", "list", 0, -1) == [b"a"], 20)
    wait_up(replica)
    if behavior == "ignore":
        return
    make_a_difference(replica)
    setting(replica, "replica-read-only", "yes")
    replica.expect_crash = True
    ask(master, "RPUSH", "list", "b")
    assert replica.process.wait(20) != 0
    assert "This replica panicked sending an error to its master" in replica.log()


@pytest.mark.parametrize("goes_on", ["no", "yes"])
def test_a_replica_whose_disk_cannot_be_written_to(start, goes_on):
    """BGSAVE fails: that is its disk's state until one succeeds."""
    master, replica = start(), start(replica_ignore_disk_write_errors=goes_on, dbfilename="d.rdb")
    follow(replica, master)
    wait_up(replica)
    setting(replica, "save", "3600 1")
    (replica.directory / "d.rdb").mkdir()
    (replica.directory / "d.rdb" / "in-the-way").touch()
    ask(replica, "BGSAVE")
    wait_until(lambda: info(replica, "persistence")["rdb_last_bgsave_status"] == "err", 10)
    ask(master, "SET", "k", 1)
    if goes_on == "yes":
        wait_until(lambda: ask(replica, "GET", "k") == b"1", 10)
        setting(replica, "save", "")
        return
    wait_until(lambda: "our disk cannot be written to" in replica.log(), 10)
    assert ask(replica, "GET", "k") is None
    setting(replica, "replica-ignore-disk-write-errors", "yes")
    wait_until(lambda: ask(replica, "GET", "k") == b"1", 20)
    assert info(master, "stats")["sync_full"] == "1"
    setting(replica, "save", "")


OLD_SPELLINGS = {
    "slave-serve-stale-data": ("no", "replica-serve-stale-data"),
    "slave-read-only": ("no", "replica-read-only"),
    "slave-ignore-maxmemory": ("no", "replica-ignore-maxmemory"),
    "slave-lazy-flush": ("yes", "replica-lazy-flush"),
    "slave-priority": ("5", "replica-priority"),
    "slave-announce-ip": ("1.2.3.4", "replica-announce-ip"),
    "slave-announce-port": ("77", "replica-announce-port"),
    "min-slaves-to-write": ("1", "min-replicas-to-write"),
    "min-slaves-max-lag": ("5", "min-replicas-max-lag"),
    "repl-ping-slave-period": ("5", "repl-ping-replica-period"),
}


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_old_spellings_mean_the_same_everywhere(start, stock):
    server = start(stock=stock, **{old: value for old, (value, _) in OLD_SPELLINGS.items()})
    for old, (value, new) in OLD_SPELLINGS.items():
        assert ask(server, "CONFIG", "GET", new)[1] == value.encode(), old
        setting(server, old, value)
        assert ask(server, "CONFIG", "GET", old)[1] == value.encode(), old
