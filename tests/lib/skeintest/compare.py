"""How two replies are compared. A mode returns None when they agree, else what differs.

exact      same wire types, same bytes (RESP3 sets have no order, doubles compare as text)
unordered  arrays compare as bags
pairs      flat arrays of pairs, or maps, compare as bags of pairs
near:N     integers may differ by N (times)
words      texts compare as bags of words, arrays as bags (rules of users)
detached   a burst of unsubscriptions: the names come in any order, the counts do not
stream     XINFO of streams, without times and what depends on how a server keeps them
shape      same types and lengths, any content (random replies)
kind       same wire type of the outermost value only
ignore     nothing is compared
"""

import collections

from .resp import Double, Error, Map, Null, Set, Simple


def canonical(value):
    """A hashable form that keeps the wire type and forgets the order of sets and maps."""
    if isinstance(value, Map):
        return ("map", _bag((canonical(k), canonical(v)) for k, v in value.pairs))
    if isinstance(value, Set):
        return ("set", _bag(canonical(v) for v in value))
    if isinstance(value, list):
        return (type(value).__name__, tuple(canonical(v) for v in value))
    if isinstance(value, Double):
        return ("double", value.text)
    if isinstance(value, Null):
        return ("null", value.wire)
    return (type(value).__name__, value)


def _bag(items):
    return frozenset(collections.Counter(items).items())


def _exact(left, right):
    return canonical(left) == canonical(right)


def _unordered(left, right):
    if not (isinstance(left, list) and isinstance(right, list) and type(left) is type(right)):
        return _exact(left, right)
    return _bag(map(canonical, left)) == _bag(map(canonical, right))


def _pairs(left, right):
    if type(left) is list and type(right) is list and len(left) % 2 == 0 == len(right) % 2:
        return _pair_bag(left) == _pair_bag(right)
    return _exact(left, right)


def _pair_bag(flat):
    return _bag((canonical(a), canonical(b)) for a, b in zip(flat[::2], flat[1::2]))


def _near(left, right, tolerance):
    if type(left) is int and type(right) is int and left >= 0 and right >= 0:
        return abs(left - right) <= tolerance
    if type(left) is list and type(right) is list and len(left) == len(right):
        return all(_near(a, b, tolerance) for a, b in zip(left, right))
    return _exact(left, right)


def _shape(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, Error):
        return left == right
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_shape, left, right))
    return True


def _kind(left, right):
    if isinstance(left, (Error, Simple)):
        return _exact(left, right)
    return type(left) is type(right)


def _words(left, right):
    return _exact(_split(left), _split(right))


def _split(value):
    """Stock servers write the rules of sub-commands in the order of a hash table."""
    if isinstance(value, Map):
        return Map([(key, _split(item)) for key, item in value.pairs])
    if isinstance(value, list):
        return type(value)(sorted((_split(item) for item in value), key=repr))
    return b" ".join(sorted(value.split())) if type(value) is bytes else value


def _detached(left, right):
    """Bursts of [kind, name, count left]: UNSUBSCRIBE without names walks a hash table."""
    return (
        len(left) == len(right)
        and all(isinstance(item, list) and len(item) == 3 for item in [*left, *right])
        and [type(item) for item in left] == [type(item) for item in right]
        and _bag(canonical(item[1]) for item in left) == _bag(canonical(item[1]) for item in right)
        and [(item[0], item[2]) for item in left] == [(item[0], item[2]) for item in right]
    )


# What XINFO tells that no two servers have in common, and how many consumers there are: since 7.2
# a consumer is made when it first asks, before that when it first got something.
TIMELY_FIELDS = {b"radix-tree-keys", b"radix-tree-nodes", b"seen-time", b"idle"}


def timeless(value, left_out=frozenset()):
    """A reply of XINFO without these fields, without the times of pending entries, and without
    consumers that have none."""
    if isinstance(value, Map):
        return _timeless_pairs(value.pairs, left_out)
    if not isinstance(value, list):
        return value
    if value and value[0] in (b"length", b"name") and len(value) % 2 == 0:
        return _timeless_pairs(list(zip(value[::2], value[1::2])), left_out)
    items = [timeless(item, left_out) for item in value]
    return [item for item in items if item is not None]


def _timeless_pairs(pairs, left_out):
    """None for a consumer that has nothing."""
    names = dict(pairs)
    is_consumer = b"idle" in names or b"seen-time" in names
    if is_consumer and 0 in (names.get(b"pel-count"), names.get(b"pending")):
        return None
    kept = [pair for pair in pairs if pair[0] not in TIMELY_FIELDS and pair[0] not in left_out]
    return [[name, _without_times(name, item, left_out)] for name, item in kept]


def _without_times(name, item, left_out):
    """Pending entries are [id, consumer, time, count] or [id, time, count]."""
    if name == b"pending" and isinstance(item, list):
        return [entry[:-2] + entry[-1:] for entry in item]
    if name == b"consumers" and isinstance(item, int):
        return None
    return timeless(item, left_out)


def _stream(left, right):
    return _exact(timeless(left), timeless(right))


MODES = {
    "exact": _exact,
    "unordered": _unordered,
    "pairs": _pairs,
    "words": _words,
    "detached": _detached,
    "stream": _stream,
    "shape": _shape,
    "kind": _kind,
    "ignore": lambda left, right: True,
}


def agree(mode, left, right):
    name, _, argument = mode.partition(":")
    if name == "near":
        return _near(left, right, int(argument))
    return MODES[name](left, right)
