"""What 7.2 added and 7.0.15 does not have; the version that is reported must fit."""

import pytest
from skeintest import Error

pytestmark = pytest.mark.beyond_stock


def listed(client):
    line = bytes(client("CLIENT", "INFO")).decode().strip()
    return dict(part.split("=", 1) for part in line.split(" "))


def test_a_library_may_introduce_itself(client):
    assert client("CLIENT", "SETINFO", "LIB-NAME", "mylib(py_1)") == "OK"
    assert client("CLIENT", "SETINFO", "lib-ver", "1.2.3") == "OK"
    fields = listed(client)
    assert fields["lib-name"] == "mylib(py_1)" and fields["lib-ver"] == "1.2.3"


def test_a_client_that_did_not_introduce_itself_has_empty_fields(client):
    fields = listed(client)
    assert fields["lib-name"] == "" and fields["lib-ver"] == ""


@pytest.mark.parametrize("value", ["with space", "new\nline", "\x7f", "tab\t"])
def test_a_library_name_that_would_break_the_list_is_refused(client, value):
    reply = client("CLIENT", "SETINFO", "LIB-NAME", value)
    assert reply == "ERR lib-name cannot contain spaces, newlines or special characters."


def test_an_unknown_attribute_is_refused(client):
    assert client("CLIENT", "SETINFO", "NOSUCH", "x") == "ERR Unrecognized option 'NOSUCH'"


def test_an_empty_value_takes_the_name_away(client):
    client("CLIENT", "SETINFO", "LIB-NAME", "x")
    assert client("CLIENT", "SETINFO", "LIB-NAME", "") == "OK"
    assert listed(client)["lib-name"] == ""


def test_reset_keeps_what_a_library_said_about_itself(client):
    client("CLIENT", "SETINFO", "LIB-NAME", "x")
    client("RESET")
    assert listed(client)["lib-name"] == "x"


def test_no_touch_keeps_reads_out_of_the_age_of_a_key(connect):
    reader, writer = connect(), connect()
    writer("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0")
    writer("SET", "k", "v")
    before = writer("OBJECT", "FREQ", "k")
    assert reader("CLIENT", "NO-TOUCH", "ON") == "OK"
    for _ in range(50):
        reader("GET", "k")
    assert writer("OBJECT", "FREQ", "k") == before
    assert "T" in listed(reader)["flags"]
    assert reader("CLIENT", "NO-TOUCH", "off") == "OK"
    for _ in range(50):
        reader("GET", "k")
    assert writer("OBJECT", "FREQ", "k") > before
    assert "T" not in listed(reader)["flags"]


def test_no_touch_still_lets_touch_touch(client):
    client("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0")
    client("SET", "k", "v")
    before = client("OBJECT", "FREQ", "k")
    client("CLIENT", "NO-TOUCH", "ON")
    for _ in range(20):
        client("TOUCH", "k")
    assert client("OBJECT", "FREQ", "k") > before


def test_no_touch_takes_on_or_off_only(client):
    assert isinstance(client("CLIENT", "NO-TOUCH", "maybe"), Error)


def test_the_new_subcommands_are_described(client):
    for name in ["client|setinfo", "client|no-touch"]:
        assert client("COMMAND", "INFO", name)[0][0] == name.encode()


def test_maint_notifications_is_an_ordinary_error(client):
    reply = client("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "x")
    assert isinstance(reply, Error) and reply.code == "ERR" and "unknown subcommand" in reply


def test_the_version_reported_has_what_it_promises(client):
    assert client.info("server")["redis_version"] == "7.2.4"
    names = {name.decode() for name in client("COMMAND", "LIST")}
    assert {"client|setinfo", "client|no-touch", "waitaof", "blmpop", "sintercard"} <= names
    assert client("EVAL", "return redis.REDIS_VERSION", 0) == b"7.2.4"
    assert client("EVAL", "return redis.REDIS_VERSION_NUM", 0) == 0x00070204
    assert b"7.2.4" in client("HELLO")
    assert "skein_version" in client.info("server")


def fields(reply):
    return {name.decode(): value for name, value in zip(reply[::2], reply[1::2])}


def test_ranks_come_with_scores(client):
    client("ZADD", "z", 1, "a", 2, "b")
    assert client("ZRANK", "z", "b", "WITHSCORE") == [1, b"2"]
    assert client("ZREVRANK", "z", "b", "WITHSCORE") == [0, b"2"]
    assert client("ZRANK", "z", "none", "WITHSCORE") is None


def test_consumers_tell_when_they_were_seen_and_when_they_got_something(client):
    client("XADD", "x", "1-1", "f", "v")
    client("XGROUP", "CREATE", "x", "g", "0")
    client("XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">")
    assert "inactive" in fields(client("XINFO", "CONSUMERS", "x", "g")[0])
    group = fields(fields(client("XINFO", "STREAM", "x", "FULL"))["groups"][0])
    consumer = fields(group["consumers"][0])
    assert consumer["active-time"] > 0 and consumer["seen-time"] > 0
    client("XDEL", "x", "1-1")
    assert client("XAUTOCLAIM", "x", "g", "d", 0, "0") == [b"0-0", [], [b"1-1"]]


def test_entries_of_the_acl_log_have_a_number_and_times(client, connect):
    client("ACL", "LOG", "RESET")
    client("ACL", "SETUSER", "few", "on", ">word", "+get", "~a")
    other = connect()
    other("AUTH", "few", "word")
    other("SET", "a", 1)
    entry = fields(client("ACL", "LOG")[0])
    assert entry["timestamp-created"] == entry["timestamp-last-updated"] > 0
    assert entry["entry-id"] >= 0


def test_small_sets_and_lists_are_listpacks(client):
    client("SADD", "s", "a", "b")
    client("RPUSH", "l", "a", "b")
    assert client("OBJECT", "ENCODING", "s") == client("OBJECT", "ENCODING", "l") == b"listpack"


def test_no_other_product_is_named(client):
    text = bytes(client("INFO", "everything"))
    assert b"valkey_version:" not in text and b"dragonfly_version:" not in text
