"""Configuration: files, options, standard input, GET, SET and REWRITE."""

import os
import re
import stat
import subprocess

import pytest
from skeintest import Client, Error, Server, ServerFailed
from skeintest.server import free_port


@pytest.fixture
def run(tmp_path):
    """Runs a server with a whole command line of its own; it listens on `run.port`."""
    started = []

    def start(*argv, stdin=None):
        server = Server(argv=[str(word) for word in argv], directory=tmp_path)
        server.port = run.port
        started.append(server)
        if stdin is None:
            return server.start()
        reader, writer = os.pipe()
        os.write(writer, stdin)
        os.close(writer)
        server.launch(stdin=reader)
        os.close(reader)
        assert server._wait_ready(), server.tail()
        return server

    run = start
    start.port = free_port()
    yield start
    for server in started:
        server.stop()


def write(path, text):
    path.write_text(text)
    return path


def config(run, tmp_path, text):
    return write(
        tmp_path / "test.conf", f"port {run.port}\nbind 127.0.0.1\ndir {tmp_path}\nsave ''\n{text}"
    )


def get(server, name):
    with Client(server.address) as client:
        return client.config(name).get(name)


# Where directives come from


def test_a_file_is_read(run, tmp_path):
    server = run(config(run, tmp_path, "maxmemory 100mb\n# comment\n\n  maxmemory-samples   7  \n"))
    assert get(server, "maxmemory") == "104857600"
    assert get(server, "maxmemory-samples") == "7"


def test_options_come_after_the_file_and_win(run, tmp_path):
    server = run(config(run, tmp_path, "maxmemory-samples 7\n"), "--maxmemory-samples", "9")
    assert get(server, "maxmemory-samples") == "9"


def test_options_alone_are_enough(run, tmp_path):
    server = run("--port", run.port, "--dir", tmp_path, "--hz", "50", "--save", "")
    assert get(server, "hz") == "50" and get(server, "save") == ""


def test_an_option_takes_several_values(run, tmp_path):
    server = run(
        *["--port", run.port, "--dir", tmp_path, "--client-output-buffer-limit"],
        *["pubsub", "1mb", "2mb", "3", "--save", "900", "1", "300", "10"],
    )
    assert get(server, "client-output-buffer-limit").endswith("pubsub 1048576 2097152 3")
    assert get(server, "save") == "900 1 300 10"


def test_an_option_with_its_value_in_one_word_is_taken(run, tmp_path):
    server = run("--port", run.port, "--dir", tmp_path, "--maxmemory 1mb")
    assert get(server, "maxmemory") == "1048576"


def test_standard_input_is_read_for_a_dash(run, tmp_path):
    text = f"port {run.port}\ndir {tmp_path}\nmaxmemory-samples 8\n".encode()
    server = run("-", stdin=text)
    assert get(server, "maxmemory-samples") == "8"


def test_standard_input_comes_after_the_file_and_before_the_options(run, tmp_path):
    path = config(run, tmp_path, "maxmemory-samples 6\nhz 20\n")
    server = run(path, "--hz", "30", "-", stdin=b"maxmemory-samples 8\nhz 25\n")
    assert get(server, "maxmemory-samples") == "8" and get(server, "hz") == "30"


def test_names_and_choices_are_case_insensitive(run, tmp_path):
    server = run(config(run, tmp_path, "MaxMemory-Policy ALLKEYS-LRU\nAppendonly NO\n"))
    assert get(server, "maxmemory-policy") == "allkeys-lru"


def test_a_repeated_directive_is_overridden_by_the_last(run, tmp_path):
    server = run(config(run, tmp_path, "maxmemory 1mb\nmaxmemory 2mb\n"))
    assert get(server, "maxmemory") == "2097152"


def test_values_may_be_quoted(run, tmp_path):
    server = run(config(run, tmp_path, 'requirepass "two words\\x21"\n'))
    with Client(server.address, auth=["two words!"]) as client:
        assert client("PING") == "PONG"


def test_an_included_file_is_read_in_its_place(run, tmp_path):
    write(tmp_path / "extra.conf", "hz 33\nmaxmemory-samples 3\n")
    text = f"hz 11\ninclude {tmp_path}/extra.conf\nmaxmemory-samples 4\n"
    server = run(config(run, tmp_path, text))
    assert get(server, "hz") == "33" and get(server, "maxmemory-samples") == "4"


def test_an_include_may_be_a_pattern(run, tmp_path):
    (tmp_path / "conf.d").mkdir()
    write(tmp_path / "conf.d" / "10-a.conf", "hz 21\n")
    write(tmp_path / "conf.d" / "20-b.conf", "hz 22\nmaxmemory-samples 3\n")
    server = run(config(run, tmp_path, f"include {tmp_path}/conf.d/*.conf\n"))
    assert get(server, "hz") == "22" and get(server, "maxmemory-samples") == "3"


def test_an_include_pattern_without_files_is_fine(run, tmp_path):
    assert get(run(config(run, tmp_path, f"include {tmp_path}/none.d/*.conf\n")), "hz") == "10"


