"""The modes of skein-cli: scans, latency, mass insertion, snapshots, following a master."""

import json
import re
import signal
import subprocess

import pytest
from skeintest import Server, wait_until
from skeintest.cli import STOCK_CLI, CannedServer, read_lines, run_cli, start_cli


@pytest.fixture
def keys(client):
    for i in range(50):
        client("SET", f"string:{i}", "x" * (i + 1))
    for name in ("l1", "l2"):
        client("RPUSH", name, "a", "b", "c")
    client("HSET", "h", "f", "v")
    client("ZADD", "z", "1", "a")
    client("SADD", "s", "a", "b")
    client("XADD", "x", "*", "f", "v")


@pytest.fixture
def ended():
    """Ends processes that a test started."""
    processes = []

    def start(*args, **options):
        processes.append(start_cli(*args, **options))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def report(server, *args, binary=None):
    """The lines of a survey, sorted because types come in any order, without its heading."""
    run = run_cli("-p", server.port, *args, binary=binary)
    assert run.status == 0
    return sorted(line for line in run.out.splitlines() if not line.startswith(b"#"))


@pytest.mark.parametrize(
    "args",
    [
        ["--bigkeys"],
        ["--memkeys"],
        ["--memkeys", "--memkeys-samples", "0"],
        ["--bigkeys", "-i", "0.001"],
    ],
)
def test_surveys_report_what_the_model_reports(server, keys, args):
    assert report(server, *args) == report(server, *args, binary=STOCK_CLI)


def test_surveys_look_at_a_pattern_only(server, keys):
    lines = report(server, "--bigkeys", "--pattern", "l*")
    assert b"Sampled 2 keys in the keyspace!" in lines
    assert any(re.match(rb"Biggest +list found '\"l[12]\"' has 3 items", line) for line in lines)


def test_hot_keys(server, client, keys):
    assert run_cli("-p", server.port, "--hotkeys").status == 1
    client("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    for _ in range(1000):
        client("GET", "string:7")
    lines = report(server, "--hotkeys")
    found = [line for line in lines if line.startswith(b"hot key found with counter:")]
    counters = {re.search(rb'"(.*)"', line).group(1): int(line.split()[5]) for line in found}
    assert len(found) <= 16 and max(counters, key=counters.get) == b"string:7"


def test_a_survey_can_be_interrupted_and_still_sums_up(ended):
    def answer(words):
        if words[0] == b"DBSIZE":
            return b":1000000\r\n"
        if words[0] == b"SCAN":
            return b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\nk\r\n"
        return b"+string\r\n" if words[0] == b"TYPE" else b":5\r\n"

    with CannedServer(answer) as server:
        process = ended("-p", server.port, "--bigkeys")
        wait_until(lambda: len(server.commands) > 20)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=15)
    assert (
        process.returncode == 0
        and b"summary" in out
        and b"Biggest string found '\"k\"' has 5 bytes" in out
    )


def test_scan_lists_each_key(server, client, keys):
    out = run_cli("-p", server.port, "--scan").out.splitlines()
    assert sorted(out) == sorted(client("KEYS", "*"))
    client("SET", b"\xff\n", "odd")
    assert run_cli("-p", server.port, "--scan", "--quoted-pattern", r'"\xff*"').out == b"\xff\n\n"
    assert (
        run_cli("-p", server.port, "--no-raw", "--scan", "--quoted-pattern", r'"\xff*"').out
        == b'"\\xff\\n"\n'
    )
    assert run_cli("-p", server.port, "--scan", "--pattern", "h").out == b"h\n"


def test_a_reader_that_goes_away_ends_the_client(server, client):
    client.pipeline([("SET", f"key:{i}", "x") for i in range(5000)])
    for mode in (["--scan"], ["--stat", "-i", "0.01"], ["-r", "-1", "PING"]):
        process = start_cli("-p", server.port, *mode)
        read_lines(process, 1)
        process.stdout.close()
        assert process.wait(15) == 1, mode
        process.stderr.close()


@pytest.mark.parametrize(
    "form, pattern",
    [
        (["--raw"], rb"\d+ \d+ \d+\.\d\d \d+\n"),
        (["--csv"], rb"\d+,\d+,\d+\.\d\d,\d+\n"),
        (["--json"], rb'\{"min": \d+, "max": \d+, "avg": \d+\.\d\d, "count": \d+\}\n'),
    ],
)
def test_latency_is_one_line_without_a_terminal(server, form, pattern):
    run = run_cli("-p", server.port, *form, "--latency", "-i", "0.1")
    assert run.status == 0 and re.fullmatch(pattern, run.out)


