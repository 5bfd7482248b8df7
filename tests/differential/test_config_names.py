"""CONFIG GET * names what the oracle names, with the same initial values."""

import pytest

# Directives of 7.0.15 that have no counterpart, with the reason.
ABSENT = {}
# Initial values that differ on purpose or by the run.
OTHER_VALUE = {
    "port": "each server has its own",
    "dir": "each server has its own",
    "repl-diskless-sync-delay": "there is no fork to be saved by waiting for more replicas",
}


def test_every_directive_of_the_oracle_exists(pair):
    theirs, ours = pair.defaults
    assert sorted(set(theirs) - set(ours) - set(ABSENT)) == []


def test_absences_are_real(pair):
    assert sorted(set(ABSENT) & set(pair.defaults[1])) == []


def test_initial_values_are_those_of_the_oracle(pair):
    theirs, ours = pair.defaults
    common = (set(theirs) & set(ours)) - set(OTHER_VALUE)
    assert {name: ours[name] for name in common} == {name: theirs[name] for name in common}


@pytest.mark.parametrize("family", ["slave", "replica"])
def test_both_spellings_of_a_directive_show_one_value(pair, family):
    values = pair.defaults[1]
    other = {"slave": "replica", "replica": "slave"}[family]
    for name, value in values.items():
        twin = name.replace(family, other)
        if family in name and twin in values:
            assert values[twin] == value, name
