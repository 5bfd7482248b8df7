"""Each rule of tools/deps fires on a small made-up tree."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import load, plant  # noqa: E402

deps = load("deps")


def problems(root, files):
    return deps.check(plant(root, files))


def header(*names):
    return "".join(f'#include "{name}"\n' for name in names)


ALLOWED = [
    ("proto", "base"),
    ("store", "base"),
    ("io", "base"),
    ("snapshot", "store"),
    ("snapshot", "proto"),
    ("command", "snapshot"),
    ("command", "journal"),
    ("script", "command"),
    ("link", "command"),
    ("link", "io"),
    ("server", "link"),
    ("cli", "io"),
    ("check", "snapshot"),
]
FORBIDDEN = [
    ("base", "store"),
    ("proto", "store"),
    ("store", "proto"),
    ("journal", "repl"),
    ("store", "snapshot"),
    ("snapshot", "command"),
    ("command", "link"),
    ("command", "io"),
    ("link", "server"),
    ("io", "proto"),
    ("repl", "io"),
    ("cli", "server"),
    ("server", "cli"),
    ("proto", "io"),
]


@pytest.mark.parametrize("source,target", ALLOWED)
def test_the_table_allows(tmp_path, source, target):
    assert (
        problems(tmp_path, {f"src/{source}/x.h": header(f"{target}/y.h"), f"src/{target}/y.h": ""})
        == []
    )


@pytest.mark.parametrize("source,target", FORBIDDEN)
def test_the_table_forbids(tmp_path, source, target):
    found = problems(
        tmp_path, {f"src/{source}/x.h": "\n" + header(f"{target}/y.h"), f"src/{target}/y.h": ""}
    )
    assert found == [(f"src/{source}/x.h:2", f"{source} must not know {target}")]


def test_main_knows_the_server_but_not_the_cli(tmp_path):
    found = problems(
        tmp_path,
        {"src/main.c": header("server/y.h", "cli/z.h"), "src/server/y.h": "", "src/cli/z.h": ""},
    )
    assert found == [("src/main.c:2", "main.c must not know cli")]


def test_a_folder_missing_from_the_table(tmp_path):
    assert problems(tmp_path, {"src/extra/x.h": ""}) == [
        ("src/extra/x.h:1", "folder extra is not in the table of tools/deps")
    ]


def test_an_include_of_a_missing_file(tmp_path):
    assert problems(tmp_path, {"src/base/x.h": header("y.h"), "src/base/y.h": ""}) == [
        ("src/base/x.h:1", '"y.h" is not a file below src/')
    ]


def test_an_include_in_a_comment_does_not_count(tmp_path):
    assert (
        problems(tmp_path, {"src/base/x.h": '/*\n#include "store/y.h"\n*/\n', "src/store/y.h": ""})
        == []
    )


@pytest.mark.parametrize(
    "folder,name",
    [
        ("server", "uv.h"),
        ("link", "sys/socket.h"),
        ("server", "openssl/ssl.h"),
        ("command", "lua.h"),
        ("server", "histedit.h"),
    ],
)
def test_a_library_outside_its_folder(tmp_path, folder, name):
    found = problems(tmp_path, {f"src/{folder}/x.h": f"#include <{name}>\n"})
    assert len(found) == 1 and f"<{name}> may be included in" in found[0][1]


def test_headers_that_include_each_other(tmp_path):
    found = problems(
        tmp_path,
        {
            "src/base/a.h": header("base/b.h"),
            "src/base/b.h": header("base/c.h"),
            "src/base/c.h": header("base/a.h"),
        },
    )
    assert found == [
        (
            "src/base/a.h:1",
            "headers include each other: base/a.h -> base/b.h -> base/c.h -> base/a.h",
        )
    ]


def test_folders_that_know_each_other(tmp_path):
    found = problems(
        tmp_path,
        {
            "src/command/a.h": header("script/b.h"),
            "src/script/b.h": "",
            "src/script/c.h": header("command/d.h"),
            "src/command/d.h": "",
        },
    )
    assert found == [
        ("src/command/a.h:1", "folders include each other: command -> script -> command")
    ]


def test_unit_tests_mirror_the_folders(tmp_path):
    found = problems(tmp_path, {"src/store/x.c": "", "tests/unit/shop/test_x.c": ""})
    assert found == [
        ("tests/unit/shop", "there is no src/shop"),
        ("src/store", "no unit tests in tests/unit/store"),
    ]


def test_a_tested_folder_is_fine(tmp_path):
    assert problems(tmp_path, {"src/store/x.c": "", "tests/unit/store/test_x.c": ""}) == []