def test_latency_history_goes_on(server, ended):
    process = ended("-p", server.port, "--raw", "--latency-history", "-i", "0.05")
    for line in read_lines(process, 3):
        assert re.fullmatch(rb"\d+ \d+ \d+\.\d\d \d+", line)


def test_latency_spectrum(server, ended):
    process = ended("-p", server.port, "--latency-dist", "-i", "0.05")
    lines = read_lines(process, 10)
    assert lines[-1].count(b"\x1b[48;5;") == 31


def test_intrinsic_latency_needs_no_server():
    run = run_cli("--intrinsic-latency", "1")
    assert run.status == 0 and re.search(rb"\d+ total runs \(avg latency: ", run.out)


def test_stat_prints_a_line_each_interval(server, client, ended):
    client("SET", "a", "1")
    process = ended("-p", server.port, "--stat", "-i", "0.05")
    lines = read_lines(process, 5)
    assert lines[1].split() == b"keys mem clients blocked requests connections".split()
    for line in lines[2:]:
        assert re.fullmatch(rb"1 +\d+(\.\d\d)?[BKMG] +\d+ +\d+ +\d+ \(\+\d+\) +\d+ *", line), line


def test_lru_test_reports_hits(server, client, ended):
    process = ended("-p", server.port, "--lru-test", "100")
    (line,) = read_lines(process, 1)
    assert re.fullmatch(
        rb"\d+ Gets/sec \| Hits: \d+ \(\d+\.\d\d%\) \| Misses: \d+ \(\d+\.\d\d%\)", line
    )
    assert 50 < client("DBSIZE") <= 100


def test_eval_separates_keys_from_arguments(server, tmp_path):
    script = tmp_path / "script.lua"
    script.write_text("return {KEYS, ARGV}")
    for words in (["a", "b", ",", "c"], ["a"], [], [",", "x"]):
        for form in ([], ["--no-raw"]):
            args = ["-p", server.port, *form, "--eval", script, *words]
            ours, theirs = run_cli(*args), run_cli(*args, binary=STOCK_CLI)
            assert (ours.status, ours.out) == (theirs.status, theirs.out)
    script.write_text("return redis.error_reply('ERR no')")
    assert run_cli("-p", server.port, "-e", "--eval", script).status == 1
    assert run_cli("-p", server.port, "--eval", tmp_path / "nosuch").status == 1


# Mass insertion


def test_pipe_counts_replies_and_errors(server, client):
    count = 20000
    stdin = b"".join(b"SET key:%d %d\r\n" % (i, i) for i in range(count)) + b"NOSUCH\r\n"
    run = run_cli("-p", server.port, "--pipe", stdin=stdin)
    assert run.status == 1
    assert run.out.splitlines()[-1] == b"errors: 1, replies: %d" % (count + 1)
    assert b"unknown command" in run.err
    assert client("DBSIZE") == count
    run = run_cli("-p", server.port, "--pipe", stdin=b"*2\r\n$3\r\nGET\r\n$5\r\nkey:7\r\n")
    assert run.status == 0 and run.out.endswith(b"errors: 0, replies: 1\n")


def test_pipe_agrees_with_the_model(server):
    for stdin in (b"", b"PING\r\n", b"SET a b\r\nGET a\r\nLPUSH a x\r\n", b"PING"):
        ours = run_cli("-p", server.port, "--pipe", stdin=stdin)
        theirs = run_cli("-p", server.port, "--pipe", stdin=stdin, binary=STOCK_CLI)
        assert (ours.status, ours.out) == (theirs.status, theirs.out)


def test_pipe_gives_up_on_a_silent_server():
    with CannedServer(lambda words: b"") as server:
        run = run_cli("-p", server.port, "--pipe", "--pipe-timeout", "1", stdin=b"PING\r\n")
    assert run.status == 1 and b"No replies for 1 seconds" in run.err


def test_pipe_does_not_stall_when_replies_are_larger_than_requests(server, client):
    client("SET", "big", "x" * 100000)
    run = run_cli("-p", server.port, "--pipe", stdin=b"GET big\r\n" * 2000, timeout=60)
    assert run.status == 0 and run.out.endswith(b"errors: 0, replies: 2000\n")


# Snapshots and the replication stream. The master is the stock server.


@pytest.fixture(scope="module")
def master():
    config = {"repl-diskless-sync-delay": "0"}
    with Server(config, binary="/usr/bin/redis-server") as server:
        with server.client() as client:
            for i in range(1000):
                client("SET", f"key:{i}", "x" * 100)
            client(
                "FUNCTION",
                "LOAD",
                "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
            )
        yield server


def check_rdb(path):
    return subprocess.run(
        ["/usr/bin/redis-check-rdb", path], capture_output=True, check=True
    ).stdout