def test_an_include_on_the_command_line_is_read(run, tmp_path):
    extra = write(tmp_path / "extra.conf", "hz 44\n")
    server = run("--port", run.port, "--dir", tmp_path, "--include", extra)
    assert get(server, "hz") == "44"


def test_the_configuration_debian_ships_loads_unchanged(run, tmp_path):
    server = run(
        *["/etc/redis/redis.conf", "--port", run.port, "--bind", "127.0.0.1", "--daemonize", "no"],
        *["--dir", tmp_path, "--logfile", "", "--pidfile", tmp_path / "pid"],
    )
    with Client(server.address) as client:
        assert client.config("databases") == {"databases": "16"}
        assert client.config("save")["save"] == "3600 1 300 100 60 10000"
        assert client("SET", "k", "v") == "OK"


def test_settings_survive_being_read_back_from_get(run, tmp_path):
    """What GET shows is what a file may say."""
    names = [
        "maxmemory",
        "save",
        "client-output-buffer-limit",
        "hz",
        "maxmemory-policy",
        "appendfsync",
    ]
    first = Server(directory=tmp_path)
    with first.start().client() as client:
        shown = {name: client.config(name)[name] for name in names}
    first.stop()
    limits = shown.pop("client-output-buffer-limit").split()
    text = "".join(f"{name} {value or chr(39) * 2}\n" for name, value in shown.items())
    text += "".join(
        f"client-output-buffer-limit {' '.join(limits[at : at + 4])}\n"
        for at in range(0, len(limits), 4)
    )
    server = run(config(run, tmp_path, text))
    assert {name: get(server, name) for name in shown} == shown


# Refusals

