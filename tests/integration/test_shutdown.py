"""Proves: SHUTDOWN and SIGTERM wait for replicas that lag, for as long as shutdown-timeout says,
with writes paused, and can be called off; stock Redis is asked the same."""

import contextlib
import os
import signal
import threading

import pytest
from skeintest import ORACLE_BINARY, Client, Error, Server
from skeintest.replication import ask, follow, info, wait_online
from skeintest.server import directives
from skeintest.wait import wait_until

pytestmark = pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
WAITING = "Waiting for replicas before shutting down."


class Pair:
    """A master and a replica of ours that is stopped: it lags as long as it is."""

    def __init__(self, stack, stock, **config):
        words = {"repl-diskless-sync-delay": "0", "shutdown-timeout": "600"}
        binary = ORACLE_BINARY if stock else None
        self.master = stack.enter_context(Server({**words, **directives(config)}, binary=binary))
        self.replica = stack.enter_context(Server())
        follow(self.replica, self.master)
        wait_online(self.master)
        with Client(self.master.address, timeout=20) as client:
            client("SET", "k", 0)
            assert client("WAIT", 1, 0) == 1
        os.kill(self.replica.process.pid, signal.SIGSTOP)
        stack.callback(self.wake)
        ask(self.master, "SET", "k", 1)

    def wake(self):
        if self.replica.process.poll() is None:
            os.kill(self.replica.process.pid, signal.SIGCONT)

    def begin(self, *words):
        """A thread that says SHUTDOWN; what it was answered comes into the list."""
        answers = []

        def run():
            with Client(self.master.address, timeout=30) as client:
                try:
                    answers.append(client("SHUTDOWN", *words))
                except (ConnectionError, OSError) as error:
                    answers.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: WAITING in self.master.log(), 10, "it waits")
        return thread, answers

    def ends(self):
        return self.master.process.wait(20)


@pytest.fixture
def pair(stock):
    with contextlib.ExitStack() as stack:
        yield lambda **config: Pair(stack, stock, **config)


def test_it_waits_until_the_replica_has_everything(pair):
    two = pair()
    thread, answers = two.begin("NOSAVE")
    assert int(info(two.master, "server")["shutdown_in_milliseconds"]) > 0
    with Client(two.master.address, timeout=20) as writer:
        writer.send("SET", "k", 2)
        assert ask(two.master, "GET", "k") == b"1"
        two.wake()
        assert two.ends() == 0
    thread.join(20)
    assert isinstance(answers[0], (ConnectionError, OSError))
    assert "1 of 1 replicas are in sync when shutting down." in two.master.log()
    assert ask(two.replica, "GET", "k") == b"1"


def test_it_waits_no_longer_than_it_may(pair):
    two = pair(shutdown_timeout=1)
    thread, _ = two.begin()
    assert two.ends() == 0
    thread.join(20)
    log = two.master.log()
    assert "0 of 1 replicas are in sync when shutting down." in log
    assert "Lagging replica 127.0.0.1:" in log and "state=online." in log


@pytest.mark.parametrize("how", ["now", "no timeout", "timeout set at run time"])
def test_it_need_not_wait(pair, how):
    two = pair(shutdown_timeout=0 if how == "no timeout" else 600)
    if how == "timeout set at run time":
        assert ask(two.master, "CONFIG", "SET", "shutdown-timeout", 0) == "OK"
    with Client(two.master.address, timeout=20) as client:
        with pytest.raises((ConnectionError, OSError)):
            client("SHUTDOWN", *(["NOW"] if how == "now" else []))
            client("PING")
    assert two.ends() == 0
    log = two.master.log()
    assert WAITING not in log and "Lagging replica 127.0.0.1:" in log


def test_it_can_be_called_off(pair):
    two = pair()
    assert ask(two.master, "SHUTDOWN", "ABORT") == "ERR No shutdown in progress."
    thread, answers = two.begin()
    with Client(two.master.address, timeout=20) as writer:
        writer.send("SET", "k", 2)
        assert ask(two.master, "GET", "k") == b"1"
        assert ask(two.master, "SHUTDOWN", "ABORT") == "OK"
        assert writer.read() == "OK"
    thread.join(20)
    assert answers == ["ERR Errors trying to SHUTDOWN. Check logs."]
    assert isinstance(answers[0], Error)
    assert "Shutdown manually aborted." in two.master.log()
    assert "shutdown_in_milliseconds" not in info(two.master, "server")
    assert ask(two.master, "SHUTDOWN", "ABORT") == "ERR No shutdown in progress."


def test_a_signal_waits_too_and_can_be_called_off(pair):
    two = pair()
    two.master.process.terminate()
    wait_until(lambda: WAITING in two.master.log(), 10)
    assert ask(two.master, "SHUTDOWN", "ABORT") == "OK"
    assert ask(two.master, "SET", "k", 2) == "OK"
    two.master.process.send_signal(signal.SIGINT)
    wait_until(lambda: two.master.log().count(WAITING) == 2, 10)
    two.wake()
    assert two.ends() == 0
    log = two.master.log()
    assert "Received SIGTERM scheduling shutdown..." in log
    assert "User requested shutdown..." in log
    assert ask(two.replica, "GET", "k") == b"2"


def test_a_second_one_waits_with_the_first_and_both_are_told(pair):
    two = pair()
    first, answers = two.begin()
    with Client(two.master.address, timeout=20) as second:
        second.send("SHUTDOWN", "NOSAVE")
        wait_until(lambda: info(two.master, "clients")["blocked_clients"] == "2", 10)
        assert ask(two.master, "SHUTDOWN", "ABORT") == "OK"
        assert second.read() == "ERR Errors trying to SHUTDOWN. Check logs."
    first.join(20)
    assert answers == ["ERR Errors trying to SHUTDOWN. Check logs."]


def test_a_save_that_fails_when_the_wait_is_over_lets_the_server_go_on(pair):
    two = pair(dbfilename="blocked.rdb")
    (two.master.directory / "blocked.rdb").mkdir()
    (two.master.directory / "blocked.rdb" / "file").touch()
    thread, answers = two.begin("SAVE")
    two.wake()
    thread.join(20)
    assert answers == ["ERR Errors trying to SHUTDOWN. Check logs."]
    assert ask(two.master, "SET", "k", 2) == "OK"
    assert "Errors trying to shut down the server." in two.master.log()
