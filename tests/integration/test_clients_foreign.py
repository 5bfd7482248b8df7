"""Clients written by others, unmodified: redis-cli, redis-benchmark, redis-py, ioredis,
node-redis, BullMQ."""

import json
import os
import pathlib
import re
import subprocess
import threading

import pytest
import redis
from skeintest import encode, wait_until

NODE = pathlib.Path(__file__).parent / "node"


@pytest.fixture
def cli(server):
    """Runs redis-cli against the server and returns what it printed."""

    def run(*words, stdin=b"", timeout=20, check=True):
        result = subprocess.run(
            ["/usr/bin/redis-cli", "-p", str(server.port), *map(str, words)],
            input=stdin,
            capture_output=True,
            timeout=timeout,
        )
        if check:
            assert result.returncode == 0, result.stdout + result.stderr
            return result.stdout.decode(errors="replace")
        return (result.stdout + result.stderr).decode(errors="replace")

    return run


# redis-cli


def test_cli_sets_and_gets_in_both_protocols(cli):
    assert cli("SET", "k", "v") == "OK\n"
    assert cli("GET", "k") == "v\n"
    assert cli("-3", "GET", "k") == "v\n"
    assert cli("-3", "--json", "CONFIG", "GET", "hz") == '{"hz":"10"}\n'
    assert cli("--no-raw", "GET", "none") == "(nil)\n"
    assert cli("-3", "--no-raw", "CONFIG", "GET", "hz") == '1# "hz" => "10"\n'


def test_cli_reads_commands_from_its_input(cli):
    lines = "".join(f"SET key:{n} value{n}\n" for n in range(100)) + "DBSIZE\n"
    assert cli(stdin=lines.encode()).splitlines() == ["OK"] * 100 + ["100"]


def test_cli_reports_errors_with_its_status(cli):
    assert "ERR unknown command" in cli("-e", "NOSUCH", check=False)


def test_cli_pipe_mode_loads_a_file_of_commands(cli, client):
    wire = b"".join(encode("SET", f"k{n}", n) for n in range(10000))
    output = cli("--pipe", stdin=wire)
    assert "errors: 0, replies: 10000" in output
    assert client("DBSIZE") == 10000 and client("GET", "k9999") == b"9999"


def test_cli_pipe_mode_counts_errors(cli):
    wire = encode("SET", "s", "v") + encode("INCR", "s") + encode("GET", "s")
    assert "errors: 1, replies: 3" in cli("--pipe", stdin=wire, check=False)


def test_cli_scan_lists_every_key(cli, client):
    client.pipeline([("SET", f"k{n}", "v") for n in range(1000)])
    assert sorted(cli("--scan").split()) == sorted(f"k{n}" for n in range(1000))
    assert sorted(cli("--scan", "--pattern", "k99*").split()) == sorted(
        ["k99", *(f"k99{n}" for n in range(10))]
    )


def test_cli_bigkeys_finds_the_biggest_string(cli, client):
    client.pipeline([("SET", f"k{n}", "v") for n in range(100)] + [("SET", "giant", "x" * 5000)])
    output = cli("--bigkeys")
    assert "Biggest string found '\"giant\"' has 5000 bytes" in output
    assert "Sampled 101 keys in the keyspace!" in output


def test_cli_memkeys_finds_the_biggest_key(cli, client):
    client.pipeline([("SET", f"k{n}", "v") for n in range(100)] + [("SET", "giant", "x" * 5000)])
    output = cli("--memkeys")
    assert re.search(r"Biggest string found '\"giant\"' has [5-9]\d{3} bytes", output)


def test_cli_hotkeys_works_under_lfu_and_says_why_not_otherwise(cli, client):
    client("SET", "hot", "v")
    assert "LFU maxmemory policy is not selected" in cli("--hotkeys", check=False)
    client("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0")
    client.pipeline([("GET", "hot")] * 50)
    assert "hot key found with counter" in cli("--hotkeys")


