"""INFO persistence, field by field against stock Redis: idle and while saving, with the append-only
file; while loading; and what the log tells of long saves and loads."""

import pytest
from skeintest import ORACLE_BINARY, Client, Error, Server, wait_until

KEYS = 300
SLOW = 5000  # microseconds a key
SLOWER = 50000
ON = {"appendonly": "yes", "save": "''", "enable-debug-command": "yes"}


def facts(server):
    with Client(server.address, timeout=20.0) as client:
        return client.info("persistence")


def forms(info):
    """Each field with what kind of value it has."""
    return {
        name: "number" if value.lstrip("-").replace(".", "", 1).isdigit() else "word"
        for name, value in info.items()
    }


def fill(server):
    with server.client() as client:
        client.pipeline([("SET", f"key{n}", "value") for n in range(KEYS)])


@pytest.fixture
def both():
    servers = [Server(ON), Server(ON, binary=ORACLE_BINARY)]
    for server in servers:
        server.start()
        fill(server)
    yield servers
    for server in servers:
        server.kill()
        server.remove()


def missing(ours, theirs):
    return {name: form for name, form in forms(theirs).items() if forms(ours).get(name) != form}


def test_every_field_of_stock_is_there_idle_saving_and_rewriting(both):
    ours, stock = both
    assert missing(facts(ours), facts(stock)) == {}
    for verb, name in [("BGSAVE", "rdb_bgsave_in_progress"), ("BGREWRITEAOF", None)]:
        for server in both:
            with server.client() as client:
                client("CONFIG", "SET", "rdb-key-save-delay", SLOW)
                assert not isinstance(client(verb), Error)
        name = name or "aof_rewrite_in_progress"
        wait_until(lambda: all(facts(server)[name] == "1" for server in both))
        wait_until(lambda: int(facts(ours)["current_save_keys_processed"]) > 0)
        assert missing(facts(ours), facts(stock)) == {}
        during = facts(ours)
        assert int(during["current_save_keys_total"]) == KEYS
        assert 0 < int(during["current_save_keys_processed"]) < KEYS
        assert 0 < float(during["current_fork_perc"]) < 100
        for server in both:
            with server.client() as client:
                client("CONFIG", "SET", "rdb-key-save-delay", 0)
        wait_until(lambda: all(facts(server)[name] == "0" for server in both), 60)
    assert facts(ours)["current_save_keys_processed"] == "0"


def test_loading_is_told(both):
    ours = both[0]
    with ours.client() as client:
        client("SAVE")
    ours.stop()
    ours.config.update({"key-load-delay": SLOW, "appendonly": "no"})
    ours.launch()
    wait_until(lambda: facts(ours)["loading"] == "1", 20)
    during = facts(ours)
    wanted = "start_time total_bytes rdb_used_mem loaded_bytes loaded_perc eta_seconds".split()
    assert [name for name in wanted if f"loading_{name}" not in during] == []
    assert int(during["loading_loaded_bytes"]) <= int(during["loading_total_bytes"])
    assert during["async_loading"] == "0"


def test_the_log_tells_how_far_long_saves_and_loads_are(both):
    saving, loading = both[0], Server(ON)
    loading.start()
    fill(loading)
    loading.stop()
    loading.config["key-load-delay"] = SLOW
    with saving.client() as client:
        client("CONFIG", "SET", "rdb-key-save-delay", SLOWER)
        client("BGREWRITEAOF")
    loading.launch()
    try:
        wait_until(lambda: f" of {KEYS} keys" in saving.log(), 40)
        wait_until(lambda: "Loading the append-only file: " in loading.log(), 40)
    finally:
        loading.kill()
        loading.remove()
