"""The default user's password: who may go on when it changes, and what HELLO says first."""

import pytest
from skeintest import Error

WRONG = "WRONGPASS invalid username-password pair or user is disabled."


@pytest.fixture
def stranger(client, connect):
    """Connected while a password was needed; none was given."""
    client("CONFIG", "SET", "requirepass", "secret")
    yield connect()
    client("ACL", "SETUSER", "default", "nopass")


def test_a_client_that_was_refused_may_go_on_once_no_password_is_needed(client, stranger):
    assert str(stranger("PING")).startswith("NOAUTH")
    client("ACL", "SETUSER", "default", "nopass")
    assert stranger("PING") == "PONG"
    client("ACL", "SETUSER", "default", "resetpass", ">secret")
    assert str(stranger("PING")).startswith("NOAUTH")
    client("CONFIG", "SET", "requirepass", "")
    assert stranger("PING") == "PONG"
    assert stranger("SET", "k", "x" * 100_000) == "OK"


def test_who_gave_the_password_keeps_being_known(client, stranger):
    assert stranger("AUTH", "secret") == "OK"
    client("ACL", "SETUSER", "default", "nopass")
    client("ACL", "SETUSER", "default", "resetpass", ">other")
    assert stranger("PING") == "PONG"


@pytest.mark.parametrize(
    "options, error",
    [
        (["AUTH", "default", "wrong", "JUNK"], WRONG),
        (["AUTH", "default", "wrong", "SETNAME"], WRONG),
        (["SETNAME", "a b", "AUTH", "default", "wrong"], "ERR Client names cannot contain"),
        (["JUNK", "AUTH", "default", "wrong"], "ERR Syntax error in HELLO option 'JUNK'"),
        (["AUTH", "default", "secret", "JUNK"], "ERR Syntax error in HELLO option 'JUNK'"),
    ],
)
def test_hello_answers_what_is_wrong_first(stranger, options, error):
    reply = stranger("HELLO", "3", *options)
    assert isinstance(reply, Error) and str(reply).startswith(error)
