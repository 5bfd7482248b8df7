"""The prompt of skein-cli at a terminal: what it shows, remembers, completes and survives."""

import re
import stat
import threading

import pytest
from skeintest import wait_until
from skeintest.cli import CannedServer, Terminal

GREY = r"\x1b\[90m"


@pytest.fixture
def prompt(server, tmp_path):
    """The prompt of a client that is connected to the test's server."""
    with Terminal("-p", server.port, home=tmp_path) as terminal:
        terminal.expect(re.escape(f"127.0.0.1:{server.port}> "))
        yield terminal


def history(home):
    path = home / ".skeincli_history"
    return path.read_text().splitlines() if path.exists() else []


def test_replies_are_shown_with_their_types(prompt):
    prompt.run("set key 'a b'", r"\nOK\r\n")
    prompt.run("get key", r'\n"a b"\r\n')
    prompt.run("llen nosuch", r"\n\(integer\) 0\r\n")
    prompt.run("get nosuch", r"\n\(nil\)\r\n")
    prompt.run("rpush l a b", r"\n\(integer\) 2\r\n")
    prompt.run("lrange l 0 -1", r'\n1\) "a"\r\n2\) "b"\r\n')
    prompt.run("nosuch", r"\n\(error\) ERR unknown command")
    prompt.run('set "x', r"\nInvalid argument\(s\)\r\n")
    prompt.run("3 ping", r"\nPONG\r\nPONG\r\nPONG\r\n")


def test_the_prompt_tells_database_and_transaction(prompt, server):
    where = re.escape(f"127.0.0.1:{server.port}")
    prompt.run("select 3", where + r"\[3\]> ")
    prompt.run("multi", where + r"\[3\]\(TX\)> ")
    prompt.run("select 5", r"QUEUED\r\n")
    prompt.expect(where + r"\[5\]\(TX\)> ")
    prompt.run("discard", where + r"\[3\]> ")
    prompt.run("select 999", where + r"\[3\]> ")
    prompt.run("multi", r"\(TX\)> ")
    prompt.run("exec", where + r"\[3\]> ")
    prompt.run("select 0", where + "> ")


@pytest.mark.parametrize("word", ["quit", "exit", "QUIT"])
def test_leaving(prompt, word):
    prompt.type(word + "\r")
    assert prompt.wait_exit() == 0


def test_end_of_input_leaves(prompt):
    prompt.type("\x04")
    assert prompt.wait_exit() == 0


def test_control_c_ends_the_client(prompt):
    prompt.type("get")
    prompt.expect("get")
    prompt.type("\x03")
    assert prompt.wait_exit() == -2


def test_hints_show_what_may_follow_and_vanish(prompt):
    prompt.type("get ")
    prompt.expect(GREY + "key")
    prompt.type("k\r")
    prompt.expect(r"(?s)\x1b\[K.*\(nil\)\r\n")
    prompt.run(":set nohints", r"> ")
    prompt.type("set x ")
    prompt.type("y\r")
    shown = prompt.expect(r"[^>]*\nOK\r\n").group(0)
    assert "\x1b[90m" not in shown
    prompt.run(":set hints", r"> ")
    prompt.type("set x ")
    prompt.expect(GREY + "value")


def test_preferences_are_read_from_a_file(server, tmp_path):
    (tmp_path / "prefs").write_text("# mine\n:set nohints\n:set nonsense\n")
    with Terminal(
        "-p", server.port, home=tmp_path, env={"REDISCLI_RCFILE": str(tmp_path / "prefs")}
    ) as terminal:
        terminal.expect("nonsense")
        terminal.expect("> ")
        terminal.type("set x ")
        terminal.type("y\r")
        assert "\x1b[90m" not in terminal.expect(r"[^>]*\nOK\r\n").group(0)


def test_tab_completes_names(prompt):
    prompt.type("lran\t")
    prompt.expect(GREY + "key start stop")
    prompt.type("nosuch 0 -1\r")
    prompt.expect(r"\(empty array\)\r\n")
    prompt.type("ZR\t")
    prompt.expect("ZR")
    prompt.type("\t")
    prompt.expect("ZRANGE .*\r\n")
    prompt.type("\x15config ge\tmaxmemory\r")
    prompt.expect(r'1\) "maxmemory"\r\n')


def test_help_in_the_prompt(prompt):
    prompt.run("help get", r"GET\x1b\[0m \x1b\[90mkey")
    prompt.run("help @set", "SADD")
    prompt.run("help", "@string")
    prompt.run("?", "@string")
    prompt.run("help nosuch", "no help about")


