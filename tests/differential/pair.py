"""The oracle and Skein side by side, and the running of one sequence of steps on both."""

import contextlib
import subprocess
import time

from skeintest import ORACLE_BINARY, Client, Server
from skeintest.compare import agree

from .differences import is_expected, own_messages_last
from .pseudo import PSEUDO
from .state import read_state

CONFIG = {
    "enable-debug-command": "yes",
    "enable-protected-configs": "yes",
    "notify-keyspace-events": "''",
    "proto-max-bulk-len": "64mb",
    "client-query-buffer-limit": "64mb",
    "databases": "16",
}
CLOSED = "(connection closed)"
GRACE_SECONDS = 0.3


class Mismatch(AssertionError):
    """The two servers disagree after the last of `steps`."""

    def __init__(self, steps, text):
        super().__init__(text)
        self.steps = steps


class Side:
    """One of the two servers with its control connection and the connections of the sequence."""

    def __init__(self, server):
        self.server = server
        self.control = server.client(strict=True)
        self.connections = []

    def open(self, count, proto):
        self.connections = [self.new(proto) for _ in range(count)]

    def new(self, proto):
        return _connect(self.server, proto)

    def settle(self):
        """Two round trips: whatever was sent before has been executed and answered after them."""
        self.control("PING")
        self.control("PING")

    def known_commands(self):
        return {name.decode().upper().replace("|", " ") for name in self.control("COMMAND", "LIST")}

    def close(self):
        for connection in self.connections:
            connection.close()
        self.connections = []


def _answers(client):
    try:
        return client("SELECT", 0) == "OK"
    except OSError:
        return False


def _connect(server, proto):
    return Client(server.address, strict=True, proto=proto)


class Pair:
    """Both servers for a whole test run."""

    def __init__(self):
        self.servers = [Server(CONFIG, binary=ORACLE_BINARY), Server(CONFIG)]
        self.sides = []

    def start(self):
        for server in self.servers:
            server.start()
        self.sides = [Side(server) for server in self.servers]
        self.defaults = [side.control.config("*") for side in self.sides]
        known = [side.known_commands() for side in self.sides]
        self.known = known[0] & known[1]
        self.protocols = [2, 3] if "HELLO" in self.known else [2]
        return self

    def stop(self):
        for server in self.servers:
            try:
                server.stop()
            finally:
                server.remove()

    def kill(self):
        for server in self.servers:
            server.kill()
            server.remove()

    def both(self, action):
        """The results of `action(side)` on both sides."""
        return [action(side) for side in self.sides]

    def log_of_the_dead(self):
        """A process that just closed its sockets takes a moment to end."""
        for server in self.servers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.process.wait(0.1)
        return "".join(server.tail(40) for server in self.servers if not server.is_running())

    def revive(self):
        """What a failing example ended, a server or its control connection, is started again."""
        for at, server in enumerate(self.servers):
            if not server.is_running():
                server.start()
            elif _answers(self.sides[at].control):
                continue
            self.sides[at] = Side(server)

    def begin(self, family, proto):
        self.revive()
        for side, initial in zip(self.sides, self.defaults):
            for connection in side.connections:
                connection.close()
            if family.restore:
                family.restore(side.control, initial)
            side.control("FLUSHALL")
            for command in family.setup:
                side.control(*command)
            side.open(family.connections, proto)

    # Running

    def run(self, family, steps, proto, pipelined):
        """Runs the steps on both sides; raises Mismatch with the whole sequence on a difference."""
        steps = [step for step in steps if family.is_fair(step, self.known)]
        self.begin(family, proto)
        self.proto = proto
        history = Report(family, steps, proto, pipelined)
        with _blame(self, history):
            if family.events:
                self._run_events(steps, history)
            elif pipelined and not any(step.name in PSEUDO for step in steps):
                self._run_pipelined(steps, history)
            else:
                self._run_one_by_one(steps, history)
            left, right = self.both(lambda side: read_state(side.control))
            if left != right:
                raise history.mismatch(len(steps) - 1, left, right, "the data afterwards")

    def _run_one_by_one(self, steps, history):
        for at, step in enumerate(steps):
            if step.name in PSEUDO:
                left, right = PSEUDO[step.name](self.sides, step)
            else:
                for side in self.sides:
                    side.connections[0].send(*step.args)
                left, right = self.both(lambda side: side.connections[0].read_any())
            history.compare(at, left, right)

    def _run_pipelined(self, steps, history):
        left, right = self.both(
            lambda side: side.connections[0].pipeline(step.args for step in steps)
        )
        for at in range(len(steps)):
            history.compare(at, left[at], right[at])

    def _run_events(self, steps, history):
        """For blocking commands and pushes: after each step, what every connection received."""
        for at, step in enumerate(steps):
            for side in self.sides:
                with contextlib.suppress(ConnectionError):
                    side.connections[step.connection].send(*step.args)
            self._compare_events(at, step, history)

    def _compare_events(self, at, step, history):
        received = self.both(lambda side: [[] for _ in side.connections])
        end = time.monotonic() + GRACE_SECONDS
        while True:
            for side, lists in zip(self.sides, received):
                side.settle()
                for connection, values in zip(side.connections, lists):
                    values.extend(connection.drain())
            if history.same_events(step, *received):
                break
            if time.monotonic() > end:
                raise history.mismatch(at, *received, "what the connections received")
        self._reopen_closed(received[0])

    def _reopen_closed(self, received):
        for number, values in enumerate(received):
            if values and values[-1] == CLOSED:
                for side in self.sides:
                    side.connections[number].close()
                    side.connections[number] = side.new(self.proto)


