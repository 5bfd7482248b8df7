"""Runs a server binary for a test: free port, own directory, bounded start and stop, and a verdict.

A test fails when the process crashed, left a sanitizer report, or did not exit cleanly. The
binary is
the one of this tree unless SKEIN_SERVER names another; the oracle is always the stock 7.0.15
server.
"""

import atexit
import contextlib
import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .resp import Client, Error

ORACLE_BINARY = "/usr/bin/redis-server"
START_SECONDS = 10.0
STOP_SECONDS = 10.0
REPORTS = re.compile(
    r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|runtime error: "
    r"|BUG REPORT START|crashed by signal|crash report of|Assertion .* failed",
    re.IGNORECASE,
)
PR_SET_PDEATHSIG = 1


class ServerFailed(AssertionError):
    """The server process broke: it crashed, hung, or left a sanitizer report."""


def server_binary():
    """The server under test: SKEIN_SERVER, else build/skein-server of this tree."""
    named = os.environ.get("SKEIN_SERVER")
    if named:
        return named
    return str(pathlib.Path(__file__).resolve().parents[3] / "build" / "skein-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def directives(keywords):
    """Keyword arguments as names of directives: repl_timeout is repl-timeout."""
    return {name.replace("_", "-"): value for name, value in keywords.items()}


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A server process. `config` maps directive names to values; a value is split into words like
    a shell would, and a list of values repeats the directive. `argv` replaces the whole command
    line. With `tls`, the context of its clients, `port` is the one for TLS and there is no other.
    """

    def __init__(
        self,
        config=None,
        *,
        binary=None,
        argv=None,
        directory=None,
        env=None,
        prefix=(),
        tls=None,
    ):
        self.tls = tls
        self.binary = binary or server_binary()
        self.config = {"bind": "127.0.0.1", "save": "''", **(config or {})}
        self.argv = argv
        self.env = {**os.environ, **(env or {})}
        self.prefix = list(prefix)
        self._own_directory = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="skein-test-"))
        if self._own_directory:
            atexit.register(self.remove)
        self.port = int(self.config.get("port", 0)) or free_port()
        self.host = "127.0.0.1"
        self.process = None
        self.expect_crash = False
        self._clients = []

    # Life

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            self.stop(check=kind is None)
        finally:
            self.remove()

    def command_line(self):
        if self.argv is not None:
            return [self.binary, *self.argv]
        ports = ["--port", str(self.port)]
        if self.tls:
            ports = ["--port", "0", "--tls-port", str(self.port)]
        words = [self.binary, *ports, "--dir", str(self.directory)]
        for name, values in self.config.items():
            if name == "port":
                continue
            for value in values if isinstance(values, list) else [values]:
                words += ["--" + name, *shlex.split(str(value))]
        return words

    def launch(self, stdin=subprocess.DEVNULL):
        """Starts the process without waiting for it to serve."""
        output = open(self.directory / "stdout.log", "ab")
        with output:
            self.process = subprocess.Popen(
                self.prefix + self.command_line(),
                stdin=stdin,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                env=self.env,
                preexec_fn=_die_with_parent,
            )
        return self

    def start(self):
        """Starts the process and waits until it answers PING."""
        for attempt in range(3):
            self.launch()
            if self._wait_ready():
                return self
            if "Address already in use" not in self.log() or attempt == 2:
                break
            self.port = free_port()
        raise ServerFailed(
            f"{self.binary} did not start (exit {self.process.poll()}):\n{self.tail()}"
        )

    def _wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                with Client(self.address, timeout=2.0, tls=self.tls) as client:
                    reply = client("PING")
                if not (isinstance(reply, Error) and reply.code == "LOADING"):
                    return True
            except OSError:
                pass
            time.sleep(0.005)
        return False

    @property
    def address(self):
        return (self.host, self.port)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, number=signal.SIGTERM, check=True):
        """Asks the process to end and judges how it ran."""
        self.close_clients()
        if self.process is None:
            return
        if self.is_running():
            self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(
                f"no exit within {STOP_SECONDS} s of a signal:\n{self.tail()}"
            ) from None
        if check:
            self.check()

    def kill(self):
        """Ends the process at once, as a crash of the machine would."""
        self.close_clients()
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def check(self):
        """Fails if the log holds a crash or sanitizer report or the process died on its own."""
        if self.expect_crash:
            return
        found = REPORTS.search(self.log())
        if found:
            raise ServerFailed(f"the server reported {found.group(0)!r}:\n{self.tail(200)}")
        code = self.process.poll() if self.process else 0
        if code not in (None, 0, -signal.SIGKILL):
            raise ServerFailed(f"the server ended with {code}:\n{self.tail()}")

    def remove(self):
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    # What it wrote

    def log(self):
        """Everything the process printed, then its log file if it has one in its directory."""
        texts = []
        for path in [self.directory / "stdout.log", *sorted(self.directory.glob("*server.log"))]:
            if path.exists():
                texts.append(path.read_text(errors="replace"))
        return "".join(texts)

    def tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])

    # Clients

    def client(self, **options):
        """A new connection, closed when the server stops."""
        client = Client(self.address, **{"tls": self.tls, **options})
        self._clients.append(client)
        return client

    def close_clients(self):
        for client in self._clients:
            client.close()
        self._clients.clear()


@contextlib.contextmanager
def server_group():
    """Gives a function that takes what Server() takes and returns it started. At the end all of
    them are stopped and removed, and the first that did not run cleanly is raised."""
    servers = []

    def start(*args, **options):
        server = Server(*args, **options)
        servers.append(server)
        return server.start()

    yield start
    failures = []
    for server in servers:
        try:
            server.stop()
        except AssertionError as error:
            failures.append(error)
        server.remove()
    if failures:
        raise failures[0]
