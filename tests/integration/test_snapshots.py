"""Snapshots on disk: what is saved is what was there, stock Redis reads it and is read, failures
refuse writes and heal, a file that is not whole never becomes the data."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess

import pytest
from skeintest import ORACLE_BINARY, Client, Error, Server, server_binary, wait_until
from skeintest.server import free_port

CONFIG = {"enable-debug-command": "yes", "enable-protected-configs": "yes"}
NO_SAVE = {**CONFIG, "save": "''"}
MISCONF = "MISCONF"
# Wherever its file is to be, the disk is full.
FULL = "/dev/full"


def info(client):
    return client.info("persistence")


def is_saved(client):
    return info(client)["rdb_bgsave_in_progress"] == "0"


def digest(client):
    return client("DEBUG", "DIGEST")


def dump_of(server):
    return server.directory / "dump.rdb"


def fill(client, seed):
    """Values of all types in all their forms, in three databases."""
    pick = random.Random(seed)
    text = lambda: pick.choice(  # noqa: E731
        [b"", b"x", b"12", b"-70000", str(pick.getrandbits(60)).encode(), b"ab" * 300]
        + [pick.randbytes(pick.choice([5, 63, 64, 200, 20000]))]
    )
    for db in (0, 3, 15):
        client("SELECT", db)
        for n in range(40):
            client("SET", f"s{n}", text())
        client("HSET", "small hash", "f", text(), "g", text())
        client("ZADD", "small zset", 1, "a", "-inf", "b", 2.5, "c")
        client("SADD", "intset", *range(0, 90000, 1000))
        client("SADD", "small set", "a", "b", "17")
        client("RPUSH", "small list", "a", "7", text())
        for n in range(700):
            client("HSET", "hash", f"field {n}", text())
            client("SADD", "set", f"member {n}")
            client("ZADD", "zset", n * pick.random(), f"member {n}")
            client("RPUSH", "list", text())
            client("XADD", "stream", f"{n + 1}-{n}", "field", text(), f"f{n % 3}", n)
        client("XGROUP", "CREATE", "stream", "group", "5")
        client("XREADGROUP", "GROUP", "group", "reader", "COUNT", "9", "STREAMS", "stream", ">")
        client("XDEL", "stream", "3-2", "400-399")
        for n in range(0, 40, 3):
            client("PEXPIRE", f"s{n}", 10**8 + n)
        client("PEXPIRE", "hash", 10**8)
    client("SELECT", 0)
    code = "#!lua name=lib\nredis.register_function('f', function() return 7 end)"
    client("FUNCTION", "LOAD", "REPLACE", code)


# Interchange


@pytest.mark.parametrize("seed", [1, 2])
def test_stock_redis_loads_what_is_saved_here(seed):
    with Server(NO_SAVE) as ours, Server(NO_SAVE, binary=ORACLE_BINARY) as stock:
        client = ours.client()
        fill(client, seed)
        for compress in ("yes", "no"):
            client("CONFIG", "SET", "rdbcompression", compress)
            assert client("SAVE") == "OK"
            shutil.copy(dump_of(ours), dump_of(stock))
            theirs = stock.client()
            assert theirs("DEBUG", "RELOAD", "NOSAVE") == "OK"
            assert digest(theirs) == digest(client)
            assert theirs("FCALL", "f", 0) == 7
            for key in ("hash", "s3", "stream"):
                assert abs(theirs("PTTL", key) - client("PTTL", key)) < 5000


@pytest.mark.parametrize("seed", [3, 4])
def test_what_stock_redis_saves_is_loaded_here(seed):
    with Server(NO_SAVE) as ours, Server(NO_SAVE, binary=ORACLE_BINARY) as stock:
        client, theirs = ours.client(), stock.client()
        fill(theirs, seed)
        for policy in ("noeviction", "allkeys-lru", "allkeys-lfu"):
            theirs("CONFIG", "SET", "maxmemory-policy", policy)
            assert theirs("SAVE") == "OK"
            shutil.copy(dump_of(stock), dump_of(ours))
            assert client("DEBUG", "RELOAD", "NOSAVE") == "OK"
            assert digest(client) == digest(theirs)
            assert client("FCALL", "f", 0) == 7
        ours.restart()
        with ours.client() as again:
            assert digest(again) == digest(theirs)
            assert again("FCALL", "f", 0) == 7


# What is saved


@pytest.mark.beyond_stock
def test_a_save_under_writes_holds_the_moment_it_began():
    with Server({**NO_SAVE, "rdb-key-save-delay": "200"}) as server:
        client = server.client()
        fill(client, 5)
        client("CONFIG", "SET", "rdb-key-save-delay", "2000")
        client.pipeline([("SET", f"k{n}", n) for n in range(300)])
        before = digest(client)
        assert client("BGSAVE") == "Background saving started"
        rounds = 0
        while not is_saved(client) or rounds == 0:
            client.pipeline([("SET", f"k{n % 400}", f"later {rounds}") for n in range(200)])
            client.pipeline([("DEL", "s1"), ("RPOP", "list"), ("HDEL", "hash", f"field {rounds}")])
            client.pipeline([("SPOP", "set"), ("ZPOPMIN", "zset")])
            client("XTRIM", "stream", "MAXLEN", 9)
            rounds += 1
        assert rounds > 3 and info(client)["rdb_last_bgsave_status"] == "ok"
        assert int(info(client)["rdb_changes_since_last_save"]) > 0
        assert digest(client) != before
        client("CONFIG", "SET", "rdb-key-save-delay", "0")
        assert client("DEBUG", "RELOAD", "NOSAVE") == "OK"
        assert digest(client) == before


@pytest.mark.beyond_stock
def test_nothing_ever_forks():
    with Server({**NO_SAVE, "rdb-key-save-delay": "1000"}) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", n) for n in range(500)])
        client("BGSAVE")
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
        assert not is_saved(client) and children == ""
        assert client.info("stats")["total_forks"] == "0"
        wait_until(lambda: is_saved(client), deadline=20)


def test_one_save_at_a_time():
    with Server({**NO_SAVE, "rdb-key-save-delay": "10000"}) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", n) for n in range(500)])
        assert client("BGSAVE") == "Background saving started"
        assert str(client("BGSAVE")) == "ERR Background save already in progress"
        assert str(client("SAVE")) == "ERR Background save already in progress"
        during = info(client)
        assert during["rdb_bgsave_in_progress"] == "1"
        assert int(during["rdb_current_bgsave_time_sec"]) >= 0
        assert str(client("BGSAVE", "NOW")) == "ERR syntax error"
        client("CONFIG", "SET", "rdb-key-save-delay", "0")


def test_rules_save_and_count():
    with Server({**CONFIG, "save": "1 3"}) as server:
        client = server.client()
        began = client("LASTSAVE")
        client.pipeline([("SET", f"k{n}", n) for n in range(5)])
        assert info(client)["rdb_changes_since_last_save"] == "5"
        wait_until(lambda: info(client)["rdb_changes_since_last_save"] == "0", deadline=10)
        after = info(client)
        assert after["rdb_saves"] == "1" and client("LASTSAVE") >= began
        assert "3 changes in 1 seconds. Saving..." in server.log()
        assert dump_of(server).exists()


def test_the_end_saves_when_there_are_rules():
    with Server({**CONFIG, "save": "3600 100"}) as server:
        client = server.client()
        client("SET", "k", "v")
        server.restart()
        with server.client() as again:
            assert again("GET", "k") == b"v"
            again("SET", "k", "lost")
            with pytest.raises(ConnectionError):
                again("SHUTDOWN", "NOSAVE")
        server.process.wait(10)
        server.start()
        with server.client() as again:
            assert again("GET", "k") == b"v"


def test_the_end_saves_nothing_without_rules_unless_asked():
    with Server(NO_SAVE) as server:
        client = server.client()
        client("SET", "k", "v")
        server.restart()
        with server.client() as again:
            assert again("EXISTS", "k") == 0
            again("SET", "k", "v")
            with pytest.raises(ConnectionError):
                again("SHUTDOWN", "SAVE")
        server.process.wait(10)
        server.start()
        assert server.client()("GET", "k") == b"v"


@pytest.mark.beyond_stock
def test_make_up_keeps_its_data_across_a_restart(tmp_path):
    root = pathlib.Path(__file__).resolve().parents[2]
    (tmp_path / "tools").mkdir()
    (tmp_path / "build").mkdir()
    for name in ("up", "down"):
        shutil.copy(root / "tools" / name, tmp_path / "tools")
    (tmp_path / "build/skein-server").symlink_to(server_binary())
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "REPLICAS": "0"}

    def run(name):
        done = subprocess.run([tmp_path / "tools" / name], env=environment, timeout=60)
        assert done.returncode == 0

    try:
        run("up")
        with Client(("127.0.0.1", port)) as client:
            assert client("SET", "k", "v") == "OK"
        run("down")
        run("up")
        with Client(("127.0.0.1", port)) as client:
            assert client("GET", "k") == b"v"
    finally:
        run("down")


# Failures


def fail_next_save(server):
    (server.directory / f"temp-{server.pid}.rdb").symlink_to(FULL)


@pytest.mark.beyond_stock
def test_a_save_that_failed_refuses_writes_until_one_succeeds_by_itself():
    """No rule would ask for it: nothing changes while writes are refused."""
    with Server({**CONFIG, "save": "3600 1000000"}) as server:
        client = server.client()
        client("SET", "k", "v")
        assert client("SAVE") == "OK"
        kept = dump_of(server).read_bytes()
        client("SET", "big", "x" * 100000)
        fail_next_save(server)
        assert isinstance(client("SAVE"), Error)
        assert "No space left on device" in server.log()
        obstacle = server.directory / f"temp-{server.pid}.rdb"
        obstacle.mkdir()
        assert client("BGSAVE") == "Background saving started"
        wait_until(lambda: info(client)["rdb_last_bgsave_status"] == "err")
        assert client("SET", "k", "w").code == MISCONF
        assert client("GET", "k") == b"v"
        assert dump_of(server).read_bytes() == kept
        client("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        assert client("SET", "k", "w") == "OK"
        client("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        assert client("SET", "k", "x").code == MISCONF
        obstacle.rmdir()
        wait_until(lambda: info(client)["rdb_last_bgsave_status"] == "ok", 20)
        assert client("SET", "k", "x") == "OK"
        assert sorted(os.listdir(server.directory)) == ["dump.rdb", "stdout.log"]


def test_a_directory_that_went_away_fails_the_save_by_hand(tmp_path):
    with Server(NO_SAVE) as server:
        client = server.client()
        gone = tmp_path / "gone"
        gone.mkdir()
        client("SET", "k", "v")
        assert client("CONFIG", "SET", "dir", str(gone)) == "OK"
        gone.rmdir()
        assert isinstance(client("SAVE"), Error)
        assert str(client("SHUTDOWN", "SAVE")) == "ERR Errors trying to SHUTDOWN. Check logs."
        assert client("PING") == "PONG"


@pytest.mark.beyond_stock
def test_a_crash_while_saving_leaves_the_old_file_and_nothing_else_after_the_start():
    with Server({**NO_SAVE, "rdb-key-save-delay": "0"}) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", n) for n in range(500)])
        assert client("SAVE") == "OK"
        kept = digest(client)
        client("SET", "more", "x")
        client("CONFIG", "SET", "rdb-key-save-delay", "10000")
        client("BGSAVE")
        temp = server.directory / f"temp-{server.pid}.rdb"
        wait_until(temp.exists)
        stranger = server.directory / f"temp-{os.getpid()}.rdb"
        stranger.write_bytes(b"of a process that lives")
        server.kill()
        assert temp.exists()
        server.start()
        again = server.client()
        assert digest(again) == kept and again("EXISTS", "more") == 0
        assert not temp.exists() and stranger.exists()


def test_flushall_leaves_no_file_with_the_data(fresh_server):
    server = fresh_server({**CONFIG, "save": "3600 1000"})
    client = server.client()
    client("MSET", *[f"{word}{n}" for n in range(500) for word in ("k", "v")])
    assert client("SAVE") == "OK"
    client("CONFIG", "SET", "rdb-key-save-delay", "20000")
    assert "started" in client("BGSAVE")
    assert client("FLUSHALL") == "OK"
    assert is_saved(client) and info(client)["rdb_changes_since_last_save"] == "0"
    assert b"k499" not in dump_of(server).read_bytes()
    client("CONFIG", "SET", "save", "")
    client("SET", "k", "v")
    assert "started" in client("BGSAVE")
    assert client("FLUSHALL") == "OK"
    assert is_saved(client) and info(client)["rdb_changes_since_last_save"] == "3"


DAMAGES = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "without its checksum": lambda data: data[:-8],
    "flipped": lambda data: data[:200] + bytes([data[200] ^ 4]) + data[201:],
    "of another kind": lambda data: b"hello " + data,
    "newer": lambda data: data.replace(b"REDIS0010", b"REDIS0099"),
}


@pytest.mark.beyond_stock
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_ends_the_start_and_stays_as_it_is(damage, tmp_path):
    with Server(NO_SAVE) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", "value " * 9) for n in range(100)])
        assert client("SAVE") == "OK"
        whole = dump_of(server).read_bytes()
    broken = DAMAGES[damage](whole)
    (tmp_path / "dump.rdb").write_bytes(broken)
    server = Server(NO_SAVE, directory=tmp_path)
    server.launch()
    assert server.process.wait(20) == 1
    assert re.search(rf"Cannot load {tmp_path}/dump.rdb: at offset \d+ .*: .+", server.log())
    assert "Fatal error loading the DB" in server.log().splitlines()[-1]
    assert (tmp_path / "dump.rdb").read_bytes() == broken
    assert sorted(os.listdir(tmp_path)) == ["dump.rdb", "stdout.log"]


# Loading


def test_commands_are_told_to_wait_while_it_loads():
    with Server({**NO_SAVE, "key-load-delay": "2000"}) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", n) for n in range(600)])
        assert client("SAVE") == "OK"
        server.stop()
        server.launch()
        client = wait_until(lambda: _connect(server))
        assert client("GET", "k1").code == "LOADING"
        during = info(client)
        assert during["loading"] == "1" and int(during["loading_total_bytes"]) > 600
        assert int(during["loading_start_time"]) > 0 and "loading_eta_seconds" in during
        assert client("CONFIG", "SET", "key-load-delay", "0") == "OK"
        wait_until(lambda: info(client)["loading"] == "0", deadline=30)
        assert client("GET", "k1") == b"1" and client("DBSIZE") == 600
        assert info(client)["rdb_last_load_keys_loaded"] == "600"


def _connect(server):
    client = server.client()
    return client if isinstance(client("INFO", "persistence"), bytes) else None


@pytest.mark.beyond_stock
def test_the_end_while_it_loads_keeps_the_file():
    with Server({**CONFIG, "save": "1 1", "key-load-delay": "20000"}) as server:
        client = server.client()
        client.pipeline([("SET", f"k{n}", n) for n in range(600)])
        assert client("SAVE") == "OK"
        whole = dump_of(server).read_bytes()
        server.stop()
        server.launch()
        wait_until(lambda: _connect(server))
        server.stop(signal.SIGTERM)
        assert dump_of(server).stat().st_size >= len(whole) - 40


def test_keys_whose_time_was_over_are_not_loaded():
    with Server(NO_SAVE) as server:
        client = server.client()
        client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        client.pipeline([("SET", f"k{n}", n, "PX", 30) for n in range(10)])
        client("SET", "stays", "v")
        assert client("SAVE") == "OK"
        wait_until(lambda: client("EXISTS", "k9") == 0)
        server.restart()
        again = server.client()
        assert again("DBSIZE") == 1
        assert info(again)["rdb_last_load_keys_expired"] == "10"


def test_reload_with_its_options():
    with Server(NO_SAVE) as server:
        client = server.client()
        fill(client, 6)
        before = digest(client)
        assert client("DEBUG", "RELOAD") == "OK" and digest(client) == before
        client("SET", "s1", "changed")
        assert client("DEBUG", "RELOAD", "NOSAVE") == "OK" and digest(client) == before
        client("SET", "fresh", "x")
        client("SET", "s1", "changed")
        assert client("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE") == "OK"
        assert client("DEL", "fresh") == 1 and digest(client) == before
        assert isinstance(client("DEBUG", "RELOAD", "SOON"), Error)


@pytest.mark.beyond_stock
def test_a_reload_ends_a_transaction_that_watched_what_changed():
    with Server(NO_SAVE) as server:
        client, other = server.client(), server.client()
        client("SET", "k", "1")
        assert other("SAVE") == "OK"
        client("SET", "k", "2")
        client("WATCH", "k")
        assert other("DEBUG", "RELOAD", "NOSAVE") == "OK"
        client("MULTI")
        client("SET", "k", "3")
        assert client("EXEC") is None and client("GET", "k") == b"1"


@pytest.mark.beyond_stock
def test_a_save_goes_on_while_the_data_is_replaced():
    with Server(NO_SAVE) as server:
        client = server.client()
        fill(client, 7)
        before = digest(client)
        assert client("SAVE") == "OK"
        shutil.copy(dump_of(server), server.directory / "kept.rdb")
        client("CONFIG", "SET", "rdb-key-save-delay", "3000")
        client("BGSAVE")
        assert client("DEBUG", "RELOAD", "NOSAVE") == "OK"
        client("FLUSHALL")
        client("CONFIG", "SET", "rdb-key-save-delay", "0")
        wait_until(lambda: is_saved(client), deadline=30)
        assert client("DEBUG", "RELOAD", "NOSAVE") == "OK" and digest(client) == before