class Report:
    """A sequence under way; builds the text of a failure."""

    def __init__(self, family, steps, proto, pipelined):
        self.family = family
        self.steps = steps
        self.how = f"family {family.name}, RESP{proto}{', pipelined' if pipelined else ''}"

    def compare(self, at, left, right):
        step = self.steps[at]
        if not agree(step.mode, left, right) and not is_expected(step, left, right):
            raise self.mismatch(at, left, right, "the last reply")

    def same_events(self, step, left, right):
        left, right = [
            [_settled(own_messages_last(values)) for values in side] for side in (left, right)
        ]
        return all(
            agree("exact", *(list(map(self.family.normal, side)) for side in (ours, theirs)))
            or (number == step.connection and self._same_answer(step, ours, theirs))
            for number, (ours, theirs) in enumerate(zip(left, right))
        )

    @staticmethod
    def _same_answer(step, ours, theirs):
        if step.mode == "detached":
            return agree(step.mode, ours, theirs)
        if not ours and len(theirs) == 1:
            return is_expected(step, None, theirs[0])
        return len(ours) == len(theirs) == 1 and (
            agree(step.mode, ours[0], theirs[0]) or is_expected(step, ours[0], theirs[0])
        )

    def mismatch(self, at, left, right, what):
        lines = [f"{self.how}: the servers disagree about {what}"]
        lines += [f"  {step!r}" for step in self.steps[: at + 1]]
        lines += [f"  redis: {_short(left)}", f"  skein: {_short(right)}"]
        return Mismatch(self.steps[: at + 1], "\n".join(lines))


def _settled(values):
    """Runs of messages by pattern in sorted order: patterns are walked as a hash table is."""
    settled, run = [], []
    for value in [*values, None]:
        if isinstance(value, list) and value[:1] == [b"pmessage"]:
            run.append(value)
        else:
            settled += sorted(run) + [value]
            run = []
    return settled[:-1]


def _short(value):
    text = repr(value)
    return text if len(text) <= 2000 else text[:2000] + f"... ({len(text)} characters)"


@contextlib.contextmanager
def _blame(pair, history):
    """Turns a lost or silent server into a failure that shows the sequence and the last log."""
    try:
        yield
    except (TimeoutError, ConnectionError) as error:
        error = f"{error!r} {pair.log_of_the_dead()}"
        raise history.mismatch(len(history.steps) - 1, None, error, "answering") from None
