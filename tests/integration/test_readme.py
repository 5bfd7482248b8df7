"""Proves: who types what README shows sees what README shows."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest
from skeintest import server_binary
from skeintest.cli import clean_environment, cli_binary
from skeintest.server import free_port
from skeintest.wait import wait_until

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def session(heading):
    """The (command, output) pairs of the blocks below a heading."""
    section = README.read_text().split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for block in section.split("```")[1::2] for line in block.strip().split("\n")]
    steps = []
    for line in lines:
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


@pytest.fixture
def shell(tmp_path):
    """Runs a line as in the root of the tree, with ports of this test; ends what is left."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "skein-server").symlink_to(server_binary())
    (tmp_path / "build" / "skein-cli").symlink_to(cli_binary())
    ports = {port: str(free_port()) for port in ["7001", "7002"]}
    pids = []

    def run(line):
        for shown, port in ports.items():
            line = line.replace(shown, port)
        if "--daemonize" in line:
            pids.append(tmp_path / f"{len(pids)}.pid")
            line += f" --pidfile {pids[-1]}"
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env=clean_environment(tmp_path, FAKETTY="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).splitlines()

    yield run
    for file in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_replica_step_by_step(shell):
    steps = session("A replica, step by step")
    said = " ".join(line for _, output in steps for line in output)
    assert "READONLY" in said and len(steps) > 10
    for command, output in steps:
        # A replica has things a moment later, and a server needs one to begin.
        wait_until(lambda: shell(command) == output, 20, f"{command} answers {output}", 0.05)
