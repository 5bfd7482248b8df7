"""Fixtures of tests that need several servers."""

import contextlib

import pytest
from skeintest import ORACLE_BINARY, Server
from skeintest.proxy import Proxy
from skeintest.replication import QUIET_CONFIG


@pytest.fixture
def start():
    """start() a server of ours, start(stock=True) one of Redis; what follows are directives."""
    servers = []

    def begin(stock=False, **config):
        named = {name.replace("_", "-"): value for name, value in config.items()}
        server = Server({**QUIET_CONFIG, **named}, binary=ORACLE_BINARY if stock else None)
        servers.append(server)
        return server.start()

    yield begin
    failures = []
    for server in servers:
        try:
            server.stop()
        except AssertionError as error:
            failures.append(error)
        server.remove()
    if failures:
        raise failures[0]


@pytest.fixture
def proxy():
    """proxy(server): a proxy in front of it."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Proxy(*args, **options))
