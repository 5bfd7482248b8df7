"""What tests of replication ask servers, and what they wait for."""

from .resp import Client
from .wait import wait_until

# Nothing is in the stream that a test did not put there, and nobody is given up during one.
QUIET_CONFIG = {
    "repl-diskless-sync-delay": "0",
    "enable-debug-command": "yes",
    "enable-protected-configs": "yes",
    "repl-timeout": "60",
    "repl-ping-replica-period": "3600",
}


def ask(server, *words):
    with Client(server.address, timeout=20, tls=server.tls) as client:
        return client(*words)


def info(server, section="replication"):
    text = ask(server, "INFO", section).decode()
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def stat(server, name):
    """A number of INFO stats."""
    return int(info(server, "stats")[name])


def refused(server, name):
    """A counter of what only we tell: what peers sent and the server did not take."""
    return int(info(server, "skein")["skein_" + name])


def failure(replica):
    """Why its last attempt to follow ended; None: it did not."""
    why = info(replica, "skein")["skein_link_failure"]
    return None if why == "none" else why


def syncs(server):
    """How many replicas it gave a snapshot, and how many continued."""
    stats = info(server, "stats")
    return int(stats["sync_full"]), int(stats["sync_partial_ok"])


def follow(replica, master, host="127.0.0.1"):
    """`master` is anything with a port."""
    assert ask(replica, "REPLICAOF", host, master.port) in (b"OK", "OK")


def promote(replica):
    assert ask(replica, "REPLICAOF", "NO", "ONE") in (b"OK", "OK")


def is_up(replica):
    return info(replica).get("master_link_status") == "up"


def wait_up(*replicas):
    for replica in replicas:
        wait_until(lambda: is_up(replica), 20, "the link is up")


def wait_online(master, count=1):
    """So many replicas receive the stream."""
    wait_until(lambda: sum("state=online" in value for value in info(master).values()) >= count, 20)


def wait_down(replica):
    wait_until(lambda: not is_up(replica), 20, "the link is down")


def offset(server):
    return int(info(server)["master_repl_offset"])


def digest(server):
    return ask(server, "DEBUG", "DIGEST")


def wait_same(master, *replicas):
    """The replicas have everything the master has, and the same data."""
    for replica in replicas:
        wait_until(lambda: offset(replica) >= offset(master), 20, "offsets meet")
        wait_until(lambda: digest(replica) == digest(master), 20, "digests are equal")


def fill(server, count=500, size=5):
    """Keys of all types, in two databases."""
    with Client(server.address, timeout=20) as client:
        client.pipeline([("SET", f"key:{i}", f"value:{i}" * size) for i in range(count)])
        client("RPUSH", "list", *range(200))
        client("SADD", "set", "a", "b", "c")
        client("HSET", "hash", "f", "v", "g", "w")
        client("ZADD", "zset", 1, "one", 2.5, "two")
        client("SET", "volatile", "x", "EX", "1000")
        client("SELECT", "3")
        client("SET", "other", "database")


def bulk(server, megabytes):
    """Data that is as long on the wire, for transfers that kernels cannot swallow whole."""
    with Client(server.address, timeout=30) as client:
        client("CONFIG", "SET", "rdbcompression", "no")
        assert client("DEBUG", "POPULATE", 16 * megabytes, "bulk", 65536) in (b"OK", "OK")
