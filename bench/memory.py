"""What a server and its children hold, and the most of it over a time."""

import pathlib
import re
import threading

SAMPLE_SECONDS = 0.1


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *children]


def shared_bytes(pid):
    """Of the process and its children, pages they share counted once."""
    total = 0
    for member in family(pid):
        try:
            text = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", text, re.M)
        total += int(found.group(1)) * 1024 if found else 0
    return total


class Peak:
    """The most above what there was at the beginning, sampled in a thread."""

    def __init__(self, pid):
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.before = self.highest = shared_bytes(self._pid)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(SAMPLE_SECONDS):
            self.highest = max(self.highest, shared_bytes(self._pid))

    @property
    def extra_mib(self):
        return (self.highest - self.before) / 2**20

    @property
    def before_mib(self):
        return self.before / 2**20