def run_for_lines(server, words, count, timeout=10):
    """Starts redis-cli, reads `count` lines and ends it."""
    process = subprocess.Popen(
        ["/usr/bin/redis-cli", "-p", str(server.port), *words], stdout=subprocess.PIPE, text=True
    )
    guard = threading.Timer(timeout, process.kill)
    guard.start()
    try:
        return [process.stdout.readline() for _ in range(count)]
    finally:
        guard.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def test_cli_stat_prints_numbers_each_interval(server, client):
    client.pipeline([("SET", f"k{n}", "v") for n in range(123)])
    lines = run_for_lines(server, ["--stat", "-i", "0.05"], 5)
    assert lines[1].split()[:2] == ["keys", "mem"]
    rows = [line.split() for line in lines[2:]]
    assert all(row[0] == "123" and re.fullmatch(r"[\d.]+[BKMG]", row[1]) for row in rows)


def test_cli_latency_measures_ping(cli):
    output = cli("--latency", "--raw", "-i", "1", timeout=20)
    low, high, average, samples = output.split()
    assert int(samples) > 10 and int(low) <= float(average) <= int(high)


def test_cli_prints_monitor_lines(server, client):
    process = subprocess.Popen(
        ["/usr/bin/redis-cli", "-p", str(server.port), "MONITOR"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "OK\n"
        client("SET", "k", 'a "b"\n\x01')
        line = process.stdout.readline()
        assert re.fullmatch(
            r'\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "a \\"b\\"\\n\\x01"\n', line
        )
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_cli_subscribes_in_resp3_and_prints_messages(server, client):
    process = subprocess.Popen(
        ["/usr/bin/redis-cli", "-3", "-p", str(server.port), "SUBSCRIBE", "news"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: client("PUBLISH", "news", "hello") == 1, what="redis-cli to subscribe")
        text = ""
        while "hello" not in text:
            text += process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_cli_asks_for_help_of_commands_at_its_prompt(server):
    """On a terminal it sends COMMAND DOCS and dies of an assertion if the types are not the stock
    ones."""
    script = f"/usr/bin/redis-cli -p {server.port}"
    result = subprocess.run(
        ["script", "-qec", script, "/dev/null"],
        input=b"help set\nhelp @string\nGET nothing\nquit\n",
        capture_output=True, timeout=20, env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    output = re.sub(r"\x1b\[[\d;]*m", "", result.stdout.decode(errors="replace"))
    assert "Assertion" not in output and "SET key value" in output and "(nil)" in output


def test_cli_shows_client_list_and_info(cli):
    assert re.search(
        r"^id=\d+ addr=127\.0\.0\.1:\d+ laddr=\S+ fd=\d+ name= age=\d+", cli("CLIENT", "LIST")
    )
    assert "redis_version:" in cli("INFO", "server")


def test_cli_latency_and_memory_doctors_answer_in_prose(cli):
    assert len(cli("LATENCY", "DOCTOR")) > 20 and len(cli("MEMORY", "DOCTOR")) > 20


# redis-benchmark


@pytest.mark.parametrize(
    "words", [[], ["-3"], ["-P", "16"], ["-3", "-P", "16"], ["-c", "200"], ["--threads", "2"]]
)
def test_benchmark_runs_its_string_tests(server, words):
    result = subprocess.run(
        [
            *["/usr/bin/redis-benchmark", "-p", str(server.port), "-q", "-n", "4000", "-r", "1000"],
            *["-t", "ping,set,get,incr,mset", *words],
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0 and "rror" not in result.stdout + result.stderr
    assert len(re.findall(r"([\d.]+) requests per second", result.stdout)) == 6


# redis-py


@pytest.fixture
def py(server):
    with redis.Redis(port=server.port, decode_responses=True) as connection:
        yield connection


def test_redis_py_strings_and_expiry(py):
    assert py.set("k", "v", ex=100, get=True) is None
    assert py.get("k") == "v" and 0 < py.ttl("k") <= 100
    assert py.mget(["k", "none"]) == ["v", None]
    assert py.incrby("n", 5) == 5 and py.incrbyfloat("n", 0.5) == 5.5
    assert py.delete("k", "n") == 2


def test_redis_py_pipelines_and_transactions(py):
    with py.pipeline(transaction=True) as pipe:
        for number in range(100):
            pipe.set(f"k{number}", number)
        assert all(pipe.execute())
    with py.pipeline() as pipe:
        pipe.watch("k1")
        py.set("k1", "changed")
        pipe.multi()
        pipe.set("k1", "lost")
        with pytest.raises(redis.WatchError):
            pipe.execute()
    assert py.get("k1") == "changed"


def test_redis_py_publish_and_subscribe(py):
    listener = py.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("a")
    listener.psubscribe("b*")
    messages = []

    def received():
        message = listener.get_message(timeout=0.1)
        if message:
            messages.append((message["type"], message["channel"], message["data"]))
        return len(messages) >= 2

    wait_until(lambda: py.pubsub_numsub("a") == [("a", 1)] and py.pubsub_numpat() == 1)
    assert py.publish("a", "1") == 1 and py.publish("bc", "2") == 1
    wait_until(received, what="two messages")
    assert messages == [("message", "a", "1"), ("pmessage", "bc", "2")]
    listener.close()


def test_redis_py_reads_info_config_and_the_client_list(py):
    info = py.info()
    assert info["role"] == "master" and isinstance(info["used_memory"], int)
    assert py.config_get("maxmemory*")["maxmemory"] == "0"
    py.client_setname("tester")
    assert [client["name"] for client in py.client_list()].count("tester") == 1
    assert py.info("commandstats")


def test_redis_py_iterates_over_keys(py):
    py.mset({f"k{n}": n for n in range(500)})
    assert set(py.scan_iter(match="k*", count=50)) == {f"k{n}" for n in range(500)}
    assert len(py.keys("k1*")) == 111


def test_redis_py_signs_in_with_a_name_and_a_password(server, client):
    client("ACL", "SETUSER", "alice", "on", ">secret", "~*", "+@all")
    with redis.Redis(
        port=server.port, username="alice", password="secret", db=3, client_name="x"
    ) as other:
        assert other.acl_whoami() == "alice" or other.acl_whoami() == b"alice"
        other.set("k", "v")
    with redis.Redis(port=server.port, username="alice", password="wrong") as other:
        with pytest.raises(redis.RedisError, match="WRONGPASS"):
            other.ping()
    client("SELECT", 3)
    assert client("EXISTS", "k") == 1


def test_redis_py_pools_reconnect_after_their_connections_were_killed(py, client):
    assert py.ping()
    client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert py.get("none") is None


# Node


def node(server, script, **values):
    modules = [str(NODE / "node_modules"), os.environ.get("NODE_PATH", "")]
    result = subprocess.run(
        ["node", str(NODE / script), json.dumps({"port": server.port, **values})],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NODE_PATH": os.pathsep.join(filter(None, modules))},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("client_library", ["ioredis", "node-redis"])
def test_node_clients_use_the_server_as_they_use_the_stock_one(server, client_library):
    assert node(server, f"{client_library}.js") == {
        "get": "v",
        "missing": None,
        "pipeline": [str(n) for n in range(100)],
        "transaction": ["1", "2"],
        "watched": None,
        "message": "hello",
        "pattern": ["news.a", "there"],
        "error": "WRONGTYPE",
        "big": 1000000,
        "scan": 300,
        "ttl": True,
        "name": "tester",
        "proto": 3,
    }


def test_bullmq_runs_its_queues(server, client):
    """Workers wait in BZPOPMIN, scripts move the jobs, and events come through streams."""
    assert node(server, "bullmq.js") == {
        "finished": [2, 4, 6, 42],
        "retried": ["attempt 3", "not yet", 1],
        "delayed": ["delayed", True],
        "prioritized": [3, ["p1", "p2", "p3"]],
        "flow": 10,
        "limited": True,
        "scheduled": True,
        "tidy": [1, 0],
    }
    assert client("KEYS", "bull:tidy:*") == []
