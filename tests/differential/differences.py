"""The differences from 7.0.15 that are wanted, each with its reason. Keep this table tiny."""

import dataclasses

from skeintest import Map, Push
from skeintest.compare import canonical, timeless

# Directives that 7.2 added, and our own; patterns of CONFIG GET show them.
NEW_DIRECTIVES = {
    b"client-gather-us",
    b"set-max-listpack-entries",
    b"set-max-listpack-value",
    b"repl-guard-empty-master",
    b"repl-journal-memory",
    b"repl-journal-retention",
    b"repl-journal-retention-age",
    b"repl-max-rdb-size",
    b"repl-sync-max-rate",
    b"tls-replication-name",
    b"tls-replication-verify-name",
}
# What 7.0 and we begin with: there is no fork to be saved by waiting for more replicas.
OTHER_DEFAULTS = {b"repl-diskless-sync-delay": (b"5", b"0")}


@dataclasses.dataclass(frozen=True)
class Difference:
    reason: str
    applies: object  # a function of (step, oracle reply, our reply)


def _shows_new_directives(step, left, right):
    if step.name != "CONFIG" or step.args[1:2] != (b"GET",):
        return False
    theirs, ours = dict(_pairs(left)), dict(_pairs(right))
    for name, defaults in OTHER_DEFAULTS.items():
        if (theirs.get(name), ours.get(name)) == defaults:
            ours[name] = theirs[name]
    return {name: ours[name] for name in ours if name not in NEW_DIRECTIVES} == theirs


def _pairs(reply):
    if isinstance(reply, Map):
        return reply.pairs
    return zip(reply[::2], reply[1::2]) if isinstance(reply, list) else ()


def _shows_new_keys_beside_all(step, left, right):
    name = b"notify-keyspace-events"
    if step.name != "CONFIG" or step.args[1:3] != (b"GET", name):
        return False
    if not (isinstance(left, (list, Map)) and isinstance(right, (list, Map))):
        return False
    return dict(_pairs(right))[name].replace(b"An", b"A") == dict(_pairs(left))[name]


def _quits_without_replies(step, left, right):
    return step.name == "QUIT" and left is None and right == "(connection closed)"


def _names_small_sets(step, left, right):
    if step.name != "OBJECT" or step.args[1:2] != (b"ENCODING",):
        return False
    return (left, right) == (b"hashtable", b"listpack")


def _names_small_lists(step, left, right):
    return (step.name, left, right) == ("OBJECT", b"quicklist", b"listpack")


def _refuses_a_rank_without_opposite(step, left, right):
    return step.name == "LPOS" and "value is out of range, value must between" in str(right)


# What COMMAND tells since 7.2: WAIT blocks, and may stand in scripts, where it does not wait.
OTHER_FACTS = {"wait": {"flags", "categories"}}


def _takes_more_arguments(step, left, right):
    return step.name.lower() in OTHER_ARITIES and "wrong number of arguments" in str(left)


# What commands take in 7.0 and, with their newer options, in 7.2.
OTHER_ARITIES = {"zrank": (3, -3), "zrevrank": (3, -3)}

# (type, what 7.0 says, what 7.2 says)
OTHER_FORMS = {("set", b"hashtable", b"listpack"), ("list", b"quicklist", b"listpack")}


def same_encoding(kind, left, right):
    """Whether a value of this type is kept in the same form, seen from outside."""
    return left == right or (kind, left, right) in OTHER_FORMS


def _asks_for_os(step, left, right):
    return "variable 'os'" in str(left) + repr(left)


SYNTAX_ERROR = "ERR Error compiling"


def _words_syntax_errors_differently(step, left, right):
    return str(left).startswith(SYNTAX_ERROR) and str(right).startswith(SYNTAX_ERROR)


def _lists_the_level_of_no_logging(step, left, right):
    return repr(right).replace("warning, nothing", "warning") == repr(left)


