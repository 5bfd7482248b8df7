"""make up's script starts a server that answers, with replicas behind it, says so when one runs
already, and refuses a port somebody else has; make down's stops what the other started and nothing
else.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import TOOLS  # noqa: E402

SERVER = """#!/usr/bin/python3
import os, socket, sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert options["--daemonize"] == "yes" and os.path.isdir(options["--dir"])
listener = socket.create_server(("127.0.0.1", int(options["--port"])))
if os.fork():
    sys.exit(0)
os.setsid()
out = os.open(options["--logfile"], os.O_CREAT | os.O_WRONLY)
os.dup2(out, 1)
os.dup2(out, 2)
if "--replicaof" in options:
    print("follows", options["--replicaof"], flush=True)
with open(options["--pidfile"], "w") as pid_file:
    pid_file.write(str(os.getpid()))
while True:
    peer, _ = listener.accept()
    with peer:
        peer.sendall(b"+PONG\\r\\n" if peer.recv(100) == b"PING\\r\\n" else b"-ERR\\r\\n")
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tools").mkdir()
    for name in ("up", "down"):
        shutil.copy(TOOLS / name, tmp_path / "tools")
    server = tmp_path / "build/skein-server"
    server.parent.mkdir()
    server.write_text(SERVER)
    server.chmod(0o755)
    yield tmp_path
    run(tmp_path, "down")


def run(tree, name, **extra):
    done = subprocess.run(
        [str(tree / "tools" / name)],
        env={**os.environ, "REPLICAS": "0", **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            peer.sendall(b"PING\r\n")
            return peer.recv(100) == b"+PONG\r\n"
    except ConnectionRefusedError:
        return False


def test_up_ends_when_the_server_answers_and_down_when_it_is_gone(tree):
    port = free_port()
    status, output = run(tree, "up", PORT=str(port))
    assert status == 0 and f"answers on 127.0.0.1:{port}" in output
    pid = int((tree / "data/skein.pid").read_text())
    assert answers(port)
    assert run(tree, "down") == (0, "Skein stopped.\n")
    assert not answers(port) and not pathlib.Path(f"/proc/{pid}").exists()


def free_ports(count):
    """So many in a row."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return first


def test_replicas_stand_behind_the_master_and_go_down_with_it(tree):
    port = free_ports(3)
    status, output = run(tree, "up", PORT=str(port), REPLICAS="2")
    assert status == 0 and f"127.0.0.1:{port + 1} to 127.0.0.1:{port + 2}" in output
    assert [answers(port + node) for node in range(3)] == [True] * 3
    for node in (1, 2):
        told = (tree / f"data/replica-{node}/skein.log").read_text()
        assert f"follows 127.0.0.1 {port}" in told
    assert "follows" not in (tree / "data/skein.log").read_text()
    assert run(tree, "down") == (0, "Skein stopped.\n")
    assert [answers(port + node) for node in range(3)] == [False] * 3


def test_a_second_up_finds_the_first(tree):
    port = str(free_port())
    run(tree, "up", PORT=port)
    pid = (tree / "data/skein.pid").read_text()
    status, output = run(tree, "up", PORT=port)
    assert status == 0 and f"pid {pid}" in output
    assert (tree / "data/skein.pid").read_text() == pid


def test_a_port_that_somebody_else_has_is_refused(tree):
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, output = run(tree, "up", PORT=str(other.getsockname()[1]))
    assert status == 1 and "something else listens" in output
    assert not (tree / "data/skein.pid").exists()


def test_down_without_up_is_no_error(tree):
    assert run(tree, "down") == (0, "Skein is not running.\n")


def test_down_leaves_a_process_alone_that_took_the_number(tree):
    (tree / "data").mkdir()
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as other:
        (tree / "data/skein.pid").write_text(str(other.pid))
        status, output = run(tree, "down")
        assert status == 0 and "is not skein-server" in output
        assert other.poll() is None
        other.kill()
    assert not (tree / "data/skein.pid").exists()
