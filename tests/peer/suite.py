#!/usr/bin/python3
"""Runs the test suite of Redis 7.0.15 against the servers and tools of this tree.

The suite is fetched as Debian's source package into build/peer; only its tests are unpacked. What
it cannot find here, or finds on purpose to be otherwise, stands with its reason in
differences.txt and is skipped (with --all it is run too, to see what could be taken off the list).

    suite.py [--jobs N] [--all] [FILE ...]     FILE like unit/type/set; default: all of files.txt
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PEER = ROOT / "build" / "peer"
SOURCE = "redis"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PROGRAMS = {
    "redis-server": "skein-server",
    "redis-cli": "skein-cli",
    "redis-check-aof": "skein-check-aof",
    "redis-check-rdb": "skein-check-rdb",
}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
VERDICT = re.compile(r"^\[(ok|err)\]: (.*)$")
FILE_SECONDS = 900
PORTS = 400  # of one file that runs


def source_lists(directory):
    """The sources of the packages this machine installs from."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"]
        + ["Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = sorted({line.rsplit(" ", 1)[0] for line in targets.splitlines() if "Debian" in line})
    path = directory / "sources.list"
    path.write_text("".join(f"deb-src [signed-by={KEYRING}] {line}\n" for line in lines))
    return path


def fetch(directory):
    """The archive of the suite; leaves the lists of the system as they are."""
    found = sorted(directory.glob("redis_7.0.15*.orig.tar.gz"))
    if found:
        return found[0]
    lists = directory / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-q", "-o", f"Dir::Etc::SourceList={source_lists(directory)}"]
    options += ["-o", "Dir::Etc::SourceParts=/dev/null", "-o", f"Dir::State::Lists={lists}"]
    subprocess.run(["apt-get", *options, "update"], check=True)
    command = ["apt-get", *options, "source", "--download-only", "--only-source", SOURCE]
    subprocess.run(command, cwd=directory, check=True)
    return sorted(directory.glob("redis_7.0.15*.orig.tar.gz"))[0]


def unpack(archive, place):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    command = ["tar", "xzf", str(archive), "-C", str(place), "--strip-components=1", "--wildcards"]
    subprocess.run([*command, "*/tests/*", "*/runtest", "*/redis.conf"], check=True)
    programs = place / "src"
    programs.mkdir()
    for theirs, ours in PROGRAMS.items():
        (programs / theirs).symlink_to(ROOT / "build" / ours)
    (programs / "redis-benchmark").symlink_to("/usr/bin/redis-benchmark")


def read_differences():
    """What is not expected to pass: names of tests by file."""
    differences = {}
    for line in (HERE / "differences.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        file, name, reason = (part.strip() for part in line.split(" | ", 2))
        assert reason, line
        differences.setdefault(file, []).append(name)
    return differences


def verdicts(text):
    for line in COLOURS.sub("", text).splitlines():
        found = VERDICT.match(line)
        if found:
            yield found[1] == "ok", found[2]


class Run:
    """One file of the suite, in a copy of it, on ports of its own."""

    def __init__(self, archive, file, number, skipped):
        self.archive, self.file, self.number = archive, file, number
        self.skipped = skipped
        self.place = PEER / f"run-{number}"

    def __call__(self):
        unpack(self.archive, self.place)
        skips = self.place / "skips"
        skips.write_text("".join(name + "\n" for name in self.skipped))
        command = ["./runtest", "--clients", "1", "--durable", "--ignore-encoding"]
        command += ["--tags", "-slow", "--skipfile", str(skips), "--single", self.file]
        ports = 21000 + self.number % 40 * PORTS
        command += ["--baseport", str(ports), "--portcount", str(PORTS)]
        with subprocess.Popen(
            command,
            cwd=self.place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                text, _ = process.communicate(timeout=FILE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                text, _ = process.communicate()
                text += "\n[err]: it did not end in time\n"
        if process.returncode and "All tests passed" not in text:
            last = COLOURS.sub("", text).strip().splitlines()[-12:]
            if not any(not good for good, _ in verdicts(text)):
                text += "\n[err]: the file ended early: " + " / ".join(last)[-400:] + "\n"
        return self.file, list(verdicts(text)), text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--all", action="store_true", help="run what is known to differ, too")
    options = parser.parse_args()
    PEER.mkdir(parents=True, exist_ok=True)
    archive = fetch(PEER)
    files = options.files or (HERE / "files.txt").read_text().split()
    differences = {} if options.all else read_differences()
    runs = [Run(archive, f, n, differences.get(f, [])) for n, f in enumerate(files)]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, results, text in pool.map(lambda run: run(), runs):
            (PEER / f"{file.replace('/', '-')}.log").write_text(text)
            bad = [name for good, name in results if not good]
            passed += len(results) - len(bad)
            failed += len(bad)
            print(f"{file}: {len(results) - len(bad)} passed, {len(bad)} failed", flush=True)
            for name in bad:
                print(f"    {name}", flush=True)
    for run in runs:
        shutil.rmtree(run.place, ignore_errors=True)
    skipped = sum(len(differences.get(file, [])) for file in files)
    print(f"{passed} passed, {failed} failed, {skipped} known to differ")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
