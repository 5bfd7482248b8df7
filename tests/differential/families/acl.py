"""Access control: the grammar of rules, what users may do, and the texts of refusals."""

# What a category holds depends on all commands; see acl_categories.py.
NAME = "acl"
NEEDS = ["ACL SETUSER", "ACL GETUSER"]
CONNECTIONS = 2
EVENTS = True
GRAMMAR = """
 9 ACL SETUSER <user> <rule>+
 3 ACL SETUSER <user> on <pass> <rule>+
 2 ACL SETUSER <user> reset <rule>+
 5 ACL SETUSER <user> <selector>
 2 ACL SETUSER <user> <badrule>
 4 ACL GETUSER <user>   => words
 3 ACL LIST   => words
 2 ACL USERS   => unordered
 2 ACL DELUSER <user>+
 1 ACL DELUSER default
 2 ACL WHOAMI
 1 ACL CAT
 1 ACL CAT <junk>
 1 ACL GENPASS [<bits>]   => shape
 5 ACL DRYRUN <user> <command>
 2! ACL LOG RESET
 1 ACL LOG [<count>]   => kind
 1 ACL LOAD
 1 ACL SAVE
 1 ACL <junk>
 4 AUTH <user> <secret>
 1 AUTH <secret>
 2! HELLO 3 AUTH <user> <secret>   => kind
 8 <command>
 2 RESET
"""
PATTERNS = [b"~*", b"~k*", b"~k1", b"%R~k*", b"%W~k*", b"%RW~k2", b"allkeys", b"resetkeys"]
CHANNELS = [b"&*", b"&news.*", b"allchannels", b"resetchannels"]
COMMANDS = [
    b"+@all", b"-@all", b"allcommands", b"nocommands", b"+get", b"+set", b"-get", b"-set",
    b"+config|get", b"-config|set", b"+client|id", b"+acl|whoami", b"+select|0",
    b"+publish",
]  # fmt: skip
DOMAINS = {
    "user": [b"alice", b"bob", b"carol"],
    "rule": [*PATTERNS, *CHANNELS, *COMMANDS, b"on", b"off", b"nopass", b"resetpass", b">secret",
        b"<secret",
             b"sanitize-payload", b"skip-sanitize-payload", b"clearselectors", b"reset",
             b"#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"],
    "pass": [b"nopass", b">secret", b">other"],
    "selector": [b"(+get ~k*)", b"(+set %W~k2)", b"(+mget ~x*)", b"()", b"(~k1 ~k2 +mget)",
        b"( +get  ~k* )"],
    "badrule": [
        b"+nosuch", b"+@nosuch", b"bogus", b"~", b"%R~", b"%X~k", b"%k", b"&", b"#short",
        b"!short", b"<nosuch",
        b"+config|nosuch", b"-config|", b"+get|x|y", b"(+get", b"+get)", b"(+nosuch)", b"(on)",
        b"(nopass)",
        b"~a b", b">", b"", b"@read", b"+@",
        b"!2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
    ],
    "bits": [1, 5, 256, 4096, 0, -1, 4097, b"x"],
    "secret": [b"secret", b"other", b"wrong", b""],
    "count": [0, 1, -1, b"x"],
}  # fmt: skip
# A command is several words, so it is written as grammar.
_COMMAND = """(GET k1|GET x1|SET k1 v|SET k2 v|SET x v|MGET k1 k2|MGET k1 x|DEL k1|
 CONFIG GET maxmemory|CONFIG SET
 maxmemory-samples 5|CLIENT ID|ACL WHOAMI|PING|PUBLISH news.x 1|PUBLISH other 1|SUBSCRIBE news.a|
 PSUBSCRIBE news.*|
 SELECT 0|SELECT 1|KEYS *|FLUSHALL|COPY k1 k2|RENAME k1 x|GETDEL k1|OBJECT ENCODING k1|DUMP k2|
 SCAN 0|NOSUCH|GET)"""
GRAMMAR = GRAMMAR.replace("<command>", " ".join(_COMMAND.split()))


def restore(client, _):
    for user in client("ACL", "USERS"):
        if user != b"default":
            client("ACL", "DELUSER", user)
    client("ACL", "LOG", "RESET")
