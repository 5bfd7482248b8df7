"""The slow log, the latency monitor, MONITOR, MEMORY, DEBUG: what a server tells of itself."""

import re
import signal
import time

import pytest
from skeintest import Error, wait_until


def test_slow_requests_are_listed_newest_first_with_who_sent_them(client, connect):
    client("CONFIG", "SET", "slowlog-log-slower-than", "0")
    client("SLOWLOG", "RESET")
    other = connect()
    other("CLIENT", "SETNAME", "worker")
    other("SET", "k", "v")
    entries = client("SLOWLOG", "GET", "-1")
    newest = entries[0]
    assert newest[3] == [b"SET", b"k", b"v"] and newest[5] == b"worker"
    assert re.fullmatch(rb"127\.0\.0\.1:\d+", newest[4])
    assert abs(newest[1] - time.time()) < 5 and newest[2] >= 0
    assert [entry[0] for entry in entries] == sorted((e[0] for e in entries), reverse=True)


def test_the_slow_log_keeps_as_many_as_it_may_and_no_secrets(client):
    client("CONFIG", "SET", "slowlog-log-slower-than", "0")
    client("AUTH", "some", "hunter2")
    client("ACL", "SETUSER", "bob", ">hunter2")
    client("CONFIG", "SET", "masterauth", "hunter2")
    assert b"hunter2" not in repr(client("SLOWLOG", "GET", "-1")).encode()
    client("CONFIG", "SET", "slowlog-max-len", "2")
    assert client("SLOWLOG", "LEN") == 2
    for _ in range(5):
        client("PING")
    assert client("SLOWLOG", "LEN") == 2
    client("CONFIG", "SET", "slowlog-log-slower-than", "-1")
    client("SLOWLOG", "RESET")
    client("PING")
    assert client("SLOWLOG", "LEN") == 0


def test_spikes_are_recorded_above_the_threshold(client):
    client("LATENCY", "RESET")
    client("DEBUG", "SLEEP", "0.005")
    assert client("LATENCY", "LATEST") == []
    client("CONFIG", "SET", "latency-monitor-threshold", "3")
    client("DEBUG", "SLEEP", "0.005")
    [[event, when, latest, highest]] = client("LATENCY", "LATEST")
    assert event == b"command" and latest >= 5 and highest >= latest
    assert client("LATENCY", "HISTORY", "command") == [[when, latest]]
    assert client("LATENCY", "GRAPH", "command").startswith(b"command - high %d ms" % latest)
    assert b"command: 1 spikes" in client("LATENCY", "DOCTOR")
    assert client("LATENCY", "RESET", "command", "other") == 1
    assert client("LATENCY", "LATEST") == []


def test_histograms_count_calls_up_to_a_time(client):
    client("CONFIG", "RESETSTAT")
    for _ in range(7):
        client("SET", "k", "v")
    client("DEBUG", "SLEEP", "0.003")
    [name, [_, calls, _, buckets]] = client("LATENCY", "HISTOGRAM", "set")
    assert name == b"set" and calls == 7
    limits, counts = buckets[::2], buckets[1::2]
    assert limits == sorted(limits) and counts == sorted(counts) and counts[-1] == 7
    [_, [_, _, _, slept]] = client("LATENCY", "HISTOGRAM", "debug")
    assert slept[-1] == 1 and slept[-2] >= 2113
    assert client("LATENCY", "HISTOGRAM", "nosuch") == []


def lines_seen(connection, count):
    return [str(connection.read()) for _ in range(count)]


def test_monitors_see_requests_as_they_were_sent_but_no_secrets(client, connect):
    monitor = connect()
    assert monitor("MONITOR") == "OK"
    client("SET", 'a"b', "x\ny")
    client("CONFIG", "SET", "masterauth", "hunter2")
    client("AUTH", "default", "hunter2")
    client("SELECT", "2")
    client("GET", "k")
    seen = lines_seen(monitor, 4)
    stamp = r"\d+\.\d{6} \[%d 127\.0\.0\.1:\d+\] "
    assert re.fullmatch(stamp % 0 + re.escape('"SET" "a\\"b" "x\\ny"'), seen[0])
    assert re.fullmatch(stamp % 0 + re.escape('"AUTH" "(redacted)" "(redacted)"'), seen[1])
    assert re.fullmatch(stamp % 2 + '"SELECT" "2"', seen[2])
    assert re.fullmatch(stamp % 2 + '"GET" "k"', seen[3])


