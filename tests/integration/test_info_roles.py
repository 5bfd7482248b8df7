"""Proves: INFO has every stock field in every role; a stock server in the same place is asked the
same."""

import contextlib
import re
import socket

import pytest
from skeintest import ORACLE_BINARY, Client, Server
from skeintest.info import sections, violations
from skeintest.replication import ask, follow, info, wait_online, wait_up
from skeintest.rogue import RogueMaster
from skeintest.wait import wait_until

# Fields named after commands, errors or databases that the run happened to touch.
DYNAMIC = re.compile(r"cmdstat_|latency_percentiles_usec_|errorstat_|db\d+$")


def as_master(stack, server):
    """With a replica."""
    replica = stack.enter_context(Server())
    follow(replica, server)
    wait_online(server)
    ask(server, "CONFIG", "SET", "min-replicas-to-write", 1)


def as_replica(stack, server):
    master = stack.enter_context(Server())
    follow(server, master)
    wait_up(server)


def as_seeker(stack, server):
    """Of a master that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    ask(server, "REPLICAOF", "127.0.0.1", port)
    wait_until(lambda: info(server)["master_link_status"] == "down", 20)


def as_loader(stack, server):
    """In the middle of a snapshot."""
    part = b"+FULLRESYNC " + b"a" * 40 + b" 1\r\n$1000000\r\nREDIS0010"
    master = stack.enter_context(RogueMaster(lambda say, _: say(part), holds=True))
    follow(server, master)
    wait_until(lambda: info(server)["master_sync_in_progress"] == "1", 20)


@pytest.mark.parametrize("place", [as_master, as_replica, as_seeker, as_loader])
def test_every_stock_field_is_there_in_every_place(place):
    found = {}
    for binary in (None, ORACLE_BINARY):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server({"repl-diskless-sync-delay": "0"}, binary=binary))
            place(stack, server)
            text = ask(server, "INFO", "everything").decode()
            found[binary] = sections(text)
            if binary is None:
                assert violations(text) == []
            ask(server, "REPLICAOF", "NO", "ONE")
    ours, wanted = found[None], found[ORACLE_BINARY]
    missing = [
        f"{section}: {name}"
        for section, names in wanted.items()
        for name in names
        if name not in ours.get(section, []) and not DYNAMIC.match(name)
    ]
    assert missing == []


def test_the_progress_of_a_snapshot_is_told_by_the_master():
    """Its replica reads nothing: the snapshot stands in the middle."""
    with Server({"repl-diskless-sync-delay": "0", "enable-debug-command": "yes"}) as master:
        ask(master, "DEBUG", "POPULATE", 20000, "key", 1000)
        with socket.create_connection(master.address) as peer:
            peer.sendall(b"REPLCONF listening-port 7001 capa eof\r\nPSYNC ? -1\r\n")
            line = wait_until(lambda: info(master, "skein").get("skein_sync0"), 20)
            wait_until(lambda: "keys=" in info(master, "skein").get("skein_sync0", ""), 20)
            wait_until(lambda: "bytes=0," not in info(master, "skein")["skein_sync0"], 20)
            line = info(master, "skein")["skein_sync0"]
            assert line.startswith("ip=127.0.0.1,port=7001,state=send_bulk,keys=")
            assert ",total=20000," in line


def test_waits_keys_and_forged_acknowledgements_are_counted():
    with Server() as server, contextlib.ExitStack() as stack:
        connect = lambda: stack.enter_context(Client(server.address, timeout=10))
        setup, list_reader, group_reader, waiter = connect(), connect(), connect(), connect()
        setup("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
        list_reader.send("BLPOP", "a", "b", 0)
        group_reader.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", ">")
        waiter.send("WAIT", 1, 0)
        wait_until(lambda: info(server, "clients")["blocked_clients"] == "3", 10)
        assert info(server, "clients")["total_blocking_keys"] == "3"
        assert info(server, "clients")["total_blocking_keys_on_nokey"] == "1"
        assert info(server, "skein")["skein_waits"] == "1"
        lines = setup("CLIENT", "LIST").decode().splitlines()
        blocked = next(line for line in lines if "cmd=blpop" in line)
        assert " argv-mem=8 " in blocked
        setup("RPUSH", "a", "x")
        setup("XGROUP", "DESTROY", "s", "g")
        wait_until(lambda: info(server, "clients")["blocked_clients"] == "1", 10)
        assert info(server, "clients")["total_blocking_keys"] == "0"
        assert info(server, "clients")["total_blocking_keys_on_nokey"] == "0"
        with socket.create_connection(server.address) as peer:
            peer.sendall(b"REPLCONF capa eof capa psync2\r\nPSYNC ? -1\r\n")
            wait_until(lambda: "state=online" in info(server).get("slave0", ""), 20)
            peer.sendall(b"REPLCONF ACK 99999999\r\n")
            wait_until(lambda: info(server, "skein")["skein_acks_cut"] == "1", 10)


def test_bytes_of_replication_are_counted_on_both_ends():
    with Server({"repl-diskless-sync-delay": "0"}) as master, Server() as replica:
        ask(master, "SET", "before", "x" * 50000)
        ask(replica, "REPLICAOF", "127.0.0.1", master.port)
        wait_until(lambda: ask(replica, "EXISTS", "before") == 1, 20)
        ask(master, "SET", "after", "y" * 70000)
        wait_until(lambda: ask(replica, "EXISTS", "after") == 1, 20)
        for server, name in (master, "output"), (replica, "input"):
            told = f"total_net_repl_{name}_bytes"
            # The snapshot is compressed: one letter again and again.
            wait_until(lambda: 70000 < int(info(server, "stats")[told]) < 140000, 10)


def test_why_a_replica_does_not_follow_is_told():
    with Server({"requirepass": "x"}) as master, Server() as replica:
        assert info(replica, "skein")["skein_guard"] == "on"
        assert info(replica, "skein")["skein_link_failure"] == "none"
        ask(replica, "CONFIG", "SET", "repl-guard-empty-master", "no")
        assert info(replica, "skein")["skein_guard"] == "off"
        ask(replica, "REPLICAOF", "127.0.0.1", master.port)
        wait_until(lambda: info(replica, "skein")["skein_link_failure"] != "none", 10)
