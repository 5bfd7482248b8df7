"""skein-check-rdb: whole files pass, damaged ones are named, salvage keeps the rest."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from skeintest import ORACLE_BINARY, Server, server_binary

pytestmark = pytest.mark.beyond_stock
CONFIG = {"enable-debug-command": "yes", "save": "''", "rdbcompression": "no"}


def check(*words):
    folder = os.environ.get("SKEIN_BIN") or pathlib.Path(server_binary()).parent
    return subprocess.run(
        [pathlib.Path(folder) / "skein-check-rdb", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        text=True,
    )


def value_of(n):
    return b"value %06d " % n * 9


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file that stock Redis saved."""
    path = tmp_path_factory.mktemp("whole") / "dump.rdb"
    with Server(CONFIG, binary=ORACLE_BINARY) as server:
        client = server.client()
        client.pipeline([("SET", f"key:{n}", value_of(n)) for n in range(500)])
        client.pipeline([("HSET", "hash", f"field {n}", b"of a field" * 9) for n in range(300)])
        client("PEXPIRE", "key:7", 10**9)
        client("SELECT", 2)
        client("RPUSH", "list", *range(50))
        client("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() end)")
        assert client("SAVE") == "OK"
        shutil.copy(server.directory / "dump.rdb", path)
    return path


def test_a_whole_file_passes(whole):
    done = check(whole)
    assert done.returncode == 0, done.stdout
    assert "The file is whole: RDB version 10, checked" in done.stdout
    assert "[info] 502 keys read" in done.stdout and "[info] 1 expires" in done.stdout


@pytest.mark.parametrize(
    "words", [[], ["--salvage", "x"], ["--fix", "x"], ["a", "b", "c", "d"], ["/nowhere/dump.rdb"]]
)
def test_what_cannot_be_done_is_told(words):
    done = check(*words)
    assert done.returncode == 1 and re.search("Usage|Cannot read", done.stdout)


def test_a_damaged_file_fails_with_the_place_and_stays_as_it_is(whole, tmp_path):
    data = whole.read_bytes()
    at = data.index(value_of(100)) + 3
    damaged = tmp_path / "dump.rdb"
    for broken, place in [
        (data[:at], at),
        (data[: at - 40] + b"\x63" * 50 + data[at + 10 :], None),
        (data[:-1] + bytes([data[-1] ^ 1]), len(data)),
    ]:
        damaged.write_bytes(broken)
        done = check(damaged)
        assert done.returncode == 1 and "--- RDB ERROR DETECTED ---" in done.stdout
        offsets = [int(found) for found in re.findall(r"\[offset (\d+)\]", done.stdout)]
        assert place is None or place - 200 <= offsets[-1] <= place
        assert damaged.read_bytes() == broken


def salvaged(path, tmp_path, code):
    out = tmp_path / "out.rdb"
    before = path.read_bytes()
    done = check("--salvage", out, path)
    assert done.returncode == code, done.stdout
    assert path.read_bytes() == before
    assert check(out).returncode == 0
    return done.stdout, out


def load_in_stock(out, read):
    with Server(CONFIG, binary=ORACLE_BINARY) as server:
        shutil.copy(out, server.directory / "dump.rdb")
        client = server.client()
        assert client("DEBUG", "RELOAD", "NOSAVE") == "OK"
        return read(client)


def intact(client):
    return {n for n in range(500) if client("GET", f"key:{n}") == value_of(n)}


def test_salvage_of_a_whole_file_loses_nothing(whole, tmp_path):
    text, out = salvaged(whole, tmp_path, 0)
    assert "0 places damaged, 0 bytes lost" in text

    def read(client):
        assert len(intact(client)) == 500 and client("HLEN", "hash") == 300
        assert client("PTTL", "key:7") > 10**8 and client("FUNCTION", "LIST") != []
        client("SELECT", 2)
        return client("LLEN", "list")

    assert load_in_stock(out, read) == 50


def test_salvage_keeps_every_key_but_those_that_were_hit(whole, tmp_path):
    data = bytearray(whole.read_bytes())
    hit = set()
    order = sorted(range(500), key=lambda n: data.index(value_of(n)))
    for n in (order[20], order[150], order[260], order[470]):
        at = data.index(value_of(n)) - len(f"key:{n}") - 4
        data[at : at + 12] = bytes(12)
        hit.add(n)
    damaged = tmp_path / "dump.rdb"
    damaged.write_bytes(data)
    text, out = salvaged(damaged, tmp_path, 1)
    assert re.search(r"\[offset \d+\] lost \d+ bytes, up to offset \d+", text)
    kept = load_in_stock(out, lambda client: (intact(client), client("HLEN", "hash")))
    assert kept[0] == set(range(500)) - hit and kept[1] == 300


def test_salvage_goes_on_behind_a_hole_of_zeroes(whole, tmp_path):
    data = bytearray(whole.read_bytes())
    at = data.index(value_of(300))
    data[at : at + 4096] = bytes(min(4096, len(data) - at))
    damaged = tmp_path / "dump.rdb"
    damaged.write_bytes(data)
    _, out = salvaged(damaged, tmp_path, 1)
    kept = load_in_stock(out, intact)
    assert 300 not in kept and len(kept) >= 500 - 45


def test_salvage_of_a_file_that_was_cut_keeps_what_came_before(whole, tmp_path):
    data = whole.read_bytes()
    damaged = tmp_path / "dump.rdb"
    damaged.write_bytes(data[: len(data) * 3 // 4])
    _, out = salvaged(damaged, tmp_path, 1)
    assert len(load_in_stock(out, intact)) > 100


def test_salvage_without_the_head(whole, tmp_path):
    damaged = tmp_path / "dump.rdb"
    damaged.write_bytes(bytes(30) + whole.read_bytes()[30:])
    _, out = salvaged(damaged, tmp_path, 1)
    assert len(load_in_stock(out, intact)) == 500