def test_a_monitor_sees_transactions_command_by_command(client, connect):
    monitor = connect()
    monitor("MONITOR")
    client.pipeline([("MULTI",), ("SET", "a", "1"), ("INCR", "a"), ("EXEC",)])
    seen = [line.split("] ", 1)[1] for line in lines_seen(monitor, 4)]
    assert seen == ['"MULTI"', '"SET" "a" "1"', '"INCR" "a"', '"EXEC"']


def test_a_monitor_that_left_is_no_longer_written_to(client, connect):
    monitor = connect()
    monitor("MONITOR")
    monitor.close()
    for n in range(100):
        assert client("SET", f"k{n}", "v") == "OK"


def test_reset_ends_monitoring(client, connect):
    monitor = connect()
    monitor("MONITOR")
    assert monitor("RESET") == "RESET"
    client("SET", "k", "v")
    assert monitor("PING") == "PONG"


def test_memory_usage_grows_with_the_value(client):
    client("SET", "small", "v")
    client("SET", "big", "v" * 100_000)
    assert 16 <= client("MEMORY", "USAGE", "small") < 200
    assert client("MEMORY", "USAGE", "big") >= 100_000
    assert client("MEMORY", "USAGE", "none") is None


def test_memory_stats_say_where_it_goes(connect):
    client = connect(proto=3)
    client("SET", "k", "v" * 1_000_000)
    stats = client("MEMORY", "STATS")
    assert stats[b"keys.count"] == 1
    assert stats[b"dataset.bytes"] >= 1_000_000
    assert stats[b"total.allocated"] >= stats[b"dataset.bytes"]
    assert set(stats[b"db.0"]) >= {b"overhead.hashtable.main", b"overhead.hashtable.expires"}
    assert isinstance(stats[b"fragmentation"], float)


def test_a_frozen_view_is_walked_while_others_are_served(client, connect):
    client.pipeline([("SET", f"k{n}", "v") for n in range(20_000)])
    walker = connect()
    walker.send("DEBUG", "FREEZE-WALK")
    walker.send("PING")
    client.pipeline([("SET", f"k{n}", "w") for n in range(0, 20_000, 3)])
    client.pipeline([("DEL", f"k{n}") for n in range(1, 20_000, 3)])
    assert walker.read() == 20_000
    assert walker.read() == "PONG"
    assert walker("DEBUG", "FREEZE-WALK") == client("DBSIZE")


def test_who_asked_for_a_walk_may_leave_before_it_ends(client, connect):
    client.pipeline([("SET", f"k{n}", "v") for n in range(20_000)])
    for _ in range(10):
        walker = connect()
        walker.send("DEBUG", "FREEZE-WALK")
        walker.close()
    wait_until(
        lambda: client.info("clients")["connected_clients"] == "1", what="the walkers to leave"
    )
    assert client("DEBUG", "FREEZE-WALK") == 20_000
    replies = client.pipeline([("MULTI",), ("DEBUG", "FREEZE-WALK"), ("EXEC",)])
    assert isinstance(replies[-1], list) and isinstance(replies[-1][0], Error)


def test_the_server_may_end_while_a_walk_goes_on(fresh_server):
    server = fresh_server()
    client = server.client()
    assert client("DEBUG", "POPULATE", "300000") == "OK"
    client.send("DEBUG", "FREEZE-WALK")
    for n in range(100):
        server.client().send("SET", f"key:{n}", "changed")
    server.stop()


def test_populate_creates_what_the_stock_server_creates(client, oracle):
    with oracle.client() as other:
        for to in (client, other):
            to("FLUSHALL")
            to("SET", "key:1", "mine")
            assert to("DEBUG", "POPULATE", "10") == "OK"
            assert to("DEBUG", "POPULATE", "10", "a", "4") == "OK"
            assert to("DEBUG", "POPULATE", "3", "b", "100") == "OK"
        assert client("DEBUG", "DIGEST") == other("DEBUG", "DIGEST")


