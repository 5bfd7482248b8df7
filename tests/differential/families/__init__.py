"""One module per command family. A module may define:

NAME         of the family in test ids
NEEDS        commands that must exist on the server under test, or the family is not collected
GRAMMAR      its commands, see skeintest/grammar.py; lines of commands that do not exist are left
out
DOMAINS      small universes of values, on top of those in domains.py
CONNECTIONS  how many connections a sequence uses (1)
EVENTS       True when commands block or push: what every connection received is compared (False)
SETUP        commands run on both servers before each sequence
LENGTH       steps per sequence (40); SHARE of the examples (1.0)
is_fair      a function (step, known commands): False for steps that only one server can answer
normal       a function of what a connection received, with EVENTS: what is compared of it
restore      a function (client, initial configuration) that undoes what a sequence changed beyond
keys
"""

import importlib
import pkgutil

from skeintest.grammar import parse

from .domains import COMMON


class Family:
    def __init__(self, module):
        self.name = module.NAME
        self.needs = module.NEEDS
        self.grammar = module.GRAMMAR
        self.domains = {**COMMON, **getattr(module, "DOMAINS", {})}
        self.connections = getattr(module, "CONNECTIONS", 1)
        self.events = getattr(module, "EVENTS", False)
        self.setup = getattr(module, "SETUP", [])
        self.length = getattr(module, "LENGTH", 40)
        self.share = getattr(module, "SHARE", 1.0)
        self.is_fair = getattr(module, "is_fair", lambda step, known: True)
        self.restore = getattr(module, "restore", None)
        self.normal = getattr(module, "normal", lambda value: value)

    def exists(self, known):
        return all(command in known for command in self.needs)

    def rules(self, known):
        return [rule for rule in parse(self.grammar, self.domains) if _is_known(rule, known)]


def _is_known(rule, known):
    """True for commands both servers have, and for those that are not commands on purpose."""
    name = rule.command.upper()
    return name.startswith(("@", "NOSUCH")) or name in known


def load():
    """All families, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if found.name != "domains"
    ]
    return sorted((Family(module) for module in modules), key=lambda family: family.name)
