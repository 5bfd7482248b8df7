"""The runner of the unit tests believes no binary that crashes, hangs, skips or tests nothing; the
installer of packages leaves the machine's policy on services as it found it.
"""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import TOOLS  # noqa: E402


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def run_unit(*arguments):
    done = subprocess.run([str(TOOLS / "run-unit"), *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()[-1]


PASSED = "echo '[  PASSED  ] 3 test(s).'\n"
BAD = {
    "a failed test": PASSED + "echo '[  FAILED  ] 1 test(s), listed below:'\nexit 1",
    "a skipped test": PASSED + "echo '[  SKIPPED ] 1 test(s), listed below:'",
    "a crash after the tests": PASSED + "kill -SEGV $$",
    "a leak reported at the end": PASSED + "exit 99",
}


def test_the_counts_of_all_binaries_are_added_up(tmp_path):
    one, two = script(tmp_path / "one", PASSED), script(tmp_path / "two", PASSED)
    assert run_unit(one, two) == (0, "6 passed, 0 failed")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_binary_fails_the_run(tmp_path, name):
    good, bad = script(tmp_path / "good", PASSED), script(tmp_path / "bad", BAD[name])
    assert run_unit(good, bad) == (1, "6 passed, 1 failed")


def test_a_binary_without_tests_fails_the_run(tmp_path):
    assert run_unit(script(tmp_path / "empty", "exit 0")) == (1, "0 passed, 1 failed")


def test_a_binary_that_hangs_fails_the_run(tmp_path):
    assert run_unit("--timeout", "1", script(tmp_path / "hangs", "exec tail -f /dev/null")) == (
        1,
        "0 passed, 1 failed",
    )


@pytest.fixture
def machine(tmp_path):
    """A machine of scripts: apt-get notes whether services were forbidden and what it installs."""
    commands = tmp_path / "bin"
    policy, state = tmp_path / "policy-rc.d", tmp_path / "installed"
    state.mkdir()
    script(commands / "id", "echo 0")
    script(
        commands / "dpkg-query", f'for last; do :; done\n[ -e "{state}/$last" ] && printf installed'
    )
    script(
        commands / "apt-get",
        f"""
[ "$1" = install ] || exit 0
echo "$@" >>"{tmp_path}/apt.log"
if [ -e "{policy}" ]; then "{policy}"; echo "policy $?" >>"{tmp_path}/apt.log"; fi
[ -z "$APT_KILLS_PARENT" ] || {{ kill -TERM $PPID; exit 1; }}
shift
for word; do case $word in -*|DPkg*) ;; *) : >"{state}/$word" ;; esac; done""",
    )
    for name in ("invoke-rc.d", "service", "systemctl", "update-rc.d"):
        script(commands / name, f'echo "{name} $@" >>"{tmp_path}/services.log"')
    environment = dict(
        os.environ,
        PATH=f"{commands}:{os.environ['PATH']}",
        SKEIN_POLICY=str(policy),
        SKEIN_PACKAGES_LOCK=str(tmp_path / "lock"),
    )

    class Machine:
        path = tmp_path

        @staticmethod
        def install(*sections, **extra):
            return subprocess.run(
                [str(TOOLS / "install-packages"), *sections],
                env={**environment, **extra},
                capture_output=True,
                text=True,
            )

        @staticmethod
        def log(name):
            return (tmp_path / name).read_text() if (tmp_path / name).exists() else ""

    Machine.policy = policy
    return Machine


def test_only_the_asked_sections_are_installed_and_only_once(machine):
    assert machine.install("build").returncode == 0
    log = machine.log("apt.log")
    assert "libuv1-dev" in log and "redis-server" not in log
    assert machine.install("build").returncode == 0
    assert machine.log("apt.log") == log


def test_services_are_forbidden_while_installing_and_allowed_afterwards(machine):
    assert machine.install("test").returncode == 0
    assert "policy 101" in machine.log("apt.log")
    assert not machine.policy.exists()
    assert "redis-server stop" in machine.log("services.log")


def test_an_interrupted_installation_takes_its_policy_away(machine):
    assert machine.install("test", APT_KILLS_PARENT="1").returncode == 143
    assert not machine.policy.exists()


def test_a_policy_that_was_there_is_left_as_it_is(machine):
    script(machine.policy, "exit 104")
    before = machine.policy.read_text()
    assert machine.install("test").returncode == 0
    assert "policy 104" in machine.log("apt.log")
    assert machine.policy.read_text() == before


def test_a_policy_forgotten_by_a_killed_run_is_taken_away(machine):
    script(machine.policy, "# put here by tools/install-packages\nexit 101")
    assert machine.install("test").returncode == 0
    assert not machine.policy.exists()
