"""Random commands from a grammar of one line per command.

    5 SET <key> <value> [NX|XX] [EX <secs>|KEEPTTL]     => exact

weight (`5!` keeps noise away), then words: a literal, `<domain>` (a small universe of values),
`[optional]`, `(this|that)`, each may end in `+` (1..4 times) or `*` (0..3 times). Literals with
special characters stand in double quotes. `=> mode` names how replies are compared (compare.py).
A line may go on after a backslash.

A sequence is a list of steps drawn by hypothesis. Value 0 of every draw is the plainest choice and
choice 0 of a step is no step at all, so a failing sequence shrinks to the few commands that matter.
On top of the grammar a little noise drops, adds and spoils arguments of any command.
"""

import bisect
import dataclasses
import itertools
import re

from hypothesis import strategies as st

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|<[^>]+>[+*]?|[\[\]()|][+*]?|[^\s\[\]()|]+')
NOISE_ONE_IN = 16
JUNK = [
    b"", b"0", b"-1", b"1234567", b"foo", b"1.5", b"9223372036854775807", b"-9223372036854775808",
    b"9223372036854775808", b"99999999999999999999", b" 1", b"1 ", b"+1", b"01", b"nan", b"inf",
    b"-0",
    b"1e3", b"\xff\x00\r\n", b"x" * 70,
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Step:
    """One command on one of the connections."""

    connection: int
    args: tuple
    mode: str = "exact"

    def __repr__(self):
        words = " ".join(_show(arg) for arg in self.args)
        return f"{self.connection}> {words}"

    @property
    def name(self):
        return self.args[0].decode("latin-1").upper() if self.args else ""


def _show(arg):
    if re.fullmatch(rb"[!#-&(-\[\]-~]+", arg):
        return arg.decode()
    body = "".join(
        chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\x{b:02x}" for b in arg[:200]
    )
    return f'"{body}"' + ("..." if len(arg) > 200 else "")


# The parsed form: a node is a function of `draw` that returns a list of arguments.


def _literal(text):
    value = (
        text[1:-1].encode().decode("unicode_escape").encode("latin-1") if text[0] == '"' else None
    )
    value = text.encode() if value is None else value
    return lambda draw: [value]


def _domain(name, domains):
    if name not in domains:
        raise KeyError(f"no domain <{name}>")
    values = domains[name]
    if isinstance(values, st.SearchStrategy):
        return lambda draw: [draw(values)]
    values = [v if isinstance(v, bytes) else str(v).encode() for v in values]
    index = st.integers(0, len(values) - 1)
    return lambda draw: [values[draw(index)]]


def _sequence(nodes):
    return lambda draw: list(itertools.chain.from_iterable(node(draw) for node in nodes))


def _choice(nodes):
    index = st.integers(0, len(nodes) - 1)
    return nodes[0] if len(nodes) == 1 else lambda draw: nodes[draw(index)](draw)


def _optional(node):
    flag = st.integers(0, 1)
    return lambda draw: node(draw) if draw(flag) else []


def _repeated(node, low, high):
    count = st.integers(low, high)
    return lambda draw: list(itertools.chain.from_iterable(node(draw) for _ in range(draw(count))))


def _suffixed(node, suffix):
    return {"+": lambda: _repeated(node, 1, 4), "*": lambda: _repeated(node, 0, 3)}.get(
        suffix, lambda: node
    )()


class _Parser:
    def __init__(self, text, domains):
        self.tokens = TOKEN.findall(text)
        self.domains = domains
        self.at = 0

    def alternatives(self, closers):
        branches, nodes = [], []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token[0] in closers:
                break
            self.at += 1
            if token == "|":
                branches.append(_sequence(nodes))
                nodes = []
            else:
                nodes.append(self._node(token))
        branches.append(_sequence(nodes))
        return _choice(branches)

    def _node(self, token):
        if token[0] in "[(":
            inner = self.alternatives("])")
            closer = self.tokens[self.at]
            self.at += 1
            inner = _optional(inner) if token[0] == "[" else inner
            return _suffixed(inner, closer[1:])
        if token[0] == "<":
            name, _, suffix = token[1:].partition(">")
            return _suffixed(_domain(name, self.domains), suffix)
        return _literal(token)


@dataclasses.dataclass
class Rule:
    weight: int
    command: str
    build: object
    mode: str
    plain: bool


def parse(text, domains):
    """The rules of a grammar text, in its order."""
    rules = []
    for line in text.strip().splitlines():
        line = line.split("  # ")[0].strip()
        if not line:
            continue
        body, _, mode = line.partition("=>")
        weight, _, words = body.strip().partition(" ")
        build = _Parser(words, domains).alternatives("")
        count, plain = int(weight.rstrip("!")), weight.endswith("!")
        rules.append(Rule(count, words.split()[0], build, mode.strip() or "exact", plain))
    return rules


def _with_noise(draw, args):
    """Sometimes a wrong number of arguments, a wrong argument, or another case of the name."""
    kind = draw(st.integers(0, NOISE_ONE_IN * 4 - 1))
    if kind == 1:
        return args[:-1]
    if kind == 2:
        return args + [JUNK[draw(st.integers(0, len(JUNK) - 1))]]
    if kind == 3 and len(args) > 1:
        at = draw(st.integers(1, len(args) - 1))
        return args[:at] + [JUNK[draw(st.integers(0, len(JUNK) - 1))]] + args[at + 1 :]
    if kind == 4:
        return [args[0].lower()] + args[1:]
    return args


def steps(rules, connections, length):
    """A strategy of lists of steps. `connections` is how many; 0 is the most frequent."""
    bounds = list(itertools.accumulate(rule.weight for rule in rules))

    @st.composite
    def step(draw):
        pick = draw(st.integers(0, bounds[-1]))
        if pick == 0:
            return None
        rule = rules[bisect.bisect_left(bounds, pick)]
        connection = draw(st.integers(0, connections - 1)) if connections > 1 else 0
        args = rule.build(draw)
        if rule.command[0] != "@" and not rule.plain:
            args = _with_noise(draw, args)
        return Step(connection, tuple(args), rule.mode) if args else None

    def finish(drawn):
        kept = [one for one in drawn if one is not None]
        return [_make_unique(one, at) for at, one in enumerate(kept)]

    return st.lists(step(), min_size=length, max_size=length).map(finish)


def _make_unique(step, at):
    """`{uniq7}` in a value becomes a multiple of 7 that no other step of the sequence has:
    relative times
    must differ so that comparing two of them never depends on a millisecond."""
    if not any(b"{uniq" in arg for arg in step.args):
        return step
    args = tuple(
        re.sub(rb"\{uniq(\d+)\}", lambda m: b"%d" % (int(m.group(1)) * (20 + 3 * at)), arg)
        for arg in step.args
    )
    return dataclasses.replace(step, args=args)
