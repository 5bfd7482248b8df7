"""The Makefile, in a copy of the tree that holds a few lines of C: what it finds, what it rebuilds,
what fails it, and how the release binary is hardened.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import TOOLS, plant  # noqa: E402

UNIT_TEST = """
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/one.h"

static void one_is_as_expected(void **state)
{
    (void)state;
    assert_int_equal(one(1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_is_as_expected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
TREE = {
    "src/base/one.h": "int one(int argc);\n",
    "src/base/one.c": '#include "base/one.h"\n\n#include <string.h>\n\n'
    "int one(int argc)\n{\n    char text[8];\n"
    "    memset(text, argc, (size_t)argc);\n    return text[0];\n}\n",
    "src/main.c": '#include "base/one.h"\n\nint main(int argc, char **argv)\n{\n    (void)argv;\n'
    "    return one(argc) - 1;\n}\n",
    "tests/unit/base/test_one.c": UNIT_TEST,
}


@pytest.fixture
def tree(tmp_path):
    shutil.copy(TOOLS.parent / "Makefile", tmp_path)
    shutil.copytree(TOOLS, tmp_path / "tools")
    return plant(tmp_path, TREE)


def make(tree, *words):
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "CC") or name.startswith("CCACHE")
    }
    done = subprocess.run(
        ["make", "--no-print-directory", "-C", str(tree), *words],
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def make_well(tree, *words):
    status, output = make(tree, *words)
    assert status == 0, output
    return output


def replace(tree, name, old, new):
    path = tree / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_empty_tree_builds_and_passes(tree):
    shutil.rmtree(tree / "src")
    shutil.rmtree(tree / "tests")
    assert "0 passed, 0 failed" in make_well(tree, "all", "unit")
    assert "no tests in tests/integration" in make_well(tree, "integration")


def test_only_programs_that_have_a_main_are_built(tree):
    make_well(tree)
    assert sorted(path.name for path in (tree / "build").glob("skein-*")) == ["skein-server"]
    plant(
        tree,
        {
            "src/cli/main.c": "int main(void)\n{\n    return 0;\n}\n",
            "src/check/rdb_main.c": "int main(void)\n{\n    return 0;\n}\n",
        },
    )
    make_well(tree)
    assert sorted(path.name for path in (tree / "build").glob("skein-*")) == [
        "skein-check-rdb",
        "skein-cli",
        "skein-server",
    ]


def test_what_is_built_is_not_built_again(tree):
    make_well(tree)
    assert "CC" not in make_well(tree)


@pytest.mark.parametrize(
    "change,rebuilt", [("src/base/one.h", ["one.c", "main.c"]), ("src/base/one.c", ["one.c"])]
)
def test_a_change_rebuilds_what_depends_on_it(tree, change, rebuilt):
    make_well(tree)
    output = make_well(tree, "-W", change)
    assert sorted(re.findall(r"CC +\S*/(\w+\.c)", output)) == sorted(rebuilt)


def test_other_flags_rebuild_everything(tree):
    make_well(tree)
    assert len(re.findall(r"  CC ", make_well(tree, "CFLAGS=-DOTHER"))) == 2


def test_a_removed_source_leaves_the_archive(tree):
    plant(tree, {"src/base/two.c": "int two(void);\nint two(void)\n{\n    return 2;\n}\n"})
    make_well(tree)
    (tree / "src/base/two.c").unlink()
    make_well(tree)
    members = subprocess.run(
        ["ar", "t", str(tree / "build/release/libskein.a")], capture_output=True, text=True
    )
    assert members.stdout.split() == ["one.o"]


def test_a_warning_is_an_error_when_asked(tree):
    replace(tree, "src/main.c", "(void)argv;", "int unused;")
    assert make(tree)[0] == 0
    assert make(tree, "WERROR=1")[0] != 0


def test_unit_tests_pass_and_are_counted(tree):
    assert make_well(tree, "unit").splitlines()[-1] == "1 passed, 0 failed"


def test_a_failing_unit_test_fails_make(tree):
    replace(tree, "tests/unit/base/test_one.c", "one(1), 1", "one(1), 2")
    status, output = make(tree, "unit")
    assert status != 0 and "0 passed, 1 failed" in output


REPORTED = {
    "an overrun": ("address,undefined", "assert_int_equal(one(1), 1);", "one(9);"),
    "a leak": (
        "address,undefined",
        "assert_int_equal(one(1), 1);",
        "volatile char *lost = malloc(7); lost[0] = 1; lost = NULL; one(1);",
    ),
    "undefined behaviour": (
        "address,undefined",
        "assert_int_equal(one(1), 1);",
        "volatile int big = INT32_MAX; big = big + one(1);",
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_a_report_of_a_sanitizer_fails_make(tree, name):
    build, old, new = REPORTED[name]
    replace(tree, "tests/unit/base/test_one.c", old, new)
    status, output = make(tree, f"SAN={build}", "unit")
    assert status != 0 and re.search("ERROR: (Address|Leak)Sanitizer|runtime error", output), output


def test_a_race_fails_make(tree):
    replace(
        tree,
        "tests/unit/base/test_one.c",
        "#include <cmocka.h>\n",
        "#include <cmocka.h>\n#include <pthread.h>\n"
        "static int shared;\nstatic void *add(void *unused)\n"
        "{\n    shared++;\n    return unused;\n}\n",
    )
    replace(
        tree,
        "tests/unit/base/test_one.c",
        "assert_int_equal(one(1), 1);",
        "pthread_t other; one(1); pthread_create(&other, NULL, add, NULL);"
        "shared++; pthread_join(other, NULL);",
    )
    status, output = make(tree, "SAN=thread", "unit")
    assert status != 0 and "data race" in output


def readelf(path, *options):
    return subprocess.run(
        ["readelf", "-W", *options, str(path)], check=True, capture_output=True, text=True
    ).stdout


def test_the_release_binary_is_hardened(tree):
    make_well(tree)
    server = tree / "build/skein-server"
    assert re.search(r"Type:\s+DYN", readelf(server, "-h"))
    assert re.search(r"FLAGS_1.*NOW.*PIE", readelf(server, "-d"))
    segments = readelf(server, "-l")
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK.* RW ", segments)
    symbols = readelf(server, "--dyn-syms")
    assert "__stack_chk_fail" in symbols and "__memset_chk" in symbols
    if os.uname().machine == "x86_64":
        # The mark of branch protection; Debian's own start-up code lacks it, so the whole binary
        # does too.
        assert re.search(r"IBT.*SHSTK", readelf(tree / "build/release/src/main.o", "-n"))


def test_clang_builds_it_too(tree):
    make_well(tree, "CC=clang", "WERROR=1")


def test_the_compile_database_lists_every_source(tree):
    make_well(tree, "compdb")
    text = (tree / "compile_commands.json").read_text()
    assert all(f'"{name}"' in text for name in TREE if name.endswith(".c"))


def test_install_honours_prefix_and_destdir(tree):
    make_well(tree, "install", f"DESTDIR={tree}/stage", "PREFIX=/opt/skein")
    assert os.access(tree / "stage/opt/skein/bin/skein-server", os.X_OK)
