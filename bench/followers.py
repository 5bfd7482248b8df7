"""Replicas: attaching them, and knowing when they have everything."""

import contextlib

from lab import wait_until
from measure import started
from tools import VALUE_BYTES, WRITES_PER_SECOND

NOBODY = 1  # a port on which no server listens
COMMAND_BYTES = VALUE_BYTES + 48
SLACK_SECONDS = 0.01


@contextlib.contextmanager
def fresh(variant, count=1, config=None):
    """Empty replicas that follow nobody yet."""
    with contextlib.ExitStack() as stack:
        config = {**variant.replica, **(config or {})}
        yield [stack.enter_context(started(variant.kind, config)) for _ in range(count)]


def follow(replica, port):
    reply = replica.client("REPLICAOF", "127.0.0.1", port)
    if reply != "OK":
        raise RuntimeError(f"REPLICAOF: {reply}")


def is_up(replica):
    """While a stock replica loads it says so instead of answering."""
    facts = replica.client.info("replication")
    return facts.get("master_link_status") == "up" and facts.get("master_sync_in_progress") == "0"


def has_all(replica, keys):
    size = replica.client("DBSIZE")
    return isinstance(size, int) and size >= keys


def wait_up(replicas, keys):
    waiting = list(replicas)

    def none_waits():
        waiting[:] = [one for one in waiting if not (is_up(one) and has_all(one, keys))]
        return not waiting

    wait_until(none_waits, "the replicas")


def written(master):
    return int(master.client.info("replication")["master_repl_offset"])


def applied(replica):
    return int(replica.client.info("replication").get("slave_repl_offset", 0))


def wait_caught_up(master, replica, rate=WRITES_PER_SECOND):
    """At most 10 ms of the load behind."""
    slack = int(rate * SLACK_SECONDS * COMMAND_BYTES)

    def has_caught_up():
        wanted = written(master) - slack
        return is_up(replica) and applied(replica) >= wanted

    wait_until(has_caught_up, "catching up", 0.001)


def wait_equal(master, replica):
    wait_until(lambda: applied(replica) == written(master), "the replica", 0.002)


def count_syncs(master, kind="full"):
    return int(master.client.info("stats")[f"sync_{kind}"])
