"""INFO: the rules tools rely on, and every stock section and field."""

import re

import pytest
from skeintest import wait_until
from skeintest.info import RULES, sections, violations

# Fields named after commands, errors or databases that the run happened to touch.
DYNAMIC = re.compile(r"cmdstat_|latency_percentiles_usec_|errorstat_|db\d+$")


def everything(client):
    return bytes(client("INFO", "everything")).decode()


def busy(client):
    """Gives every section something to tell."""
    client("SET", "k", "v")
    client("SET", "e", "v", "EX", 1000)
    client("NOSUCHCOMMAND")
    client("GET")


@pytest.mark.parametrize("section", ["", "default", "all", "everything"])
def test_the_rules_tools_rely_on_hold(client, section):
    busy(client)
    text = bytes(client("INFO", *([section] if section else []))).decode()
    assert violations(text) == []


def test_every_stock_section_is_there(client, oracle):
    busy(client)
    with oracle.client() as other:
        busy(other)
        wanted = sections(everything(other))
    assert [name for name in wanted if name not in sections(everything(client))] == []


def test_every_stock_field_is_there_in_its_section(client, oracle):
    busy(client)
    with oracle.client() as other:
        busy(other)
        wanted = sections(everything(other))
    ours = sections(everything(client))
    missing = [
        f"{section}: {name}"
        for section, names in wanted.items()
        for name in names
        if name not in ours.get(section, []) and not DYNAMIC.match(name)
    ]
    assert missing == []


def test_sections_can_be_asked_for_one_by_one_and_together(client):
    for name in [
        "server",
        "clients",
        "memory",
        "stats",
        "replication",
        "cpu",
        "keyspace",
        "persistence",
    ]:
        got = sections(bytes(client("INFO", name)).decode())
        assert [section.lower() for section in got] == [name]
    got = sections(bytes(client("INFO", "cpu", "SERVER")).decode())
    assert sorted(got) == ["CPU", "Server"]
    assert client("INFO", "nosuchsection") == b""


def test_info_is_a_verbatim_text_in_resp3(connect):
    reply = connect(proto=3)("INFO", "server")
    assert reply.format == "txt" and reply.startswith(b"# Server\r\n")


def test_numbers_tell_what_happened(client):
    client("CONFIG", "RESETSTAT")
    client.pipeline([("SET", f"k{n}", "v") for n in range(10)])
    client.pipeline([("GET", "k1"), ("GET", "none"), ("GET", "none")])
    client("SET", "e", "v", "EX", 100)
    info = client.info()
    assert info["keyspace_hits"] == "1" and info["keyspace_misses"] == "2"
    assert info["db0"].startswith("keys=11,expires=1,avg_ttl=")
    assert int(info["total_commands_processed"]) >= 14
    assert info["cmdstat_set"].startswith("calls=11,usec=")
    assert re.fullmatch(
        r"calls=3,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=0,failed_calls=0",
        info["cmdstat_get"],
    )
    assert re.fullmatch(r"p50=[\d.]+,p99=[\d.]+,p99.9=[\d.]+", info["latency_percentiles_usec_get"])


def test_errors_are_counted_by_their_first_word(client):
    client("CONFIG", "RESETSTAT")
    client("NOSUCH")
    client("SET", "s", "v")
    client("LPUSH", "s", "v") if client("COMMAND", "INFO", "LPUSH")[0] else client(
        "HSET", "s", "f", "v"
    )
    info = client.info()
    assert "errorstat_ERR" in info and info["errorstat_ERR"].startswith("count=")
    assert int(info["total_error_replies"]) >= 1


def test_rejected_and_failed_calls_are_told_apart(client):
    client("CONFIG", "RESETSTAT")
    client("GET")
    client("SET", "s", "text")
    client("INCR", "s")
    info = client.info()
    assert "rejected_calls=1,failed_calls=0" in info["cmdstat_get"]
    assert "rejected_calls=0,failed_calls=1" in info["cmdstat_incr"]


def test_the_process_is_described(server, client):
    info = client.info("server")
    assert info["process_id"] == str(server.pid) and info["tcp_port"] == str(server.port)
    assert re.fullmatch("[0-9a-f]{40}", info["run_id"])
    assert info["run_id"] == client.info("server")["run_id"]
    assert info["redis_mode"] == "standalone" and info["executable"].startswith("/")
    assert info["redis_version"] == "7.2.4"


def test_memory_grows_and_shrinks_with_the_data(client, connect):
    def used():
        return int(client.info("memory")["used_memory"])

    before = used()
    writer = connect()
    writer("SET", "big", b"x" * 10_000_000)
    writer.close()
    assert used() - before > 9_000_000
    client("DEL", "big")
    wait_until(
        lambda: used() - before < 1_000_000, what="the memory of a deleted value to be given back"
    )
    memory = client.info("memory")
    assert int(memory["used_memory_peak"]) - before > 9_000_000
    assert re.fullmatch(r"[\d.]+[BKMG]", memory["used_memory_human"])
    assert memory["maxmemory_policy"] == "noeviction"


GOOD = "# Replication\r\nrole:master\r\nloading:0\r\n"
BAD = {
    "one line contains 'role'": GOOD + "my_role:x\r\n",
    "role:master only as the role": GOOD.replace("role:master", "role:leader"),
    "the lines about a master once, with known values": GOOD + "master_link_status:up\r\n",
    "replica lines are ip,port,state,offset,lag": GOOD
    + "slave0:ip=a_b,port=1,state=online,offset=1,lag=0\r\n",
    "database lines have at most four numbers": GOOD + "db0:keys=1,expires=0,avg_ttl=0,a=1,b=2\r\n",
    "loading is always told": "# Replication\r\nrole:master\r\n",
    "values are plain": GOOD + 'name:"text"\r\n',
    "layout": GOOD + "# Two\r\n",
}


@pytest.mark.parametrize("rule", [*RULES, "layout"])
def test_the_check_of_a_rule_finds_its_violation(rule):
    assert violations(GOOD) == []
    assert rule in [name for name, _ in violations(BAD[rule])]