WRONG = {
    "an unknown directive": ("no-such-directive yes", "no-such-directive"),
    "a wrong choice": ("maxmemory-policy sometimes", "maxmemory-policy"),
    "a number out of range": ("port 70000", "port"),
    "a missing value": ("maxmemory", "maxmemory"),
    "a word too many": ("hz 10 20", "hz"),
    "quotes out of balance": ('requirepass "abc', "requirepass"),
    "a size with an unknown unit": ("maxmemory 10parsecs", "maxmemory"),
    "neither yes nor no": ("appendonly maybe", "appendonly"),
    "a file that is not there": ("include /nonexistent/file.conf", "file.conf"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_line_stops_the_start_and_is_named(tmp_path, what):
    line, mentioned = WRONG[what]
    path = write(tmp_path / "wrong.conf", f"# first\nhz 10\n{line}\nhz 20\n")
    server = Server(argv=[str(path)], directory=tmp_path)
    result = subprocess.run(
        server.command_line(),
        capture_output=True,
        text=True,
        timeout=10,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
    )
    output = result.stdout + result.stderr
    assert result.returncode == 1
    assert mentioned in output
    if not line.startswith("include"):
        assert re.search(r"\b3\b", output), "the number of the line"


def test_a_wrong_option_stops_the_start_and_is_named(tmp_path):
    with pytest.raises(ServerFailed, match="no-such-option"):
        Server(argv=["--no-such-option", "1"], directory=tmp_path).start()


def test_a_missing_file_stops_the_start_and_is_named(tmp_path):
    with pytest.raises(ServerFailed, match="missing.conf"):
        Server(argv=[str(tmp_path / "missing.conf")], directory=tmp_path).start()


# GET and SET


def test_get_takes_patterns_and_several_names(client):
    assert set(client.config("maxmemory*")) >= {
        "maxmemory",
        "maxmemory-policy",
        "maxmemory-samples",
    }
    flat = client("CONFIG", "GET", "hz", "maxmemory", "nosuch", "HZ", "h[z]")
    assert sorted(flat[::2]) == [b"hz", b"maxmemory"]
    assert client("CONFIG", "GET", "nosuch") == []


def test_get_of_everything_is_a_flat_array_with_databases(client):
    flat = client("CONFIG", "GET", "*")
    assert len(flat) % 2 == 0 and all(type(item) is bytes for item in flat)
    assert b"databases" in flat[::2]


def test_set_takes_several_pairs(client):
    assert client("CONFIG", "SET", "maxmemory-samples", "6", "hz", "20") == "OK"
    assert (
        client.config("hz") == {"hz": "20"}
        and client.config("maxmemory-samples")["maxmemory-samples"] == "6"
    )


@pytest.mark.parametrize("wrong", [("maxmemory-policy", "bogus"), ("nosuch", "1"), ("hz", "2")])
def test_set_of_several_pairs_is_all_or_nothing(client, wrong):
    before = client.config("*")
    assert isinstance(client("CONFIG", "SET", "maxmemory-samples", "6", "hz", "21", *wrong), Error)
    assert client.config("*") == before


def test_a_directive_of_the_start_cannot_be_set(client):
    reply = client("CONFIG", "SET", "databases", "4")
    assert (
        reply == "ERR CONFIG SET failed (possibly related to argument 'databases') - "
        "can't set immutable config"
    )


def test_protected_directives_are_refused_by_default(fresh_server):
    client = fresh_server({"enable-protected-configs": "no"}).client()
    for name in ["dir", "dbfilename"]:
        assert "can't set protected config" in client("CONFIG", "SET", name, "/tmp")
    assert client.config("enable-protected-configs") == {"enable-protected-configs": "no"}


ALIASES = {
    "slave-read-only": ("replica-read-only", "no"),
    "slave-priority": ("replica-priority", "50"),
    "slave-serve-stale-data": ("replica-serve-stale-data", "no"),
    "slave-announce-port": ("replica-announce-port", "1234"),
    "slave-announce-ip": ("replica-announce-ip", "10.0.0.1"),
    "slave-lazy-flush": ("replica-lazy-flush", "yes"),
    "slave-ignore-maxmemory": ("replica-ignore-maxmemory", "no"),
    "min-slaves-to-write": ("min-replicas-to-write", "0"),
    "min-slaves-max-lag": ("min-replicas-max-lag", "11"),
    "repl-ping-slave-period": ("repl-ping-replica-period", "7"),
    "hash-max-ziplist-entries": ("hash-max-listpack-entries", "99"),
    "list-max-ziplist-size": ("list-max-listpack-size", "-3"),
    "zset-max-ziplist-value": ("zset-max-listpack-value", "65"),
    "lua-time-limit": ("busy-reply-threshold", "4000"),
}


@pytest.mark.parametrize("old", ALIASES)
def test_the_old_name_of_a_directive_sets_and_shows_the_new_one(client, old):
    new, value = ALIASES[old]
    assert client("CONFIG", "SET", old, value) == "OK"
    assert client.config(old) == {old: value}
    assert client.config(new) == {new: value}


def test_the_old_word_for_a_class_of_clients_is_understood(client):
    assert client("CONFIG", "SET", "client-output-buffer-limit", "slave 1mb 1mb 1") == "OK"
    assert (
        "slave 1048576 1048576 1"
        in client.config("client-output-buffer-limit")["client-output-buffer-limit"]
    )


def test_resetstat_clears_the_counters(client):
    client.pipeline([("GET", "none")] * 5 + [("NOSUCH",)])
    assert client("CONFIG", "RESETSTAT") == "OK"
    info = client.info()
    assert info["keyspace_misses"] == "0" and info["total_error_replies"] == "0"
    assert "cmdstat_get" not in info and "errorstat_ERR" not in info


# REWRITE


def test_rewrite_keeps_comments_and_changes_what_was_set(run, tmp_path):
    path = config(run, tmp_path, "# why this is so\nmaxmemory 100mb\n\n# another\nhz 10\n")
    server = run(path)
    with Client(server.address) as client:
        client("CONFIG", "SET", "maxmemory", "200mb", "maxmemory-samples", "9")
        assert client("CONFIG", "REWRITE") == "OK"
    text = path.read_text()
    assert "# why this is so\nmaxmemory 200mb\n" in text and "# another\n" in text
    assert re.search(r"^maxmemory-samples 9$", text, re.M)
    assert f"port {run.port}\n" in text


def test_a_rewritten_file_starts_a_server_with_the_same_settings(run, tmp_path):
    path = config(run, tmp_path, 'user alice on >secret ~k* +get\nrename-command FLUSHALL ""\n')
    password = b'a "quoted" pass\x00word'
    server = run(path)
    with Client(server.address) as client:
        client("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 2mb 3", "save", "100 5")
        client("CONFIG", "SET", "requirepass", password, "notify-keyspace-events", "Ex")
    with Client(server.address, auth=[password]) as client:
        assert client("CONFIG", "REWRITE") == "OK"
        before = client.config("*")
    server.stop()
    server.start()
    with Client(server.address, auth=[password]) as client:
        assert client.config("*") == before
        assert b"alice" in client("ACL", "USERS")
        assert client("FLUSHALL").startswith("ERR unknown command")


@pytest.mark.beyond_stock
def test_rewriting_twice_changes_nothing(run, tmp_path):
    path = config(run, tmp_path, "# c\nhz 10\n")
    with Client(run(path).address) as client:
        client("CONFIG", "SET", "maxmemory-samples", "9")
        client("CONFIG", "REWRITE")
        once = path.read_text()
        client("CONFIG", "REWRITE")
    assert path.read_text() == once


@pytest.mark.beyond_stock
def test_a_rewritten_file_is_readable_by_its_owner_only(run, tmp_path):
    path = config(run, tmp_path, "hz 10\n")
    with Client(run(path).address) as client:
        assert client("CONFIG", "REWRITE") == "OK"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rewrite_without_a_file_is_an_error(client):
    assert client("CONFIG", "REWRITE") == "ERR The server is running without a config file"


def test_no_temporary_file_stays_after_a_rewrite(run, tmp_path):
    path = config(run, tmp_path, "hz 10\n")
    with Client(run(path).address) as client:
        client("CONFIG", "REWRITE")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stdout.log", "test.conf"]