def test_lines_are_remembered_but_passwords_are_not(server, tmp_path):
    with Terminal("-p", server.port, home=tmp_path) as terminal:
        terminal.expect("> ")
        for line in (
            "ping",
            "auth secret",
            "acl setuser x >secret",
            "config set masterauth secret",
            "echo last",
        ):
            terminal.run(line, r"\n.*\r\n")
            terminal.expect("> ")
        terminal.run("quit", "")
        terminal.wait_exit()
    assert history(tmp_path) == ["ping", "echo last", "quit"]
    assert stat.S_IMODE((tmp_path / ".skeincli_history").stat().st_mode) == 0o600
    with Terminal("-p", server.port, home=tmp_path) as terminal:
        terminal.expect("> ")
        terminal.type("\x1b[A\x1b[A")
        terminal.expect("echo last")
        terminal.type("\r")
        terminal.expect(r'\n"last"\r\n')


@pytest.mark.parametrize("name", ["SKEINCLI_HISTFILE", "REDISCLI_HISTFILE"])
def test_the_environment_names_the_history(server, tmp_path, name):
    path = tmp_path / "elsewhere"
    with Terminal("-p", server.port, home=tmp_path, env={name: str(path)}) as terminal:
        terminal.expect("> ")
        terminal.run("ping", "PONG")
        wait_until(lambda: path.exists() and path.read_text() == "ping\n")
    assert history(tmp_path) == []


def test_a_lost_connection_is_opened_again(prompt, client, server):
    prompt.run("select 4", r"\[4\]> ")
    client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    prompt.run("set again 1", r"\nOK\r\n")
    client("SELECT", "4")
    assert client("GET", "again") == b"1"


def test_a_transaction_is_not_repeated_after_a_loss(prompt, client):
    prompt.run("multi", r"\(TX\)> ")
    client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    prompt.run("set inside 1", "Error: ")
    prompt.expect("not connected> ")
    assert client("EXISTS", "inside") == 0
    prompt.run("ping", r"\nPONG\r\n")


def test_without_a_server_the_prompt_waits(server, tmp_path):
    with Terminal("-p", 1, home=tmp_path) as terminal:
        terminal.expect("Could not connect")
        terminal.expect("not connected> ")
        terminal.run("ping", "Could not connect")
        terminal.run(f"connect 127.0.0.1 {server.port}", re.escape(f"127.0.0.1:{server.port}> "))
        terminal.run("ping", r"\nPONG\r\n")


def test_the_password_is_asked_without_showing_it(fresh_server, tmp_path):
    server = fresh_server({"requirepass": "hidden"})
    with Terminal("-p", server.port, "--askpass", "ping", home=tmp_path) as terminal:
        terminal.expect("password: ")
        terminal.type("hidden\r")
        shown = terminal.expect(r"(?s).*PONG\r\n").group(0)
        assert "hidden" not in shown
        assert terminal.wait_exit() == 0


def test_letters_beyond_ascii_can_be_typed(prompt):
    prompt.run("set grüße naïve", r"\nOK\r\n")
    prompt.run("get grüße", r'\n"na\\xc3\\xafve"\r\n')


def test_slow_commands_tell_their_time(tmp_path):
    def answer(words):
        if words[0] == b"SLOW":
            threading.Event().wait(0.6)
        return b"+OK\r\n"

    with CannedServer(answer) as server, Terminal("-p", server.port, home=tmp_path) as terminal:
        terminal.expect("> ")
        terminal.run("SLOW", r"OK\r\n\(0\.\d\ds\)\r\n")


def test_control_characters_of_the_server_stay_quoted(prompt, client):
    client("SET", "evil", "\x1b[2J")
    prompt.run("get evil", re.escape('"\\x1b[2J"'))


def test_invalidations_are_shown_as_they_come(server, tmp_path):
    with Terminal("-p", server.port, "-3", home=tmp_path) as terminal:
        terminal.expect("> ")
        terminal.run("client tracking on", r"\nOK\r\n")
        terminal.run("set t 1", r"\nOK\r\n")
        terminal.run("get t", r'\n"1"\r\n')
        terminal.run("set t 2", r"\nOK\r\n")
        terminal.run("ping", r"-> invalidate: 't'\r\n")


def test_messages_are_followed_until_control_c(prompt, client):
    prompt.run("subscribe ch", r"Reading messages")
    wait_until(lambda: client("PUBLISH", "ch", "hello") == 1)
    prompt.expect(r'3\) "hello"\r\n')
    prompt.type("\x03")
    prompt.wait_exit()


def test_documentation_is_asked_again_after_logging_in(fresh_server, tmp_path):
    server = fresh_server({"requirepass": "secret"})
    with Terminal("-p", server.port, home=tmp_path) as terminal:
        terminal.expect("> ")
        terminal.run("help get", "no help about")
        terminal.run("auth secret", r"\nOK\r\n")
        terminal.run("help get", "summary:")
