#!/usr/bin/python3
"""Kills servers at random moments and looks whether everything they acknowledged is still there.

Writers count in keys of their own and note the last value that was acknowledged. Meanwhile bases
are rewritten and the disk stalls, fills up or fails a sync. After kill -9 the server must start
without help, and no counter may be below what was acknowledged or above what was sent: the write
precedes the reply under every policy, so a killed process loses nothing.

    campaign.py [--rounds N] [--seed N] [--policy always|everysec|no] ...
"""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))
from skeintest import Client, Error, Server  # noqa: E402

WRITERS = 4
POLICIES = ["always", "everysec", "no"]
FAULTS = ["full", "sync-eio", "stalled"]


class Writer(threading.Thread):
    """Counts up `counter:N` and a list of the same length, in one transaction."""

    def __init__(self, address, number, start):
        super().__init__(daemon=True)
        self.address, self.number = address, number
        self.sent = self.acknowledged = start

    def run(self):
        try:
            with Client(self.address, timeout=20.0) as client:
                while True:
                    self.count(client)
        except (OSError, AssertionError):
            return

    def count(self, client):
        client("MULTI")
        client("INCR", f"counter:{self.number}")
        client("RPUSH", f"list:{self.number}", self.sent + 1)
        self.sent += 1
        reply = client("EXEC")
        if isinstance(reply, Error):
            self.sent -= 1
        else:
            self.acknowledged = reply[0]


def build_library(directory):
    library = directory / "disk_faults.so"
    source = ROOT / "tests" / "lib" / "faults" / "disk_faults.c"
    command = ["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def trouble(chance, address, faults, end):
    """Rewrites and faults until the moment of the kill; what is broken may stay broken."""
    with Client(address, timeout=20.0) as client:
        while time.monotonic() < end:
            fault = faults / chance.choice(FAULTS)
            action = chance.random()
            if action < 0.3:
                client("BGREWRITEAOF")
            elif action < 0.6:
                fault.touch()
            else:
                fault.unlink(missing_ok=True)
            threading.Event().wait(chance.random() * 0.05)


def look(server, writers):
    """The counters after a restart; raises when one is not as promised."""
    with Client(server.address, timeout=20.0) as client:
        for writer in writers:
            value = int(client("GET", f"counter:{writer.number}") or 0)
            length = client("LLEN", f"list:{writer.number}")
            if not writer.acknowledged <= value <= writer.sent or length != value:
                raise AssertionError(
                    f"writer {writer.number}: {writer.acknowledged} acknowledged, {writer.sent} "
                    f"sent, {value} counted, {length} listed"
                )
            yield value


def one_round(chance, server, faults, starts):
    writers = [Writer(server.address, i, starts[i]) for i in range(WRITERS)]
    for writer in writers:
        writer.start()
    trouble(chance, server.address, faults, time.monotonic() + 0.1 + chance.random() * 0.7)
    server.kill()
    for writer in writers:
        writer.join(30)
    for fault in FAULTS:
        (faults / fault).unlink(missing_ok=True)
    server.start()
    return list(look(server, writers)), sum(w.acknowledged - s for w, s in zip(writers, starts))


def campaign(policy, rounds, seed):
    """Returns how many writes were acknowledged and survived."""
    chance = random.Random(f"{seed} {policy}")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="skein-crash-"))
    faults = directory / "faults"
    faults.mkdir()
    asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    env = {
        "LD_PRELOAD": str(build_library(directory)),
        "DISK_FAULTS": str(faults),
        "ASAN_OPTIONS": asan,
    }
    config = {"appendonly": "yes", "appendfsync": policy, "auto-aof-rewrite-min-size": "64kb"}
    server = Server(config, directory=directory, env=env)
    total, starts = 0, [0] * WRITERS
    try:
        server.start()
        for number in range(rounds):
            try:
                starts, survived = one_round(chance, server, faults, starts)
            except AssertionError as error:
                raise AssertionError(
                    f"appendfsync {policy}, seed {seed}, round {number}: {error}\n{server.tail()}"
                ) from error
            total += survived
    finally:
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--policy", action="append", choices=POLICIES)
    options = parser.parse_args()
    for policy in options.policy or POLICIES:
        total = campaign(policy, options.rounds, options.seed)
        print(f"appendfsync {policy}: {options.rounds} kills, {total} writes, 0 lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
