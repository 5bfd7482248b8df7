"""Fixtures of every Python test. A module may define SERVER_CONFIG, a dict of directives for its
server."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))

from skeintest import ORACLE_BINARY, Client, Error, Server, server_binary  # noqa: E402
from skeintest.server import server_group  # noqa: E402

BASE_CONFIG = {"enable-debug-command": "yes", "enable-protected-configs": "yes"}


def is_stock_tested():
    return os.path.realpath(server_binary()) == os.path.realpath(ORACLE_BINARY)


def pytest_collection_modifyitems(config, items):
    """With SKEIN_SERVER set to the stock server the tests check themselves, without what is ours
    alone; sanitizers handle fatal signals themselves."""
    unfit = set()
    if is_stock_tested():
        unfit.add("beyond_stock")
    if os.environ.get("SKEIN_PROFILE", "").startswith("san"):
        unfit.add("own_signals")
    items[:] = [item for item in items if not unfit & {mark.name for mark in item.iter_markers()}]


def read_config(client):
    return client.config("*")


def restore_config(client, wanted):
    """Sets every directive that a test changed back to what it was."""
    for name, value in client.config("*").items():
        if wanted.get(name, value) != value:
            client("CONFIG", "SET", name, wanted[name])


def reset_users(client):
    for user in client("ACL", "USERS") or []:
        if user != b"default":
            client("ACL", "DELUSER", user)
    client("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all")


@pytest.fixture(scope="module")
def module_server(request):
    """One server for the whole module; use `server`, which also puts it back after each test."""
    config = {**BASE_CONFIG, **getattr(request.module, "SERVER_CONFIG", {})}
    with Server(config) as server:
        with server.client() as client:
            server.initial_config = read_config(client)
        yield server


@pytest.fixture
def server(module_server):
    """The module's server, empty and with its initial configuration."""
    if not module_server.is_running():
        module_server.check()
        module_server.start()
    with module_server.client() as client:
        client("FLUSHALL")
    yield module_server
    module_server.close_clients()
    if not module_server.is_running():
        module_server.check()
        return
    with Client(module_server.address) as client:
        client("FLUSHALL")
        client("SCRIPT", "FLUSH")
        client("FUNCTION", "FLUSH")
        if not isinstance(client("ACL", "WHOAMI"), Error):
            reset_users(client)
        restore_config(client, module_server.initial_config)
        client("CONFIG", "RESETSTAT")


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def connect(server):
    """A factory of connections to the module's server."""
    return server.client


@pytest.fixture
def fresh_server():
    """A factory of servers of this test alone: fresh_server({"maxclients": "10"})."""
    with server_group() as start:
        yield lambda config=None, **options: start({**BASE_CONFIG, **(config or {})}, **options)


@pytest.fixture(scope="session")
def oracle():
    """The stock 7.0.15 server, one per run."""
    with Server(BASE_CONFIG, binary=ORACLE_BINARY) as server:
        yield server
