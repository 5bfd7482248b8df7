#!/usr/bin/python3
"""Kills servers at random moments and looks whether everything they acknowledged is still there.

Writers count in keys of their own and note the last value that was acknowledged. Meanwhile bases
are rewritten and the disk stalls, fills up or fails a sync. After kill -9 the server must start
without help, and no counter may be below what was acknowledged or above what was sent: the write
precedes the reply under every policy, so a killed process loses nothing.

Then the same with power cuts: what was not synced goes too, in part, as zeros or whole, and so do
new names of files. Under `always` that loses nothing either; under the others the server must start
without help, with a prefix of what was sent.

    campaign.py [--rounds N] [--seed N] [--policy always|everysec|no] ... [--end kill|power] ...
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
from skeintest.power import cut_power  # noqa: E402

WRITERS = 4
POLICIES = ["always", "everysec", "no"]
ENDS = ["kill", "power"]
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


def look(server, writers, may_lose):
    """The counters after a restart; raises when one is not as promised."""
    with Client(server.address, timeout=20.0) as client:
        for writer in writers:
            value = int(client("GET", f"counter:{writer.number}") or 0)
            length = client("LLEN", f"list:{writer.number}")
            least = 0 if may_lose else writer.acknowledged
            if not least <= value <= writer.sent or length != value:
                raise AssertionError(
                    f"writer {writer.number}: {writer.acknowledged} acknowledged, {writer.sent} "
                    f"sent, {value} counted, {length} listed"
                )
            yield value


class Campaign:
    """One server that is ended again and again; `survived` counts acknowledged writes."""

    def __init__(self, policy, end, seed):
        self.chance = random.Random(f"{seed} {policy} {end}")
        self.policy, self.end = policy, end
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="skein-crash-"))
        self.faults = self.directory / "faults"
        self.faults.mkdir()
        self.starts = [0] * WRITERS
        self.survived = self.lost_bytes = 0
        if end == "power":
            (self.faults / "power").mkdir()
            (self.faults / "slow").touch()
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        env = {
            "LD_PRELOAD": str(build_library(self.directory)),
            "DISK_FAULTS": str(self.faults),
            "ASAN_OPTIONS": asan,
        }
        config = {"appendonly": "yes", "appendfsync": policy, "auto-aof-rewrite-min-size": "64kb"}
        self.server = Server(config, directory=self.directory, env=env)

    def close(self):
        self.server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def round(self):
        writers = [Writer(self.server.address, i, self.starts[i]) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        end = time.monotonic() + 0.1 + self.chance.random() * 0.7
        trouble(self.chance, self.server.address, self.faults, end)
        self.server.kill()
        for writer in writers:
            writer.join(30)
        for fault in FAULTS:
            (self.faults / fault).unlink(missing_ok=True)
        if self.end == "power":
            files = self.directory / "appendonlydir"
            self.lost_bytes += cut_power(self.chance, self.faults, files)
        self.server.start()
        may_lose = self.end == "power" and self.policy != "always"
        self.survived += sum(w.acknowledged - s for w, s in zip(writers, self.starts))
        self.starts = list(look(self.server, writers, may_lose))


def campaign(policy, rounds, seed, end="kill"):
    """Returns how many writes were acknowledged, and how many bytes the power cuts took."""
    run = Campaign(policy, end, seed)
    try:
        run.server.start()
        for number in range(rounds):
            try:
                run.round()
            except AssertionError as error:
                raise AssertionError(
                    f"appendfsync {policy}, {end}, seed {seed}, round {number}: {error}\n"
                    f"{run.server.tail()}"
                ) from error
    finally:
        run.close()
    return run.survived, run.lost_bytes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--policy", action="append", choices=POLICIES)
    parser.add_argument("--end", action="append", choices=ENDS)
    options = parser.parse_args()
    for end in options.end or ENDS:
        for policy in options.policy or POLICIES:
            writes, lost = campaign(policy, options.rounds, options.seed, end)
            promise = "0 lost" if end == "kill" or policy == "always" else "only unsynced ones lost"
            print(
                f"appendfsync {policy}: {options.rounds} times {end}, {writes} writes, {promise}, "
                f"{lost} unsynced bytes went"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
