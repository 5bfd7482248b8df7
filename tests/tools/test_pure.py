"""tools/pure finds calls and state in real objects, compiled here from a few lines each."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import load, plant  # noqa: E402

pure = load("pure")


def offences(root, files):
    plant(root, files)
    for path in root.rglob("*.c"):
        subprocess.run(
            ["gcc", "-O2", "-fPIE", "-c", str(path), "-o", str(path.with_suffix(".o"))], check=True
        )
    return pure.check(root)


INNOCENT = {
    "memory and strings": "#include <string.h>\n#include <stdlib.h>\n"
    "char *f(const char *s) { char *c = malloc(strlen(s)); memcpy(c, s, strlen(s)); return c; }",
    "mathematics": "#include <math.h>\ndouble f(double x) { return pow(x, 0.3) + fmod(x, 3); }",
    "text to numbers": "#include <errno.h>\n#include <stdlib.h>\n"
    "double f(const char *s) { errno = 0; return strtod(s, 0) + errno; }",
    "a constant table of pointers": 'static const char *const names[] = {"a", "b"};\n'
    "const char *f(int i) { return names[i]; }",
    "base": "int base_f(void);\nint f(void) { return base_f(); }",
    "another pure folder": "int store_f(void);\nint f(void) { return store_f(); }",
}
GUILTY = {
    "clock": ("#include <time.h>\nlong f(void) { return time(0); }", "calls time"),
    "randomness": ("#include <stdlib.h>\nint f(void) { return rand(); }", "calls rand"),
    "file": ("#include <unistd.h>\nlong f(char *b) { return write(1, b, 1); }", "calls write"),
    "giving up": ("#include <stdlib.h>\nvoid f(void) { abort(); }", "calls abort"),
    "output": ("#include <stdio.h>\nint f(const char *s) { return puts(s); }", "calls puts"),
    "an impure folder": ("int io_f(void);\nint f(void) { return io_f(); }", "calls io_f"),
    "zeroed state": ("int f(void) { static int n; return ++n; }", "keeps state in n.0 (.bss)"),
    "initialised state": (
        "int counter = 3;\nint f(void) { return ++counter; }",
        "keeps state in counter (.data)",
    ),
    "thread-local state": (
        "_Thread_local int depth;\nint f(void) { return ++depth; }",
        "keeps state in depth (.tbss)",
    ),
}
OTHERS = {
    "base/b.c": "#include <stdlib.h>\nint base_f(void) { abort(); }",
    "store/s.c": "int store_f(void) { return 1; }",
    "io/i.c": "#include <stdlib.h>\nint io_f(void) { return rand(); }",
}


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_object_passes(tmp_path, name):
    assert offences(tmp_path, {**OTHERS, "proto/x.c": INNOCENT[name]}) == []


@pytest.mark.parametrize("name", GUILTY)
def test_an_offence_is_named(tmp_path, name):
    code, offence = GUILTY[name]
    assert offences(tmp_path, {**OTHERS, "proto/x.c": code}) == [f"proto/x.o: {offence}"]


@pytest.mark.parametrize("folder", pure.PURE)
def test_every_pure_folder_is_watched(tmp_path, folder):
    assert offences(tmp_path, {f"{folder}/x.c": GUILTY["clock"][0]}) == [
        f"{folder}/x.o: calls time"
    ]


def test_other_folders_may_do_as_they_like(tmp_path):
    assert offences(tmp_path, OTHERS) == []
