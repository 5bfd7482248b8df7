"""Starts the two servers when tests are collected: what is collected depends on what they know."""

import atexit

import pytest

from .pair import Pair

_started = []


def running_pair():
    """The one pair of this run."""
    if not _started:
        pair = Pair().start()
        _started.append(pair)
        atexit.register(pair.kill)
    return _started[0]


@pytest.fixture(scope="session")
def session_pair():
    running = running_pair()
    yield running
    running.stop()


@pytest.fixture
def pair(session_pair):
    """Both servers, alive: one that an earlier test ended is started again."""
    session_pair.revive()
    return session_pair
