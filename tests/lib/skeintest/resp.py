"""A RESP2 and RESP3 client of our own, so that tests see exactly what the server sent.

Every wire type becomes a Python value of its own type:
  +text  Simple(str)       -text  Error(str)        :1   int
  $text  bytes             *      list              $-1 *-1 _  None, or Null('$'|'*'|'_') if strict
  %      Map(dict)         ~      Set(list)         >    Push(list)
  ,1.5   Double(float)     #t     bool              (    BigNumber(int)
  =txt:  Verbatim(bytes)
Errors are values, they are never raised. Push messages do not mix with replies: `read` puts them
into `pushes`. An attribute (`|`) is kept in `attribute` and belongs to the value after it.
"""

import collections
import select
import socket
import time


class ProtocolError(Exception):
    """The server sent bytes that are not RESP."""


class ConnectionClosed(ConnectionError):
    """The server closed the connection before a whole value arrived."""


class Simple(str):
    def __repr__(self):
        return "+" + str(self)


class Error(str):
    @property
    def code(self):
        return self.split(" ", 1)[0]

    def __repr__(self):
        return "-" + str(self)


class Null:
    """A null with the wire type it came as; equal to None."""

    def __init__(self, wire):
        self.wire = wire

    def __eq__(self, other):
        return other is None or (isinstance(other, Null) and other.wire == self.wire)

    def __hash__(self):
        return hash(self.wire)

    def __bool__(self):
        return False

    def __repr__(self):
        return f"Null({self.wire})"


class Map(dict):
    """A map reply. `pairs` keeps every pair in wire order, duplicates included."""

    def __init__(self, pairs):
        self.pairs = pairs
        super().__init__((_hashable(key), value) for key, value in pairs)

    def __repr__(self):
        return "%{" + ", ".join(f"{k!r}: {v!r}" for k, v in self.pairs) + "}"


class Set(list):
    def __repr__(self):
        return "~" + super().__repr__()


class Push(list):
    def __repr__(self):
        return ">" + super().__repr__()


class Double(float):
    """A double with the text it was sent as in `text`."""

    def __new__(cls, text):
        value = super().__new__(cls, text)
        value.text = text
        return value

    def __repr__(self):
        return "," + self.text


class BigNumber(int):
    def __repr__(self):
        return "(" + str(int(self))


class Verbatim(bytes):
    """A verbatim string: the bytes without the three letters of `format`."""

    def __new__(cls, payload, form):
        value = super().__new__(cls, payload)
        value.format = form
        return value

    def __repr__(self):
        return f"={self.format}:{bytes(self)!r}"


def _hashable(value):
    if isinstance(value, Map):
        return tuple((_hashable(k), _hashable(v)) for k, v in value.pairs)
    if isinstance(value, list):
        return tuple(_hashable(v) for v in value)
    return value


def readable(sock, timeout):
    """True when there is something to read (or the end) within `timeout` seconds, None: for
    ever."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def to_bytes(arg):
    if isinstance(arg, bytes):
        return arg
    if isinstance(arg, (bytearray, memoryview)):
        return bytes(arg)
    if isinstance(arg, float):
        return repr(arg).encode()
    return str(arg).encode()


def encode(*args):
    """One command as a RESP array of bulk strings."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        arg = to_bytes(arg)
        parts.append(b"$%d\r\n" % len(arg))
        parts.append(arg)
        parts.append(b"\r\n")
    return b"".join(parts)


