"""Each rule of tools/tidy fires on a small made-up tree, and is silent on its neighbour."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import load, plant  # noqa: E402

tidy = load("tidy")
README = {"src/a/README.md": "a\n"}


def rules(root, files):
    return [violation.rule for violation in tidy.check(plant(root, {**README, **files}))]


def body(lines):
    return "".join(f"    x = {n};\n" for n in range(lines))


def function(lines):
    return f"void f(int x)\n{{\n{body(lines)}}}\n"


FIRES = {
    "file of 801 lines": ("file-size", "src/a/x.c", "\n" * 801),
    "python file of 801 lines": ("file-size", "tests/x.py", "\n" * 801),
    "101 columns": ("columns", "src/a/x.c", "/* " + "x" * 95 + " */\n"),
    "function of 61 lines": ("function-size", "src/a/x.c", function(61)),
    "six parameters": (
        "parameters",
        "src/a/x.c",
        "int f(int a, int b, int c, int d,\n      void (*e)(int, int), int g)\n{\n}\n",
    ),
    "four braced levels": (
        "nesting",
        "src/a/x.c",
        "void f(void)\n{\n  if (a) { for (;;) { while (b) { if (c) { d(); } } } }\n}\n",
    ),
    "four bare levels": (
        "nesting",
        "src/a/x.c",
        "void f(void)\n{\n  if (a)\n for (;;)\n while (b)\n if (c) d();\n}\n",
    ),
    "levels of macro loops": (
        "nesting",
        "src/a/x.c",
        "void f(void)\n{\n  EACH(a) { EACH(b) { EACH(c) { EACH(d) { e(); } } } }\n}\n",
    ),
    "switch counts as one": (
        "nesting",
        "src/a/x.c",
        "void f(void)\n{\n  switch (a) {\n  case 1:\n"
        "   if (b) { if (c) { if (d) e(); } }\n  }\n}\n",
    ),
    "marker": ("marker", "src/a/x.c", "/* TO" "DO: later */\n"),
    "marker in a script": ("marker", "tests/x.py", "# FIX" "ME\n"),
    "file static": ("mutable-state", "src/a/x.c", "static int count;\n"),
    "initialised static": ("mutable-state", "src/a/x.c", "static int counts[2] = {1, 2};\n"),
    "global": ("mutable-state", "src/a/x.c", "int count = 3;\n"),
    "extern": ("mutable-state", "src/a/x.h", "/* x */\nextern struct server server;\n"),
    "table of pointers that can change": (
        "mutable-state",
        "src/a/x.c",
        'static const char *names[] = {"a"};\n',
    ),
    "function pointer": ("mutable-state", "src/a/x.c", "static void (*hook)(int);\n"),
    "thread-local": ("mutable-state", "src/a/x.c", "static _Thread_local int depth;\n"),
    "static in a function": (
        "mutable-state",
        "src/a/x.c",
        "int f(void)\n{\n    static int n;\n    return n;\n}\n",
    ),
    "variable of an unnamed struct": (
        "mutable-state",
        "src/a/x.c",
        "static struct {\n    int a;\n} state;\n",
    ),
    "typedef struct": ("typedef-struct", "src/a/x.c", "typedef struct x {\n    int a;\n} x;\n"),
    "typedef of a struct's name": ("typedef-struct", "src/a/x.h", "/* x */\ntypedef struct x y;\n"),
    "header without a comment": ("header-comment", "src/a/x.h", "#ifndef X\n#endif\n"),
    "own header not first": (
        "include-order",
        "src/a/x.c",
        '#include "a/b.h"\n\n#include "a/x.h"\n',
    ),
    "unsorted includes": (
        "include-order",
        "src/a/x.c",
        "#include <string.h>\n#include <stdio.h>\n",
    ),
    "vague function": ("vague-name", "src/a/x.c", "void parse_helper(void);\n"),
    "vague file": ("vague-name", "src/a/parse_internal.c", "\n"),
    "numbered piece": ("vague-name", "src/a/x.c", "void load_part2(void);\n"),
    "sleep in a C test": (
        "sleep",
        "tests/unit/a/test_x.c",
        "void f(void)\n{\n    usleep(10);\n}\n",
    ),
    "sleep in a Python test": ("sleep", "tests/x.py", "time.sleep(1)\n"),
    "trailing space": ("trailing-space", "src/a/x.c", "int f(void); \n"),
    "long readme": ("readme", "src/a/README.md", "a\n" * 26),
}

SILENT = {
    "file of 800 lines": ("src/a/x.c", "\n" * 800),
    "100 columns": ("src/a/x.c", "/* " + "x" * 94 + " */\n"),
    "function of 60 lines": ("src/a/x.c", function(60)),
    "comments are no code": (
        "src/a/x.c",
        "void f(int x)\n{\n"
        + body(58)
        + "    /* a\n     * b */\n\n    // c\n    x = 1; /* d */\n}\n",
    ),
    "a table in a function": (
        "src/a/x.c",
        "void f(int x)\n{\n    static const int t[] = {\n"
        + "        1,\n" * 90
        + "    };\n    g(t);\n}\n",
    ),
    "a table at file scope": (
        "src/a/x.c",
        "static const struct row rows[] = {\n" + "    {1, {2}},\n" * 90 + "};\n",
    ),
    "five parameters": (
        "src/a/x.c",
        "int f(int a, int b, int c, int d, void (*e)(int, int))\n{\n}\n",
    ),
    "variable arguments": (
        "src/a/x.c",
        "int f(int a, int b, int c, int d, const char *e, ...)\n{\n}\n",
    ),
    "three levels": (
        "src/a/x.c",
        "void f(void)\n{\n  if (a) { for (;;) { if (b) c(); else d(); } }\n}\n",
    ),
    "else-if is one level": (
        "src/a/x.c",
        "void f(void)\n{\n  if (a) b(); else if (c) d(); else if (e) g();\n"
        " else if (h) i(); else if (j) k();\n}\n",
    ),
    "initialisers are no levels": (
        "src/a/x.c",
        "void f(void)\n{\n  struct x y = {.a = {.b = {.c = {1}}}};\n"
        "  g((struct x){.a = {.b = {{2}}}});\n}\n",
    ),
    "braces in strings": (
        "src/a/x.c",
        "void f(void)\n{\n  g(\"{{{{ if (x) {\", '{');\n}\nconst int a = 1;\n",
    ),
    "const table": ("src/a/x.c", 'static const char *const names[] = {"a", "b"};\n'),
    "const with a call of a macro": ("src/a/x.c", "static const struct str word = STR_INIT(a);\n"),
    "prototype": (
        "src/a/x.h",
        "/* x */\nstruct map *map_new(void (*free_value)(void *value));\n"
        "bool f(int a) __attribute__((nonnull(1), warn_unused_result));\n",
    ),
    "types": (
        "src/a/x.h",
        "/* x */\nstruct a;\nenum { A = 1, B };\nenum c { C, D = 2 };\n"
        "struct b {\n    int a;\n    struct {\n        int c;\n    };\n    void (*call)(int);\n};\n"
        "typedef void (*on_done)(struct b *b, int status);\n"
        '_Static_assert(sizeof(int) == 4, "int");\n',
    ),
    "static inline": (
        "src/a/x.h",
        "/* x */\nstatic inline int f(int a)\n{\n    int b = a;\n    return b;\n}\n",
    ),
    "constant in a function": (
        "src/a/x.c",
        "int f(void)\n{\n    static const int n = 1;\n    return n;\n}\n",
    ),
    "state of a test": ("tests/unit/a/test_x.c", "static int calls;\n"),
    "own header first, groups sorted": (
        "src/a/x.c",
        '#include "a/x.h"\n\n#include <stdio.h>\n#include <string.h>\n\n'
        '#include "a/b.h"\n#include "base/str.h"\n',
    ),
    "cmocka after what it needs": (
        "tests/unit/a/test_x.c",
        "#include <stddef.h>\n#include <stdint.h>\n" "#include <cmocka.h>\n#include <stdlib.h>\n",
    ),
    "word inside a name": (
        "src/a/x.c",
        "void sleeper(void);\nint XXXL(void);\nvoid helper_free(void);\n",
    ),
    "sleep in a comment of a test": ("tests/unit/a/test_x.c", "/* no sleep(1) here */\n"),
}


@pytest.mark.parametrize("name", FIRES)
def test_a_rule_fires(tmp_path, name):
    rule, path, text = FIRES[name]
    assert rules(
        tmp_path, {path: text} if "readme" not in name else {path: text, "src/a/x.c": "\n"}
    ) == [rule]


@pytest.mark.parametrize("name", SILENT)
def test_a_rule_is_silent(tmp_path, name):
    path, text = SILENT[name]
    assert rules(tmp_path, {path: text}) == []


def test_a_folder_with_sources_needs_a_readme(tmp_path):
    plant(tmp_path, {"src/b/x.c": "\n"})
    assert [violation.path for violation in tidy.check(tmp_path)] == ["src/b/README.md"]


def test_a_violation_names_the_line_of_its_function(tmp_path):
    plant(tmp_path, {**README, "src/a/x.c": "int a(void);\n\n/* long */\n" + function(61)})
    assert [(violation.path, violation.line) for violation in tidy.check(tmp_path)] == [
        ("src/a/x.c", 4)
    ]


def test_made_up_violations_below_tests_tools_do_not_count(tmp_path):
    assert rules(tmp_path, {"tests/tools/x.py": "time.sleep(1)\n"}) == []


STATIC = {"src/a/x.c": "static int n;\nstatic int m;\n"}
REASON = " -- a reason of some length\n"


def test_an_exemption_takes_away_what_it_names(tmp_path):
    listed = {tidy.EXEMPTIONS: "# why\nmutable-state src/a/x.c:n" + REASON}
    assert rules(tmp_path, {**STATIC, **listed}) == ["mutable-state"]


def test_an_exemption_of_a_path_takes_away_all_of_its_rule(tmp_path):
    assert rules(tmp_path, {**STATIC, tidy.EXEMPTIONS: "mutable-state src/a/x.c" + REASON}) == []


def test_an_exemption_that_nothing_needs_is_a_violation(tmp_path):
    assert rules(tmp_path, {tidy.EXEMPTIONS: "nesting src/a/x.c:f" + REASON}) == ["exemption"]


def test_an_exemption_without_a_reason_is_a_violation(tmp_path):
    assert rules(
        tmp_path, {"src/a/x.c": "int n;\n", tidy.EXEMPTIONS: "mutable-state src/a/x.c:n\n"}
    ) == ["mutable-state", "exemption"]


@pytest.mark.parametrize("count,expected", [(10, []), (11, ["exemption"])])
def test_there_are_at_most_ten_exemptions(tmp_path, count, expected):
    names = [f"n{n}" for n in range(count)]
    files = {
        "src/a/x.c": "".join(f"static int {name};\n" for name in names),
        tidy.EXEMPTIONS: "".join(f"mutable-state src/a/x.c:{name}{REASON}" for name in names),
    }
    assert rules(tmp_path, files) == expected