@pytest.mark.parametrize("fields", [3, 1000])
def test_digests_of_hashes_are_those_of_the_stock_server(client, oracle, fields):
    with oracle.client() as other:
        for to in (client, other):
            to("FLUSHALL")
            to.pipeline([("HSET", "h", f"f{n}", f"value {n}") for n in range(fields)])
            to("HSET", "h", "n", "15", "", "empty name")
        assert client("DEBUG", "DIGEST-VALUE", "h") == other("DEBUG", "DIGEST-VALUE", "h")
        assert client("DEBUG", "DIGEST") == other("DEBUG", "DIGEST")


@pytest.mark.parametrize("members", [["1", "-5", "77"], ["a", "12", ""], range(1000)])
def test_digests_of_sets_are_those_of_the_stock_server(client, oracle, members):
    with oracle.client() as other:
        for to in (client, other):
            to("FLUSHALL")
            to("SADD", "s", *map(str, members))
            to("EXPIRE", "s", "1000")
        assert client("DEBUG", "DIGEST-VALUE", "s") == other("DEBUG", "DIGEST-VALUE", "s")
        assert client("DEBUG", "DIGEST") == other("DEBUG", "DIGEST")


@pytest.mark.parametrize("count", [3, 5000])
def test_digests_of_lists_are_those_of_the_stock_server(client, oracle, count):
    with oracle.client() as other:
        for to in (client, other):
            to("FLUSHALL")
            to("RPUSH", "l", "first", "", "-7", *(f"element {n}" for n in range(count)))
        assert client("DEBUG", "DIGEST-VALUE", "l") == other("DEBUG", "DIGEST-VALUE", "l")
        assert client("DEBUG", "DIGEST") == other("DEBUG", "DIGEST")


def test_tables_are_described(client):
    client.pipeline([("HSET", "h", f"f{n}", "v") for n in range(1000)])
    assert b" entries: 1000\n" in client("DEBUG", "HTSTATS-KEY", "h")
    assert b" entries: 1\n" in client("DEBUG", "HTSTATS", "0")
    client("SET", "s", "v")
    assert isinstance(client("DEBUG", "HTSTATS-KEY", "s"), Error)


def test_digests_are_those_of_the_stock_server(client, oracle):
    with oracle.client() as other:
        for to in (client, other):
            to("FLUSHALL")
            to("SET", "a", "15")
            to("SET", "b", "hello", "EX", 1000)
            to("APPEND", "c", "x" * 300)
            to("SELECT", "3")
            to("SET", "b", "other")
            to("SELECT", "0")
        assert client("DEBUG", "DIGEST") == other("DEBUG", "DIGEST") != "0" * 40
        values = ("DEBUG", "DIGEST-VALUE", "a", "b", "c", "none")
        assert client(*values) == other(*values)


@pytest.mark.parametrize("setting, allowed", [("no", False), ("local", True), ("yes", True)])
def test_debug_must_be_enabled(fresh_server, setting, allowed):
    client = fresh_server({"enable-debug-command": setting}).client()
    reply = client("DEBUG", "SET-ACTIVE-EXPIRE", "1")
    if allowed:
        assert reply == "OK"
    else:
        assert reply.startswith("ERR DEBUG command not allowed. If the enable-debug-command")
        assert client("MODULE", "LOAD", "x").startswith("ERR MODULE command not allowed.")


def test_monitors_see_a_script_before_what_it_does(client, connect):
    monitor = connect()
    assert monitor("MONITOR") == "OK"
    code = "#!lua name=shown\nredis.register_function('f', function() redis.call('GET', 'k') end)"
    assert client("FUNCTION", "LOAD", "REPLACE", code) == b"shown"
    client("EVAL", "redis.call('SET', KEYS[1], 'v')", "1", "k")
    client("FCALL", "f", "0")
    seen = " ".join(line.split("] ", 1)[1] for line in lines_seen(monitor, 5))
    assert re.search(r'"EVAL" .* "SET" "k" "v" "FCALL" "f" "0" "GET" "k"$', seen)