class Reader:
    """Parses values from a socket. A value that has not arrived as a whole stays in the buffer, so
    a time-out in the middle loses nothing."""

    def __init__(self, sock, strict=False):
        self.sock = sock
        self.strict = strict
        self.attribute = None
        self._buffer = bytearray()
        self._at = 0
        self._deadline = None

    def value(self, timeout):
        """The next value of any kind; TimeoutError leaves the stream where it was."""
        start = self._at
        self._deadline = None if timeout is None else time.monotonic() + timeout
        try:
            value = self._parse()
        except (TimeoutError, ConnectionError):
            self._at = start
            raise
        if self._at > 65536 or self._at == len(self._buffer):
            del self._buffer[: self._at]
            self._at = 0
        return value

    def raw(self, timeout=0.0):
        """All bytes that are there now or arrive within `timeout`; b"" with `at_end` on EOF."""
        if self._at == len(self._buffer):
            try:
                self._deadline = time.monotonic() + timeout
                self._fill()
            except (TimeoutError, ConnectionError):
                return b""
        data = bytes(self._buffer[self._at :])
        self._buffer.clear()
        self._at = 0
        return data

    def has_bytes(self):
        return self._at < len(self._buffer)

    def _fill(self):
        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        pending = getattr(self.sock, "pending", None)
        if not (pending and pending()):
            if not readable(self.sock, left):
                raise TimeoutError("no reply in time")
        chunk = self.sock.recv(1 << 18)
        if not chunk:
            raise ConnectionClosed("closed by the server")
        self._buffer += chunk

    def _line(self):
        scanned = self._at
        while True:
            end = self._buffer.find(b"\r\n", scanned)
            if end >= 0:
                line = bytes(self._buffer[self._at : end])
                self._at = end + 2
                return line
            scanned = max(self._at, len(self._buffer) - 1)
            self._fill()

    def _bytes(self, count):
        while len(self._buffer) - self._at < count + 2:
            self._fill()
        data = bytes(self._buffer[self._at : self._at + count])
        if self._buffer[self._at + count : self._at + count + 2] != b"\r\n":
            raise ProtocolError(f"no CRLF after a payload of {count} bytes")
        self._at += count + 2
        return data

    def _null(self, wire):
        return Null(wire) if self.strict else None

    def _parse(self):
        line = self._line()
        kind, rest = line[:1], line[1:]
        parse = _PARSERS.get(kind)
        if parse is None:
            raise ProtocolError(f"unexpected line {line[:80]!r}")
        return parse(self, rest)

    def _count(self, rest):
        try:
            return int(rest)
        except ValueError:
            raise ProtocolError(f"bad length {rest!r}") from None

    def _parse_bulk(self, rest):
        count = self._count(rest)
        return self._null("$") if count == -1 else self._bytes(count)

    def _parse_verbatim(self, rest):
        data = self._bytes(self._count(rest))
        if data[3:4] != b":":
            raise ProtocolError(f"bad verbatim string {data[:20]!r}")
        return Verbatim(data[4:], data[:3].decode())

    def _parse_array(self, rest):
        count = self._count(rest)
        return self._null("*") if count == -1 else [self._parse() for _ in range(count)]

    def _parse_pairs(self, rest):
        return [(self._parse(), self._parse()) for _ in range(self._count(rest))]

    def _parse_attribute(self, rest):
        self.attribute = Map(self._parse_pairs(rest))
        return self._parse()

    def _parse_bool(self, rest):
        if rest not in (b"t", b"f"):
            raise ProtocolError(f"bad boolean {rest!r}")
        return rest == b"t"


_PARSERS = {
    b"+": lambda r, rest: Simple(rest.decode("utf-8", "surrogateescape")),
    b"-": lambda r, rest: Error(rest.decode("utf-8", "surrogateescape")),
    b":": lambda r, rest: int(rest),
    b"$": Reader._parse_bulk,
    b"*": Reader._parse_array,
    b"_": lambda r, rest: r._null("_"),
    b"#": Reader._parse_bool,
    b",": lambda r, rest: Double(rest.decode()),
    b"(": lambda r, rest: BigNumber(rest),
    b"=": Reader._parse_verbatim,
    b"%": lambda r, rest: Map(r._parse_pairs(rest)),
    b"~": lambda r, rest: Set(r._parse_array(rest)),
    b">": lambda r, rest: Push(r._parse_array(rest)),
    b"|": Reader._parse_attribute,
}


