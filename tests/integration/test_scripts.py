"""Scripts that run for long: what others are told, and how the script is ended."""

import contextlib
import socket
import struct
import threading

from skeintest import ConnectionClosed, Error, Server

SERVER_CONFIG = {"busy-reply-threshold": "50"}
LOOP = "while true do end"
STUBBORN = "while true do pcall(function() while true do end end) end"


def start(server, *command):
    """Runs a command on a connection of its own; returns what collects its answer."""
    answers = []

    def run():
        with server.client() as client:
            answers.append(client(*command))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, answers


def until(client, command, is_right, tries=2000):
    """Asks until the answer is right. A busy server answers, so this is no idle loop."""
    for _ in range(tries):
        answer = client(*command)
        if is_right(answer):
            return answer
    raise AssertionError(f"{command} still answers {answer!r}")


def is_busy(answer):
    return isinstance(answer, Error) and str(answer).startswith("BUSY ")


def test_a_script_that_never_ends_is_killed(server, client):
    for script in LOOP, STUBBORN:
        thread, answers = start(server, "EVAL", script, "0")
        until(client, ["GET", "k"], is_busy)
        assert "SCRIPT KILL" in str(client("GET", "k"))
        assert "SCRIPT KILL" in str(client("FUNCTION", "KILL"))
        assert client("SCRIPT", "KILL") == "OK"
        thread.join(10)
        assert "killed by user" in str(answers[0])
        assert client("SET", "k", "v") == "OK"
    assert "NOTBUSY" in str(client("SCRIPT", "KILL"))
    assert b"number_of_cached_scripts:2" in client("INFO", "memory")


def test_who_was_read_together_with_an_endless_script_does_not_wait_for_it(server):
    with server.client() as first, server.client() as looping, server.client() as killer:
        first.send("DEBUG", "SLEEP", "0.2")
        looping.send("EVAL", LOOP, "0")
        killer.send("SET", "k", "v")
        killer.send("SCRIPT", "KILL")
        assert first.read() == "OK"
        assert "BUSY" in str(killer.read())
        assert killer.read() == "OK"
        assert "killed by user" in str(looping.read())


def test_a_function_that_never_ends_is_killed(server, client):
    code = f"#!lua name=loop\nredis.register_function('loop', function() {LOOP} end)"
    client("FUNCTION", "LOAD", "REPLACE", code)
    thread, answers = start(server, "FCALL", "loop", "0")
    assert "FUNCTION KILL" in str(until(client, ["GET", "k"], is_busy))
    assert "FUNCTION KILL" in str(client("SCRIPT", "KILL"))
    assert b"loop" in client("FUNCTION", "STATS")[1]
    assert client("FUNCTION", "KILL") == "OK"
    thread.join(10)
    assert "killed by user" in str(answers[0])
    assert client("FUNCTION", "FLUSH") == "OK"


def test_a_library_that_loads_for_too_long_is_refused(client):
    answer = client("FUNCTION", "LOAD", f"#!lua name=slow\n{LOOP}")
    assert "FUNCTION LOAD timeout" in str(answer)


def test_a_script_that_wrote_is_not_killed(server, client):
    client("SET", "go", "0")
    script = "redis.call('set','go',1) local t = {} for i = 1, 80000000 do t[1] = i end return 7"
    thread, answers = start(server, "EVAL", script, "0")
    until(client, ["GET", "go"], is_busy)
    assert "UNKILLABLE" in str(client("SCRIPT", "KILL"))
    thread.join(120)
    assert answers == [7]
    assert client("GET", "go") in ("1", b"1")


def test_a_server_with_a_stubborn_script_shuts_down():
    with Server(SERVER_CONFIG) as server, server.client() as client:
        start(server, "EVAL", "redis.call('set','k',1) " + STUBBORN, "0")
        until(client, ["GET", "k"], is_busy)
        assert "UNKILLABLE" in str(client("SCRIPT", "KILL"))
        with contextlib.suppress(ConnectionClosed, OSError):
            client("SHUTDOWN", "NOSAVE")
        assert server.process.wait(10) == 0


def test_a_client_may_go_while_its_script_runs(server, client):
    """It goes in the middle of a reply, so that writing finds out while the script still runs."""
    client("SET", "big", b"x" * (32 << 20))
    with server.client() as leaver:
        leaver.sock.sendall(b"GET big\r\n")
        until(client, ["CLIENT", "LIST"], lambda answer: b"cmd=get" in answer)
        client("PING")
        leaver.sock.sendall(b"EVAL '%s' 0\r\n" % LOOP.encode())
        until(client, ["GET", "k"], is_busy)
        leaver.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(client, ["GET", "k"], is_busy)
    assert client("SCRIPT", "KILL") == "OK"
    until(client, ["CLIENT", "LIST"], lambda answer: not is_busy(answer) and b"eval" not in answer)


def test_requests_that_waited_behind_a_slow_script_are_served(server, client):
    with server.client() as other:
        thread, _ = start(server, "EVAL", LOOP, "0")
        until(other, ["PING"], is_busy)
        assert other("SCRIPT", "KILL") == "OK"
        thread.join(10)
    assert client("ECHO", "still here") in ("still here", b"still here")


def test_a_function_hands_on_as_many_arguments_as_lua_unpacks(client):
    body = "local t = {} for i = 1, 7999 do t[i] = i end return redis.call(ARGV[1], 'l', unpack(t))"
    library = "#!lua name=many\nredis.register_function('many', function(KEYS, ARGV) %s end)" % body
    assert client("FUNCTION", "LOAD", library) == b"many"
    assert client("FCALL", "many", 0, "rpush") == 7999
    assert client("EVAL", body, 0, "rpush") == 2 * 7999
    assert client("LINDEX", "l", -1) == b"7999"
    assert "wrong number" in str(client("EVAL", body, 0, "llen")).lower()


def test_commands_that_need_data_are_refused_to_a_script_on_a_stale_replica(client):
    script = "#!lua flags=allow-stale,no-writes\nreturn redis.call(unpack(ARGV))"
    client("CONFIG", "SET", "replica-serve-stale-data", "no")
    client("REPLICAOF", "127.0.0.1", "1")
    refused = client("EVAL", script, 0, "get", "x")
    assert refused.startswith("ERR Can not execute the command on a stale replica script:")
    assert b"redis_version" in client("EVAL", script, 0, "info", "server")
    assert client("GET", "x").code == "MASTERDOWN"
