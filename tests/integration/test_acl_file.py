"""Users in a file of their own: LOAD, SAVE, and what is wrong with it."""

import re

import pytest
from skeintest import Client, Error, Server, ServerFailed, wait_until

HASH_OF_SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
USERS = f"""user default on nopass ~* &* +@all
user alice on #{HASH_OF_SECRET} ~k* +get +set
user bob off nopass -@all
"""


@pytest.fixture
def start(fresh_server, tmp_path):
    def run(text=USERS, **config):
        path = tmp_path / "users.acl"
        path.write_text(text)
        server = fresh_server({"aclfile": path, **config})
        server.users = path
        return server

    return run


def test_users_are_read_at_the_start(start):
    client = start().client()
    assert sorted(client("ACL", "USERS")) == [b"alice", b"bob", b"default"]
    assert client("AUTH", "alice", "secret") == "OK"
    assert client("SET", "k1", "v") == "OK"
    assert client("SET", "x", "v").code == "NOPERM"
    assert client("AUTH", "bob", "x").code == "WRONGPASS"


def test_the_default_user_may_be_locked_by_the_file(start):
    server = start(f"user default off\nuser admin on #{HASH_OF_SECRET} ~* &* +@all\n")
    with Client(server.address) as client:
        assert client("PING").code == "NOAUTH"
        assert client("AUTH", "admin", "secret") == "OK"
        assert client("PING") == "PONG"


def test_save_writes_what_load_reads(start):
    server = start()
    client = server.client()
    assert (
        client(
            "ACL",
            "SETUSER",
            "carol",
            "on",
            ">pw",
            "~a*",
            "%R~b*",
            "&c*",
            "+@read",
            "-get",
            "(~z +set)",
        )
        == "OK"
    )
    before = sorted(client("ACL", "LIST"))
    assert client("ACL", "SAVE") == "OK"
    client("ACL", "DELUSER", "carol")
    assert client("ACL", "LOAD") == "OK"
    assert sorted(client("ACL", "LIST")) == before
    assert "pw" not in server.users.read_text().split()


def test_load_replaces_all_users(start):
    server = start()
    client = server.client()
    client("ACL", "SETUSER", "temporary", "on")
    server.users.write_text("user dave on nopass +ping\n")
    assert client("ACL", "LOAD") == "OK"
    assert sorted(client("ACL", "USERS")) == [b"dave", b"default"]


def test_load_ends_the_connections_of_users_that_are_gone(start):
    server = start()
    alice = server.client(auth=["alice", "secret"])
    server.users.write_text("user default on nopass ~* &* +@all\n")
    server.client()("ACL", "LOAD")
    assert alice.is_closed(2.0)


@pytest.mark.parametrize(
    "wrong, line", [("user x +nosuchcommand", 2), ("nonsense", 2), ("user", 2), ("user x ~a y", 2)]
)
def test_a_wrong_line_leaves_all_users_as_they_were(start, wrong, line):
    server = start()
    client = server.client()
    before = sorted(client("ACL", "LIST"))
    server.users.write_text(f"user fine on nopass +get\n{wrong}\n")
    reply = client("ACL", "LOAD")
    assert isinstance(reply, Error) and re.search(rf"users\.acl:{line}\b", reply)
    assert sorted(client("ACL", "LIST")) == before


def test_a_user_twice_in_the_file_is_refused(start):
    server = start()
    server.users.write_text("user a on\nuser a off\n")
    assert "Duplicate user 'a'" in server.client()("ACL", "LOAD")


def test_a_wrong_file_stops_the_start(tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("user a +nosuchcommand\n")
    server = Server({"aclfile": path}, directory=tmp_path)
    with pytest.raises(ServerFailed):
        server.start()
    assert "nosuchcommand" in server.log() or "users.acl" in server.log()


def test_a_missing_file_stops_the_start(tmp_path):
    with pytest.raises(ServerFailed):
        Server({"aclfile": tmp_path / "none.acl"}, directory=tmp_path).start()


def test_users_in_the_configuration_and_a_file_together_are_refused(tmp_path):
    path = tmp_path / "users.acl"
    path.write_text(USERS)
    with pytest.raises(ServerFailed):
        Server({"aclfile": path, "user": "zoe on"}, directory=tmp_path).start()


def test_without_a_file_load_and_save_say_so(client):
    assert "not configured to use an ACL file" in client("ACL", "LOAD")
    assert "not configured to use an ACL file" in client("ACL", "SAVE")


def test_users_of_the_configuration_are_there(fresh_server):
    client = fresh_server({"user": ["pinger -@all +ping on >pingpass", "other off"]}).client()
    assert sorted(client("ACL", "USERS")) == [b"default", b"other", b"pinger"]
    assert client("AUTH", "pinger", "pingpass") == "OK" and client("PING") == "PONG"
    assert client("GET", "k").code == "NOPERM"


def test_requirepass_is_the_password_of_the_default_user(fresh_server):
    server = fresh_server()
    client = server.client()
    client("CONFIG", "SET", "requirepass", "first")
    with Client(server.address) as other:
        assert other("PING") == "NOAUTH Authentication required."
        assert other("AUTH", "wrong").code == "WRONGPASS"
        assert other("AUTH", "first") == "OK"
    client("CONFIG", "SET", "requirepass", "")
    with Client(server.address) as other:
        assert other("PING") == "PONG"


def test_a_password_may_hold_zero_bytes_everywhere(fresh_server):
    password = b"abc\x00def \xff"
    master = fresh_server()
    client = master.client()
    assert client("CONFIG", "SET", "requirepass", password) == "OK"
    assert client("CONFIG", "GET", "requirepass")[1] == password
    with Client(master.address) as other:
        assert other("AUTH", b"abc").code == "WRONGPASS"
        assert other("AUTH", b"abc\x00deg \xff").code == "WRONGPASS"
        assert other("AUTH", password) == "OK"
    replica = fresh_server().client()
    assert replica("CONFIG", "SET", "masterauth", password) == "OK"
    replica("REPLICAOF", "127.0.0.1", master.port)
    wait_until(lambda: replica.info("replication")["master_link_status"] == "up", what="the link")


def test_a_locked_out_user_is_in_the_log(client, connect):
    client("ACL", "SETUSER", "alice", "on", ">secret", "~k*", "+get")
    client("ACL", "LOG", "RESET")
    other = connect()
    other("AUTH", "alice", "wrong")
    other("AUTH", "alice", "secret")
    other("GET", "x")
    other("SET", "k", "v")
    entries = [dict(zip(entry[::2], entry[1::2])) for entry in client("ACL", "LOG")]
    assert [(e[b"reason"], e[b"object"]) for e in entries] == [
        (b"command", b"set"),
        (b"key", b"x"),
        (b"auth", b"AUTH"),
    ]
    assert {e[b"username"] for e in entries} == {b"alice"}
