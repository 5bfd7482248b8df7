"""Fixtures of tests that need several servers."""

import contextlib

import pytest
from skeintest import ORACLE_BINARY
from skeintest.proxy import Proxy
from skeintest.replication import QUIET_CONFIG
from skeintest.server import directives, server_group


@pytest.fixture
def start(request):
    """start() a server of ours, start(stock=True) one of Redis; what follows are directives. A
    module may define START_CONFIG, which all of its servers have."""
    base = getattr(request.module, "START_CONFIG", QUIET_CONFIG)
    with server_group() as begin:

        def start(stock=False, **config):
            binary = ORACLE_BINARY if stock else None
            return begin({**base, **directives(config)}, binary=binary)

        yield start


@pytest.fixture
def proxy():
    """proxy(server): a proxy in front of it."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Proxy(*args, **options))
