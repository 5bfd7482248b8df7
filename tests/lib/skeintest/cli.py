"""Running skein-cli (and redis-cli, its model): as a process, at a terminal, and against a server
of canned replies."""

import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import fcntl

STOCK_CLI = "/usr/bin/redis-cli"
DEADLINE = 15.0


def cli_binary():
    """The client under test: SKEIN_CLI, else build/skein-cli of this tree."""
    named = os.environ.get("SKEIN_CLI")
    return named or str(pathlib.Path(__file__).resolve().parents[3] / "build" / "skein-cli")


def clean_environment(home, **extra):
    """No password, history or preference of the person who runs the tests."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REDISCLI_", "SKEINCLI_"))
    }
    env.pop("FAKETTY", None)
    return {**env, "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8", **extra}


class Run:
    """How a process ended."""

    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"Run(status={self.status}, out={self.out!r}, err={self.err!r})"


def run_cli(*args, binary=None, stdin=b"", home="/nonexistent", timeout=DEADLINE, env=None):
    command = [binary or cli_binary(), *map(str, args)]
    env = clean_environment(home, **(env or {}))
    return Run(subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, env=env))


def start_cli(*args, binary=None, home="/nonexistent", **options):
    """A process with pipes, for modes that do not end; the caller ends it."""
    return subprocess.Popen(
        [binary or cli_binary(), *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(home),
        **options,
    )


def read_lines(process, count, deadline=DEADLINE):
    """The next lines of a process's output."""
    end = time.monotonic() + deadline
    data = b""
    while data.count(b"\n") < count:
        ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 65536) if ready else b""
        if not piece:
            raise AssertionError(f"{count} lines were expected, got {data!r}")
        data += piece
    return data.splitlines()


class Terminal:
    """skein-cli at a terminal of its own."""

    def __init__(self, *args, home, columns=100, env=None):
        self.output = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(
                    cli_binary(),
                    ["skein-cli", *map(str, args)],
                    clean_environment(home, **(env or {})),
                )
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def type(self, text):
        os.write(self.fd, text.encode())

    def _read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.output += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, deadline=DEADLINE):
        """Waits until the output matches, and forgets everything up to the end of the match."""
        end = time.monotonic() + deadline
        while True:
            found = re.search(pattern, self.output)
            if found:
                self.output = self.output[found.end() :]
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} did not appear in {self.output!r}")
            self._read(0.05)

    def run(self, line, pattern):
        self.type(line + "\r")
        return self.expect(pattern)

    def wait_exit(self, deadline=DEADLINE):
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
            self._read(0.02)
        raise AssertionError("the client did not end")


def read_command(stream):
    """One command, as a list of words, from a file object; None at the end."""
    line = stream.readline()
    if not line:
        return None
    if not line.startswith(b"*"):
        return line.split()
    words = []
    for _ in range(int(line[1:])):
        size = int(stream.readline()[1:])
        words.append(stream.read(size + 2)[:-2])
    return words


class CannedServer:
    """Answers every command with bytes chosen by `answer(words)`; None closes the connection."""

    def __init__(self, answer):
        self.answer = answer
        self.commands = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock, sock.makefile("rb") as stream:
            try:
                while (words := read_command(stream)) is not None:
                    self.commands.append(words)
                    reply = self.answer(words)
                    if reply is None:
                        return
                    sock.sendall(reply)
            except OSError:
                return
