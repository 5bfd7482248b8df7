"""Waiting for a condition. Tests never sleep for a fixed time: they wait until something holds."""

import time


def wait_until(condition, deadline=5.0, what=None, interval=0.005):
    """Calls `condition` until it returns something true and returns that; fails after `deadline`
    seconds, naming what was awaited and the last value seen (or the last exception)."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (ConnectionError, OSError, AssertionError) as error:
            last = error
        if time.monotonic() >= end:
            name = what or getattr(condition, "__name__", "condition")
            raise AssertionError(f"{name} did not hold within {deadline} s; last: {last!r}")
        time.sleep(interval)
