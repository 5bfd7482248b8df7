"""Proves: replication over TLS alone, with servers of ours and stock ones: both ways of a full
synchronisation, partial ones, chains; whose certificates are taken and whose are refused, and that
certificates change under way."""

import os
import signal
import socket
import ssl

import pytest
from skeintest import ORACLE_BINARY, Client, Error, Server, ServerFailed
from skeintest.certificates import Certificates
from skeintest.replication import ask, follow, info, wait_same, wait_up
from skeintest.server import directives, server_group
from skeintest.wait import wait_until

REFUSED = "Error condition on socket for SYNC: tls: "


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("tls"))
    certificates.authority("ca")
    certificates.authority("rogue")
    certificates.sign("server")
    certificates.sign("renewed")
    certificates.sign("client", names=None, usage="clientAuth")
    certificates.sign("stranger", authority="rogue")
    certificates.sign("elsewhere", names="DNS:elsewhere.test,IP:127.0.0.9")
    certificates.sign("nameless", names=None)
    certificates.sign("expired", days=-1)
    return certificates


@pytest.fixture
def start(made):
    """start() a server of ours that listens to TLS only and follows by TLS; or a stock one."""
    with server_group() as begin:

        def start(stock=False, certificate="server", client="client", **config):
            words = {
                "repl-diskless-sync-delay": "0",
                "enable-debug-command": "yes",
                "tls-replication": "yes",
                "tls-ca-cert-file": str(made.crt("ca")),
                **made.identity(certificate),
                **(made.identity(client, "tls-client-") if client else {}),
                **directives(config),
            }
            binary = ORACLE_BINARY if stock else None
            return begin(words, binary=binary, tls=made.context("client"))

        yield start


def wait_said(server, text, times=1):
    wait_until(lambda: server.log().count(text) >= times, 20, f"{times} times in the log: {text}")


def fill(server, count=300, size=500):
    with Client(server.address, tls=server.tls) as client:
        client.pipeline([("SET", f"key:{i}", b"%d" % i * size) for i in range(count)])


@pytest.mark.parametrize("diskless", ["yes", "no"])
def test_a_chain_of_ours_and_stock_speaks_tls_alone(start, diskless):
    servers = [start(stock, repl_diskless_sync=diskless) for stock in [False, True, False, False]]
    fill(servers[0])
    for master, replica in zip(servers, servers[1:]):
        follow(replica, master)
        wait_up(replica)
    fill(servers[0], 400)
    for replica in servers[1:]:
        wait_same(servers[0], replica)
    assert ask(servers[0], "ROLE")[2][0][1] == str(servers[1].port).encode()
    assert len({info(server)["master_replid"] for server in servers}) == 1


def test_a_link_cut_inside_a_record_continues(start, proxy):
    master, replica = start(), start()
    way = proxy(master)
    way.to_client.piece = way.to_server.piece = 1000
    fill(master)
    follow(replica, way, "localhost")
    wait_up(replica)
    for _ in range(3):
        with Client(master.address, tls=master.tls) as client:
            for i in range(200):
                client.send("SET", f"cut:{i}", b"x" * 3000)
            way.cut()
            assert [client.read() for _ in range(200)] == ["OK"] * 200
        wait_up(replica)
        wait_same(master, replica)
    stats = info(master, "stats")
    assert stats["sync_full"] == "1"
    assert int(stats["sync_partial_ok"]) >= 1


@pytest.mark.parametrize(
    "certificate, reason",
    [
        ("stranger", "certificate verify failed"),
        ("elsewhere", "it is not for 127.0.0.1"),
        ("expired", "certificate has expired"),
        ("client", "unsuitable certificate purpose"),
    ],
)
def test_a_master_with_a_wrong_certificate_is_refused_until_it_has_a_right_one(
    start, made, certificate, reason
):
    master, replica = start(certificate=certificate), start()
    ask(replica, "SET", "mine", "kept")
    fill(master)
    follow(replica, master)
    wait_said(replica, REFUSED, times=2)
    lines = [line for line in replica.log().splitlines() if REFUSED in line]
    assert all(reason in line for line in lines), lines
    assert ask(replica, "GET", "mine") == b"kept"
    right = made.identity("server")
    assert ask(master, "CONFIG", "SET", *[word for item in right.items() for word in item]) == "OK"
    wait_up(replica)
    wait_same(master, replica)


def test_a_replica_without_a_right_certificate_is_refused_until_it_has_one(start, made):
    master, replica = start(), start(certificate="stranger", client=None)
    follow(replica, master)
    wait_said(replica, REFUSED, times=2)
    assert "unknown ca" in replica.log()
    assert info(master)["connected_slaves"] == "0"
    right = made.identity("client", "tls-client-")
    assert ask(replica, "CONFIG", "SET", *[word for item in right.items() for word in item]) == "OK"
    wait_up(replica)
    assert ask(master, "CONFIG", "SET", "tls-auth-clients", "no") == "OK"
    other = start(certificate="stranger", client=None)
    follow(other, master)
    wait_up(other)


