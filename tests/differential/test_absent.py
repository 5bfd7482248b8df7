"""The commands of 7.0.15 that are not here, each with its reason. This list can only become
shorter."""

CLUSTER = "there are no clusters"

ABSENT = {
    "asking": CLUSTER,
    "cluster": CLUSTER,
    "readonly": CLUSTER,
    "readwrite": CLUSTER,
}


def _names(side):
    names = set()
    for row in side.control("COMMAND"):
        names.add(row[0].decode())
        names.update(sub[0].decode() for sub in row[9])
    return names


def test_every_command_of_the_oracle_is_there_or_named_here(pair):
    theirs, ours = pair.both(_names)
    missing = {name.split("|")[0] for name in theirs - ours}
    assert missing - set(ABSENT) == set(), "absent without a reason"
    assert set(ABSENT) - missing == set(), "there by now: take them out of the list"


def test_what_the_oracle_does_not_know_is_of_7_2(pair):
    theirs, ours = pair.both(_names)
    assert ours - theirs <= {"client|no-touch", "client|setinfo", "waitaof"}
