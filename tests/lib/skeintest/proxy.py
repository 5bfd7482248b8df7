"""A TCP proxy between two servers that cuts, stalls, slows, splits, swallows or changes bytes, at
the very byte it is told to.

A client is whoever connects to the proxy (a replica, as a rule), the server is its target (the
master). Each direction is a Flow whose settings hold for all connections and may change at any
time. The proxy listens on two ports that mean the same: a replica that is ordered from one to the
other connects again at once.
"""

import contextlib
import socket
import threading

CHUNK = 64 * 1024
CLIENT, SERVER = 0, 1


class Flow:
    """One direction. Positions count the bytes passed on since the proxy began."""

    def __init__(self):
        self.total = 0
        self.cuts = 0  # how often cut_at was reached
        self.cut_at = None  # position at which the connection is cut, once
        self.stall_at = None  # position at which the flow stalls, as with stall()
        # functions(all bytes of this connection) -> where in them to cut or to stall, or None
        self.find_cut = self.find_stall = None
        self.edit = None  # function(bytes) -> bytes to pass on instead
        self.piece = CHUNK  # how much is passed on at a time
        self.delay = 0.0  # seconds before each piece
        self.is_swallowed = False  # bytes are taken and vanish
        self._open = threading.Event()
        self._open.set()

    def stall(self):
        self._open.clear()

    def release(self):
        self.stall_at = None
        self._open.set()

    @property
    def is_stalled(self):
        return not self._open.is_set()

    def cut_after(self, count):
        """Cuts when `count` more bytes have passed."""
        self.cut_at = self.total + count

    def _wait_open(self, link):
        while not self._open.wait(0.02):
            if link.over.is_set():
                return False
        return not link.over.is_set()

    def _room(self):
        """How many bytes may pass before something happens."""
        room = self.piece
        for position in (self.cut_at, self.stall_at):
            if position is not None:
                room = min(room, max(position - self.total, 0))
        return room

    def _look(self, seen, data):
        begin = self.total - (len(seen) - len(data))
        found = self.find_cut and self.find_cut(bytes(seen))
        if found is not None:
            self.find_cut = None
            self.cut_at = max(begin + found, self.total)
        found = self.find_stall and self.find_stall(bytes(seen))
        if found is not None:
            self.find_stall = None
            self.stall_at = max(begin + found, self.total)

    def pass_on(self, link, target, seen, data):
        """False when the connection was cut."""
        seen += data
        self._look(seen, data)
        while data:
            if not self._wait_open(link):
                return False
            if self.is_swallowed:
                return True
            room = self._room()
            if self.stall_at is not None and self.total >= self.stall_at:
                self.stall_at = None
                self.stall()
                continue
            if self.delay:
                link.over.wait(self.delay)
            piece, data = data[:room], data[room:]
            target.sendall(self.edit(piece) if self.edit and piece else piece)
            self.total += len(piece)
            if self.cut_at is not None and self.total >= self.cut_at:
                self.cut_at = None
                self.cuts += 1
                return False
        return True


class _Link:
    """One connection through the proxy."""

    def __init__(self, client, server):
        self.ends = (client, server)
        self.over = threading.Event()
        self.keeps_server = False

    def cut(self):
        self.over.set()
        for number, end in enumerate(self.ends):
            if number == SERVER and self.keeps_server:
                continue
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        for number, end in enumerate(self.ends):
            if number == CLIENT or not self.keeps_server:
                end.close()


class Proxy:
    """Forwards to `target`, anything with host and port, from its two ports. `narrow`: as little
    as possible waits inside kernels."""

    def __init__(self, target, narrow=False):
        self.target = target
        self.narrow = narrow
        self.to_client, self.to_server = Flow(), Flow()
        self.is_closed = False  # new connections are ended at once
        self.accepted = 0
        self.links = []
        self._kept = []
        self._listeners = [self._listen() for _ in range(2)]
        self.ports = [listener.getsockname()[1] for listener in self._listeners]
        self._next = 0
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()
        for end in self._kept:
            end.close()

    host = "127.0.0.1"

    @property
    def port(self):
        return self.ports[self._next]

    def other_port(self):
        """The other of the two ports, from here on the one that `port` is."""
        self._next = 1 - self._next
        return self.port

    def cut(self):
        """Ends all connections."""
        for link in list(self.links):
            link.cut()

    def vanish(self):
        """The clients go without a word: servers see neither an end nor anything more."""
        for link in list(self.links):
            link.keeps_server = True
            self._kept.append(link.ends[SERVER])
            link.cut()

    def _listen(self):
        listener = socket.socket()
        if self.narrow:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, 0))
        listener.listen(64)
        return listener

    def _connect(self):
        server = socket.socket()
        if self.narrow:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.settimeout(10)
        server.connect((self.host, self.target.port))
        server.settimeout(None)
        return server

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                if self.is_closed:
                    raise ConnectionRefusedError
                server = self._connect()
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(client, server)
            self.links.append(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        client, server = link.ends
        back = threading.Thread(
            target=self._pump, args=(link, self.to_client, server, client), daemon=True
        )
        back.start()
        self._pump(link, self.to_server, client, server)
        back.join()
        self.links.remove(link)
        link.close()

    def _pump(self, link, flow, source, target):
        seen = bytearray()
        try:
            while not link.over.is_set():
                data = source.recv(CHUNK)
                if not data or not flow.pass_on(link, target, seen, data):
                    break
                if flow.find_cut is None and flow.find_stall is None:
                    seen.clear()
        except OSError:
            pass
        link.cut()


def behind_text(text):
    """For Flow.find_cut and find_stall: behind the first such text."""

    def find(seen):
        at = seen.find(text)
        return None if at < 0 else at + len(text)

    return find


def behind_mark(extra):
    """For the same: `extra` bytes behind the mark that ends a snapshot (before its end when
    negative)."""

    def find(seen):
        head = seen.find(b"$EOF:")
        if head < 0 or len(seen) < head + 45:
            return None
        at = seen.find(seen[head + 5 : head + 45], head + 45)
        return None if at < 0 else at + 40 + extra

    return find
