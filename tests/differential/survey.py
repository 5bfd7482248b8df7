"""Lists the differences of all families at once, instead of stopping at the first of each.

    PYTHONPATH=tests:tests/lib /usr/bin/python3 -m differential.survey [family ...] [--examples N]

A difference is filed under its command and the kinds of the two replies; each is printed once, as
the
shortest sequence found that shows it."""

import argparse
import re
import zlib

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from skeintest.grammar import steps

from .families import load
from .pair import Mismatch, Pair
from .shrink import smallest

STOP_AFTER = 12


def signature(difference):
    """What makes two differences the same: command, and the replies without their numbers."""
    lines = str(difference).splitlines()
    step = lines[-3].split()
    replies = [re.sub(r"[0-9]+|'[^']*'", "N", line)[:60] for line in lines[-2:]]
    return (" ".join(step[1:3]).upper(), *replies)


def survey_family(pair, family, examples):
    found = {}
    sequences = steps(family.rules(pair.known), family.connections, family.length)

    @seed(zlib.crc32(family.name.encode()))
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sequences, st.sampled_from(pair.protocols), st.booleans())
    def collect(sequence, proto, pipelined):
        if len(found) >= STOP_AFTER:
            return
        try:
            pair.run(family, sequence, proto, pipelined)
        except Mismatch as difference:
            if signature(difference) not in found:
                small = smallest(pair, family, (proto, pipelined), difference)
                found.setdefault(signature(small), small)
                found[signature(difference)] = found[signature(small)]

    collect()
    return list(dict.fromkeys(found.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*")
    parser.add_argument("--examples", type=int, default=60)
    options = parser.parse_args()
    pair = Pair().start()
    try:
        for family in load():
            if options.families and family.name not in options.families:
                continue
            if not family.exists(pair.known):
                print(f"== {family.name}: not there yet")
                continue
            found = survey_family(pair, family, options.examples)
            print(f"== {family.name}: {len(found)} differences", flush=True)
            for difference in found:
                print(str(difference)[:3000], flush=True)
    finally:
        pair.kill()


if __name__ == "__main__":
    main()
