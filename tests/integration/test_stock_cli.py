"""The stock redis-cli at a terminal: its hints and help come from our COMMAND DOCS, on which it
ends itself when a field has the wrong type."""

import re

import pytest
from skeintest.cli import STOCK_CLI, Terminal

CLEAR_LINE = "\x15"


@pytest.fixture
def stock(server, tmp_path, monkeypatch):
    """redis-cli at its prompt."""
    monkeypatch.setenv("SKEIN_CLI", STOCK_CLI)
    with Terminal("-p", server.port, home=tmp_path, columns=150) as terminal:
        terminal.expect(re.escape(f"127.0.0.1:{server.port}> "))
        yield terminal


@pytest.mark.parametrize(
    "typed, hint",
    [
        ("restore k ", "ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds]"),
        ("copy ", "source destination [DB destination-db] [REPLACE]"),
        ("object freq ", "key"),
        ("mset ", "key value [key value ...]"),
        ("command list ", "[FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]"),
    ],
)
def test_arguments_are_hinted_while_typing(stock, typed, hint):
    for letter in typed:
        stock.type(letter)
    stock.expect(re.escape(hint))
    stock.type(CLEAR_LINE)
    stock.run("quit", "")
    assert stock.wait_exit() == 0


def ask(terminal, line, pattern):
    """Input typed before the prompt is shown would be thrown away."""
    terminal.run(line, pattern)
    terminal.expect(r"\n127[.0-9:]+> ")


def test_help_explains_commands_and_groups(stock):
    ask(stock, "help copy", r"COPY\S* \S*source destination \[DB destination-db\] \[REPLACE\]")
    ask(stock, "help @transactions", r"WATCH\S* \S*key \[key \.\.\.\]")
    ask(stock, "help object", "OBJECT")
    stock.run("quit", "")
    assert stock.wait_exit() == 0
