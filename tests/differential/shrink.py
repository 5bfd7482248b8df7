"""Reduces a failing sequence to the commands that matter.

Hypothesis would shrink too, but it does not know that steps can be left out one by one without
changing the others; this needs one run per step and seldom leaves a superfluous one."""

import time

from .pair import Mismatch

SECONDS = 20


def smallest(pair, family, how, difference):
    """The Mismatch of the shortest sequence found that still fails; `how` is (protocol,
    pipelined)."""
    end = time.monotonic() + SECONDS
    width = max(1, len(difference.steps) // 2)
    while time.monotonic() < end:
        difference = _without_runs(pair, family, how, difference, width)
        if width == 1:
            return difference
        width //= 2
    return difference


def _without_runs(pair, family, how, difference, width):
    """Tries to leave out each run of `width` steps, from the last to the first."""
    for start in range(len(difference.steps) - width, -1, -width):
        best = difference.steps
        candidate = best[:start] + best[start + width :]
        try:
            if candidate:
                pair.run(family, candidate, *how)
        except Mismatch as smaller:
            difference = smaller
    return difference
