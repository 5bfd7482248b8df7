"""skein-check-aof: what it says of files that are whole, torn, damaged or older than a time."""

import os
import pathlib
import subprocess

import pytest
from skeintest import ORACLE_BINARY, Server, wait_until
from skeintest.server import server_binary

CHECK = pathlib.Path(server_binary()).parent / "skein-check-aof"
ON = {"appendonly": "yes", "aof-timestamp-enabled": "yes", "enable-debug-command": "yes"}


def check(*words, answer=""):
    result = subprocess.run(
        [str(CHECK), *map(str, words)], input=answer, capture_output=True, text=True, timeout=30
    )
    return result.returncode, result.stdout + result.stderr


@pytest.fixture
def files(tmp_path):
    """The manifest and the increment of a server that wrote a little."""
    with Server(ON, directory=tmp_path) as server:
        client = server.client()
        for i in range(20):
            client("MULTI")
            client("SET", f"key{i}", "value" * i)
            client("RPUSH", "list", i)
            client("EXEC")
    directory = tmp_path / "appendonlydir"
    return directory / "appendonly.aof.manifest", directory / "appendonly.aof.1.incr.aof"


def test_whole_files_are_valid(files):
    manifest, increment = files
    code, said = check(manifest)
    assert code == 0 and "All AOF files and manifest are valid" in said, said
    code, said = check(increment)
    assert code == 0 and "checksum lines" in said and "diff=0" in said


def test_a_torn_tail_is_cut_only_when_asked_and_agreed(files, tmp_path):
    manifest, increment = files
    whole = increment.read_bytes()
    torn = whole[: whole.rindex(b"EXEC")]
    increment.write_bytes(torn)
    code, said = check(manifest)
    assert code == 1 and "transaction" in said and "--fix" in said
    code, said = check("--fix", manifest, answer="n\n")
    assert code == 1 and increment.read_bytes() == torn
    code, said = check("--fix", manifest, answer="y\n")
    assert code == 0 and torn.startswith(increment.read_bytes())
    assert check(manifest)[0] == 0
    with Server({**ON, "aof-load-truncated": "no"}, directory=tmp_path) as server:
        assert server.client()("LLEN", "list") == 19


def test_the_line_where_it_is_wrong_is_told(tmp_path):
    """And the words that scripts look for after a cut."""
    path = tmp_path / "appendonly.aof"
    path.write_bytes(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n!!!")
    code, said = check(path)
    assert code == 1 and "ok_up_to=27, ok_up_to_line=8, diff=3" in said
    code, said = check("--fix", path, answer="y\n")
    assert code == 0 and "Successfully truncated AOF" in said


def test_a_tail_of_zeros_is_torn_and_zeros_in_the_middle_are_damage(files, tmp_path):
    manifest, increment = files
    whole = increment.read_bytes()
    torn = whole[: whole.rindex(b"EXEC")]
    increment.write_bytes(torn + bytes(9000))
    code, said = check(manifest)
    assert code == 1 and "ends in zeros" in said and "damaged" not in said
    code, said = check("--fix", manifest, answer="y\n")
    assert code == 0 and torn.startswith(increment.read_bytes())
    increment.write_bytes(torn + bytes(9000) + whole[len(torn) :])
    code, said = check(manifest)
    assert code == 1 and f"damaged at offset {len(torn) + 4}" in said


def test_a_flipped_bit_is_found_by_the_checksums(files):
    manifest, increment = files
    whole = increment.read_bytes()
    at = whole.index(b"valuevalue")
    increment.write_bytes(whole[:at] + b"V" + whole[at + 1 :])
    code, said = check(manifest)
    assert code == 1 and "checksum" in said and "damaged at offset" in said


def test_a_file_is_cut_where_later_writes_begin(files):
    _, increment = files
    later = b"#TS:4000000000\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
    # Lines of our own are left out: what follows a checksum line is not under it yet.
    before = increment.read_bytes()
    increment.write_bytes(before + later)
    assert check(increment)[0] == 0
    code, said = check("--truncate-to-timestamp", 3999999999, increment)
    assert code == 0, said
    assert increment.read_bytes() == before


@pytest.mark.parametrize("text", [b"hello\r\n", b"*1\r\n$4\r\nEXEC\r\n", b"*x\r\n"])
def test_what_is_no_append_only_file_is_not_valid(tmp_path, text):
    path = tmp_path / "file.aof"
    path.write_bytes(text)
    code, said = check(path)
    assert code == 1 and "damaged at offset" in said
    assert path.read_bytes() == text


def test_a_manifest_that_lists_what_is_not_there_is_not_valid(files):
    manifest, increment = files
    os.unlink(increment)
    code, said = check(manifest)
    assert code == 1 and increment.name in said


def test_a_base_without_contents_is_not_valid(files):
    manifest, _ = files
    base = manifest.parent / "appendonly.aof.1.base.rdb"
    base.write_bytes(b"")
    code, said = check(manifest)
    assert code == 1 and base.name in said


def stock_check(*words, answer=""):
    command = ["redis-check-aof", *map(str, words)]
    return subprocess.run(command, input=answer, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("binary", [None, ORACLE_BINARY])
def test_both_tools_agree_on_the_files_of_both_servers(tmp_path, binary):
    with Server({"appendonly": "yes"}, binary=binary, directory=tmp_path) as server:
        client = server.client()
        for i in range(20):
            client("MULTI")
            client("SET", f"key{i}", "value" * i)
            client("XADD", "stream", "*", "field", i)
            client("EXEC")
    directory = tmp_path / "appendonlydir"
    manifest = directory / "appendonly.aof.manifest"
    increment = directory / "appendonly.aof.1.incr.aof"
    whole = increment.read_bytes()
    middle = whole.index(b"*", len(whole) // 2)
    cases = [
        (whole, 0),
        (whole[: whole.rindex(b"EXEC") + 2], 1),
        (whole[: whole.rindex(b"MULTI")], 1),
        (whole[:middle] + b"?" + whole[middle + 1 :], 1),
    ]
    for contents, code in cases:
        increment.write_bytes(contents)
        theirs = stock_check(manifest)
        assert (check(manifest)[0], theirs.returncode) == (code, code), theirs.stdout
    torn = whole[: whole.rindex(b"EXEC")]
    increment.write_bytes(torn)
    assert check("--fix", manifest, answer="y\n")[0] == 0
    fixed = increment.read_bytes()
    increment.write_bytes(torn)
    stock_check("--fix", manifest, answer="y\n")
    assert increment.read_bytes() == fixed


def test_both_tools_cut_at_a_time_and_what_came_before_it_loads(tmp_path):
    with Server(ON, directory=tmp_path) as server:
        client = server.client()
        client("SET", "early", "1")
        began = int(client("TIME")[0])
        wait_until(lambda: int(client("TIME")[0]) > began + 1)
        client("SET", "late", "1")
    directory = tmp_path / "appendonlydir"
    manifest = directory / "appendonly.aof.manifest"
    increment = directory / "appendonly.aof.1.incr.aof"
    whole = increment.read_bytes()
    assert check("--truncate-to-timestamp", began + 1, manifest)[0] == 0
    cut = increment.read_bytes()
    assert b"early" in cut and b"late" not in cut
    increment.write_bytes(whole)
    assert stock_check("--truncate-to-timestamp", began + 1, manifest).returncode == 0
    assert increment.read_bytes() == cut
    with Server(ON, directory=tmp_path) as server:
        assert server.client()("MGET", "early", "late") == [b"1", None]
