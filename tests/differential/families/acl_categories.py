"""Access control by category, once every command that the categories hold is there."""

from . import acl

NAME = "acl_categories"
NEEDS = [*acl.NEEDS, "XADD", "GEOADD", "EVAL", "FCALL", "BZMPOP", "SORT_RO", "MIGRATE", "BGSAVE"]
CONNECTIONS = acl.CONNECTIONS
EVENTS = acl.EVENTS
restore = acl.restore
GRAMMAR = acl.GRAMMAR + " 4 ACL CAT <category>   => unordered\n"
CATEGORIES = [
    b"read", b"write", b"keyspace", b"string", b"admin", b"fast", b"slow", b"dangerous", b"pubsub",
    b"connection", b"transaction", b"bitmap", b"hyperloglog", b"list", b"hash", b"blocking",
]  # fmt: skip
DOMAINS = {
    **acl.DOMAINS,
    "category": CATEGORIES,
    "rule": [
        *acl.DOMAINS["rule"],
        b"-client",
        b"-acl",
        b"+object",
        *[sign + b"@" + name for name in CATEGORIES for sign in (b"+", b"-")],
    ],
    "selector": [*acl.DOMAINS["selector"], b"(+@read ~x*)", b"(+@all -@write &*)"],
}
