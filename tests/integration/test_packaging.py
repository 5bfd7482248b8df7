"""Proves: the Dockerfile and the compose file hold together, their command lines run, and names of
services are looked up anew whenever a replica connects, without holding anybody up.

There is no Docker here: containers are played by processes with a file /etc/hosts of their own."""

import contextlib
import os
import pathlib
import re
import shlex
import subprocess

import pytest
import yaml
from skeintest import Client, Server, server_binary
from skeintest.cli import cli_binary
from skeintest.replication import ask, info, wait_up
from skeintest.wait import wait_until

TREE = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = TREE / "packaging"
ENTRYPOINT = PACKAGING / "docker" / "entrypoint"
HEALTHCHECK = PACKAGING / "docker" / "healthcheck"
# What every Debian has, and what sanitizers bring.
BASE_PACKAGES = {"libc6", "libgcc-s1", "libstdc++6", "libasan8", "libubsan1", "libtsan2"}


# Dockerfile


def stages():
    """The instructions of each stage as (word, rest), without comments."""
    text = re.sub(r"^#.*\n", "", (PACKAGING / "Dockerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    found = []
    for word, rest in (line.split(None, 1) for line in lines if line.strip()):
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def told(stage, word):
    return [rest for told_word, rest in stage if told_word == word]


def test_what_the_image_is_built_of_is_in_the_tree():
    for stage in stages():
        for rest in told(stage, "COPY"):
            words = rest.split()
            if words[0].startswith("--from="):
                assert f"AS {words[0][7:]}" in stages()[0][0][1]
                continue
            assert all((TREE / source).exists() for source in words[:-1]), rest


def test_the_server_of_the_image_is_nobody_special():
    last = stages()[-1]
    assert told(last, "FROM") == ["debian:12-slim"]
    assert told(last, "USER") == ["skein"] and "--uid 999" in told(last, "RUN")[0]
    assert told(last, "VOLUME") == ["/data"] == told(last, "WORKDIR")
    assert told(last, "ENTRYPOINT") == ['["entrypoint"]']
    assert told(last, "HEALTHCHECK")[0].endswith('CMD ["healthcheck"]')
    for script in [ENTRYPOINT, HEALTHCHECK]:
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)


def needed_libraries(program):
    """The names of the files a program says it needs."""
    dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True)
    named = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic.stdout)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    paths = dict(re.findall(r"(\S+) => (\S+)", listed))
    return {pathlib.Path(paths[name]).name for name in named if name in paths}


def test_the_image_has_the_libraries_its_programs_need():
    packages = set(told(stages()[-1], "RUN")[0].split()) | BASE_PACKAGES
    needed = needed_libraries(server_binary()) | needed_libraries(cli_binary())
    assert {"libuv.so.1", "libedit.so.2"} <= {name[: name.index(".so") + 5] for name in needed}
    search = ["dpkg", "-S", *[f"*/{name}" for name in needed]]
    lines = subprocess.run(search, capture_output=True, text=True).stdout.splitlines()
    owners = [(line.split(":")[0], pathlib.Path(line.split()[-1]).name) for line in lines]
    found = {name for owner, name in owners if owner in packages}
    assert found >= needed, (needed - found, owners)


# The entry


@pytest.fixture
def programs(tmp_path):
    """A PATH on which the server and others only say how they were called."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ["skein-server", "skein-cli"]:
        (directory / name).write_text(f'#!/bin/sh\necho {name} "$@"; umask\n')
    (directory / "id").write_text("#!/bin/sh\necho 999\n")
    for file in directory.iterdir():
        file.chmod(0o755)
    (tmp_path / "open.conf").write_text("port 7000\nProtected-Mode yes\n")
    (tmp_path / "plain.conf").write_text("port 7000\n# protected-mode yes\n")
    return f"{directory}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    "arguments, called",
    [
        ("", "skein-server --protected-mode no"),
        ("skein-server", "skein-server --protected-mode no"),
        ("--port 7000", "skein-server --port 7000 --protected-mode no"),
        ("redis-server --appendonly yes", "skein-server --appendonly yes --protected-mode no"),
        ("--protected-mode yes", "skein-server --protected-mode yes"),
        ("open.conf --port 1", "skein-server open.conf --port 1"),
        ("plain.conf --port 1", "skein-server plain.conf --port 1 --protected-mode no"),
        ("skein-cli -h alpha ping", "skein-cli -h alpha ping"),
    ],
)
def test_the_entry_takes_what_the_server_takes(programs, tmp_path, arguments, called):
    run = subprocess.run(
        [ENTRYPOINT, *arguments.split()],
        env={**os.environ, "PATH": programs},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.stdout.splitlines() == [called, "0077"], run.stderr


# The nodes of the compose file


class Names:
    """What a container would find in its /etc/hosts; the resolver asks nothing else."""

    def __init__(self, directory):
        self.directory = directory
        self.hosts = directory / "hosts"
        self.resolver = directory / "resolv.conf"
        self.hosts.write_text("127.0.0.1 localhost\n")
        self.resolver.write_text("")
        (directory / "nsswitch.conf").write_text("hosts: files\n")

    def say(self, name, address):
        self.hosts.write_text(f"127.0.0.1 localhost\n{address} {name}\n")

    def prefix(self):
        """Runs a command where these are the files in /etc."""
        user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
        files = ["hosts", "resolv.conf", "nsswitch.conf"]
        mounts = [f"mount --bind {self.directory}/{name} /etc/{name}" for name in files]
        script = " && ".join([*mounts, 'exec "$@"'])
        return ["unshare", *user, "--mount", "sh", "-c", script, "-"]

    def make_slow(self):
        """From now on whoever looks a name up waits: its first step is to read a pipe."""
        self.resolver.unlink()
        os.mkfifo(self.resolver)

    def let_go(self):
        """Ends the waiting of those who wait now."""
        with contextlib.suppress(OSError):
            os.close(os.open(self.resolver, os.O_WRONLY | os.O_NONBLOCK))


@pytest.fixture
def names(tmp_path):
    return Names(tmp_path)


@pytest.fixture
def compose():
    return yaml.safe_load((PACKAGING / "docker-compose.yml").read_text())


@pytest.fixture
def start(tmp_path, names):
    """start(words) a server by the image's entry, as a container with these names would."""
    directory = tmp_path / "bin"
    directory.mkdir(exist_ok=True)
    (directory / "skein-server").symlink_to(server_binary())
    (directory / "id").write_text("#!/bin/sh\necho 999\n")
    (directory / "id").chmod(0o755)
    servers = []

    def begin(words, port=None, host="127.0.0.1"):
        server = Server(
            {"port": port or 0},
            binary=str(ENTRYPOINT),
            env={"PATH": f"{directory}:{os.environ['PATH']}"},
            prefix=names.prefix(),
        )
        server.host = host
        server.argv = [*words, "--port", str(server.port), "--bind", host]
        server.argv += ["--enable-debug-command", "yes"]
        servers.append(server)
        return server.start()

    yield begin
    for server in servers:
        server.stop(check=False)
        server.remove()


