"""Shared pieces of the Python tests: a server process, a RESP client, waiting with a deadline."""

from .resp import (
    BigNumber,
    Client,
    ConnectionClosed,
    Double,
    Error,
    Map,
    Null,
    ProtocolError,
    Push,
    Set,
    Simple,
    Verbatim,
    encode,
)
from .server import ORACLE_BINARY, Server, ServerFailed, server_binary
from .wait import wait_until

__all__ = [
    "BigNumber",
    "Client",
    "ConnectionClosed",
    "Double",
    "Error",
    "Map",
    "Null",
    "ORACLE_BINARY",
    "ProtocolError",
    "Push",
    "Server",
    "ServerFailed",
    "Set",
    "Simple",
    "Verbatim",
    "encode",
    "server_binary",
    "wait_until",
]