def test_errors_inside_scripts_are_counted_once(client):
    client("CONFIG", "RESETSTAT")
    client("SET", "s", "text")
    client("EVAL", "redis.pcall('INCR', 's') return 1", "0")
    assert client.info("everything")["errorstat_ERR"] == "count=1"
    client("EVAL", "return redis.pcall('INCR', 's')", "0")
    client("EVAL", "return redis.call('INCR', 's')", "0")
    client("EVAL", "return redis.pcall('NONE')", "0")
    client("EVAL", "return redis.error_reply('MINE own')", "0")
    info = client.info("everything")
    assert info["errorstat_ERR"] == "count=4" and info["errorstat_MINE"] == "count=1"
    assert info["total_error_replies"] == "5"


def test_debug_errors_are_counted_like_any_error(client):
    client("CONFIG", "RESETSTAT")
    assert client("DEBUG", "ERROR", "MINE is this") == "MINE is this"
    info = client.info("everything")
    assert info["errorstat_MINE"] == "count=1" and info["total_error_replies"] == "1"


def test_a_transaction_has_not_failed_when_a_command_in_it_did(client):
    client("CONFIG", "RESETSTAT")
    client("SET", "s", "text")
    client.pipeline([("MULTI",), ("INCR", "s"), ("EXEC",)])
    info = client.info("everything")
    assert info["cmdstat_incr"].endswith("rejected_calls=0,failed_calls=1")
    assert info["cmdstat_exec"].endswith("rejected_calls=0,failed_calls=0")
    assert info["errorstat_ERR"] == "count=1"


def test_a_save_that_cannot_be_made_stops_the_shutdown(fresh_server):
    server = fresh_server()
    client = server.client()
    if client("COMMAND", "INFO", "BGSAVE")[0]:
        return
    assert client("SHUTDOWN", "SAVE") == "ERR Errors trying to SHUTDOWN. Check logs."
    assert client("PING") == "PONG"
    client.send("SHUTDOWN", "SAVE", "FORCE")
    wait_until(lambda: not server.is_running(), what="the server to end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_asks_for_a_save_that_cannot_be_made_is_refused(fresh_server, number):
    server = fresh_server({"shutdown-on-sigterm": "save", "shutdown-on-sigint": "save"})
    client = server.client()
    if client("COMMAND", "INFO", "BGSAVE")[0]:
        return
    for times in (1, 2):
        server.process.send_signal(number)
        refused = "it does not end"
        wait_until(lambda: server.log().count(refused) == times, what="the refusal in the log")
        assert client("PING") == "PONG"
    for name in ("shutdown-on-sigterm", "shutdown-on-sigint"):
        client("CONFIG", "SET", name, "nosave")
    server.stop(number)


def test_statistics_start_anew_after_resetstat(client, connect):
    client("SET", "k", "v")
    client("ACL", "SETUSER", "bob", "on", "nopass", "+ping")
    other = connect()
    other("AUTH", "bob", "x")
    assert isinstance(other("GET", "k"), Error)
    before = client.info("everything")
    assert before["acl_access_denied_cmd"] == "1" and int(before["total_net_input_bytes"]) > 100
    client("CONFIG", "RESETSTAT")
    info = client.info("everything")
    assert info["acl_access_denied_cmd"] == "0" and info["total_error_replies"] == "0"
    assert int(info["total_net_input_bytes"]) < 100 and int(info["total_reads_processed"]) <= 2
    assert "cmdstat_set" not in info and "errorstat_NOPERM" not in info


@pytest.mark.own_signals
def test_a_crash_report_says_what_ran(fresh_server):
    server = fresh_server()
    server.expect_crash = True
    server.client()("SET", "k", "v")
    server.client().send("DEBUG", "SEGFAULT")
    wait_until(lambda: not server.is_running(), what="the server to crash")
    log = server.log()
    assert "running:debug" in log and "keys:1" in log and "connected_clients:" in log
