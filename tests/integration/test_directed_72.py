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
    """7.2.4 may be said only when all of its additions that clients test for are there."""
    version = client.info("server")["redis_version"]
    names = {name.decode() for name in client("COMMAND", "LIST")}
    additions = {"client|setinfo", "client|no-touch", "waitaof"}
    assert version == "7.0.15" or additions <= names
    assert "skein_version" in client.info("server")


def test_no_other_product_is_named(client):
    text = bytes(client("INFO", "everything"))
    assert b"valkey_version:" not in text and b"dragonfly_version:" not in text
