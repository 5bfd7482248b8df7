"""The comparison itself: that a difference is seen, whatever kind it is, and reduced."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeintest import Double, Error, Map, Null, Push, Set, Simple
from skeintest.compare import agree
from skeintest.grammar import Step, parse, steps

from .families import Family, load
from .pair import Mismatch
from .shrink import smallest

DIFFERENT = [
    ("exact", Simple("OK"), b"OK"),
    ("exact", 1, True),
    ("exact", 1, b"1"),
    ("exact", Null("$"), Null("_")),
    ("exact", Null("$"), Null("*")),
    ("exact", Double("1"), Double("1.0")),
    ("exact", Error("ERR a"), Error("ERR b")),
    ("exact", [1, 2], [2, 1]),
    ("exact", [1], Set([1])),
    ("exact", [1], Push([1])),
    ("exact", Map([(b"a", 1)]), [b"a", 1]),
    ("exact", Map([(b"a", 1)]), Map([(b"a", 1), (b"a", 1)])),
    ("unordered", [1, 1, 2], [1, 2, 2]),
    ("pairs", [b"a", 1, b"b", 2], [b"a", 2, b"b", 1]),
    ("near:1", 10, 12),
    ("near:1", -1, 0),
    ("near:1", -1, -2),
    ("shape", [b"a"], [b"a", b"b"]),
    ("shape", b"a", 1),
    ("kind", Error("ERR a"), Error("ERR b")),
    ("kind", b"a", None),
    ("words", [b"+a -b"], [b"+a -c"]),
    ("detached", [[b"unsubscribe", b"a", 1]], [[b"unsubscribe", b"a", 0]]),
]
SAME = [
    ("exact", Set([1, 2]), Set([2, 1])),
    ("exact", Map([(b"a", 1), (b"b", [2])]), Map([(b"b", [2]), (b"a", 1)])),
    ("unordered", [1, [2], 1], [1, 1, [2]]),
    ("pairs", [b"a", 1, b"b", 2], [b"b", 2, b"a", 1]),
    ("near:1", 10, 11),
    ("shape", [b"a", 1], [b"b", 2]),
    ("words", [b"x", b"+a -b"], [b"-b +a", b"x"]),
    (
        "detached",
        [[b"unsubscribe", b"a", 1], [b"unsubscribe", b"b", 0]],
        [[b"unsubscribe", b"b", 1], [b"unsubscribe", b"a", 0]],
    ),
]


@pytest.mark.parametrize("mode, left, right", DIFFERENT)
def test_different_replies_are_told_apart(mode, left, right):
    assert not agree(mode, left, right)


@pytest.mark.parametrize("mode, left, right", SAME)
def test_replies_that_mean_the_same_agree(mode, left, right):
    assert agree(mode, left, right)


class Planted:
    """A family that meets a difference planted in the configuration of one side."""

    NAME = "planted"
    NEEDS = ["SET"]
    GRAMMAR = "1 SET <key> <value>"


@pytest.fixture
def planted(pair):
    limits = [
        side.control("CONFIG", "SET", "proto-max-bulk-len", "1048576") for side in pair.sides[:1]
    ]
    assert limits == ["OK"]
    yield pair
    pair.sides[0].control("CONFIG", "SET", "proto-max-bulk-len", "64mb")


def step(*words):
    return Step(0, tuple(word.encode() for word in words))


SEQUENCE = [step("SET", "k", str(n)) for n in range(20)] + [step("SETRANGE", "k", "2000000", "a")]


@pytest.mark.parametrize("events", [False, True])
@pytest.mark.parametrize("pipelined", [False, True])
def test_a_planted_difference_is_found_and_reduced_to_its_command(planted, events, pipelined):
    family = Family(Planted)
    family.events = events
    with pytest.raises(Mismatch) as found:
        planted.run(family, SEQUENCE + SEQUENCE, 2, pipelined)
    small = smallest(planted, family, (2, pipelined), found.value)
    lines = str(small).splitlines()
    assert lines[1:-2] == ["  0> SETRANGE k 2000000 a"]
    assert "exceeds maximum allowed size" in lines[-2] and lines[-1] == "  skein: 2000001" or events


def test_data_that_differs_afterwards_is_found(pair):
    family = Family(Planted)
    family.setup = []
    pair.begin(family, 2)
    begin = pair.begin
    pair.begin = lambda *args: (begin(*args), pair.sides[1].control("SET", "stray", "v"))
    try:
        with pytest.raises(Mismatch, match="the data afterwards"):
            pair.run(family, SEQUENCE[:3], 2, False)
    finally:
        del pair.begin


def drawn_names(strategy):
    names = set()

    @settings(max_examples=20, database=None, deadline=None, derandomize=True)
    @given(strategy)
    def collect(sequence):
        names.update(one.args[:2] for one in sequence)

    collect()
    return names


def test_every_family_draws_several_commands(pair):
    for family in load():
        if family.exists(pair.known):
            rules = family.rules(pair.known)
            assert len(drawn_names(steps(rules, family.connections, 30))) > 2, family.name


def test_a_rule_draws_what_its_line_says():
    rules = parse('3 SET <k> [NX|XX] (EX <n>)* => kind\n2! PING "a b"', {"k": ["x"], "n": [1, 2]})
    assert [(rule.weight, rule.command, rule.mode, rule.plain) for rule in rules] == [
        (3, "SET", "kind", False),
        (2, "PING", "exact", True),
    ]

    @settings(max_examples=50, database=None, deadline=None, derandomize=True)
    @given(st.data())
    def draw(data):
        words = rules[0].build(data.draw)
        assert words[:2] == [b"SET", b"x"]
        assert set(words[2:]) <= {b"NX", b"XX", b"EX", b"1", b"2"}
        assert rules[1].build(data.draw) == [b"PING", b"a b"]

    draw()