def _sets_a_list_with_a_blank_in_front(step, left, right):
    blank = len(step.args) > 3 and any(value.startswith(b" ") for value in step.args[3::2])
    return step.name == "CONFIG" and blank and str(right) == "OK"


# What XINFO tells of a consumer since 7.2.
ACTIVITY = frozenset([b"active-time", b"inactive"])


def _tells_of_activity(step, left, right):
    if step.name != "XINFO" or not isinstance(right, (list, Map)):
        return False
    return canonical(timeless(left)) == canonical(timeless(right, ACTIVITY))


def _tells_which_timeouts_are_too_long(step, left, right):
    return "timeout is negative" in str(left) and "timeout is out of range" in str(right)


# Commands of clusters, which are not here, what 7.2 added, and what it counts as blocking.
CLUSTER_COMMANDS = {b"asking", b"readonly", b"readwrite", b"cluster"}
NEW_COMMANDS = {b"client|no-touch", b"client|setinfo", b"waitaof"}
NEWLY_BLOCKING = {b"wait"}


def _lists_its_own_commands(step, left, right):
    if step.name != "ACL" or step.args[1:2] != (b"CAT",) or len(step.args) != 3:
        return False
    if not (isinstance(left, list) and isinstance(right, list)):
        return False
    shared = {name for name in left if name.split(b"|")[0] not in CLUSTER_COMMANDS}
    if step.args[2] == b"blocking":
        shared |= NEWLY_BLOCKING
    return shared == set(right) - NEW_COMMANDS


def _without_rules(value):
    if isinstance(value, bytes):
        return b" ".join(word for word in value.split(b" ") if word[:1] not in (b"+", b"-"))
    if isinstance(value, (list, tuple, Map)):
        return [_without_rules(item) for item in getattr(value, "pairs", value)]
    return value


# How categories and the commands they do not hold are written depends on which commands there are.
# What the rules allow is seen when commands are run.
def _describes_by_category(step, left, right):
    if step.name != "ACL" or step.args[1:2] not in ((b"LIST",), (b"GETUSER",)):
        return False
    by_category = any(b"@" in repr(side).encode().replace(b"@all", b"") for side in (left, right))
    return by_category and _without_rules(left) == _without_rules(right)


DIFFERENCES = [
    Difference("there are no clusters, and CLIENT has 7.2's options", _lists_its_own_commands),
    Difference("rules by category name the commands there are", _describes_by_category),
    Difference("7.2 tells when a consumer was active last", _tells_of_activity),
    Difference("7.0 takes too long a timeout for negative", _tells_which_timeouts_are_too_long),
    Difference("7.2 has the log level 'nothing'", _lists_the_level_of_no_logging),
    Difference("7.0 takes a blank in front for an empty value", _sets_a_list_with_a_blank_in_front),
    Difference("LuaJIT takes any byte of UTF-8 for a letter", _words_syntax_errors_differently),
    Difference("scripts have os.clock, as in 7.2", _asks_for_os),
    Difference("7.2 keeps small sets of strings in a listpack", _names_small_sets),
    Difference("7.2 keeps small lists in a listpack", _names_small_lists),
    Difference("7.0 negates the smallest integer", _refuses_a_rank_without_opposite),
    Difference("ZRANK and ZREVRANK take an option in 7.2", _takes_more_arguments),
    Difference("QUIT ends a connection whose replies are off, too", _quits_without_replies),
    Difference(
        "7.0 forgets the class 'n' beside 'A', also when it rewrites", _shows_new_keys_beside_all
    ),
    Difference("directives of 7.2 exist and are shown by patterns", _shows_new_directives),
]


def is_expected(step, left, right):
    return any(difference.applies(step, left, right) for difference in DIFFERENCES)


MESSAGES = {b"message", b"pmessage", b"smessage", b"invalidate"}


def own_messages_last(values):
    """7.0 writes what a request makes its own client hear wherever the handler stands, even inside
    an array; here, as in 7.2, it follows the reply."""
    return sorted(values, key=lambda value: isinstance(value, Push) and value[0] in MESSAGES)
