"""Steps that are more than one command: full iterations, payloads carried across, random picks.

Each takes (sides, step) and returns the two results to compare.
`sides` are the oracle and Skein."""

from skeintest import Error


def _ask(side, *args):
    return side.connections[0](*args)


def _scan(sides, step):
    """@SCAN <command> <key-or-empty> <options>: the set of everything a full iteration returns."""
    command, key, *options = step.args[1:]
    prefix = [command] + ([key] if key else [])
    return [_iterate(side, prefix, options) for side in sides]


def _iterate(side, prefix, options):
    cursor, found = b"0", []
    for _ in range(10000):
        reply = _ask(side, *prefix, cursor, *options)
        if isinstance(reply, Error):
            return reply
        cursor, items = reply
        found += items
        if cursor == b"0":
            break
    else:
        return Error("the iteration never ended")
    if prefix[0] in (b"HSCAN", b"ZSCAN"):
        return sorted({(a, b) for a, b in zip(found[::2], found[1::2])})
    return sorted(set(found))


def _cross(sides, step):
    """@CROSS <from> <to> <options>: each server restores what the other one dumped."""
    source, target, *options = step.args[1:]
    payloads = [_ask(side, "DUMP", source) for side in sides]
    if not all(isinstance(payload, bytes) for payload in payloads):
        return payloads
    ours, theirs = (
        _ask(side, "RESTORE", target, 0, payload, *options)
        for side, payload in zip(sides, reversed(payloads))
    )
    kinds = [str(_ask(side, "TYPE", source)) for side in sides]
    if kinds[0] == kinds[1] == "string":
        return [[ours, payloads[0]], [theirs, payloads[1]]]
    return [ours, theirs]


UNIVERSES = {
    b"RANDOMKEY": lambda: ("KEYS", "*"),
    b"SRANDMEMBER": lambda key, *_: ("SMEMBERS", key),
    b"HRANDFIELD": lambda key, *_: ("HKEYS", key),
    b"ZRANDMEMBER": lambda key, *_: ("ZRANGE", key, 0, -1),
}


def _pick(sides, step):
    """@PICK <random command>: the reply must come from what there is to pick from; how much was
    picked must agree."""
    args = step.args[1:]
    universe = _ask(sides[0], *UNIVERSES[args[0]](*args[1:]))
    replies = [_ask(side, *args) for side in sides]
    if isinstance(universe, list):
        allowed = {bytes(item) for item in universe}
        for reply in replies:
            picked = reply if isinstance(reply, list) else [reply]
            strange = [item for item in picked if isinstance(item, bytes) and item not in allowed]
            if strange:
                return [Error(f"{strange!r} is not in {sorted(allowed)!r}"), reply]
    return [_summary(reply) for reply in replies]


def _summary(reply):
    if isinstance(reply, list):
        return (type(reply).__name__, len(reply))
    return reply if isinstance(reply, Error) else type(reply).__name__


def _pop(sides, step):
    """@SPOP <key> [<count>]: Skein pops, the oracle removes the same members."""
    key, *count = step.args[1:]
    before = _ask(sides[0], "SMEMBERS", key)
    popped = _ask(sides[1], "SPOP", key, *count)
    if not isinstance(before, list):
        return [_ask(sides[0], "SPOP", key, *count), popped]
    picked = popped if isinstance(popped, list) else [popped] if isinstance(popped, bytes) else []
    if not picked:
        return [_ask(sides[0], "SPOP", key, *count), popped]
    removed = _ask(sides[0], "SREM", key, *picked)
    wanted = min(len(before), int(count[0])) if count else 1
    return [[removed, len(picked)], [len(set(picked)), wanted]]


PSEUDO = {"@SCAN": _scan, "@CROSS": _cross, "@PICK": _pick, "@SPOP": _pop}
