"""Reduces a failing sequence to the commands that matter.

Hypothesis would shrink too, but it does not know that steps can be left out one by one without
changing the others; this needs one run per step and seldom leaves a superfluous one."""

import time

from .pair import Mismatch

SECONDS = 20


def smallest(pair, family, sequence, how, difference):
    """The Mismatch of the shortest sequence found that still fails; `how` is (protocol,
    pipelined)."""
    end = time.monotonic() + SECONDS
    best = sequence[: difference.at + 1]
    width = max(1, len(best) // 2)
    while time.monotonic() < end:
        best, difference = _without_runs(pair, family, best, how, difference, width)
        if width == 1:
            return difference
        width //= 2
    return difference


def _without_runs(pair, family, best, how, difference, width):
    """Tries to leave out each run of `width` steps, from the last to the first."""
    for start in range(len(best) - width, -1, -width):
        candidate = best[:start] + best[start + width :]
        try:
            if candidate:
                pair.run(family, candidate, *how)
        except Mismatch as smaller:
            best, difference = candidate[: smaller.at + 1], smaller
    return best, difference