class Client:
    """One connection. Calling it sends one command and returns its reply:
    `client("SET", "k", 1) == "OK"`, `client("GET", "k") == b"1"`."""

    def __init__(self, address, *, proto=2, strict=False, timeout=10.0, auth=None, tls=None):
        self.address = address
        self.timeout = timeout
        self.pushes = collections.deque()
        self.has_ended = False
        self.sock = _connect(address, timeout)
        if tls is not None:
            host = address[0] if isinstance(address, tuple) else None
            self.sock = tls.wrap_socket(self.sock, server_hostname=host)
        self.reader = Reader(self.sock, strict)
        if auth is not None:
            self._expect_ok(self("AUTH", *auth))
        if proto == 3:
            self._expect_ok(self("HELLO", "3"))

    @staticmethod
    def _expect_ok(reply):
        if isinstance(reply, Error):
            raise AssertionError(f"connection setup refused: {reply}")

    def __call__(self, *args, timeout=None):
        self.send(*args)
        return self.read(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *args):
        self.sock.sendall(encode(*args))

    def send_raw(self, data):
        self.sock.sendall(data)

    def pipeline(self, commands, timeout=None):
        """Sends all commands at once and returns the list of replies."""
        commands = list(commands)
        self.sock.sendall(b"".join(encode(*command) for command in commands))
        return [self.read(timeout) for _ in commands]

    def read(self, timeout=None):
        """The next reply; push messages met on the way go to `pushes`."""
        while True:
            value = self.read_any(timeout)
            if not isinstance(value, Push):
                return value
            self.pushes.append(value)

    def read_any(self, timeout=None):
        """The next value, push or reply, in wire order."""
        return self.reader.value(self.timeout if timeout is None else timeout)

    def next_push(self, timeout=None):
        """The oldest push message not yet taken."""
        if self.pushes:
            return self.pushes.popleft()
        value = self.read_any(timeout)
        if not isinstance(value, Push):
            raise AssertionError(f"expected a push message, got the reply {value!r}")
        return value

    def drain(self):
        """Every value that has already arrived, in wire order; does not wait. The end of the
        connection is told once, as an error."""
        values = []
        try:
            while not self.has_ended:
                values.append(self.reader.value(0.0))
        except TimeoutError:
            pass
        except ConnectionError:
            self.has_ended = True
            values.append(Error("(connection closed)"))
        return values

    def is_quiet(self):
        """True when nothing has arrived that was not read."""
        return not self.reader.has_bytes() and not readable(self.sock, 0)

    def is_closed(self, timeout=0.0):
        """True when the server closed the connection within `timeout`, reading what came before."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            if not readable(self.sock, left):
                return False
            try:
                if not self.sock.recv(1 << 18):
                    return True
            except ConnectionError:
                return True

    def read_until_closed(self, timeout=5.0):
        """All bytes until the server closes the connection."""
        end = time.monotonic() + timeout
        data = bytearray(self.reader.raw(0.0))
        while True:
            left = max(0.0, end - time.monotonic())
            if not readable(self.sock, left):
                raise AssertionError(f"still open after {timeout} s; got {bytes(data[:200])!r}")
            try:
                chunk = self.sock.recv(1 << 18)
            except ConnectionError:
                return bytes(data)
            if not chunk:
                return bytes(data)
            data += chunk

    def info(self, section="everything"):
        """INFO as a flat dict of text."""
        text = self("INFO", section)
        assert not isinstance(text, Error), text
        assert not isinstance(text, Error), text
        pairs = (line.split(":", 1) for line in bytes(text).decode().split("\r\n") if ":" in line)
        return dict(pairs)

    def config(self, pattern):
        """CONFIG GET as a dict of text, in either protocol."""
        reply = self("CONFIG", "GET", pattern)
        pairs = reply.pairs if isinstance(reply, Map) else zip(reply[::2], reply[1::2])
        return {bytes(name).decode(): bytes(value).decode() for name, value in pairs}

    def close(self):
        self.sock.close()


def _connect(address, timeout):
    if isinstance(address, tuple):
        sock = socket.create_connection(address, timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(str(address))
    return sock