def test_the_services_fit_together(compose):
    services = compose["services"]
    assert list(services) == ["redis-alpha", "redis-bravo", "redis-charlie"]
    published, volumes = set(), set()
    for service in services.values():
        context = (PACKAGING / service["build"]["context"]).resolve()
        assert (context / service["build"]["dockerfile"]).is_file() and context == TREE
        published |= {port.split(":")[0] for port in service["ports"]}
        volumes |= {volume.split(":")[0] for volume in service["volumes"]}
        assert all(volume.endswith(":/data") for volume in service["volumes"])
        assert {port.split(":")[1] for port in service["ports"]} == {"6379"}
    assert len(published) == len(volumes) == 3
    assert volumes == set(compose["volumes"])
    followed = re.findall(r"--replicaof (\S+) (\d+)", str(services))
    assert followed == [("redis-alpha", "6379")] * 2


def test_nodes_meet_when_their_names_resolve_and_follow_them_elsewhere(start, names, compose):
    commands = {name: service["command"] for name, service in compose["services"].items()}
    alpha = start(shlex.split(commands["redis-alpha"]))
    replicas = []
    for name in ["redis-bravo", "redis-charlie"]:
        command = commands[name].replace("redis-alpha 6379", f"redis-alpha {alpha.port}")
        replicas.append(start(shlex.split(command)))
    for replica in replicas:
        wait_until(lambda: replica.log().count("SYNC: resolve") >= 2, 20, "it tries again")
        assert info(replica)["master_link_status"] == "down"
    names.say("redis-alpha", "127.0.0.1")
    assert ask(alpha, "SET", "k", "first") == "OK"
    for replica in replicas:
        wait_up(replica)
        wait_until(lambda: ask(replica, "GET", "k") == b"first", 10)
        assert info(replica)["master_host"] == "redis-alpha"
    shown = {info(alpha)[f"slave{i}"].split(",")[0] for i in range(2)}
    assert shown == {"ip=redis-bravo", "ip=redis-charlie"}
    alpha.stop()
    alpha.argv[alpha.argv.index("--bind") + 1] = alpha.host = "127.0.0.2"
    alpha.start()
    names.say("redis-alpha", "127.0.0.2")
    assert ask(alpha, "SET", "k", "second") == "OK"
    for replica in replicas:
        wait_until(lambda: ask(replica, "GET", "k") == b"second", 20, "it followed the name")


def test_a_name_that_takes_long_holds_nobody_up(start, names):
    master = start(["skein-server"])
    names.say("redis-alpha", "127.0.0.1")
    names.make_slow()
    follow = ["--replicaof", "redis-alpha", str(master.port)]
    replica = start(["skein-server", *follow])
    wait_until(lambda: "Connecting to MASTER redis-alpha" in replica.log(), 10)
    with Client(replica.address, timeout=5) as client:
        for i in range(100):
            assert client("ECHO", str(i)) == b"%d" % i
    assert info(replica)["master_link_status"] == "down"
    for i in range(20):
        assert ask(replica, "REPLICAOF", "NO", "ONE") == "OK"
        assert ask(replica, "SET", "k", "v") == "OK"
        assert ask(replica, "REPLICAOF", "redis-alpha", master.port) == "OK"
        wait_until(lambda: replica.log().count("Connecting to MASTER") >= i + 2, 10)
    wait_until(lambda: "resolve: Temporary failure" in replica.log(), 10, "no more may wait")
    tasks = pathlib.Path(f"/proc/{replica.pid}/task")
    assert sum(task.read_text() == "lookup\n" for task in tasks.glob("*/comm")) <= 16
    leaver = start(["skein-server", *follow])
    wait_until(lambda: "Connecting to MASTER redis-alpha" in leaver.log(), 10)
    leaver.stop()

    def is_up_when_let_go():
        names.let_go()
        return info(replica)["master_link_status"] == "up"

    wait_until(is_up_when_let_go, 20, "the name is found")


# Health


def test_the_health_check_tells_who_answers(start, tmp_path):
    (tmp_path / "bin" / "skein-cli").symlink_to(cli_binary())
    server = start(["skein-server"])
    locked = start(["skein-server", "--requirepass", "secret"])

    def health(port):
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "SKEIN_PORT": str(port)}
        return subprocess.run([HEALTHCHECK], env=env, timeout=20).returncode

    assert health(server.port) == health(locked.port) == 0
    server.stop()
    assert health(server.port) == 1
