"""COMMAND: what the server says about every command both servers know."""

import pytest
from skeintest import Map, Set
from skeintest.compare import agree, canonical

from .conftest import running_pair
from .differences import OTHER_ARITIES, OTHER_FACTS

FIELDS = [
    "name",
    "arity",
    "flags",
    "first key",
    "last key",
    "step",
    "categories",
    "tips",
    "key specs",
]
BAGS = {"flags", "categories", "tips"}
# Notes explain in prose; they are not a contract.
PROSE = b"notes"


def pytest_generate_tests(metafunc):
    if "command" in metafunc.fixturenames:
        known = sorted(name.lower() for name in running_pair().known)
        metafunc.parametrize("command", [name.replace(" ", "|") for name in known])


def _described(reply):
    """Key specifications without their prose, in either protocol."""
    if isinstance(reply, Map):
        return Map([(k, _described(v)) for k, v in reply.pairs if k != PROSE])
    if isinstance(reply, list) and PROSE in reply[::2]:
        reply = [
            item for at in range(0, len(reply), 2) if reply[at] != PROSE for item in reply[at:][:2]
        ]
    if isinstance(reply, list):
        return type(reply)(_described(item) for item in reply)
    return reply


def test_its_arity_flags_keys_and_categories_are_those_of_the_oracle(pair, command):
    left, right = pair.both(lambda side: _ask(side, command))
    assert left and right, command
    for name, ours, theirs in zip(FIELDS, left, right):
        ours, theirs = _described(ours), _described(theirs)
        if name in BAGS:
            ours, theirs = Set(ours), Set(theirs)
        if name == "arity" and (ours, theirs) == OTHER_ARITIES.get(command):
            continue
        if name in OTHER_FACTS.get(command, ()):
            continue
        assert canonical(ours) == canonical(theirs), name


def _ask(side, command):
    return side.control("COMMAND", "INFO", command)[0]


CALLS = """
get k|mget a b c|set k v|mset a 1 b 2|bitop and d a b|eval x 2 a b c|sort k by w_* get o_* store d
zunionstore d 2 a b|zinter 2 a b weights 1 2|xread count 1 block 0 streams a b 0 0
bitfield k get u8 0
xreadgroup group g c streams s >|migrate h 1 k 0 100|migrate h 1 "" 0 100 keys a b
georadius k 1 1 1 m store d
set k v get|lmpop 2 a b left|blmpop 0 2 a b left|fcall f 1 k|object encoding k|memory usage k
copy a b db 1
lcs a b|pfcount a b|getex k persist|rename a b|restore k 0 x|spublish c m|ping
zrangestore d s 0 -1|sintercard 2 a b
""".strip().replace(
    "\n", "|"
)


@pytest.mark.parametrize("call", CALLS.split("|"))
def test_the_keys_of_a_call_are_those_of_the_oracle(pair, call):
    words = [word.strip('"') for word in call.split()]
    if words[0].upper() not in pair.known:
        words[0] = "get"
    for question in ("GETKEYS", "GETKEYSANDFLAGS"):
        left, right = pair.both(lambda side: side.control("COMMAND", question, *words))
        assert canonical(left) == canonical(right), question


@pytest.mark.parametrize(
    "category", "read write string fast admin dangerous pubsub keyspace".split()
)
def test_a_category_holds_the_commands_it_holds_in_the_oracle(pair, category):
    known = {name.lower().replace(" ", "|").encode() for name in pair.known}
    left, right = pair.both(lambda side: set(side.control("ACL", "CAT", category)) & known)
    assert left == right


def test_the_categories_are_those_of_the_oracle(pair):
    left, right = pair.both(lambda side: side.control("ACL", "CAT"))
    assert agree("unordered", left, right)


def test_count_list_and_info_speak_of_the_same_commands(pair):
    side = pair.sides[1]
    listed = [name for name in side.control("COMMAND", "LIST") if b"|" not in name]
    assert side.control("COMMAND", "COUNT") == len(listed) == len(side.control("COMMAND"))
