"""skein-cli without a terminal: its output is that of redis-cli 7.0.15, byte for byte, on equal
replies."""

import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skeintest import Server
from skeintest.server import free_port
from skeintest.cli import STOCK_CLI, CannedServer, cli_binary, run_cli

FORMS = [
    [],
    ["--no-raw"],
    ["--raw"],
    ["--csv"],
    ["--json"],
    ["--quoted-json"],
    ["-d", ","],
    ["-D", "|"],
    ["--no-raw", "-D", "|"],
]
PROTOCOLS = [[], ["-2"], ["-3"]]


def compare(port, args, stdin=b"", with_errors=False):
    """Runs both clients and requires the same status and output."""
    ours = run_cli("-p", port, *args, stdin=stdin)
    theirs = run_cli("-p", port, *args, stdin=stdin, binary=STOCK_CLI)
    assert (ours.status, ours.out) == (theirs.status, theirs.out), args
    if with_errors:
        assert ours.err == theirs.err, args
    return ours


# Replies, made of nothing but bytes


def bulk(data):
    return b"$%d\r\n%s\r\n" % (len(data), data)


def aggregate(mark, items):
    return b"%c%d\r\n%s" % (mark, len(items), b"".join(items))


def map_of(pairs):
    return b"%%%d\r\n%s" % (len(pairs), b"".join(key + value for key, value in pairs))


@pytest.fixture(scope="module")
def canned():
    """A server whose next reply a test sets as `reply`."""

    def answer(words):
        if words[0] == b"HELLO":
            return b"+OK\r\n"
        return server.reply

    with CannedServer(answer) as server:
        server.reply = b"+OK\r\n"
        yield server


SCALARS = {
    "status": b"+Fine\r\n",
    "error": b"-ERR went wrong\r\n",
    "integer": b":-42\r\n",
    "string": bulk(b"hello"),
    "empty string": bulk(b""),
    "all bytes": bulk(bytes(range(256))),
    "text": bulk('naïve "quotes" \\ and\ttabs\n'.encode()),
    "nil": b"$-1\r\n",
    "nil array": b"*-1\r\n",
    "null": b"_\r\n",
    "true": b"#t\r\n",
    "false": b"#f\r\n",
    "double": b",3.25\r\n",
    "infinity": b",-inf\r\n",
    "verbatim": b"=13\r\ntxt:two\nlines\r\n",
}


@pytest.mark.parametrize("name", SCALARS)
def test_scalars_are_printed_like_the_model(canned, name):
    canned.reply = SCALARS[name]
    for form in FORMS:
        compare(canned.port, [*form, "ANY"])


scalars = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: b":%d\r\n" % n),
    st.binary(max_size=12).map(bulk),
    st.text(max_size=6).map(lambda text: bulk(text.encode("utf-8", "ignore"))),
    st.sampled_from(
        [
            b"_\r\n",
            b"#t\r\n",
            b"#f\r\n",
            b",1.5\r\n",
            b",-3\r\n",
            b"$-1\r\n",
            b"+OK\r\n",
            b"-ERR x\r\n",
        ]
    ),
    st.text("ab \n", max_size=8).map(
        lambda text: b"=%d\r\ntxt:%s\r\n" % (len(text) + 4, text.encode())
    ),
)
replies = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=12).map(lambda items: aggregate(ord("*"), items)),
        st.lists(inner, max_size=3).map(lambda items: aggregate(ord("~"), items)),
        st.lists(st.tuples(inner, inner), max_size=3).map(map_of),
    ),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(reply=replies, form=st.sampled_from(FORMS))
def test_any_reply_is_printed_like_the_model(canned, reply, form):
    canned.reply = reply
    compare(canned.port, [*form, "ANY"])


def test_attributes_blob_errors_and_big_numbers_are_read_although_the_model_cannot(canned):
    canned.reply = b"!10\r\nERR wr\r\nng\r\n"
    assert run_cli("-p", canned.port, "-3", "--no-raw", "ANY").out == b"(error) ERR wr\r\nng\n"
    canned.reply = b"|1\r\n+ttl\r\n:5\r\n" + bulk(b"value")
    assert run_cli("-p", canned.port, "-3", "--no-raw", "ANY").out == b'"value"\n'
    canned.reply = b"(123456789012345678901234567890\r\n"
    assert (
        run_cli("-p", canned.port, "-3", "--no-raw", "ANY").out
        == b"(big number) 123456789012345678901234567890\n"
    )
    assert run_cli("-p", canned.port, "--json", "ANY").out == b"123456789012345678901234567890\n"


def test_a_reply_that_is_no_protocol_ends_the_client_with_an_error(canned):
    canned.reply = b"hello\r\n"
    run = run_cli("-p", canned.port, "ANY")
    assert run.status == 1 and run.out == b"" and run.err.startswith(b"Error: ")


