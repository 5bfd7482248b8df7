"""Fault 65: the k-th allocation fails. The server ends with a message that says so, or, where the
memory was asked for by a script, the client gets an error; what was acknowledged is there when the
server starts again: it never goes on with half of something."""

import pathlib
import struct
import subprocess

import pytest
from skeintest import Client, Error, Server

SOURCE = pathlib.Path(__file__).parents[1] / "lib" / "faults" / "memory_faults.c"
MESSAGE = "Out of memory trying to allocate"
CONFIG = {"appendonly": "yes", "appendfsync": "always"}

# The server's own handler tells of the end; sanitizers have allocators and handlers of their own.
pytestmark = [pytest.mark.own_signals, pytest.mark.beyond_stock]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("faults") / "memory_faults.so"
    command = ["gcc", "-shared", "-fPIC", "-o", str(path), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
def starved(library, tmp_path):
    """A server of which an allocation can be made to fail, and the file that counts them."""
    count = tmp_path / "count"
    count.write_bytes(struct.pack("<q", 0))
    env = {"LD_PRELOAD": str(library), "MEMORY_FAULTS": str(count)}
    server = Server(CONFIG, directory=tmp_path, env=env)
    server.expect_crash = True
    yield server, count
    server.kill()


def fail_at(count, number):
    with count.open("r+b") as file:
        file.write(struct.pack("<q", number))


def has_failed(count):
    return struct.unpack("<q", count.read_bytes())[0] == 0


def write(server, count):
    """How many increments were acknowledged, and sent, until the server ended or went on without
    the memory that it did not get. Each round needs some."""
    acknowledged = sent = more = 0
    try:
        with Client(server.address, timeout=20.0) as client:
            while more < 20:
                more += has_failed(count)
                client("RPUSH", f"list:{sent % 7}", "x" * (sent % 900))
                client("EVAL", "return {ARGV[1], ARGV[2]}", 0, sent, "text")
                sent += 1
                reply = client("INCR", "counter")
                assert not isinstance(reply, Error)
                acknowledged = reply
    except OSError:
        pass
    return acknowledged, sent


@pytest.mark.parametrize("number", [1, 30, 300, 1500])
def test_a_start_without_memory_ends(starved, number):
    server, count = starved
    fail_at(count, number)
    server.launch()
    while server.is_running() and not has_failed(count):
        write(server, count)
    server.kill()
    server.env.pop("LD_PRELOAD")
    assert server.start().client()("PING") == "PONG"


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13, 40, 200, 2000])
def test_nothing_acknowledged_goes_when_memory_ends(starved, number):
    server, count = starved
    server.start()
    with server.client() as client:
        client("SET", "counter", 0)
    fail_at(count, number)
    acknowledged, sent = write(server, count)
    assert has_failed(count)
    if not server.is_running():
        # OpenSSL ends a process itself when it cannot prepare its digests.
        assert MESSAGE in server.log() or "libcrypto" in server.log()
    server.kill()
    server.env.pop("LD_PRELOAD")
    server.start()
    assert acknowledged <= int(server.client()("GET", "counter")) <= sent
