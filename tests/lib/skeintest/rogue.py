"""Peers of replication that do not keep to the rules: a replica and a master spoken by hand."""

import contextlib
import socket
import threading
import time

from .replication import ask
from .resp import encode
from .server import ORACLE_BINARY, Server


def stock_snapshot(*commands):
    """A snapshot as the stock server writes it after these commands."""
    with Server({}, binary=ORACLE_BINARY) as server:
        for words in commands:
            ask(server, *words)
        ask(server, "SAVE")
        return (server.directory / "dump.rdb").read_bytes()


class RogueReplica:
    """A connection to a master that says what it is told."""

    def __init__(self, server, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(server.address)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, *words):
        self.socket.sendall(encode(*words))

    def line(self):
        """The next line that is not empty; b"" at the end."""
        line = b"\n"
        while line in (b"\n", b"\r\n"):
            line = self.file.readline()
        return line

    def psync(self, history, wanted):
        """The answer to PSYNC, which counts from one."""
        self.say("REPLCONF", "capa", "eof", "capa", "psync2")
        assert self.line() == b"+OK\r\n"
        self.say("PSYNC", history, wanted)
        return self.line().split()

    def take_snapshot(self):
        """Reads a snapshot that ends with a mark and returns it."""
        head = self.line()
        assert head.startswith(b"$EOF:"), head
        mark, payload = head[5:45], b""
        while not payload.endswith(mark):
            byte = self.file.read(1)
            assert byte, "the connection ended inside the snapshot"
            payload += byte
        return payload[:-40]

    def join(self):
        """A full synchronisation, acknowledged. Returns the offset."""
        answer = self.psync("?", -1)
        assert answer[0] == b"+FULLRESYNC", answer
        self.take_snapshot()
        self.say("REPLCONF", "ACK", int(answer[2]))
        return int(answer[2])

    def is_closed(self):
        """Whether the other end closed, once everything it sent is read."""
        self.socket.settimeout(10)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


class RogueMaster:
    """Accepts handshakes; what follows PSYNC is up to `script(say, words)`: `say` sends bytes,
    `words` are those of the PSYNC. When it returns the connection is closed, unless `holds`.
    With a `node` it tells that name as servers of ours do."""

    def __init__(self, script, holds=False, node=None):
        self.script = script
        self.holds = holds
        self.node = node
        self.openings = []  # what came in the first packet of each connection
        self.attempts = 0  # handshakes that came to PSYNC
        self.psyncs = []  # their words
        self.heard = b""  # what the replica said after PSYNC, in the connection that is held
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            self.openings.append(connection.recv(65536, socket.MSG_PEEK))
            words = self._shake_hands(connection)
            if words is None:
                return
            self.psyncs.append(words)
            self.attempts += 1
            self.script(connection.sendall, words)
            if not self.holds:
                connection.shutdown(socket.SHUT_WR)
            while True:
                data = connection.recv(4096)
                if not data:
                    break
                self.heard += data

    def _answer(self, words):
        if words[0].upper() == "PING":
            return b"+PONG\r\n"
        if self.node and words[1] == "node-id":
            return b"+OK %s\r\n" % self.node.encode()
        return b"+OK\r\n"

    def _shake_hands(self, connection):
        file = connection.makefile("rb")
        while True:
            head = file.readline()
            if not head:
                return None
            words = []
            for _ in range(int(head[1:])):
                file.readline()
                words.append(file.readline().rstrip(b"\r\n").decode())
            if words[0].upper() == "PSYNC":
                return words
            connection.sendall(self._answer(words))


def full_resync(snapshot, offset=100, history="a" * 40):
    """Answers PSYNC with a snapshot of known length."""
    head = b"+FULLRESYNC %s %d\r\n" % (history.encode(), offset)
    return head + b"$%d\r\n" % len(snapshot) + snapshot


def show_life(say, seconds):
    """What a master says that has nothing to say, more often than a real one."""
    end, pace = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < end:
        say(encode("PING"))
        pace.wait(0.1)