def test_a_connection_closed_before_the_reply_is_an_error(canned):
    canned.reply = None
    run = run_cli("-p", canned.port, "ANY")
    assert run.status == 1 and b"closed" in run.err


def test_json_falls_back_to_resp2_when_the_server_is_old():
    def answer(words):
        return (
            b"-ERR unknown command\r\n"
            if words[0] == b"HELLO"
            else aggregate(ord("*"), [bulk(b"a"), b":1\r\n"])
        )

    with CannedServer(answer) as server:
        run = run_cli("-p", server.port, "--json", "ANY")
        assert (run.out, run.err, run.status) == (b'["a",1]\n', b"", 0)
        run = run_cli("-p", server.port, "-3", "ANY")
        assert run.err.startswith(b"HELLO 3 failed:") and run.status == 0


# Commands to a real server


@pytest.fixture
def data(client):
    client("SET", "string", "value")
    client("SET", "binary", b"a\x00\xff\r\n")
    client("RPUSH", "list", *"abcdefghijkl")
    client("HSET", "hash", "f", "v")
    client("SADD", "set", "m")
    client("ZADD", "zset", "1.5", "a", "2", "b")
    client("XADD", "stream", "1-1", "f", "v")


COMMANDS = [
    "PING",
    "GET string",
    "GET binary",
    "GET nosuch",
    "LRANGE list 0 -1",
    "HGETALL hash",
    "SMEMBERS set",
    "ZRANGE zset 0 -1 WITHSCORES",
    "XRANGE stream - +",
    "CONFIG GET maxmemory",
    "MGET string nosuch",
    "NOSUCHCOMMAND a b",
    "LPUSH string x",
    "TYPE list",
    "EXISTS string",
    "COMMAND INFO GET nosuch",
    "SUBSCRIBE",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_answered_like_the_model(server, data, line):
    for form in FORMS:
        for protocol in PROTOCOLS:
            compare(server.port, [*form, *protocol, *line.split()])


def test_texts_to_read_are_not_quoted(server):
    for args in (["INFO", "server"], ["--csv", "INFO", "server"], ["--no-raw", "client", "info"]):
        out = run_cli("-p", server.port, *args).out
        assert b'"' not in out and out.endswith(b"\n") and not out.endswith(b"\n\n")


SCRIPTS = [
    b'PING\nSET a "x\nSET a b\n3 GET a\nSELECT 3\nMULTI\nPING\nEXEC\n:set hints\nquit\nPING\n',
    b"MULTI\nPING\nNOSUCH\nEXEC\nDISCARD\n",
    b"PING",
    b"\n\n  \nPING\r\n",
    b'SET k "a\\x00b"\nGET k\n',
    b"SET t 1\nCLIENT TRACKING ON\nGET t\nSET t 1\nSET t 2\nGET t\n",
    b"2x PING\n",
    b"SELECT 99\nPING\n",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_commands_on_standard_input_are_run_like_the_model(server, script):
    for form in FORMS:
        for extra in ([], ["-3"], ["-3", "--show-pushes", "yes"], ["-e"]):
            compare(server.port, [*form, *extra], stdin=script)


def test_connect_leaves_for_another_server(server):
    out = run_cli("-p", 1, stdin=b"connect 127.0.0.1 %d\nPING\n" % server.port).out
    assert out == b"PONG\n"


def test_a_lost_connection_is_opened_again_between_lines(server):
    script = b"CLIENT KILL SKIPME no TYPE normal\nPING\n"
    assert run_cli("-p", server.port, stdin=script).out.splitlines()[-1] == b"PONG"


def test_repetition_counts_and_pauses(server):
    assert compare(server.port, ["-r", "3", "PING"]).out == b"PONG\n" * 3
    compare(server.port, ["-r", "2", "-i", "0.01", "PING"])
    compare(server.port, ["-r", "0", "PING"])
    compare(server.port, ["-r", "-1", "-e", "NOSUCH"], with_errors=True)


def test_words_come_from_standard_input(server, client):
    compare(server.port, ["-x", "SET", "key"], stdin=b"a\x00b\n")
    assert client("GET", "key") == b"a\x00b\n"
    compare(server.port, ["-X", "tag", "SET", "tag", "value"], stdin=b"the key")
    assert client("GET", "the key") == b"value"
    assert run_cli("-p", server.port, "-X", "tag", "SET", "a", "b", stdin=b"x").status == 1


def test_quoted_words_keep_their_bytes(server):
    for words in (['"a\\x00b"'], ["'a b'"], ["plain"]):
        compare(server.port, ["--quoted-input", "ECHO", *words])
    for words in (['"a'], ["a b"], [""]):
        run = run_cli("-p", server.port, "--quoted-input", "ECHO", *words)
        assert run.status == 1 and run.out == b""


def test_errors_decide_the_status_only_when_asked(server):
    assert compare(server.port, ["NOSUCH"]).status == 0
    assert compare(server.port, ["-e", "NOSUCH"], with_errors=True).status == 1
    assert compare(server.port, ["-e", "PING"]).status == 0


def test_failures_to_connect_are_reported_like_the_model(server):
    for args in (["PING"], []):
        compare(1, args, with_errors=True)
        compare(1, args, stdin=b"PING\n", with_errors=True)
    for where in (["-s", "/nonexistent"], ["-h", "host.invalid"]):
        compare(server.port, [*where, "PING"], with_errors=True)


def test_the_database_is_selected_and_its_refusal_reported(server):
    run = compare(server.port, ["-n", "5", "SET", "five", "x"])
    assert run.out == b"OK\n"
    assert compare(server.port, ["-n", "5", "GET", "five"]).out == b"x\n"
    compare(server.port, ["-n", "99999", "PING"], with_errors=True)
    uri = f"redis://127.0.0.1:{server.port}/5"
    assert run_cli("-u", uri, "GET", "five").out == b"x\n"


def test_logging_in(server, client):
    client("ACL", "SETUSER", "worker", "on", ">se:cr@t", "~*", "+@all")
    whoami = ["ACL", "WHOAMI"]
    for args in (["--user", "worker", "-a", "se:cr@t"], ["--user", "worker", "--pass", "se:cr@t"]):
        run = compare(server.port, [*args, "--no-auth-warning", *whoami])
        assert (run.out, run.err) == (b"worker\n", b"")
    for name in ("SKEINCLI_AUTH", "REDISCLI_AUTH"):
        run = run_cli("-p", server.port, "--user", "worker", *whoami, env={name: "se:cr@t"})
        assert (run.out, run.err) == (b"worker\n", b"")
    run = run_cli("-u", f"redis://worker:se%3Acr%40t@127.0.0.1:{server.port}", *whoami)
    assert run.out == b"worker\n" and b"Warning" in run.err
    compare(
        server.port, ["--user", "worker", "-a", "no", "--no-auth-warning", "PING"], with_errors=True
    )


def test_a_unix_socket(fresh_server, tmp_path):
    path = tmp_path / "s.sock"
    fresh_server({"unixsocket": str(path)})
    assert run_cli("-s", path, "PING").out == b"PONG\n"
    assert run_cli("-u", f"unix://{path}?db=2", "CLIENT", "INFO").out.count(b" db=2 ") == 1


def test_help_comes_from_the_server(server):
    out = run_cli("-p", server.port, "help", "get").out
    assert b"GET key" in out and b"summary: " in out and b"group: string" in out
    assert b"SADD key member [member ...]" in run_cli("-p", server.port, "help", "@set").out
    assert b"GETRANGE" not in out


def test_help_degrades_to_names_on_an_old_server():
    def answer(words):
        if words == [b"COMMAND"]:
            return aggregate(ord("*"), [aggregate(ord("*"), [bulk(b"get"), b":2\r\n"])])
        return b"-ERR unknown subcommand\r\n"

    with CannedServer(answer) as server:
        run = run_cli("-p", server.port, "help", "get")
        assert run.status == 0 and b"GET" in run.out
        assert run_cli("-p", server.port, "help", "nosuch").status == 0


@pytest.mark.parametrize(
    "reply",
    [
        b"_\r\n",
        b"*1\r\n:1\r\n",
        b"%1\r\n:1\r\n*0\r\n",
        b"+x\r\n",
        aggregate(42, [b"+get\r\n", b":1\r\n"]),
    ],
)
def test_odd_documentation_does_no_harm(reply):
    with CannedServer(lambda words: reply) as server:
        assert run_cli("-p", server.port, "help", "get").status == 0


def test_what_is_not_offered_is_refused_in_words():
    for args, word in (
        (["--ldb", "--eval", "x"], b"debugger"),
        (["--cluster", "info", "x"], b"Cluster"),
    ):
        run = run_cli(*args)
        assert run.status == 1 and word in run.err and run.out == b""


def test_mistakes_of_the_command_line_end_with_status_1():
    for args in (
        ["--nosuch"],
        ["-p"],
        ["-p", "x"],
        ["-u", "http://x"],
        ["--show-pushes", "perhaps"],
        ["--ldb"],
    ):
        run = run_cli(*args)
        assert run.status == 1 and run.err and run.out == b"", args


def test_help_and_version_need_no_server():
    for option in ("--help", "-h"):
        run = run_cli(option)
        assert run.status == 0 and b"--bigkeys" in run.out
    assert run_cli("--version").out.startswith(b"skein-cli ")


def test_faketty_prints_as_on_a_terminal(server):
    run = run_cli("-p", server.port, "LLEN", "nosuch", env={"FAKETTY": "1"})
    assert run.out == b"(integer) 0\n"


def test_the_client_is_built():
    assert os.access(cli_binary(), os.X_OK)


# TLS


def openssl(*words, cwd):
    subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=cwd)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority with a certificate for a server and one for a client, and another authority."""
    directory = tmp_path_factory.mktemp("tls")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()
    for name in ("ca", "other"):
        made = ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"]
        openssl("req", "-x509", *key, "-days", "2", *made, cwd=directory)
    for name in ("server", "client"):
        asked = ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"]
        openssl("req", *key, *asked, cwd=directory)
        signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt"), cwd=directory
        )
    return directory


@pytest.fixture(scope="module")
def tls_server(certificates):
    """The stock server with TLS, which wants a client certificate; its TLS port is `tls_port`."""
    config = {
        "tls-port": str(free_port()),
        "tls-cert-file": str(certificates / "server.crt"),
        "tls-key-file": str(certificates / "server.key"),
        "tls-ca-cert-file": str(certificates / "ca.crt"),
    }
    with Server(config, binary="/usr/bin/redis-server") as server:
        server.tls_port = int(config["tls-port"])
        yield server


def tls_options(certificates, authority="ca", with_client=True):
    client = ["--cert", certificates / "client.crt", "--key", certificates / "client.key"]
    trust = ["--cacert", certificates / f"{authority}.crt"] if authority else ["--insecure"]
    return ["--tls", *trust, *(client if with_client else [])]


def test_tls_with_both_certificates(tls_server, certificates):
    options = tls_options(certificates)
    assert run_cli("-p", tls_server.tls_port, *options, "PING").out == b"PONG\n"
    uri = f"rediss://127.0.0.1:{tls_server.tls_port}/3"
    assert b" db=3 " in run_cli("-u", uri, *options[1:], "CLIENT", "INFO").out
    run = run_cli("-p", tls_server.tls_port, *options, "--sni", "localhost", "PING")
    assert run.out == b"PONG\n"
    run = run_cli("-p", tls_server.tls_port, *tls_options(certificates, authority=None), "PING")
    assert run.out == b"PONG\n"


def test_tls_refuses_a_server_it_does_not_trust(tls_server, certificates):
    run = run_cli("-p", tls_server.tls_port, *tls_options(certificates, "other"), "PING")
    assert run.status == 1 and run.out == b"" and b"certificate" in run.err
    run = run_cli("-p", tls_server.tls_port, "--tls", "PING")
    assert run.status == 1 and run.out == b""


def test_tls_without_the_certificate_that_is_wanted(tls_server, certificates):
    options = tls_options(certificates, with_client=False)
    run = run_cli("-p", tls_server.tls_port, *options, "PING")
    assert run.status == 1 and run.out == b"" and run.err


def test_tls_files_that_cannot_be_read_are_told(tls_server, certificates):
    for options in (["--cacert", "/nonexistent"], ["--cert", "/nonexistent", "--key", "/x"]):
        run = run_cli("-p", tls_server.tls_port, "--tls", *options, "PING")
        assert run.status == 1 and b"/nonexistent" in run.err


def test_ciphers_can_be_chosen(tls_server, certificates):
    options = tls_options(certificates)
    ciphers = ["--tls-ciphersuites", "TLS_AES_128_GCM_SHA256", "--tls-ciphers", "HIGH"]
    assert run_cli("-p", tls_server.tls_port, *options, *ciphers, "PING").out == b"PONG\n"
    run = run_cli("-p", tls_server.tls_port, *options, "--tls-ciphers", "NOSUCH", "PING")
    assert run.status == 1 and run.err


def test_mass_insertion_and_snapshots_over_tls(tls_server, certificates, tmp_path):
    options = ["-p", tls_server.tls_port, *tls_options(certificates)]
    big = aggregate(ord("*"), [bulk(b"SET"), bulk(b"big"), bulk(b"x" * 200000)])
    stdin = big + b"GET big\r\n" * 200
    run = run_cli(*options, "--pipe", stdin=stdin, timeout=60)
    assert run.status == 0 and run.out.endswith(b"errors: 0, replies: 201\n")
    path = tmp_path / "dump.rdb"
    assert run_cli(*options, "--rdb", path, timeout=60).status == 0
    assert b"1 keys read" in subprocess.run(["redis-check-rdb", path], capture_output=True).stdout
