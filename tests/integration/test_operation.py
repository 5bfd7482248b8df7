"""Running it: processes, files, signals, sockets, limits, TLS, systemd."""

import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest
from skeintest import Client, Error, Server, ServerFailed, wait_until
from skeintest.server import free_port

LOG_LINE = re.compile(
    r"\d+:([MCSX] \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} [.\-*#] .*|signal-handler \(\d+\) .*)"
)


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


# Process


def test_a_daemon_leaves_the_terminal_writes_its_pid_and_logs_to_its_file(tmp_path):
    port, pid_file, log = free_port(), tmp_path / "pid", tmp_path / "d.log"
    server = Server(
        argv=[
            *["--port", str(port), "--dir", str(tmp_path), "--daemonize", "yes", "--save", ""],
            *["--pidfile", str(pid_file), "--logfile", str(log)],
        ],
        directory=tmp_path,
    )
    result = subprocess.run(server.command_line(), timeout=10, stdin=subprocess.DEVNULL, cwd="/")
    assert result.returncode == 0
    server.port = port
    wait_until(lambda: Client(server.address)("PING") == "PONG", what="the daemon to serve")
    pid = int(pid_file.read_text())
    try:
        with Client(server.address) as client:
            assert client.info("server")["process_id"] == str(pid)
        assert os.getsid(pid) == pid and os.getpgid(pid) == pid
        assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not is_alive(pid), what="the daemon to end")
    assert not pid_file.exists()
    lines = [line for line in log.read_text().splitlines() if re.match(r"\d+:", line)]
    assert lines and all(LOG_LINE.fullmatch(line) for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(fresh_server, number):
    server = fresh_server()
    client = server.client()
    server.process.send_signal(number)
    assert server.process.wait(5) == 0
    assert client.is_closed(2.0)
    assert any(LOG_LINE.fullmatch(line) for line in server.log().splitlines())


def test_shutdown_ends_the_server_and_every_connection(fresh_server):
    server = fresh_server()
    client, other = server.client(), server.client()
    client.send("SHUTDOWN", "NOSAVE")
    assert server.process.wait(5) == 0
    assert client.read_until_closed() == b"" and other.is_closed(1.0)


def test_shutdown_understands_its_options_and_refuses_others(client):
    assert client("SHUTDOWN", "SOON") == "ERR syntax error"
    assert client("SHUTDOWN", "SAVE", "NOSAVE") == "ERR syntax error"
    assert client("SHUTDOWN", "ABORT") == "ERR No shutdown in progress."


def test_the_pid_file_is_written_without_a_daemon_too(fresh_server, tmp_path):
    server = fresh_server({"pidfile": tmp_path / "pid"})
    assert int((tmp_path / "pid").read_text()) == server.pid
    server.stop()
    assert not (tmp_path / "pid").exists()


def test_scripts_that_wait_for_the_words_of_redis_find_them(fresh_server):
    server = fresh_server()
    assert f"Running mode=standalone, port={server.port}. PID: {server.pid}\n" in server.log()
    assert "Server initialized\n" in server.log()


def test_a_port_that_is_taken_stops_the_start_with_a_reason(fresh_server):
    server = fresh_server()
    second = Server(argv=["--port", str(server.port), "--bind", "127.0.0.1"])
    with pytest.raises(ServerFailed, match="Failed listening on port .*ddress already in use"):
        second.start()
    second.remove()


def test_a_server_that_would_listen_nowhere_does_not_start():
    server = Server(argv=["--bind", ""])
    with pytest.raises(ServerFailed, match="listen nowhere"):
        server.start()
    server.remove()


@pytest.mark.parametrize("option", ["--version", "-v", "--help", "-h"])
def test_version_and_help_are_printed(option):
    result = subprocess.run(
        [Server(argv=[]).binary, option],
        capture_output=True,
        text=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    )
    assert result.stdout.strip() or (result.stderr.strip() and "h" in option)
    assert result.returncode == 0 or "h" in option


@pytest.mark.own_signals
@pytest.mark.own_signals
def test_a_crash_leaves_a_report_with_a_backtrace(fresh_server):
    server = fresh_server()
    server.expect_crash = True
    server.client()("SET", "canary", "secret-value")
    server.process.send_signal(signal.SIGSEGV)
    assert server.process.wait(10) == -signal.SIGSEGV
    log = server.log()
    assert re.search(r"crashed by signal: 11|SIGSEGV \(11\)", log)
    assert len(re.findall(r"^.*(?:0x[0-9a-f]{6,}|\(\+0x[0-9a-f]+\)).*$", log, re.M)) >= 3
    assert "secret-value" not in log


# Log


def test_the_log_is_reopened_after_it_was_moved_away(fresh_server, tmp_path):
    log = tmp_path / "a.log"
    server = fresh_server({"logfile": log})
    log.rename(tmp_path / "a.log.1")
    client = server.client()
    client.send_raw(b"POST / HTTP/1.1\r\n")
    assert client.is_closed(2.0)
    wait_until(log.exists, what="a new log file")
    assert "SECURITY ATTACK" in log.read_text().upper()


def test_the_level_of_the_log_holds(fresh_server, tmp_path):
    log = tmp_path / "w.log"
    server = fresh_server({"logfile": log, "loglevel": "warning"})
    server.stop()
    texts = log.read_text().splitlines() if log.exists() else []
    assert not [line for line in texts if re.match(r"\d+:M .{24} [.*-] ", line)]


# Threads


def turn_lengths(server):
    """By thread, as the kernel tells it; none when it tells nothing (Linux before 6.12)."""
    lengths = {}
    for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
        found = re.search(r"^se\.slice +: +(\d+)$", (task / "sched").read_text(), re.MULTILINE)
        if found:
            lengths[int(task.name)] = int(found[1])
    return lengths


def test_only_the_data_thread_asks_for_short_turns(fresh_server):
    server = fresh_server()
    lengths = turn_lengths(server)
    short = [task for task, length in lengths.items() if length == 100_000]
    assert short == [server.pid] or not lengths


# Sockets


def test_a_unix_socket_serves_and_has_the_permissions_asked_for(fresh_server, tmp_path):
    path = tmp_path / "s.sock"
    server = fresh_server({"unixsocket": path, "unixsocketperm": "750"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    with Client(path) as client:
        assert client("PING") == "PONG"
        line = bytes(client("CLIENT", "INFO")).decode()
        assert f"addr={path}:0 " in line and "flags=U" in line
    server.stop()
    assert not path.exists()


def test_a_unix_socket_alone_is_enough(tmp_path):
    path = tmp_path / "only.sock"
    server = Server(
        argv=["--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path)], directory=tmp_path
    )
    server.launch()
    try:
        wait_until(lambda: Client(path)("PING") == "PONG", what="the socket to serve")
    finally:
        server.stop()


def test_several_addresses_are_listened_on(fresh_server):
    server = fresh_server({"bind": "127.0.0.1 127.0.0.2 -::1 -127.0.0.99"})
    for host in ["127.0.0.1", "127.0.0.2"]:
        with Client((host, server.port)) as client:
            assert client("PING") == "PONG"


def test_a_connection_above_the_maximum_is_told_and_closed(fresh_server):
    server = fresh_server({"maxclients": "4"})
    first = server.client()
    wait_until(lambda: first.info("clients")["connected_clients"] == "1", what="a place for each")
    clients = [first] + [server.client() for _ in range(3)]
    assert [client("PING") for client in clients] == ["PONG"] * 4
    with Client(server.address) as extra:
        assert extra.read() == "ERR max number of clients reached"
        assert extra.is_closed(2.0)
    assert clients[0].info("stats")["rejected_connections"] == "1"
    clients[3].close()

    def served():
        with Client(server.address) as again:
            return again("PING") == "PONG"

    wait_until(served, what="a place to be free again")


def test_an_idle_connection_is_closed_after_the_timeout_but_not_a_subscriber(connect):
    idle, subscriber, busy = connect(), connect(), connect()
    busy("CONFIG", "SET", "timeout", "1")
    subscriber("SUBSCRIBE", "c")
    idle("PING")
    end = time.monotonic() + 8
    while not idle.is_closed(0.2):
        assert busy("PING") == "PONG" and time.monotonic() < end
    assert subscriber("PING") == [b"pong", b""]


# Protected mode, seen from another machine


@pytest.fixture
def other_host():
    """A network namespace joined by a virtual cable; calling it runs Python there."""
    name = f"sk{os.getpid()}"
    ours, theirs = f"{name}a", f"{name}b"
    subnet = 1 + os.getpid() % 250
    commands = [
        f"ip netns add {name}",
        f"ip link add {ours} type veth peer name {theirs}",
        f"ip link set {theirs} netns {name}",
        f"ip addr add 10.213.{subnet}.1/24 dev {ours}",
        f"ip link set {ours} up",
        f"ip netns exec {name} ip addr add 10.213.{subnet}.2/24 dev {theirs}",
        f"ip netns exec {name} ip link set {theirs} up",
    ]

    def run(code):
        return subprocess.run(
            ["ip", "netns", "exec", name, "/usr/bin/python3", "-c", code],
            capture_output=True,
            timeout=20,
        ).stdout

    try:
        for command in commands:
            subprocess.run(command.split(), check=True, capture_output=True)
        run.address = f"10.213.{subnet}.1"
        yield run
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", ours], capture_output=True)


def ask_from(other_host, server, wire):
    code = f"""
import socket, sys
s = socket.create_connection(({other_host.address!r}, {server.port}), timeout=5)
s.settimeout(0.5)
data = b""
try:
    s.sendall({wire!r})
    while True:
        chunk = s.recv(4096)
        if not chunk:
            data += b"<closed>"
            break
        data += chunk
except ConnectionError:
    data += b"<closed>"
except TimeoutError:
    pass
sys.stdout.buffer.write(data)
"""
    return other_host(code)


PING = b"*1\r\n$4\r\nPING\r\n"


def test_another_machine_is_refused_while_there_is_no_password(other_host, fresh_server):
    server = fresh_server({"bind": "*"})
    answer = ask_from(other_host, server, PING)
    assert answer.startswith(b"-DENIED ") and answer.endswith(b"<closed>") and b"PONG" not in answer


def test_another_machine_is_served_with_a_password(other_host, fresh_server):
    server = fresh_server({"bind": "*"})
    server.client()("CONFIG", "SET", "requirepass", "secret")
    answer = ask_from(other_host, server, PING + b"AUTH secret\r\n" + PING)
    assert answer == b"-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n"


def test_another_machine_is_served_without_protected_mode(other_host, fresh_server):
    server = fresh_server({"bind": "*", "protected-mode": "no"})
    assert ask_from(other_host, server, PING) == b"+PONG\r\n"


def test_another_machine_finds_nothing_on_the_default_address(other_host, tmp_path):
    server = Server(argv=["--port", str(free_port()), "--dir", str(tmp_path)], directory=tmp_path)
    server.port = int(server.argv[1])
    with server:
        assert ask_from(other_host, server, PING) in (b"", b"<closed>") or b"DENIED" in ask_from(
            other_host, server, PING
        )


# TLS


def openssl(*words, cwd):
    subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=cwd)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Two authorities with a server and a client certificate each."""
    directory = tmp_path_factory.mktemp("tls")
    for authority in ["ca", "rogue"]:
        openssl(
            *"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj".split(),
            *[f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.crt"],
            cwd=directory,
        )
        for name in ["server", "client"]:
            both = f"{authority}-{name}"
            (directory / "ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
            openssl(
                *"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj".split(),
                *[f"/CN={name}", "-keyout", f"{both}.key", "-out", f"{both}.csr"],
                cwd=directory,
            )
            openssl(
                *[
                    "x509",
                    "-req",
                    "-in",
                    f"{both}.csr",
                    "-CA",
                    f"{authority}.crt",
                    "-CAkey",
                    f"{authority}.key",
                ],
                *["-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", f"{both}.crt"],
                cwd=directory,
            )
    return directory


@pytest.fixture
def tls_server(fresh_server, certificates):
    def start(**config):
        tls_port = free_port()
        server = fresh_server(
            {
                "tls-port": tls_port,
                "tls-cert-file": certificates / "ca-server.crt",
                "tls-key-file": certificates / "ca-server.key",
                "tls-ca-cert-file": certificates / "ca.crt",
                **{name.replace("_", "-"): value for name, value in config.items()},
            }
        )
        server.tls_address = ("127.0.0.1", tls_port)
        return server

    return start


def context(certificates, client=None, authority="ca"):
    tls = ssl.create_default_context(cafile=str(certificates / f"{authority}.crt"))
    if client:
        tls.load_cert_chain(certificates / f"{client}.crt", certificates / f"{client}.key")
    return tls


def test_tls_serves_a_client_with_a_certificate(tls_server, certificates):
    server = tls_server()
    with Client(server.tls_address, tls=context(certificates, "ca-client")) as client:
        assert client("SET", "k", b"x" * 1_000_000) == "OK"
        assert client("GET", "k") == b"x" * 1_000_000
        assert client.pipeline([("INCR", "n") for _ in range(1000)]) == list(range(1, 1001))
        assert client.sock.version() in ("TLSv1.2", "TLSv1.3")
    assert server.client()("PING") == "PONG"


@pytest.mark.parametrize("certificate", [None, "rogue-client"])
def test_tls_refuses_a_client_without_a_certificate_of_its_authority(
    tls_server, certificates, certificate
):
    server = tls_server()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with Client(server.tls_address, tls=context(certificates, certificate)) as client:
            client("PING")
    assert server.client()("PING") == "PONG"


def test_tls_takes_clients_without_certificates_when_told_so(tls_server, certificates):
    server = tls_server(tls_auth_clients="no")
    with Client(server.tls_address, tls=context(certificates)) as client:
        assert client("PING") == "PONG"


def test_plain_bytes_on_the_tls_port_end_the_connection_only(tls_server, certificates):
    server = tls_server()
    with Client(server.tls_address) as client:
        client.send("PING")
        assert client.is_closed(5.0)
    with Client(server.tls_address, tls=context(certificates, "ca-client")) as client:
        assert client("PING") == "PONG"


def test_a_tls_hello_on_the_plain_port_ends_the_connection_only(tls_server, certificates):
    server = tls_server()
    with pytest.raises((ssl.SSLError, ConnectionError, TimeoutError)):
        Client(server.address, tls=context(certificates), timeout=1.0)("PING")
    assert server.client()("PING") == "PONG"


def test_old_protocols_are_refused(tls_server, certificates):
    server = tls_server(tls_protocols="TLSv1.3")
    old = context(certificates, "ca-client")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(server.tls_address, tls=old)("PING")


def test_half_open_tls_handshakes_do_not_disturb_others(tls_server, certificates):
    server = tls_server()
    halves = [socket.create_connection(server.tls_address) for _ in range(100)]
    try:
        for half in halves[::2]:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")
        with Client(server.tls_address, tls=context(certificates, "ca-client")) as client:
            assert client("PING") == "PONG"
    finally:
        for half in halves:
            half.close()


@pytest.mark.beyond_stock
def test_a_handshake_that_does_not_end_is_cut_off(tls_server):
    server = tls_server()
    half = socket.create_connection(server.tls_address)
    half.sendall(b"\x16\x03\x01\x02\x00\x01")
    half.settimeout(15)
    began = time.monotonic()
    assert half.recv(100) == b""
    assert time.monotonic() - began > 9
    half.close()


def test_a_new_certificate_is_taken_without_a_restart(tls_server, certificates, tmp_path):
    server = tls_server(tls_auth_clients="no")
    client = server.client()
    assert (
        client(
            *["CONFIG", "SET", "tls-cert-file", certificates / "rogue-server.crt"],
            *["tls-key-file", certificates / "rogue-server.key"],
        )
        == "OK"
    )
    with Client(server.tls_address, tls=context(certificates, authority="rogue")) as other:
        assert other("PING") == "PONG"


def test_a_certificate_that_is_not_there_stops_the_start(certificates, tmp_path):
    config = {
        "tls-port": free_port(),
        "tls-cert-file": "/nonexistent.crt",
        "tls-key-file": "/nonexistent.key",
    }
    with pytest.raises(ServerFailed):
        Server({**config, "tls-ca-cert-file": certificates / "ca.crt"}, directory=tmp_path).start()


# systemd


@pytest.mark.parametrize("supervised", ["systemd", "auto"])
def test_systemd_is_told_when_the_server_is_ready(tmp_path, supervised):
    notify = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(notify))
        listener.settimeout(10)
        server = Server(
            {"supervised": supervised}, directory=tmp_path, env={"NOTIFY_SOCKET": str(notify)}
        )
        with server:
            messages = []
            while not any("READY=1" in message for message in messages):
                messages.append(listener.recv(4096).decode())
            assert any("STATUS=" in message for message in messages)
            with server.client() as client:
                assert client.info("server")["process_supervised"] == "systemd"


def test_a_directory_that_cannot_be_entered_stops_the_start(tmp_path):
    server = Server(
        argv=["--port", str(free_port()), "--dir", "/nonexistent/directory"], directory=tmp_path
    )
    with pytest.raises(ServerFailed, match="nonexistent"):
        server.start()


def test_a_dangerous_command_can_be_renamed_or_removed(fresh_server):
    server = fresh_server({"rename-command": ["FLUSHALL ''", "CONFIG topsecret"]})
    client = server.client()
    assert client("FLUSHALL").startswith("ERR unknown command 'FLUSHALL'")
    assert client("CONFIG", "GET", "hz").startswith("ERR unknown command 'CONFIG'")
    assert client("TOPSECRET", "GET", "hz") == [b"hz", b"10"]


def test_debug_is_off_unless_asked_for(fresh_server):
    client = fresh_server({"enable-debug-command": "no"}).client()
    reply = client("DEBUG", "JMAP")
    assert isinstance(reply, Error) and "enable-debug-command" in reply


# What the system sees of the process, and changes while it runs


def title(server):
    return pathlib.Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")[0].decode()


def test_the_title_says_where_the_server_listens(fresh_server):
    server = fresh_server()
    assert title(server).endswith(f" 127.0.0.1:{server.port}")
    client = server.client()
    template = "{port} of {config-file}{server-mode}"
    assert client("CONFIG", "SET", "proc-title-template", template) == "OK"
    assert title(server) == f"{server.port} of -"
    assert isinstance(client("CONFIG", "SET", "proc-title-template", "{nosuch}"), Error)
    assert title(server) == f"{server.port} of -"


def test_the_title_is_left_alone_when_told_so(fresh_server):
    server = fresh_server({"set-proc-title": "no"})
    assert title(server) == server.binary


def oom_score(server):
    return int(pathlib.Path(f"/proc/{server.pid}/oom_score_adj").read_text())


def test_the_oom_score_follows_the_configuration(fresh_server):
    before = int(pathlib.Path("/proc/self/oom_score_adj").read_text())
    server = fresh_server({"oom-score-adj": "relative", "oom-score-adj-values": "7 200 800"})
    client = server.client()
    assert oom_score(server) == before + 7
    assert client("CONFIG", "SET", "oom-score-adj-values", "9 200 800") == "OK"
    assert oom_score(server) == before + 9
    change = ["oom-score-adj", "absolute", "oom-score-adj-values", "300 400 800"]
    assert client("CONFIG", "SET", *change) == "OK"
    assert oom_score(server) == 300
    assert client("CONFIG", "SET", "oom-score-adj", "no") == "OK"
    assert oom_score(server) == before


def test_the_oom_score_is_left_alone_until_it_is_ours_and_follows_the_role(fresh_server):
    server = fresh_server()
    client = server.client()
    pathlib.Path(f"/proc/{server.pid}/oom_score_adj").write_text("22")
    assert client("CONFIG", "SET", "oom-score-adj-values", "9 20 30") == "OK"
    assert oom_score(server) == 22
    assert client("CONFIG", "SET", "oom-score-adj", "relative") == "OK"
    assert oom_score(server) == 31
    assert client("REPLICAOF", "127.0.0.1", "1") == "OK"
    assert oom_score(server) == 42
    assert client("REPLICAOF", "NO", "ONE") == "OK"
    assert oom_score(server) == 31
    assert client("CONFIG", "SET", "oom-score-adj", "no") == "OK"
    assert oom_score(server) == 22


def test_the_port_and_the_addresses_change_while_connections_stay(fresh_server):
    server = fresh_server()
    client = server.client()
    port = free_port()
    assert client("CONFIG", "SET", "port", str(port)) == "OK"
    with Client(("127.0.0.1", port)) as other:
        assert other("PING") == "PONG"
    with pytest.raises(OSError):
        Client(server.address)
    assert client("CONFIG", "SET", "bind", "127.0.0.2") == "OK"
    with Client(("127.0.0.2", port)) as other:
        assert other("PING") == "PONG"
    with pytest.raises(OSError):
        Client(("127.0.0.1", port))
    assert client("PING") == "PONG"


@pytest.mark.parametrize(
    "change",
    [
        ("bind", "192.0.2.1", "Failed to bind to specified addresses"),
        ("port", "taken", "Unable to listen on this port"),
    ],
)
def test_a_change_that_cannot_be_made_leaves_the_old_one_listening(fresh_server, change):
    server, rival = fresh_server(), fresh_server()
    client = server.client()
    name, value, reason = change
    reply = client("CONFIG", "SET", name, str(rival.port) if value == "taken" else value)
    assert isinstance(reply, Error) and name in reply and reason in reply
    with Client(server.address) as other:
        assert other("PING") == "PONG"


def test_connections_waiting_at_another_port_survive_a_change(tls_server, certificates):
    server = tls_server(tls_auth_clients="no")
    client = server.client()
    client("CLIENT", "PAUSE", "200", "ALL")
    waiting = [socket.create_connection(server.address) for _ in range(20)]
    rogue = ["tls-cert-file", certificates / "rogue-server.crt"]
    rogue += ["tls-key-file", certificates / "rogue-server.key"]
    assert client("CONFIG", "SET", *rogue) == "OK"
    for sock in waiting:
        sock.sendall(b"PING\r\n")
        assert sock.recv(7) == b"+PONG\r\n"
        sock.close()


def test_a_password_in_the_configuration_is_asked_for_from_the_start(fresh_server):
    server = fresh_server({"user": "bob on >p +@all ~* &*", "requirepass": "secret"})
    client = Client(server.address)
    assert client("PING").code == "NOAUTH"
    assert client("AUTH", "secret") == "OK" and client("AUTH", "bob", "p") == "OK"
    assert client("ACL", "WHOAMI") == b"bob"


@pytest.mark.parametrize(
    "command", ["SAVE", "SHUTDOWN NOSAVE", "SHUTDOWN ABORT", "PSYNC ? -1", "SYNC"]
)
def test_what_takes_the_server_for_itself_is_no_part_of_a_transaction(client, command):
    client("MULTI")
    assert client("SET", "k", "v") == "QUEUED"
    assert client(*command.split()) == "ERR Command not allowed inside a transaction"
    assert client("EXEC").code == "EXECABORT"
    assert client("EXISTS", "k") == 0
