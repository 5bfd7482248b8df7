"""SORT beside big data: what it takes of memory is for elements, not for what patterns name."""

import pathlib
import re

import pytest
from skeintest import Error


@pytest.fixture
def extra_peak(client):
    """How many bytes of resident memory a request needed beyond what was there before it."""
    process = pathlib.Path("/proc") / client.info("server")["process_id"]

    def status(name):
        found = re.search(rf"^{name}:\s+(\d+) kB", (process / "status").read_text(), re.M)
        return int(found[1]) * 1024

    def measure(*request):
        (process / "clear_refs").write_text("5")
        before = status("VmRSS")
        reply = client(*request)
        assert not isinstance(reply, Error), reply
        return status("VmHWM") - before

    return measure


def test_a_heavy_weight_of_many_elements_is_not_copied(client, extra_peak):
    client("RPUSH", "l", *["1"] * 20000)
    client("SET", "w_1", "x" * 65536)
    client("HSET", "o_1", "f", "y" * 65536)
    for by in ("w_*", "o_*->f"):
        assert client("SORT", "l", "BY", by, "ALPHA", "LIMIT", "0", "1") == [b"1"]
        assert extra_peak("SORT", "l", "BY", by, "ALPHA", "LIMIT", "0", "1") < 24 << 20
    assert isinstance(client("SORT", "l", "BY", "w_*"), Error)


def test_a_long_pattern_over_many_elements_needs_little_more_than_the_elements(client, extra_peak):
    count, step = 200_000, 20_000
    for start in range(0, count, step):
        client("RPUSH", "l", *[str(n * 7919 % count) for n in range(start, start + step)])
    pattern = "a*" * 500
    assert client("SORT", "l", "BY", pattern, "LIMIT", "0", "2") == [b"0", b"1"]
    assert extra_peak("SORT", "l", "BY", pattern, "LIMIT", "0", "2") < 48 << 20
    assert extra_peak("SORT", "l", "BY", pattern, "ALPHA", "LIMIT", "0", "2") < 48 << 20
    assert extra_peak("SORT", "l", "BY", "nosort", "LIMIT", "0", "2") < 8 << 20
