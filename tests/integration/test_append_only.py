"""The append-only file: what was acknowledged is there after a crash, stock Redis reads it and we
read what stock Redis wrote, and whatever is wrong with the files or the disk has the outcome users
deserve."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import threading

import pytest
from skeintest import Client, Error, Server, encode, wait_until
from skeintest.server import ORACLE_BINARY

ON = {"appendonly": "yes", "enable-debug-command": "yes", "save": "''"}
PREFIX = "appendonly.aof"


def aof_dir(server):
    return server.directory / "appendonlydir"


def manifest(server):
    return aof_dir(server) / f"{PREFIX}.manifest"


def listed(server, kind):
    lines = [line.split() for line in manifest(server).read_text().splitlines()]
    return [aof_dir(server) / words[1] for words in lines if words[5] == kind]


def increment(server):
    return listed(server, "i")[-1]


def persistence(client):
    return client.info("persistence")


def fill(client, seed, count=400):
    """Random data of every type, in several databases, with expiries and deletions."""
    chance = random.Random(seed)
    for i in range(count):
        db, key = chance.choice([0, 0, 0, 3, 9]), f"k{chance.randrange(120)}"
        client("SELECT", db)
        value = "v" * chance.choice([1, 20, 300]) + str(i)
        verb = chance.choice(list(VERBS))
        client("DEL", f"{verb}:{key}") if chance.random() < 0.05 else None
        client(verb, f"{verb}:{key}", *VERBS[verb](chance, i, value))
        if chance.random() < 0.1:
            client("PEXPIRE", f"{verb}:{key}", 10_000_000)
    client("SELECT", 0)
    fill_groups(client, seed)
    client("MULTI")
    client("INCR", "counter")
    client("SELECT", 5)
    client("SPOP", "missing")
    client("RPUSH", "list", "a", "b")
    client("EXEC")
    client("SELECT", 0)


def fill_groups(client, seed):
    """What has commands of its own: consumer groups, functions, bits, places, expiries to come."""
    for i in range(30):
        client("XADD", "groups", f"{seed * 100 + i}-1", "field", i)
    client("XGROUP", "CREATE", "groups", f"group{seed}", "0")
    read = ("XREADGROUP", "GROUP", f"group{seed}", "one", "COUNT", 9, "STREAMS", "groups", ">")
    first = client(*read)[0][1][0][0]
    client("XACK", "groups", f"group{seed}", first)
    client("XAUTOCLAIM", "groups", f"group{seed}", "two", 0, "-", "COUNT", 3)
    client("XDEL", "groups", first)
    client("XGROUP", "CREATECONSUMER", "groups", f"group{seed}", "three")
    code = f"#!lua name=lib{seed}\nredis.register_function('f{seed}', function() return {seed} end)"
    client("FUNCTION", "LOAD", "REPLACE", code)
    client("SETBIT", "bits", 1000 + seed, 1)
    client("PFADD", "many", *range(seed, seed + 300))
    client("GEOADD", "places", 13.361389, 38.115556, f"Palermo{seed}")
    client("SET", f"expires{seed}", "later", "EX", 100000)


def groups(server):
    """What DEBUG DIGEST leaves out: groups with what is pending, functions, deadlines."""
    with Client(server.address, timeout=30.0) as client:
        names = [group[1] for group in client("XINFO", "GROUPS", "groups")]
        told = [
            (name, client("XPENDING", "groups", name), client("XINFO", "CONSUMERS", "groups", name))
            for name in names
        ]
        for _, pending, consumers in told:
            for consumer in consumers:
                del consumer[consumer.index(b"idle") :]
        functions = sorted(lib[1] for lib in client("FUNCTION", "LIST"))
        deadlines = [client("EXPIRETIME", key) for key in sorted(client("KEYS", "expire*"))]
        return [told, functions, deadlines]


VERBS = {
    "SET": lambda chance, i, value: [value],
    "APPEND": lambda chance, i, value: [value],
    "RPUSH": lambda chance, i, value: [value, i],
    "SADD": lambda chance, i, value: [value, i],
    "HSET": lambda chance, i, value: [f"f{i % 7}", value],
    "ZADD": lambda chance, i, value: [chance.random(), value],
    "INCRBYFLOAT": lambda chance, i, value: [0.1],
    "XADD": lambda chance, i, value: [f"{i + 1}-1", "field", value],
}


def digest(server):
    with Client(server.address, timeout=30.0) as client:
        return client("DEBUG", "DIGEST")


def refused(server):
    """Starts a server that must not serve; returns what it said."""
    server.launch()
    assert server.process.wait(20) == 1
    server.process = None
    return server.log()


# What was written is there


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_everything_acknowledged_is_there_after_a_kill(fresh_server, policy, preamble):
    server = fresh_server({**ON, "appendfsync": policy, "aof-use-rdb-preamble": preamble})
    client = server.client()
    fill(client, 1)
    assert client("BGREWRITEAOF") == "Background append only file rewriting started"
    fill(client, 2)
    wait_until(lambda: persistence(client)["aof_rewrite_in_progress"] == "0")
    fill(client, 3)
    before = digest(server)
    base = listed(server, "b")[0]
    assert base.name.endswith(".rdb" if preamble == "yes" else ".aof")
    server.kill()
    server.start()
    assert digest(server) == before
    assert server.client()("DEBUG", "LOADAOF") == "OK"
    assert digest(server) == before


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_stock_redis_reads_our_files(fresh_server, tmp_path, preamble):
    server = fresh_server({**ON, "aof-use-rdb-preamble": preamble, "aof-timestamp-enabled": "yes"})
    fill(server.client(), 4)
    server.client()("BGREWRITEAOF")
    wait_until(lambda: persistence(server.client())["aof_rewrites"] == "1")
    fill(server.client(), 5)
    before, told = digest(server), groups(server)
    server.stop()
    check = subprocess.run(
        ["redis-check-aof", str(manifest(server))], capture_output=True, text=True, timeout=30
    )
    assert check.returncode == 0, check.stdout + check.stderr
    with Server(ON, binary=ORACLE_BINARY, directory=server.directory) as stock:
        assert digest(stock) == before and groups(stock) == told
        fill(stock.client(), 6)
        after, told = digest(stock), groups(stock)
    server.start()
    assert digest(server) == after and groups(server) == told


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_we_read_the_files_of_stock_redis(fresh_server, tmp_path, preamble):
    config = {**ON, "aof-use-rdb-preamble": preamble, "aof-timestamp-enabled": "yes"}
    with Server(config, binary=ORACLE_BINARY, directory=tmp_path) as stock:
        fill(stock.client(), 7)
        stock.client()("BGREWRITEAOF")
        wait_until(lambda: persistence(stock.client())["aof_rewrite_in_progress"] == "0")
        fill(stock.client(), 8)
        before, told = digest(stock), groups(stock)
    server = fresh_server(config, directory=tmp_path)
    assert digest(server) == before and groups(server) == told


def test_a_single_file_of_old_becomes_the_base(fresh_server, tmp_path):
    with Server(ON, binary=ORACLE_BINARY, directory=tmp_path) as stock:
        fill(stock.client(), 9)
        stock.client()("BGREWRITEAOF")
        wait_until(lambda: persistence(stock.client())["aof_rewrite_in_progress"] == "0")
        fill(stock.client(), 10)
        before = digest(stock)
        parts = listed(stock, "b") + listed(stock, "i")
    single = b"".join(part.read_bytes() for part in parts)
    shutil.rmtree(tmp_path / "appendonlydir")
    (tmp_path / PREFIX).write_bytes(single)
    server = fresh_server(ON, directory=tmp_path)
    assert digest(server) == before
    assert not (tmp_path / PREFIX).exists()
    server.client()("SET", "more", "1")
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before


def test_it_can_be_switched_on_and_off_while_running(fresh_server):
    server = fresh_server({**ON, "appendonly": "no"})
    client = server.client()
    fill(client, 11)
    assert client("CONFIG", "SET", "appendonly", "yes") == "OK"
    fill(client, 12)
    wait_until(lambda: persistence(client)["aof_rewrites"] == "1")
    before = digest(server)
    assert client("CONFIG", "SET", "appendonly", "no") == "OK"
    client("SET", "not", "kept")
    assert client("CONFIG", "SET", "appendonly", "yes") == "OK"
    wait_until(lambda: persistence(client)["aof_rewrites"] == "2")
    client("DEL", "not")
    server.kill()
    server.config["appendonly"] = "yes"
    assert digest(server.start()) == before


def test_a_server_that_had_only_a_snapshot_does_not_begin_empty(fresh_server):
    server = fresh_server({**ON, "appendonly": "no"})
    fill(server.client(), 13)
    before = digest(server)
    server.client()("SAVE")
    server.stop()
    server.config["appendonly"] = "yes"
    server.start()
    assert digest(server) == before
    wait_until(lambda: persistence(server.client())["aof_rewrites"] == "1")
    (server.directory / "dump.rdb").unlink()
    server.kill()
    assert digest(server.start()) == before


def test_offsets_go_on_where_they_ended(fresh_server):
    server = fresh_server(ON)
    server.client()("SET", "a", "1")
    server.stop()
    end = increment(server).read_text().split("#SKEIN sum offset=")[-1].split()[0]
    server.start()
    assert f"#SKEIN start offset={end} " in increment(server).read_text()


def test_history_is_kept_as_long_as_asked_for(fresh_server):
    server = fresh_server({**ON, "repl-journal-retention": "1mb"})
    client = server.client()
    for i in range(3):
        client("SET", "key", i)
        client("BGREWRITEAOF")
        done = str(i + 1)
        wait_until(lambda want=done: persistence(client)["aof_rewrites"] == want)
        wait_until(lambda want=i + 1: [p.name for p in listed(server, "h")] == [
            f"{PREFIX}.{seq}.incr.aof" for seq in range(1, want + 1)
        ])
    assert all(path.exists() and path.name.endswith(".incr.aof") for path in listed(server, "h"))
    client("CONFIG", "SET", "repl-journal-retention", "0")
    wait_until(lambda: listed(server, "h") == [])
    wait_until(lambda: len(list(aof_dir(server).iterdir())) == 3, what="the files to go")


def test_the_manifest_tells_where_a_closed_increment_ends(fresh_server, tmp_path):
    """And stock Redis reads such a manifest, in the middle of a rewrite too."""
    server = fresh_server({**ON, "rdb-key-save-delay": "1000000"})
    client = server.client()
    fill(client, 20)
    client("BGREWRITEAOF")
    wait_until(lambda: " endoffset " in manifest(server).read_text())
    fill(client, 21)
    first, second = listed(server, "i")
    end = re.search(rf"{first.name} .* endoffset (\d+)", manifest(server).read_text())[1]
    assert f"#SKEIN start offset={end} " in second.read_text(errors="replace")
    before = digest(server)
    server.kill()
    shutil.copytree(aof_dir(server), tmp_path / "appendonlydir")
    with Server(ON, binary=ORACLE_BINARY, directory=tmp_path) as stock:
        assert digest(stock) == before
    server.config["rdb-key-save-delay"] = "0"
    server.config["repl-journal-retention"] = "10mb"
    assert digest(server.start()) == before
    server.client()("BGREWRITEAOF")
    wait_until(lambda: persistence(server.client())["aof_rewrites"] == "1")
    line = re.search(rf"{first.name} .* type h .*", manifest(server).read_text())[0]
    assert f"endoffset {end}" in line


def test_a_file_that_has_outgrown_its_base_gets_a_new_one(fresh_server):
    server = fresh_server({**ON, "auto-aof-rewrite-min-size": "4kb"})
    client = server.client()
    for i in range(600):
        client("SET", "same", f"value {i}")
    wait_until(lambda: int(persistence(client)["aof_rewrites"]) > 0)


def test_a_percentage_of_zero_or_a_file_below_the_size_begins_no_rewrite(fresh_server):
    server = fresh_server({**ON, "auto-aof-rewrite-min-size": "4kb"})
    client = server.client()
    client("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)
    client.pipeline([("SET", "same", f"value {i}") for i in range(600)])
    beats = int(client.info("server")["uptime_in_seconds"]) + 1
    wait_until(lambda: int(client.info("server")["uptime_in_seconds"]) > beats)
    assert persistence(client)["aof_rewrites"] == "0"
    client("CONFIG", "SET", "auto-aof-rewrite-min-size", "1mb")
    client("CONFIG", "SET", "auto-aof-rewrite-percentage", 100)
    assert persistence(client)["aof_rewrites"] == "0"
    client("CONFIG", "SET", "auto-aof-rewrite-min-size", "4kb")
    wait_until(lambda: int(persistence(client)["aof_rewrites"]) > 0)


# Files that are not as they were written (faults 60 to 62)


def small_log(server):
    client = server.client()
    for i in range(6):
        client("SET", f"key{i}", "x" * 10 * i)
        client("MULTI")
        client("INCR", "units")
        client("RPUSH", "list", f"element {i}")
        client("EXEC")
    server.stop()
    return increment(server).read_bytes()


def check_tails(server, left_out, tail):
    """Starts with the last bytes of the log left out and `tail()` in their place, for each number
    of bytes: what is kept is its whole units."""
    whole = small_log(server)
    units, path = whole.split(b"#SKEIN start")[1], increment(server)
    for count in left_out(len(whole)):
        path.write_bytes(whole[: len(whole) - count] + tail())
        server.start()
        client = server.client()
        assert int(client("GET", "units") or 0) == client("LLEN", "list")
        server.kill()
        assert units.startswith(path.read_bytes().split(b"#SKEIN start")[1].rstrip(b"\r\n"))


def test_a_torn_tail_is_cut_at_the_last_whole_unit(fresh_server):
    server, chance = fresh_server(ON), random.Random(60)
    check_tails(
        server, lambda size: chance.sample(range(1, size - 100), 12) + [1, 2, 3], lambda: b""
    )
    assert "no whole unit" in server.log()


def test_a_tail_of_zeros_is_cut_like_a_torn_one(fresh_server):
    server, chance = fresh_server(ON), random.Random(59)
    check_tails(
        server,
        lambda size: chance.sample(range(1, size - 100), 6) + [0],
        lambda: bytes(chance.choice([3, 4096, 70000])),
    )
    assert "nothing but zeros" in server.log()


def test_zeros_in_the_middle_are_damage(fresh_server):
    server = fresh_server(ON)
    whole = small_log(server)
    at = whole.index(b"*3", 200)
    zeroed = whole[:at] + bytes(20) + whole[at + 20 :]
    increment(server).write_bytes(zeroed)
    assert f"at offset {at}" in refused(server)
    assert increment(server).read_bytes() == zeroed


def second_increment(server):
    """A second increment behind the first, as a change of increments leaves them before the end of
    the first is on disk; returns both."""
    first = increment(server)
    units = first.read_bytes()
    middle = units.rindex(b"*3\r\n$3\r\nSET")
    head = units[: units.index(b"\n") + 1]
    offset = int(units.split(b"#SKEIN sum offset=")[1].split()[0])
    begin = offset - (units.rindex(b"#SKEIN sum") - middle)
    start = re.sub(rb"offset=\d+ skip=\d+", b"offset=%d skip=0" % begin, head)
    second = aof_dir(server) / f"{PREFIX}.2.incr.aof"
    second.write_bytes(start + units[middle : units.rindex(b"#SKEIN sum")])
    first.write_bytes(units[:middle])
    line = f"file {second.name} seq 2 type i\n"
    manifest(server).write_text(manifest(server).read_text() + line)
    return first, second


@pytest.mark.parametrize("lost", [0, 5, "unit", "all"])
def test_what_was_begun_behind_a_lost_tail_is_given_up(fresh_server, lost):
    server = fresh_server(ON)
    small_log(server)
    first, second = second_increment(server)
    units, kept = 6, first.read_bytes()
    if lost == "unit":  # at the border of a unit: only the offsets show that something is missing
        kept, units = kept[: kept.rindex(b"*1\r\n$5\r\nMULTI")], 4
    elif lost == "all":  # of the second no byte was written yet, the first is torn
        second.write_bytes(b"")
        kept, units = kept[:-5], 4
    elif lost:
        kept, units = kept[:-lost], 4
    first.write_bytes(kept)
    server.config["aof-load-truncated"] = "no"
    if lost:
        said = refused(server)
        print(said)
        assert "not cut" in said and first.read_bytes() == kept and second.exists()
    server.config["aof-load-truncated"] = "yes"
    server.start()
    assert int(server.client()("GET", "units")) == units
    assert server.client()("LLEN", "list") == units
    assert second.exists() == (not lost)
    server.client()("SET", "more", "1")
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before


def test_an_increment_that_stops_short_of_its_listed_end_is_refused(fresh_server):
    server = fresh_server(ON)
    small_log(server)
    first, second = second_increment(server)
    begin = second.read_bytes().split(b"offset=")[1].split()[0].decode()
    text = manifest(server).read_text()
    line = f"{first.name} seq 1 type i"
    text = text.replace(line, f"{line} endoffset {begin}")
    manifest(server).write_text(text)
    assert int(server.start().client()("GET", "units")) == 6
    server.stop()
    kept = first.read_bytes()
    first.write_bytes(kept[: kept.rindex(b"*1\r\n$5\r\nMULTI")])
    assert begin in refused(server) and second.exists()


def test_a_torn_tail_is_refused_in_strict_mode(fresh_server):
    server = fresh_server({**ON, "aof-load-truncated": "no"})
    whole = small_log(server)
    torn = whole[: whole.rindex(b"EXEC") - 3]
    increment(server).write_bytes(torn)
    assert "aof-load-truncated" in refused(server)
    assert increment(server).read_bytes() == torn


def test_a_flipped_bit_in_a_value_is_found(fresh_server):
    server = fresh_server(ON)
    whole = small_log(server)
    at = whole.index(b"xxxxx")
    flipped = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]
    increment(server).write_bytes(flipped)
    said = refused(server)
    assert "checksum" in said and increment(server).name in said and "at offset" in said
    assert increment(server).read_bytes() == flipped


def test_a_damaged_middle_is_refused_with_its_place(fresh_server):
    server = fresh_server(ON)
    whole = small_log(server)
    at = whole.index(b"*3", 200)
    increment(server).write_bytes(whole[:at] + b"?" + whole[at + 1 :])
    assert f"at offset {at}" in refused(server)


def unlist(server):
    manifest(server).unlink()


def lose_a_base(server):
    listed(server, "b")[0].unlink()


def duplicate_a_line(server):
    path = manifest(server)
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")


def empty_the_manifest(server):
    manifest(server).write_text("")


def link_the_manifest(server):
    moved = server.directory / "elsewhere"
    manifest(server).rename(moved)
    manifest(server).symlink_to(moved)


def link_an_increment(server):
    moved = server.directory / "elsewhere"
    path = increment(server)
    path.rename(moved)
    path.symlink_to(moved)


def add_line(text):
    def add(server):
        with manifest(server).open("a") as file:
            file.write(text + "\n")

    return add


@pytest.mark.parametrize(
    "harm, reason",
    [
        (unlist, "the manifest that lists it is missing"),
        (lose_a_base, ".rdb but it cannot be read: No such file or directory"),
        (duplicate_a_line, "a file is named twice"),
        (add_line("file a seq 1 type i"), "Found a non-monotonic sequence number"),
        (empty_the_manifest, "Found an empty AOF manifest"),
        (add_line("file a seq 7 type b"), "Found duplicate base file information"),
        (add_line("file a seq 7 type x"), "Unknown AOF file type"),
        (add_line(""), "Invalid AOF manifest file format"),
        (link_the_manifest, "is not a plain file"),
        (link_an_increment, "is not a plain file"),
    ],
)
def test_a_manifest_that_is_missing_or_wrong_refuses_the_start(fresh_server, harm, reason):
    server = fresh_server(ON)
    small_log(server)
    harm(server)
    before = sorted((path.name, path.lstat().st_size) for path in aof_dir(server).iterdir())
    assert reason in refused(server).splitlines()[-1]
    after = sorted((path.name, path.lstat().st_size) for path in aof_dir(server).iterdir())
    assert after == before


# A disk that fails (faults 56 to 58, 63)


@pytest.fixture(scope="module")
def faults_library(tmp_path_factory):
    library = tmp_path_factory.mktemp("faults") / "disk_faults.so"
    source = pathlib.Path(__file__).parents[1] / "lib" / "faults" / "disk_faults.c"
    command = ["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return library


@pytest.fixture
def faulty(fresh_server, faults_library, tmp_path):
    """A factory of servers, each with the directory whose files are its faults."""

    def start(config):
        faults = tmp_path / "faults"
        faults.mkdir()
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        env = {
            "LD_PRELOAD": str(faults_library),
            "DISK_FAULTS": str(faults),
            "ASAN_OPTIONS": asan,
        }
        return fresh_server({**ON, **config}, env=env), faults

    return start


def is_misconf(reply):
    return isinstance(reply, Error) and reply.code == "MISCONF"


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_full_disk_refuses_writes_until_there_is_space(faulty, policy):
    server, faults = faulty({"appendfsync": policy})
    reader, writer = server.client(), server.client(timeout=20.0)
    reader("SET", "before", "1")
    # Else the line that a sync of it adds finds the disk full before the write that is to wait.
    assert reader("WAITAOF", 1, 0, 10000) == [1, 0]
    (faults / "full").touch()
    # What was not written is not acknowledged.
    waiting = threading.Thread(target=writer, args=("SET", "waits", "1"))
    waiting.start()
    wait_until(lambda: persistence(reader)["aof_last_write_status"] == "err")
    assert is_misconf(reader("SET", "refused", "1"))
    assert reader("GET", "before") == b"1"
    assert waiting.is_alive()
    (faults / "full").unlink()
    wait_until(lambda: reader("SET", "after", "1") == "OK", deadline=1.0)
    waiting.join(5)
    assert not waiting.is_alive()
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before


def test_an_id_that_changes_while_the_disk_is_full_is_told_at_its_offset(faulty):
    """The line that tells it comes when there is space, between the bytes of before and after."""
    server, faults = faulty({"appendfsync": "no"})
    reader, writer = server.client(), server.client(timeout=20.0)
    reader("SET", "before", "1")
    # Else the line that a sync of it adds finds the disk full before the write that is to wait.
    assert reader("WAITAOF", 1, 0, 10000) == [1, 0]
    (faults / "full").touch()
    waiting = threading.Thread(target=writer, args=("SET", "waits", "1"))
    waiting.start()
    wait_until(lambda: persistence(reader)["aof_last_write_status"] == "err")
    reader("DEBUG", "CHANGE-REPL-ID")
    name = reader.info("replication")["master_replid"]
    end = int(reader.info("replication")["master_repl_offset"])
    assert name not in increment(server).read_text()
    (faults / "full").unlink()
    wait_until(lambda: reader("SET", "after", "1") == "OK")
    waiting.join(5)
    text = increment(server).read_text().replace("\r", "")
    line = f"#SKEIN start offset={end} skip=0 id={name}\n"
    assert text.index("waits") < text.index(line) < text.index("after")
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before
    assert server.client().info("replication")["master_replid2"] == name


def test_a_failed_sync_is_followed_by_a_new_base(faulty):
    server, faults = faulty({"appendfsync": "always"})
    client = server.client(timeout=20.0)
    client("SET", "before", "1")
    (faults / "sync-eio").touch()
    assert client("SET", "suspect", "1") == "OK"
    assert int(persistence(client)["aof_rewrites"]) == 1
    assert "could not be synced" in server.log()
    old = [path for path in aof_dir(server).iterdir() if ".1." in path.name]
    wait_until(lambda: not any(path.exists() for path in old))
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before


def test_what_waits_for_the_disk_goes_on_waiting_when_a_new_base_cannot_begin(faulty):
    server, faults = faulty({"appendfsync": "always"})
    reader = server.client()
    first, second = server.client(timeout=20.0), server.client(timeout=20.0)
    reader("SET", "before", "1")
    (faults / "stalled").touch()
    replies = []

    def send(writer, name):
        replies.append(writer("SET", name, "1"))

    for writer, name in ((first, "unsynced"), (second, "unwritten")):
        threading.Thread(target=send, args=(writer, name)).start()
        wait_until(lambda n=name: reader("EXISTS", n) == 1)
        (faults / "full").touch()
    wait_until(lambda: persistence(reader)["aof_last_write_status"] == "err")
    (faults / "sync-eio").touch()
    (faults / "stalled").unlink()
    wait_until(lambda: server.log().count("got no new base") >= 2)
    assert replies == []
    assert is_misconf(reader("SET", "refused", "1"))
    (faults / "full").unlink()
    wait_until(lambda: replies == ["OK", "OK"])
    before = digest(server)
    server.kill()
    assert digest(server.start()) == before


def test_replies_to_writes_wait_for_the_sync_and_reads_do_not(faulty):
    server, faults = faulty({"appendfsync": "always"})
    writer, reader = server.client(timeout=20.0), server.client()
    writer("SET", "key", "1")
    (faults / "stalled").touch()
    replies = []
    thread = threading.Thread(target=lambda: replies.append(writer("SET", "key", "2")))
    thread.start()
    wait_until(lambda: reader("GET", "key") == b"2")
    for _ in range(100):
        assert reader("GET", "key") == b"2"
    assert replies == []
    (faults / "stalled").unlink()
    thread.join(10)
    assert replies == ["OK"]


def test_who_waited_for_a_key_gets_it_when_that_is_synced(faulty):
    server, faults = faulty({"appendfsync": "always"})
    waiter, pusher = server.client(timeout=20.0), server.client(timeout=20.0)
    reader = server.client()
    popped = []
    thread = threading.Thread(target=lambda: popped.append(waiter("BLPOP", "list", 0)))
    thread.start()
    wait_until(lambda: reader.info("clients")["blocked_clients"] == "1")
    (faults / "stalled").touch()
    push = threading.Thread(target=pusher, args=("RPUSH", "list", "element"))
    push.start()
    wait_until(lambda: reader.info("clients")["blocked_clients"] == "0")
    for _ in range(100):
        assert reader("EXISTS", "list") == 0
    assert popped == []
    (faults / "stalled").unlink()
    thread.join(10)
    push.join(10)
    assert popped == [[b"list", b"element"]]


def test_under_everysec_a_stalled_sync_loses_nothing_to_a_kill(faulty):
    server, faults = faulty({"appendfsync": "everysec"})
    (faults / "stalled").touch()
    fill(server.client(), 58)
    before = digest(server)
    server.kill()
    (faults / "stalled").unlink()
    assert digest(server.start()) == before


def test_a_rewrite_that_fails_keeps_the_old_base(fresh_server):
    server = fresh_server(ON)
    client = server.client()
    fill(client, 63)
    base = listed(server, "b")
    (aof_dir(server) / f"{PREFIX}.2.base.rdb").mkdir()
    for failures in range(1, 4):
        client("BGREWRITEAOF")
        want = str(failures)
        wait_until(
            lambda want=want: persistence(client)["aof_rewrites_consecutive_failures"] == want
        )
        client("SET", "more", failures)
    assert persistence(client)["aof_last_bgrewrite_status"] == "err"
    assert listed(server, "b") == base
    before = digest(server)
    server.kill()
    # Killed while it wrote the manifest or a base, it leaves these.
    (aof_dir(server) / f"{PREFIX}.manifest.tmp-a1B2c3").write_text("file")
    (aof_dir(server) / "temp-rewriteaof-1.aof").write_text("REDIS")
    assert digest(server.start()) == before
    (aof_dir(server) / f"{PREFIX}.2.base.rdb").rmdir()
    server.client()("BGREWRITEAOF")
    wait_until(lambda: len(list(aof_dir(server).iterdir())) == 3, what="one base, one increment")


@pytest.mark.parametrize("config", [ON, {"save": "3600 1"}], ids=["append-only", "snapshot"])
def test_nothing_is_acknowledged_behind_the_end_of_the_file(fresh_server, config):
    """A write that was read together with SHUTDOWN gets no answer: the file is closed."""
    server = fresh_server({**config, "enable-debug-command": "yes"})
    sleeper, killer, writer = server.client(), server.client(), server.client()
    sleeper.send("DEBUG", "SLEEP", "0.2")
    killer.send_raw(encode("SET", "early", "1") + encode("SHUTDOWN"))
    writer.send("SET", "late", "1")
    assert writer.read_until_closed(20) == b""
    assert server.process.wait(20) == 0
    with server.start().client() as client:
        assert client("MGET", "early", "late") == [b"1", None]


def test_a_directory_that_cannot_be_made_refuses_the_start(tmp_path):
    (tmp_path / "appendonlydir").write_text("a file")
    assert "appendonlydir" in refused(Server(ON, directory=tmp_path))


# What lies in the directory at the start (fault 64)


def write_old_snapshot(server):
    """A snapshot that is older than the append-only file says."""
    with Server({"save": "''"}) as other:
        other.client()("SET", "key0", "of the snapshot")
        other.client()("SAVE")
        shutil.copy(other.directory / "dump.rdb", server.directory / "dump.rdb")


def test_the_append_only_file_counts_and_not_an_older_snapshot(fresh_server):
    server = fresh_server(ON)
    small_log(server)
    write_old_snapshot(server)
    server.start()
    assert server.client()("GET", "units") == b"6"
    assert server.client()("GET", "key0") == b""


def empty_the_base(server):
    listed(server, "b")[0].write_bytes(b"")


def make_the_base_newer(server):
    path = listed(server, "b")[0]
    path.write_bytes(b"REDIS0099" + path.read_bytes()[9:])


def damage_the_base(server):
    path = listed(server, "b")[0]
    path.write_bytes(path.read_bytes()[:-4])


@pytest.mark.parametrize("harm", [empty_the_base, make_the_base_newer, damage_the_base])
def test_a_base_that_cannot_be_read_refuses_the_start(fresh_server, harm):
    server = fresh_server(ON)
    small_log(server)
    harm(server)
    base = listed(server, "b")[0]
    before = sorted((path.name, path.lstat().st_size) for path in aof_dir(server).iterdir())
    assert base.name in refused(server)
    after = sorted((path.name, path.lstat().st_size) for path in aof_dir(server).iterdir())
    assert after == before


@pytest.mark.parametrize("contents", [b"", b"REDIS0099\xff"])
def test_a_snapshot_that_cannot_be_read_refuses_the_start(tmp_path, contents):
    """Also as the first data of an append-only file: the server does not begin empty."""
    (tmp_path / "dump.rdb").write_bytes(contents)
    for config in ({"save": "''"}, ON):
        assert "dump.rdb" in refused(Server(config, directory=tmp_path))
        assert (tmp_path / "dump.rdb").read_bytes() == contents


def test_a_directory_that_cannot_be_written_to_refuses_the_start(tmp_path):
    """/proc/self/fd takes no files, whoever asks."""
    (tmp_path / "appendonlydir").symlink_to("/proc/self/fd")
    assert "Cannot" in refused(Server(ON, directory=tmp_path))
