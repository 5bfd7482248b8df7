"""Everything a server holds, read through commands, in a form that two servers can be compared
by."""

from skeintest import Error

from skeintest.compare import canonical, timeless

from .differences import ACTIVITY, same_encoding

DATABASES = 4
TTL_TOLERANCE_MS = 5000

# How a value of each type is read, and whether its order carries meaning.
READERS = {
    "string": (lambda key: ("GET", key), True),
    "list": (lambda key: ("LRANGE", key, 0, -1), True),
    "hash": (lambda key: ("HGETALL", key), "pairs"),
    "set": (lambda key: ("SMEMBERS", key), False),
    "zset": (lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"), True),
    "stream": (lambda key: ("XINFO", "STREAM", key, "FULL", "COUNT", 0), "stream"),
}


class State(dict):
    """(database, key) -> (type, encoding, value, has an expiry, rounded expiry)."""

    def __eq__(self, other):
        return self.keys() == other.keys() and all(self[k].same(other[k]) for k in self)

    def __ne__(self, other):
        return not self == other


class Item:
    def __init__(self, kind, encoding, value, pttl):
        self.kind, self.encoding, self.value, self.pttl = kind, encoding, value, pttl

    def same(self, other):
        near = self.pttl == other.pttl or (
            min(self.pttl, other.pttl) >= 0 and abs(self.pttl - other.pttl) < TTL_TOLERANCE_MS
        )
        same_form = same_encoding(self.kind, self.encoding, other.encoding)
        return near and same_form and (self.kind, self.value) == (other.kind, other.value)

    def __repr__(self):
        return f"({self.kind} {self.encoding} {self.value!r} pttl={self.pttl})"


def read_state(client):
    """Reads databases 0..3; the connection must speak RESP2 and be allowed everything."""
    state = State()
    for database in range(DATABASES):
        client("SELECT", database)
        keys = sorted(client("KEYS", "*"))
        if keys:
            _read_keys(client, database, keys, state)
    client("SELECT", 0)
    return state


def _read_keys(client, database, keys, state):
    kinds = [str(kind) for kind in client.pipeline(("TYPE", key) for key in keys)]
    asked = []
    for key, kind in zip(keys, kinds):
        read = READERS.get(kind, (lambda key: ("TYPE", key), True))[0]
        asked += [read(key), ("OBJECT", "ENCODING", key), ("PTTL", key)]
    replies = client.pipeline(asked)
    for at, (key, kind) in enumerate(zip(keys, kinds)):
        value, encoding, pttl = replies[at * 3 : at * 3 + 3]
        pttl = -1 if isinstance(pttl, Error) else pttl
        state[(database, key)] = Item(kind, encoding, _normal(kind, value), pttl)


def _normal(kind, value):
    order = READERS.get(kind, (None, True))[1]
    if order == "pairs":
        return sorted(zip(value[::2], value[1::2]))
    if order == "stream":
        return canonical(timeless(value, ACTIVITY))
    return value if order or not isinstance(value, list) else sorted(value)