NAME_CHECKS = [
    ("nameless", "auto", "", True),
    ("nameless", "yes", "", False),
    ("nameless", "yes", "nameless", True),
    ("elsewhere", "no", "", True),
    ("elsewhere", "auto", "", False),
    ("elsewhere", "auto", "elsewhere.test", True),
    ("elsewhere", "auto", "127.0.0.9", True),
    ("elsewhere", "yes", "other.test", False),
]


def test_the_name_in_the_masters_certificate_is_checked_as_configured(start, made):
    master, replica = start(), start()
    for certificate, check, name, is_taken in NAME_CHECKS:
        ask(replica, "REPLICAOF", "NO", "ONE")
        words = [word for item in made.identity(certificate).items() for word in item]
        assert ask(master, "CONFIG", "SET", *words) == "OK"
        names = ["tls-replication-verify-name", check, "tls-replication-name", name]
        assert ask(replica, "CONFIG", "SET", *names) == "OK"
        refusals = replica.log().count(REFUSED)
        follow(replica, master, "localhost")
        if is_taken:
            wait_up(replica)
        else:
            wait_said(replica, REFUSED, refusals + 1)
            assert info(replica)["master_link_status"] == "down"


def test_certificates_change_while_links_are_up(start, made):
    master, replica = start(), start()
    fill(master)
    follow(replica, master)
    wait_up(replica)
    renewed = [word for item in made.identity("renewed").items() for word in item]
    for server in [master, replica]:
        assert ask(server, "CONFIG", "SET", *renewed) == "OK"
        wrong = ["tls-ca-cert-file", "/nonexistent.crt"]
        assert isinstance(ask(server, "CONFIG", "SET", *wrong), Error)
        server.process.send_signal(signal.SIGHUP)
    fill(master, 400)
    wait_same(master, replica)
    assert info(master, "stats")["sync_full"] == "1"
    assert info(master, "stats")["sync_partial_ok"] == "0"
    with Client(master.address, tls=master.tls) as client:
        shown = client.sock.getpeercert(binary_form=True)
    assert shown == ssl.PEM_cert_to_DER_cert(made.crt("renewed").read_text())
    assert ask(replica, "CLIENT", "KILL", "TYPE", "master") == 1
    wait_until(lambda: info(master, "stats")["sync_partial_ok"] == "1", 20, "it came back")
    wait_same(master, replica)


def test_a_replica_that_does_not_read_its_snapshot_holds_nobody_up(start):
    master = start()
    with Client(master.address, tls=master.tls) as client:
        for i in range(50):  # more than buffers of sockets hold, and it cannot be compressed
            client.pipeline([("SET", f"big:{i}:{j}", os.urandom(50_000)) for j in range(10)])
    with Client(master.address, tls=master.tls) as sleeper:
        sleeper.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sleeper.send("PSYNC", "?", "-1")
        wait_until(lambda: "state=send_bulk" in info(master)["slave0"], 10, "it is being sent")
        with Client(master.address, tls=master.tls) as client:
            for i in range(500):
                assert client("SET", f"meanwhile:{i}", i) == "OK"
        assert "state=send_bulk" in info(master)["slave0"]
    replica = start()
    follow(replica, master)
    wait_up(replica)
    wait_same(master, replica)


def test_tls_and_plain_do_not_meet(start, made):
    master, replica = start(), start()
    with Server({"enable-debug-command": "yes"}) as plain:
        follow(replica, plain)
        wait_said(replica, REFUSED, times=2)
        assert plain.client()("REPLICAOF", "127.0.0.1", master.port) == "OK"
        wait_until(lambda: "Handshake with master failed" in plain.log(), 20, "it gives up")
        assert plain.client()("SET", "k", "v").code == "READONLY"
    follow(replica, master)
    wait_up(replica)


def test_following_by_tls_needs_an_authority(start, made):
    server = Server({"tls-replication": "yes"})
    with pytest.raises(ServerFailed, match="tls-ca-cert-file"):
        server.start()
    server.remove()
    server = start(tls_replication="no", tls_auth_clients="no", tls_ca_cert_file="''")
    refusal = ask(server, "CONFIG", "SET", "tls-replication", "yes")
    assert isinstance(refusal, Error) and "tls-ca-cert-file" in str(refusal)
    assert ask(server, "CONFIG", "GET", "tls-replication") == [b"tls-replication", b"no"]