@pytest.mark.parametrize("diskless", ["yes", "no"])
def test_a_snapshot_is_fetched_whole(master, tmp_path, diskless):
    with master.client() as client:
        client("CONFIG", "SET", "repl-diskless-sync", diskless)
    path = tmp_path / "dump.rdb"
    run = run_cli("-p", master.port, "--rdb", path)
    assert run.status == 0, run
    assert b"1000 keys read" in check_rdb(path)
    to_stdout = run_cli("-p", master.port, "--rdb", "-")
    assert to_stdout.out.startswith(b"REDIS0") and len(to_stdout.out) == path.stat().st_size


def test_functions_are_fetched_alone(master, tmp_path):
    path = tmp_path / "functions.rdb"
    assert run_cli("-p", master.port, "--functions-rdb", path).status == 0
    assert b"0 keys read" in check_rdb(path)
    assert b"register_function" in path.read_bytes()


def test_a_snapshot_that_cannot_be_had_or_written_is_an_error(master, tmp_path):
    assert run_cli("-p", master.port, "--rdb", tmp_path / "no" / "dir").status == 1
    with CannedServer(lambda words: b"-NOMASTERLINK no link\r\n") as server:
        run = run_cli("-p", server.port, "--rdb", tmp_path / "x")
        assert run.status == 1 and b"NOMASTERLINK" in run.err
        assert not (tmp_path / "x").exists()


def test_functions_are_not_asked_of_a_master_that_would_send_everything(tmp_path):
    def answer(words):
        return b"-ERR Unrecognized\r\n" if b"rdb-filter-only" in words else b"+OK\r\n"

    with CannedServer(answer) as server:
        run = run_cli("-p", server.port, "--functions-rdb", tmp_path / "x")
        assert run.status == 1 and b"alone" in run.err and [b"SYNC"] not in server.commands


def snapshot_server(payload):
    return CannedServer(lambda words: payload if words[0].upper() == b"SYNC" else b"+OK\r\n")


def test_a_mark_inside_the_data_does_not_end_a_counted_snapshot(tmp_path):
    body = b"REDIS0010" + b"$EOF:" + b"m" * 40 + b"rest"
    with snapshot_server(b"\n\n$%d\r\n" % len(body) + body) as server:
        run = run_cli("-p", server.port, "--rdb", tmp_path / "dump")
    assert run.status == 0 and (tmp_path / "dump").read_bytes() == body


def test_a_marked_snapshot_ends_at_its_mark(tmp_path):
    mark = b"0123456789abcdef" * 2 + b"01234567"
    body = b"REDIS0010" + b"x" * 100
    with snapshot_server(b"$EOF:" + mark + b"\r\n" + body + mark) as server:
        run = run_cli("-p", server.port, "--rdb", tmp_path / "dump")
    assert run.status == 0 and (tmp_path / "dump").read_bytes() == body


@pytest.mark.parametrize("args", [["--replica"], ["--slave"], ["SYNC"]])
def test_the_stream_of_a_master_is_printed(master, ended, args):
    with master.client() as client:
        client("CONFIG", "SET", "repl-diskless-sync", "yes")
        process = ended("-p", master.port, *args)
        wait_until(lambda: b"state=online" in client("INFO", "replication"), deadline=10)
        client("SET", "seen", 'a "quoted"')
        lines = read_lines(process, 2)
        assert lines == [b'"SELECT","0"', b'"SET","seen","a \\"quoted\\""']
        process.kill()
        wait_until(lambda: b"connected_slaves:0" in client("INFO", "replication"))


# Streams of a server


def test_messages_of_subscriptions_and_monitor_are_printed(server, client, ended):
    for form in ([], ["--no-raw"], ["--csv"], ["--json"], ["-3", "--no-raw"]):
        process = ended("-p", server.port, *form, "SUBSCRIBE", "ch")
        wait_until(lambda: client("PUBSUB", "NUMSUB", "ch")[1] == 1)
        client("PUBLISH", "ch", "hello")
        lines = {(): 6, ("--no-raw",): 7, ("--csv",): 3, ("--json",): 3, ("-3", "--no-raw"): 7}[
            tuple(form)
        ]
        text = b"\n".join(read_lines(process, lines))
        assert b"hello" in text and (b"Reading messages" in text) == (form != [])
        process.kill()
        process.wait()
        wait_until(lambda: client("PUBSUB", "NUMSUB", "ch")[1] == 0)
    process = ended("-p", server.port, "MONITOR")
    assert read_lines(process, 1) == [b"OK"]
    client("SET", "watched", "1")
    assert b'"SET" "watched" "1"' in read_lines(process, 1)[0]


def test_latency_json_is_json(server):
    run = run_cli("-p", server.port, "--json", "--latency", "-i", "0.05")
    assert set(json.loads(run.out)) == {"min", "max", "avg", "count"}
